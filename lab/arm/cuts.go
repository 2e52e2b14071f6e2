//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	// A cut comes after so long of recording. Each fifth comes sooner, from the first on: while the files are made.
	soonest = 200 * time.Millisecond
	latest  = 3 * time.Second

	// lookWithin is how long the recorder may take to find what there is, on an emulated processor beside other work.
	lookWithin = time.Minute
)

// cuts switches a terminal off, again and again, while it records, and compares what is found after each boot with what was
// promised before (see books).
//
// The emulator is killed. All that it was given and has written, flushed or not, is in the image then, as in the cache of a disk
// that outlives the cut; what the terminal's own kernel had not written yet is gone, and so are requests under way. So this shows
// that nothing is promised that only the terminal's memory has, and that the file system and the spool come up from any point
// between two writes. It does not show a disk that takes a flush and forgets it, that writes out of order what was not
// flushed, or that tears a sector: transport/spool's own tests damage files in such ways.
type cuts struct {
	options
	console *console
	boot    func(context.Context) (*machine, error)
	tell    func(format string, args ...any)
	books   books
}

// play cuts the power so many times, and looks once more in the end.
func (c *cuts) play(ctx context.Context) error {
	for n := range c.cuts + 1 {
		if err := c.once(ctx, n); err != nil {
			return fmt.Errorf("after %d power cuts: %w", n, err)
		}
	}
	c.tell("%d power cuts: %d records were promised, none of them was lost, repeated or changed; %d numbers were lost that were not promised",
		c.cuts, c.books.acked, c.books.lost)
	return nil
}

// once is one boot: what is there is compared, and recorded on until the cut.
func (c *cuts) once(ctx context.Context, n int) error {
	m, err := c.boot(ctx)
	if m != nil {
		defer m.kill()
	}
	if err != nil {
		return err
	}
	c.books.begin()
	if _, err := m.order(ctx, "start", "/system/bin/recorder", "/data/spool", strconv.Itoa(c.books.start)); err != nil {
		return err
	}
	if err := c.listen(ctx, m, time.After(lookWithin), "recording ."); err != nil {
		return err
	}
	if !c.books.finished {
		return errors.New("it records and has not looked")
	}
	found, before := c.books.found, c.books.acked
	if n == c.cuts {
		c.tell("boots after the last cut: %d records are there", found)
		return nil
	}
	after := soonest + rand.N(latest-soonest)
	if n%5 == 0 {
		after = rand.N(soonest)
	}
	if err := c.listen(ctx, m, time.After(after), ""); err != nil {
		return err
	}
	if err := c.pull(m); err != nil {
		return err
	}
	c.tell("cut %d: %d records were there; off after %d ms of recording, with %d more promised", n+1, found, after.Milliseconds(), c.books.acked-before)
	return nil
}

// listen takes what the recorder says, until it says one thing or a time has come: with nothing to wait for that is its end, else it
// is a failure.
func (c *cuts) listen(ctx context.Context, m *machine, end <-chan time.Time, until string) error {
	for {
		select {
		case line, ok := <-m.said:
			switch {
			case !ok:
				return errors.New("the terminal has ended by itself")
			case until != "" && line == until:
				return nil
			}
			if err := errors.Join(m.note(line), c.books.take(line)); err != nil {
				return err
			}
		case <-end:
			if until != "" {
				return fmt.Errorf("the recorder has not said %q in time", until)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pull ends the power. What the terminal had said by then holds.
func (c *cuts) pull(m *machine) error {
	if err := m.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("cannot kill the emulator: %w", err)
	}
	var all error
	for line := range m.said {
		all = errors.Join(all, m.note(line), c.books.take(line))
	}
	return all
}

// cutPower sets the stage for cuts: a disk of its own, and no network.
func cutPower(ctx context.Context, o options, c *console, work, initrd string, tell func(string, ...any)) error {
	image := filepath.Join(work, "cut-disk")
	root := filepath.Join(work, "cut-data")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if err := format(ctx, image, root, "64M"); err != nil {
		return err
	}
	all := cuts{options: o, console: c, tell: tell, boot: func(ctx context.Context) (*machine, error) {
		return boot(ctx, c, filepath.Join(o.kernel, "vmlinuz"), initrd, image, "", nil)
	}}
	return all.play(ctx)
}
