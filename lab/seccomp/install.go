//go:build linux

package seccomp

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Where struct seccomp_data holds what the filter looks at, in bytes.
const (
	numberAt       = 0
	architectureAt = 4
)

// Program is the filter as the kernel takes it, for a program of one GOARCH: amd64, arm or arm64. A call of another
// architecture's table is trapped, for its numbers mean other things.
func (a Android) Program(goarch string) ([]bpf.RawInstruction, error) {
	audit, number, err := architecture(goarch)
	if err != nil {
		return nil, err
	}
	trap, allow := bpf.RetConstant{Val: unix.SECCOMP_RET_TRAP}, bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: architectureAt, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: audit, SkipTrue: 1},
		trap,
		bpf.LoadAbsolute{Off: numberAt, Size: 4},
	}
	// A test and a trap for each call, rather than far jumps to one trap: those reach 255 instructions, and this always.
	for _, call := range a.Trapped() {
		if n := number(call); n != 0 {
			program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: n, SkipTrue: 1}, trap)
		}
	}
	return bpf.Assemble(append(program, allow))
}

// architecture is how the kernel names a GOARCH, and which of a call's numbers is its own.
func architecture(goarch string) (audit uint32, number func(Call) uint32, err error) {
	switch goarch {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, func(c Call) uint32 { return c.AMD64 }, nil
	case "arm":
		return unix.AUDIT_ARCH_ARM, func(c Call) uint32 { return c.ARM }, nil
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, func(c Call) uint32 { return c.ARM64 }, nil
	}
	return 0, nil, fmt.Errorf("the numbers of system calls on %s are not known here: want amd64, arm or arm64", goarch)
}

// Install puts this process, all its threads and all that it will start under the filter, for good. It needs no privilege:
// the process can gain none from then on. Under an emulator of single programs the kernel's answer is ENOSYS.
func Install(a Android) error {
	program, err := a.Program(runtime.GOARCH)
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	// no_new_privs belongs to a thread; the filter takes it along to the others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot give up new privileges, which a filter needs: %w", err)
	}
	head := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&head)))
	runtime.KeepAlive(filter)
	switch {
	case errno != 0:
		return fmt.Errorf("cannot install the system call filter of Android %s: %w", a, errno)
	case thread != 0:
		return fmt.Errorf("cannot install the system call filter of Android %s: thread %d has a filter of its own", a, thread)
	}
	return nil
}
