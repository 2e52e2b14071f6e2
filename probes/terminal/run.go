package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// maxOutput bounds what is taken whole from one program in bytes. What prints more is for [Terminal.Stream].
	maxOutput = 1 << 20

	// maxRunning programs run at once: each dumpsys makes a service of the system write all it knows, before Android 8 some are
	// Java machines of 40 MB, and Android 12 kills programs of apps beyond 32, over all apps.
	maxRunning = 3

	// runLimit: dumpsys gives a service 10 s and then says so itself; two more let it speak.
	runLimit = 12 * time.Second
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
		how = fmt.Sprintf("ended by signal %d (%s)", int(e.Signal), e.Signal)
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
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	what, c, err := t.launch(ctx, name, args)
	if err != nil {
		return nil, err
	}
	// An error is the deadline: what came is what counts.
	out, _ := io.ReadAll(io.LimitReader(c.stdout, maxOutput+1))
	full := len(out) > maxOutput
	out = out[:min(len(out), maxOutput)]
	complaint, status, err := c.end(ctx, !full)
	if full && err == nil {
		err = ErrTruncated
	}
	if err != nil {
		return out, endError(what, err)
	}
	if reason, text := denial(out, complaint); reason != "" {
		return out, &Error{What: what, Reason: reason, Err: errors.New(text)}
	}
	return out, exitError(what, status, complaint)
}

// launch checks that there is such a program and starts it. what names the command in errors.
func (t *Terminal) launch(ctx context.Context, name string, args []string) (what string, c *child, err error) {
	what = Printable(strings.Join(append([]string{name}, args...), " "), 80)
	path := t.Path("system", "bin", name)
	if strings.ContainsRune(name, '/') || slices.ContainsFunc(args, func(a string) bool { return strings.ContainsRune(a, 0) }) {
		return what, nil, &Error{What: what, Reason: malformed, Err: errors.New("no program can be called that")}
	}
	if err := ctx.Err(); err != nil {
		return what, nil, &Error{What: what, Reason: ReasonOf(err), Err: err}
	}
	if _, err := os.Stat(path); err != nil {
		return what, nil, fileError(what, err)
	}
	select {
	case t.running <- struct{}{}:
	case <-ctx.Done():
		return what, nil, endError(what, ctx.Err())
	}
	t.children.Add(1)
	if c, err = launch(ctx, path, append([]string{path}, args...)); err != nil {
		<-t.running
		return what, nil, endError(what, err)
	}
	c.left = func() { <-t.running }
	return what, c, nil
}

// Children counts the programs that were started so far.
func (t *Terminal) Children() int64 { return t.children.Load() }

func endError(what string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Error{What: what, Reason: ReasonOf(err), Err: err}
	}
	return &Error{What: what, Reason: errnoReason(err), Err: err}
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
