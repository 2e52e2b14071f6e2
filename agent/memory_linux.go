//go:build linux && !android

package agent

import (
	"bufio"
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// returnMemory gives back what is not needed now: the heap's free pages, and the pages of the program's own file. Most of
// these served only to start; whichever is needed again comes back from the page cache, where it costs the terminal
// nothing to drop it when the payment app wants the room.
func returnMemory() {
	debug.FreeOSMemory()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		// 00400000-007bc000 r-xp 00000000 fe:00 1234    /path/to/poshealth
		line := lines.Text()
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasSuffix(line, self) || fields[1] != "r-xp" && fields[1] != "r--p" {
			continue // never what has been, or may be, written to
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil {
			dropPages(uintptr(start), uintptr(end-start))
		}
	}
}

// dropPages unmaps the pages of a file that was mapped and never written to; the next access maps them again.
func dropPages(start, length uintptr) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, start, length, unix.MADV_DONTNEED) // advice: what refuses it goes on as before
}
