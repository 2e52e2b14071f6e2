package device

import (
	"strconv"
	"strings"
)

// parseDF finds a mount point's size and room, in bytes, in what df prints: toybox's and busybox's columns (Android 6 on),
// in blocks or with -h, lines broken after a long name or not; and toolbox's (Android 5), which begin with the mount point.
func parseDF(out []byte, mount string) (total, free float64, found bool) {
	var block float64 // bytes of a block; 0 before a header that is understood
	toolbox := false
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[0] == "Filesystem" {
			block, toolbox = header(fields)
			continue
		}
		var size, room string
		if toolbox {
			if len(fields) < 4 || fields[0] != mount {
				continue
			}
			size, room = fields[1], fields[3]
		} else {
			// Counted from the percentage, so that neither a broken line nor a blank in a name matters.
			at := len(fields) - 2
			if at < 3 || !strings.HasSuffix(fields[at], "%") || fields[at+1] != mount {
				continue
			}
			size, room = fields[at-3], fields[at-1]
		}
		total, sizeOK := amount(size, block)
		free, roomOK := amount(room, block)
		if sizeOK && roomOK {
			return total, free, true // the first: later mounts over it are bind mounts of the same
		}
	}
	return 0, 0, false
}

// header reads from df's first line what its numbers count.
func header(fields []string) (block float64, toolbox bool) {
	for _, field := range fields[1:] {
		switch field {
		case "Blksize":
			toolbox = true
		case "Size":
			block = 1
		}
		if count, ok := strings.CutSuffix(field, "-blocks"); ok {
			block, _ = amount(count, 1) // "1K-blocks", "1024-blocks", "512-blocks"
		}
	}
	return block, toolbox
}

// amount reads "1958316", "1.8G", "520K" or "0".
func amount(text string, block float64) (float64, bool) {
	number := strings.TrimRight(text, "BKMGTbkmgti")
	unit := 1.0
	for _, letter := range strings.ToUpper(text[len(number):]) {
		switch letter {
		case 'K':
			unit = 1 << 10
		case 'M':
			unit = 1 << 20
		case 'G':
			unit = 1 << 30
		case 'T':
			unit = 1 << 40
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	value *= unit * block
	// Beyond an exabyte it is no size. The comparison refuses what is no number, too.
	return value, err == nil && value >= 0 && value < 1<<60 && block > 0
}
