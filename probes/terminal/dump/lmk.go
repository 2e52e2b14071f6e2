package dump

import (
	"iter"
	"strconv"
	"strings"
)

// maxKillLevels bounds the levels kept; Android prints twelve.
const maxKillLevels = 32

// LMK is how many processes Android killed for want of memory since boot.
type LMK struct {
	Total  int64      `json:"total"`            // processes killed since boot
	Levels []LMKLevel `json:"levels,omitempty"` // in the dump's order; at most 32
}

// LMKLevel counts the kills of processes as dear as a level, or dearer.
type LMKLevel struct {
	Adj   int   `json:"adj"` // 900 and more cached, 800 to 500 services, 200 noticed, 100 visible, 0 in front, below the system's own
	Kills int64 `json:"kills"`
}

// ParseLMK reads "dumpsys activity lmk" of Android 11 and later. A kernel that kills by itself, as before Android 10, is not
// counted there.
func ParseLMK(lines iter.Seq[string]) (LMK, error) {
	var lmk LMK
	seen := false
	for line := range lines {
		text := strings.TrimSpace(line)
		if number, ok := strings.CutPrefix(text, "Total number of kills: "); ok && !seen {
			if lmk.Total, seen = kills(number); !seen {
				break
			}
			continue
		}
		rest, ok := strings.CutPrefix(text, "kills at or below oom_adj ")
		level, number, cut := strings.Cut(rest, ": ")
		adj, err := strconv.Atoi(level)
		if count, counted := kills(number); seen && ok && cut && counted && err == nil && adj >= -1000 && adj <= 1001 && len(lmk.Levels) < maxKillLevels {
			lmk.Levels = append(lmk.Levels, LMKLevel{Adj: adj, Kills: count})
		}
	}
	if !seen {
		return LMK{}, Malformed("dumpsys activity lmk", `no line "Total number of kills:"`)
	}
	return lmk, nil
}

// ParseOOMKills reads how many processes the kernel itself killed for want of memory since boot, in /proc/vmstat; nil for a
// kernel before 4.13, which does not count them.
func ParseOOMKills(vmstat iter.Seq[string]) *int64 {
	for line := range vmstat {
		if number, ok := strings.CutPrefix(line, "oom_kill "); ok {
			if count, ok := kills(number); ok {
				return &count
			}
			return nil
		}
	}
	return nil
}

func kills(number string) (int64, bool) {
	n, err := strconv.ParseInt(number, 10, 64)
	return n, err == nil && n >= 0
}
