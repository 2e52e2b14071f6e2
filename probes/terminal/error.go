package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/poshealth/poshealth/probes"
)

// Timeout is the reason Unknown when a program of the terminal, or the service behind it, did not answer in time.
const Timeout probes.Reason = "timeout"

// The reasons of package probes, by their short names.
const (
	denied    = probes.Denied
	absent    = probes.Absent
	malformed = probes.Malformed
)

// ErrTruncated says that there was more than the stated limit. [Terminal.Run] still returns what came before it.
var ErrTruncated = errors.New("longer than 1 MiB")

// Error says why something of the terminal could not be read.
type Error struct {
	What   string        // the file or the command: "/proc/stat", "dumpsys battery"
	Reason probes.Reason // Denied, Absent, Malformed, Timeout or Cancelled
	Err    error         // what the system said
}

// Error names what could not be read and what the system said.
func (e *Error) Error() string { return fmt.Sprintf("cannot read %s: %v", e.What, e.Err) }

// Unwrap gives what the system said.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf is the reason that an error carries; Malformed for one that carries none, "" for nil.
func ReasonOf(err error) probes.Reason {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Reason
	case errors.Is(err, context.Canceled):
		return probes.Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return malformed
}

// Unknown is the observation of a probe that could not read what it needs.
func Unknown(err error) probes.Observation {
	return probes.Observation{
		Outcome: probes.Unknown,
		Reason:  ReasonOf(err),
		Detail:  Printable(err.Error(), probes.MaxDetail),
	}
}

// Printable makes a text of others fit for a fact or a detail: one line of valid UTF-8 without control characters, of at
// most limit bytes.
func Printable(s string, limit int) string {
	s = strings.ToValidUTF8(s[:min(len(s), 4*limit)], "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return strings.ToValidUTF8(s[:min(len(s), limit)], "")
}

func fileError(path string, err error) error {
	return &Error{What: path, Reason: errnoReason(err), Err: bare(err)}
}

// bare drops the path that the os package adds: Error has the terminal's own, without the root before it.
func bare(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// ended tells whether reading came to its end, or to the deadline that stands for it.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) }

func errnoReason(err error) probes.Reason {
	switch {
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return denied
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENODEV),
		errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENODATA), errors.Is(err, syscall.EOPNOTSUPP):
		// The last four are what drivers behind /sys say for hardware that is not there.
		return absent
	}
	return malformed
}
