package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxComplaint bounds what is taken of standard error in bytes: denials are one line, linker warnings ten.
	maxComplaint = 8 << 10

	// drainLimit: what a program wrote before it ended is in the pipe already; a child of it that lives on and holds the
	// pipe is not waited for.
	drainLimit = 250 * time.Millisecond

	// maxPipe is what a pipe holds in bytes, unless somebody asked for more.
	maxPipe = 64 << 10

	// reapLimit: a killed process is gone in a millisecond, unless the kernel holds it in an uninterruptible wait.
	reapLimit = 500 * time.Millisecond
)

// child is a program under way, in a process group of its own.
type child struct {
	stdout, stderr *pipe
	pid            int
	ended          chan struct{}             // closed when it has ended
	release        chan struct{}             // closed when its exit status may be fetched
	reaped         <-chan syscall.WaitStatus // its exit status
	complained     <-chan []byte             // the beginning of standard error
	unwatch        func() bool               // ends the watch over the context
	left           func()                    // told when it is over with

	mu    sync.Mutex
	freed bool // its id may be another's by now
}

// launch starts a program and sees to it that reading its output ends when it does, or with ctx.
func launch(ctx context.Context, path string, argv []string) (*child, error) {
	stdout, stderr, pid, err := start(ctx, path, argv)
	if err != nil {
		return nil, err
	}
	c := &child{left: func() {}, stdout: &pipe{file: stdout}, stderr: &pipe{file: stderr}, pid: pid, ended: make(chan struct{}), release: make(chan struct{})}
	c.reaped = c.reap()
	c.complained = c.complaints()
	c.unwatch = context.AfterFunc(ctx, func() {
		c.kill()
		c.expire(time.Now())
	})
	return c, nil
}

// kill ends the program and its children. Until it is released it is at least a zombie, so that its id, and its group's,
// belong to nobody else.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.freed {
		_ = syscall.Kill(-c.pid, syscall.SIGKILL)
	}
}

func (c *child) free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freed = true
	close(c.release)
}

func (c *child) expire(at time.Time) {
	_ = c.stdout.file.SetReadDeadline(at)
	_ = c.stderr.file.SetReadDeadline(at)
}

// pipe is the reading end of what a program writes.
type pipe struct {
	file *os.File
	late int // bytes that were read after the deadline
}

// Read reads on after the deadline as long as there is something in the pipe: on a busy terminal the reader may be slower
// than the deadline, and half an answer would pass for a whole one. It never waits for more then, nor takes more than a pipe
// can have held.
func (p *pipe) Read(into []byte) (int, error) {
	n, err := p.file.Read(into)
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || len(into) == 0 {
		return n, err
	}
	conn, connErr := p.file.SyscallConn()
	if connErr != nil {
		return 0, err
	}
	n = 0
	_ = conn.Control(func(fd uintptr) { // closed is as good as empty
		n, _ = syscall.Read(int(fd), into[:min(len(into), maxPipe-p.late)]) // it is a pipe that does not block
	})
	if n <= 0 {
		return 0, err
	}
	p.late += n
	return n, nil
}

// reap notes that the process has ended, and fetches its exit status only once released. A process that the kernel does
// not let go is left to this goroutine, which ends when it does.
func (c *child) reap() <-chan syscall.WaitStatus {
	reaped := make(chan syscall.WaitStatus, 1)
	go func() {
		for errors.Is(unix.Waitid(unix.P_PID, c.pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
		}
		c.expire(time.Now().Add(drainLimit)) // whatever else holds the pipes gets this long
		close(c.ended)
		<-c.release
		var status syscall.WaitStatus
		for {
			if _, err := syscall.Wait4(c.pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		reaped <- status
	}()
	return reaped
}

// complaints takes the beginning of standard error and throws the rest away, so that the writer is not held up.
func (c *child) complaints() <-chan []byte {
	done := make(chan []byte, 1)
	go func() {
		var buf bytes.Buffer
		// An error is the deadline: what came is what counts.
		_, _ = io.Copy(&buf, io.LimitReader(c.stderr, maxComplaint))
		_, _ = io.Copy(io.Discard, c.stderr)
		done <- buf.Bytes()
	}()
	return done
}

// end waits for the program where waitFor is set, kills what is left of it, and gives what it complained of and how it
// ended. An error means that its end, if it came, says nothing.
func (c *child) end(ctx context.Context, waitFor bool) (complaint []byte, status syscall.WaitStatus, err error) {
	if waitFor {
		select {
		case <-c.ended:
		case <-ctx.Done():
		}
	}
	c.unwatch()
	c.kill()
	c.free()
	defer c.left()
	if !waitFor || ctx.Err() != nil {
		c.expire(time.Now())
	}
	timer := time.NewTimer(reapLimit)
	defer timer.Stop()
	select {
	case status = <-c.reaped:
	case <-timer.C:
		err = errors.New("it was killed and does not end")
	}
	complaint = <-c.complained // its pipe has a deadline by now
	c.stdout.file.Close()
	c.stderr.file.Close()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return complaint, status, err
}

// start forks the program into a process group of its own. A program that somebody is writing (ETXTBSY), or that another
// thread's fork still holds open, is tried again for 100 ms.
func start(ctx context.Context, path string, argv []string) (stdout, stderr *os.File, pid int, err error) {
	stdin, inEnd, err := os.Pipe() // nothing to read; /dev/null is not there in every root
	if err != nil {
		return nil, nil, 0, err
	}
	defer stdin.Close()
	inEnd.Close()
	stdout, outEnd, err := os.Pipe()
	if err != nil {
		return nil, nil, 0, err
	}
	defer outEnd.Close()
	stderr, errEnd, err := os.Pipe()
	if err != nil {
		stdout.Close()
		return nil, nil, 0, err
	}
	defer errEnd.Close()

	attr := &syscall.ProcAttr{
		Env:   environment(os.Environ()),
		Files: []uintptr{stdin.Fd(), outEnd.Fd(), errEnd.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	for attempt := range 10 {
		pid, err = syscall.ForkExec(path, argv, attr)
		if !errors.Is(err, syscall.ETXTBSY) || attempt == 9 || !pause(ctx, 10*time.Millisecond) {
			break
		}
	}
	if err != nil {
		stdout.Close()
		stderr.Close()
		switch {
		case errors.Is(err, syscall.ENOEXEC):
			err = fmt.Errorf("%w: neither a program for this processor nor a script with #! at its beginning", err)
		case errors.Is(err, syscall.ENOENT):
			err = fmt.Errorf("%w: the loader or interpreter that it asks for is missing", err)
		}
		return nil, nil, 0, err
	}
	return stdout, stderr, pid, nil
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// environment is the agent's own, with English output, and with the PATH that init does not set.
func environment(own []string) []string {
	env := slices.DeleteFunc(slices.Clone(own), func(e string) bool {
		return strings.HasPrefix(e, "LC_") || strings.HasPrefix(e, "LANG=") || strings.HasPrefix(e, "LANGUAGE=")
	})
	if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }) {
		env = append(env, "PATH="+SearchPath)
	}
	return append(env, "LC_ALL=C")
}
