//go:build linux

// Command deed does one thing under the filter of an Android version and says "done": deed 8 exec.Command.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/lab/seccomp"
)

func main() {
	if err := do(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("done")
}

// do installs the filter from one thread, and tries from another that was there before it.
func do(version, what string) error {
	a, err := seccomp.Parse(version)
	if err != nil {
		return err
	}
	tried, installed := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		<-installed
		tried <- try(what)
	}()
	if err := seccomp.Install(a); err != nil {
		return err
	}
	close(installed)
	return <-tried
}

func try(what string) error {
	switch what {
	case "exec.Command":
		return exec.Command("/bin/true").Run()
	case "exec.LookPath":
		_, err := exec.LookPath("true")
		return err
	case "os.FindProcess":
		_, err := os.FindProcess(os.Getpid())
		return err
	case "syscall.ForkExec":
		pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
		if err != nil {
			return err
		}
		_, err = syscall.Wait4(pid, nil, 0, nil)
		return err
	}
	// A call by its name, with arguments that no call takes.
	for _, call := range seccomp.Android8.Trapped() {
		if call.Name != what {
			continue
		}
		const no = ^uintptr(0)
		n := map[string]uint32{"amd64": call.AMD64, "arm": call.ARM, "arm64": call.ARM64}[runtime.GOARCH]
		if _, _, errno := unix.Syscall6(uintptr(n), no, no, no, no, no, no); errno == 0 {
			return errors.New("nonsense was taken")
		}
		return nil
	}
	return fmt.Errorf("cannot do %q", what)
}
