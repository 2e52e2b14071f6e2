//go:build linux

// Command recorder is what is switched off while it writes: it keeps records in a spool on the emulated terminal's disk as fast
// as it can, says what is stored once the spool has said so, and delivers some.
//
//	recorder FOLDER RUN
//
// RUN is the number of this start, from 1: each record's body follows from it. First it tells what earlier starts left, see look.
// Then, until the end of its power, in lines that begin with "lab: " and end with a dot:
//
//	stored ID CLASS NUMBER .   Sync has returned: all up to here must outlive everything
//	giving ID CLASS NUMBER .   from now on all up to here may be gone: it is being delivered
//
// A line is out of the machine before anything else is done, so the driver knows of every promise and of every delivery.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport/spool"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		say("failed recorder: %v", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want FOLDER RUN, got %q", args)
	}
	number, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	left, err := look(args[0])
	if err != nil {
		return fmt.Errorf("cannot tell what earlier starts left: %w", err)
	}
	r, err := openSpool(args[0], number)
	if err != nil {
		return err
	}
	defer func() { _ = r.spool.Close() }() // only after an error, which says more
	if again := earlier(r.spool); fmt.Sprint(again) != fmt.Sprint(left) {
		return fmt.Errorf("opened twice, it tells of %v and of %v", left, again)
	}
	say("recording .")
	return r.record()
}

func options(folder string) spool.Options {
	return spool.Options{Dir: folder, Pace: time.Nanosecond} // history is not held back
}

// say gets a line out of the machine before it returns. To write it is not enough: the kernel's buffer ends with the power.
func say(format string, args ...any) {
	fmt.Printf("lab: "+format+"\n", args...)
	_ = unix.IoctlSetInt(1, unix.TCSBRK, 1) // tcdrain; where this is no terminal, nobody switches it off
}
