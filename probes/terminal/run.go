package terminal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxOutput bounds what is taken from one program in bytes; dumpsys of a service with a long log can print more, and
	// what probes want comes first.
	maxOutput = 1 << 20

	// maxComplaint bounds what is taken of standard error: denials are one line, linker warnings ten.
	maxComplaint = 8 << 10

	// runLimit: dumpsys gives a service 10 s and then says so itself; two more let it speak.
	runLimit = 12 * time.Second

	// drainLimit: what a program wrote before it ended is in the pipe already; a child of it that lives on and holds the
	// pipe is not waited for.
	drainLimit = 250 * time.Millisecond

	// reapLimit: a killed process is gone in a millisecond, unless the kernel holds it in an uninterruptible wait.
	reapLimit = 500 * time.Millisecond
)

// ExitError says how a program ended that did not end well.
type ExitError struct {
	Code      int            // exit code; -1 when a signal ended it
	Signal    syscall.Signal // 0 unless a signal ended it
	Complaint string         // the beginning of standard error, one line
}

// Error says how the program ended, and what it complained of.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit code %d", e.Code)
	if e.Signal != 0 {
		how = "killed by " + e.Signal.String()
	}
	if e.Complaint != "" {
		how += ": " + e.Complaint
	}
	return how
}

// Run runs a program of the terminal, ROOT/system/bin/NAME, without a shell, and returns what it prints: at most 1 MiB,
// within ctx and 12 s. With an error, it returns what came before. An [Error] classifies what went wrong, including the
// denials that dumpsys prints with exit code 0; it wraps [ErrTruncated], an [ExitError] or the context's error.
//
// It does not use os/exec: under the system call filter of Android 8 to 11 apps, pidfd_open kills the caller, and looking a
// program up (faccessat2) does so to this day.
func (t *Terminal) Run(ctx context.Context, name string, args ...string) ([]byte, error) {
	what := Printable(strings.Join(append([]string{name}, args...), " "), 80)
	path := t.Path("system", "bin", name)
	if strings.ContainsRune(name, '/') || slices.ContainsFunc(args, func(a string) bool { return strings.ContainsRune(a, 0) }) {
		return nil, &Error{What: what, Reason: malformed, Err: errors.New("no program can be called that")}
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{What: what, Reason: ReasonOf(err), Err: err}
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fileError(what, err)
	}
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()

	out, complaint, status, err := run(ctx, path, append([]string{path}, args...))
	switch {
	case err != nil && ctx.Err() != nil:
		return out, &Error{What: what, Reason: ReasonOf(ctx.Err()), Err: err}
	case err != nil:
		return out, &Error{What: what, Reason: errnoReason(err), Err: err}
	}
	if reason, text := denial(out, complaint); reason != "" {
		return out, &Error{What: what, Reason: reason, Err: errors.New(text)}
	}
	return out, exitError(what, status, complaint)
}

func exitError(what string, status syscall.WaitStatus, complaint []byte) error {
	failed := &ExitError{Code: status.ExitStatus(), Complaint: Printable(string(complaint), 120)}
	if status.Signaled() {
		failed.Signal = status.Signal()
	}
	switch {
	case failed.Signal == syscall.SIGSYS:
		return &Error{What: what, Reason: denied, Err: failed} // the system call filter
	case failed.Code == 126:
		return &Error{What: what, Reason: denied, Err: failed}
	case failed.Code == 127:
		return &Error{What: what, Reason: absent, Err: failed}
	case failed.Code != 0:
		return &Error{What: what, Reason: malformed, Err: failed}
	}
	return nil
}

// run forks, reads and reaps. An error means that the program's end, if it came, says nothing.
func run(ctx context.Context, path string, argv []string) (out, complaint []byte, status syscall.WaitStatus, err error) {
	stdout, stderr, pid, err := start(ctx, path, argv)
	if err != nil {
		return nil, nil, 0, err
	}
	defer stdout.Close()
	defer stderr.Close()

	ended, release := make(chan struct{}), make(chan struct{})
	reaped := reap(pid, ended, release)
	printed, complained := gather(stdout, maxOutput, false), gather(stderr, maxComplaint, true)

	for err == nil && (printed != nil || complained != nil || ended != nil) {
		select {
		case got := <-printed:
			out, printed = got.data, nil
			if got.full {
				err = ErrTruncated
			}
		case got := <-complained:
			complaint, complained = got.data, nil
		case <-ended:
			// Whatever else holds the pipes gets this long.
			_ = stdout.SetReadDeadline(time.Now().Add(drainLimit))
			_ = stderr.SetReadDeadline(time.Now().Add(drainLimit))
			ended = nil
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL) // its children too; to a zombie it does nothing
	close(release)
	_ = stdout.SetReadDeadline(time.Now())
	_ = stderr.SetReadDeadline(time.Now())
	if printed != nil {
		out = (<-printed).data
	}
	if complained != nil {
		complaint = (<-complained).data
	}
	timer := time.NewTimer(reapLimit)
	defer timer.Stop()
	select {
	case status = <-reaped:
	case <-timer.C:
		err = cmp.Or(err, errors.New("it was killed and does not end"))
	}
	return out, complaint, status, err
}

// start forks the program into a process group of its own. A program that somebody is writing (ETXTBSY), or that another
// thread's fork still holds open, is tried again for 100 ms.
func start(ctx context.Context, path string, argv []string) (stdout, stderr *os.File, pid int, err error) {
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, nil, 0, err
	}
	defer null.Close()
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
		Files: []uintptr{null.Fd(), outEnd.Fd(), errEnd.Fd()},
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
		env = append(env, "PATH=/system/bin:/system/xbin:/vendor/bin:/usr/bin:/bin")
	}
	return append(env, "LC_ALL=C")
}

type gathered struct {
	data []byte
	full bool // there was more than the limit
}

// gather reads a pipe to its end, its deadline or the limit. With drain it reads on past the limit and throws that away,
// so that the writer is not held up.
func gather(pipe *os.File, limit int, drain bool) <-chan gathered {
	done := make(chan gathered, 1)
	go func() {
		var buf bytes.Buffer
		// An error is the deadline: what came is what counts.
		_, _ = io.Copy(&buf, io.LimitReader(pipe, int64(limit)+1))
		data := buf.Bytes()
		if len(data) > limit && drain {
			_, _ = io.Copy(io.Discard, pipe)
		}
		done <- gathered{data: data[:min(len(data), limit)], full: len(data) > limit}
	}()
	return done
}

// reap closes ended when the process has ended, and fetches its exit status only once released: until then it stays a
// zombie, so that its id, and its group's, belong to nobody else and may be killed. A process that the kernel does not let
// go is left to this goroutine, which ends when it does.
func reap(pid int, ended chan<- struct{}, release <-chan struct{}) <-chan syscall.WaitStatus {
	reaped := make(chan syscall.WaitStatus, 1)
	go func() {
		for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
		}
		close(ended)
		<-release
		var status syscall.WaitStatus
		for {
			if _, err := syscall.Wait4(pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		reaped <- status
	}()
	return reaped
}
