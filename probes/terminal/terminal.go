// Package terminal is how to read an Android terminal: its files, its programs, its properties, its packages; this terminal
// or another one whose files lie under a folder (--root).
//
// It asks nothing of a shell, changes nothing, writes nothing, and judges nothing. Whatever it cannot read it says in an
// [Error] with the reason: denied, absent or malformed; never by an empty answer. It drops what names a person, a SIM or a
// radio (see [Terminal.Props]) before anybody sees it.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
)

// maxFile bounds one file in bytes. The longest that a probe reads, /proc/net/fib_trie of a terminal with a VPN, has 20 kB.
const maxFile = 1 << 20

// maxNames bounds a folder's listing: /proc of a busy Android 13 has 900 entries.
const maxNames = 8192

// Terminal reads one terminal. Any number of probes may share it: it remembers what cannot be read here, so that it is not
// tried at every look, and what somebody else has just asked.
type Terminal struct {
	root     string
	children atomic.Int64
	running  chan struct{} // a token for each program under way
	props    shared[Props]
	ledger   ledger
	feed     Feed
	vendors  []Vendor
}

// Open returns the terminal whose files lie under root: "/" or "" for this one. It does not look whether they do; the
// first read tells.
func Open(root string) *Terminal {
	if root == "" {
		root = "/"
	}
	if absolute, err := filepath.Abs(root); err == nil {
		root = absolute
	}
	t := &Terminal{root: filepath.Clean(root), running: make(chan struct{}, maxRunning)}
	t.ledger.boottime, t.feed.boottime = Boottime, Boottime
	t.vendors, _ = ParseVendors(builtInVendors) // tested to be good
	return t
}

// Root is the folder given to Open, absolute.
func (t *Terminal) Root() string { return t.root }

// Here reports whether this is the terminal that the agent runs on, so that the kernel may be asked in person.
func (t *Terminal) Here() bool { return t.root == "/" }

// Path is the place of one of the terminal's files in this machine's tree: Path("proc", "net", "route"). Dots cannot
// lead out of the root.
func (t *Terminal) Path(parts ...string) string {
	return filepath.Join(t.root, filepath.Join("/", filepath.Join(parts...)))
}

// ReadFile reads a file of the terminal, "/proc/meminfo", of at most 1 MiB. It never waits for a pipe's or a device's
// writer: what is not a plain file is malformed.
func (t *Terminal) ReadFile(path string) ([]byte, error) {
	content, err := t.read(path, maxFile+1)
	if err == nil && len(content) > maxFile {
		return nil, &Error{What: path, Reason: malformed, Err: ErrTruncated}
	}
	return content, err
}

// Head reads the first n bytes of a file at most, and does not mind that there are more.
func (t *Terminal) Head(path string, n int) ([]byte, error) {
	return t.read(path, min(n, maxFile))
}

// ReadLine reads a file that holds one line or word, as those of /sys do, without the blanks around it.
func (t *Terminal) ReadLine(path string) (string, error) {
	content, err := t.Head(path, 4096)
	return strings.TrimSpace(string(content)), err
}

// Names lists a folder, in no order, 8192 names at most.
func (t *Terminal) Names(path string) ([]string, error) {
	folder, err := os.OpenFile(t.Path(path), os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(maxNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fileError(path, err)
	}
	return names, nil
}

// OpenFile opens a plain file of the terminal for reading: "/data/app/com.example.pay-1/base.apk".
func (t *Terminal) OpenFile(path string) (*os.File, error) {
	// Without O_NONBLOCK, opening a named pipe in a recorded terminal would wait for a writer for ever.
	file, err := os.OpenFile(t.Path(path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(path, err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = fileError(path, err)
	case !info.Mode().IsRegular():
		err = &Error{What: path, Reason: malformed, Err: fmt.Errorf("is %s, want a plain file", kind(info.Mode()))}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (t *Terminal) read(path string, limit int) ([]byte, error) {
	file, err := t.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(limit)))
	if err != nil {
		return nil, fileError(path, err)
	}
	return content, nil
}

func kind(mode os.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}
