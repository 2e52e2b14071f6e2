package terminal

import (
	"context"
	"fmt"
	"net"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxSocketPath is the longest path, in bytes, that the kernel takes for a unix socket: 108 with the zero at its end.
const maxSocketPath = 107

// dial connects to a unix stream socket of the terminal, wherever its root lies: what is too long for the kernel goes
// through the opened folder.
func (t *Terminal) dial(ctx context.Context, path string) (net.Conn, error) {
	place := t.Path(path)
	if len(place) > maxSocketPath {
		folder, err := unix.Open(filepath.Dir(place), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil, fileError(path, err)
		}
		defer func() { _ = unix.Close(folder) }()
		place = fmt.Sprintf("/proc/self/fd/%d/%s", folder, filepath.Base(place))
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", place)
	if err != nil {
		if ctx.Err() != nil {
			return nil, &Error{What: path, Reason: ReasonOf(ctx.Err()), Err: ctx.Err()}
		}
		return nil, fileError(path, err)
	}
	return conn, nil
}
