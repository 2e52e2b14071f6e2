package terminal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	// maxStream bounds what is read of one program or file by lines, in bytes: dumps of a phone with a year of logs have
	// 5 MB, and reading costs no memory, but time. Whoever wants more than that gets an error: what was found so far may
	// not be all.
	maxStream = 16 << 20

	// denialHead is how much is looked at for a denial before a reader gets the output: four lines and the linker's warnings.
	denialHead = 1 << 10
)

// Stream runs a program like [Terminal.Run] and hands its output to read line by line, in constant memory whatever comes:
// only complete lines, each cut at 32 KiB. When read returns before the end, the program is stopped; that it was is no error.
// More than 16 MiB are, when read wants them.
//
// What read returns is the answer, unless the program was denied, failed or did not answer in time: then that is why there
// is none.
func (t *Terminal) Stream(ctx context.Context, read func(lines iter.Seq[string]) error, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	what, c, err := t.launch(ctx, name, args)
	if err != nil {
		return err
	}
	stopped := false
	defer func() {
		if !stopped { // the reader panicked, and its caller may live on
			_, _, _ = c.end(ctx, false)
		}
	}()
	in := &lineReader{from: bufio.NewReaderSize(c.stdout, 4<<10), left: maxStream}
	head, _ := in.from.Peek(denialHead) // an error is a short output, or none
	if reason, text := denial(head, nil); reason != "" {
		return &Error{What: what, Reason: reason, Err: errors.New(text)}
	}
	readErr := read(in.lines())
	stopped = true
	complaint, status, err := c.end(ctx, in.over)
	switch {
	case in.gaveUp != "":
		return &Error{What: what, Reason: Timeout, Err: errors.New(in.gaveUp)}
	case readErr == nil && !in.over && !in.full:
		return nil // it had what it wanted
	case err != nil:
		return endError(what, err)
	case in.full:
		return tooLong(what)
	}
	if reason, text := denial(nil, complaint); reason != "" {
		return &Error{What: what, Reason: reason, Err: errors.New(text)}
	}
	if in.over {
		if err := exitError(what, status, complaint); err != nil {
			return err
		}
	}
	if readErr != nil {
		return &Error{What: what, Reason: malformed, Err: why(readErr)}
	}
	return nil
}

// why is a parser's complaint without the name of the output, which the error around it has.
func why(err error) error {
	if e, ok := errors.AsType[*dump.Error](err); ok {
		return errors.New(e.Why)
	}
	return err
}

// Dumped is the way that reads a program's output by a parser.
func Dumped[T any](t *Terminal, parse func(iter.Seq[string]) (T, error), name string, args ...string) Way[T] {
	source := strings.Join(append([]string{name}, args...), " ")
	return Way[T]{Source: source, Read: func(ctx context.Context) (T, error) {
		var got T
		err := t.Stream(ctx, func(lines iter.Seq[string]) (err error) {
			got, err = parse(lines)
			return err
		}, name, args...)
		return got, err
	}}
}

// Lines reads a file of the terminal as [Terminal.Stream] reads a program. What is not a plain file is malformed.
func (t *Terminal) Lines(path string, read func(lines iter.Seq[string]) error) error {
	file, err := t.OpenFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := &lineReader{from: bufio.NewReaderSize(file, 4<<10), left: maxStream}
	err = read(in.lines())
	switch {
	case in.err != nil:
		return fileError(path, in.err)
	case in.full:
		return tooLong(path)
	case err != nil:
		return &Error{What: path, Reason: malformed, Err: why(err)}
	}
	return nil
}

func tooLong(what string) error {
	return &Error{What: what, Reason: malformed, Err: errors.New("longer than 16 MiB")}
}

// lineReader gives the complete lines of a stream.
type lineReader struct {
	from   *bufio.Reader
	long   []byte // a line under way that the buffer does not hold whole
	left   int    // bytes
	over   bool   // it was read to its end
	full   bool   // nothing is left, and more was wanted
	gaveUp string // what dumpsys says when a service did not answer
	err    error  // of reading; a pipe's deadline is none
}

func (r *lineReader) lines() iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			line, ok := r.next()
			if !ok {
				r.over = !r.full
				return
			}
			if strings.HasPrefix(line, "*** SERVICE '") && strings.Contains(line, "DUMP TIMEOUT") {
				r.gaveUp = Printable(line, 160)
				return
			}
			if !yield(line) {
				return
			}
		}
	}
}

// next is the next complete line, cut at [dump.MaxLine]; false at the end, where half a line is left out.
func (r *lineReader) next() (string, bool) {
	r.long = r.long[:0]
	for r.left >= 0 {
		line, err := r.from.ReadSlice('\n')
		r.left -= len(line)
		if err != nil || len(r.long) > 0 {
			r.long = append(r.long, line[:min(len(line), dump.MaxLine-len(r.long))]...)
			line = r.long
		}
		switch {
		case err == nil:
			line = bytes.TrimSuffix(line, []byte{'\n'})
			return string(bytes.TrimSuffix(line, []byte{'\r'})), true
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			if !ended(err) {
				r.err = err
			}
			return "", false
		}
	}
	r.full = true
	return "", false
}
