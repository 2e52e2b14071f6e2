package cli

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// window is how many columns and rows the terminal behind w shows; 0 and 0 where it is none, or does not say.
func window(w io.Writer) (columns, rows int) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ) //nolint:gosec // a descriptor is a small number
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
