//go:build linux

// Command sandbox runs a program as an Android app runs: under the system call filter of a version of Android, and where
// asked as an unprivileged user and with the kernel's name of old. Filter, user and name stay with all that it starts.
//
//	sandbox --android 8|9|...|15 [--uid 10123] [--uname26] -- PROGRAM ARGS...
//
// It is for tests. It adds no namespace and no SELinux, and keeps nobody in who wants out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/lab/seccomp"
)

// uname26 makes the kernel call itself 2.6.x: a 32-bit Go program then uses futex rather than futex_time64, as on the old
// kernels that old Androids have. The value is UNAME26 of linux/personality.h.
const uname26 = 0x0020000

func main() {
	fmt.Fprintln(os.Stderr, "sandbox:", run(os.Args[1:]))
	os.Exit(125) // as env and nohup say that they themselves failed
}

// run comes back only to say what went wrong: else the program has taken this one's place.
func run(args []string) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	version := flags.String("android", "", "the filter's Android `version`, 8 to 15")
	uid := flags.Int("uid", -1, "the `user` to become, with a group of the same number and no other; root only")
	old := flags.Bool("uname26", false, "let the kernel call itself 2.6")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("no program given, want sandbox --android 8 -- PROGRAM and its arguments")
	}
	android, err := seccomp.Parse(*version)
	if err != nil {
		return err
	}
	if *old && !strings.HasPrefix(kernelName(), "2.6.") {
		return beforeTheFilter(args)
	}
	// Looking a program up takes faccessat2, which each of the filters traps: before it.
	program, err := exec.LookPath(flags.Arg(0))
	if err != nil {
		return err
	}
	if *uid >= 0 {
		if err := become(*uid); err != nil {
			return fmt.Errorf("cannot become user %d: %w", *uid, err)
		}
	}
	if err := seccomp.Install(android); err != nil {
		return err
	}
	return fmt.Errorf("cannot run %s: %w", program, syscall.Exec(program, flags.Args(), os.Environ()))
}

// beforeTheFilter gives the kernel its old name and starts this program anew: it, too, chooses its futex when it starts, and
// would not outlive the filter by more than a moment with the new one.
func beforeTheFilter(args []string) error {
	runtime.LockOSThread() // a personality belongs to a thread
	if _, _, errno := unix.Syscall(unix.SYS_PERSONALITY, uname26, 0, 0); errno != 0 {
		return fmt.Errorf("cannot set the personality UNAME26: %w", errno)
	}
	if name := kernelName(); !strings.HasPrefix(name, "2.6.") {
		return fmt.Errorf("the kernel calls itself %s under the personality UNAME26, want 2.6", name)
	}
	const self = "/proc/self/exe"
	return fmt.Errorf("cannot start anew: %w", syscall.Exec(self, append([]string{os.Args[0]}, args...), os.Environ()))
}

func kernelName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// become is for good: no capability is left.
func become(uid int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	return errors.Join(syscall.Setgid(uid), syscall.Setuid(uid))
}
