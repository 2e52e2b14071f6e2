package dump

import (
	"strconv"
	"strings"
)

// ParseLifeTime reads /sys/block/mmcblk0/device/life_time, "0x01 0x03": how much of the flash's life is used, in per cent,
// of its two types of memory (a the fast one, b the big one). It is the lower end of the step that the flash tells: 0 for
// 0 to 10 %, 90 for 90 to 100 %, 100 for what is beyond. nil: not told.
//
// "dumpsys storaged" does not tell it: it counts each app's reads and writes.
func ParseLifeTime(text string) (a, b *int) {
	words := strings.Fields(text)
	if len(words) > 0 {
		a = lifeUsed(words[0])
	}
	if len(words) > 1 {
		b = lifeUsed(words[1])
	}
	return a, b
}

func lifeUsed(word string) *int {
	step := jedecByte(word)
	if step < 0x01 || step > 0x0B { // 0 is "not defined"
		return nil
	}
	used := (step - 1) * 10
	return &used
}

// ParsePreEOL reads /sys/block/mmcblk0/device/pre_eol_info, "0x01" or "01": how many of the flash's spare blocks are used.
// "normal", "warning" (80 %), "urgent" (90 %), or "" for not told.
func ParsePreEOL(text string) string {
	switch jedecByte(strings.TrimSpace(text)) {
	case 1:
		return "normal"
	case 2:
		return "warning"
	case 3:
		return "urgent"
	}
	return ""
}

// jedecByte is a byte as the kernel prints it, of two digits; -1 for what is none.
func jedecByte(word string) int {
	word = strings.TrimPrefix(word, "0x")
	n, err := strconv.ParseUint(word, 16, 8)
	if err != nil || len(word) != 2 {
		return -1
	}
	return int(n)
}
