//go:build linux

// Package seccomp is the system call filter that Android puts on apps, made again for a plain Linux machine: which calls it
// traps in which Android, and a way to put this process under it.
//
// It holds the calls that a newer kernel, or a program made for one, would use and an older Android does not know yet, and
// those that no app may use at all. All else is let pass, although Android's own list names what is allowed: it is for
// finding out what a program may not do, and refuses to be a sandbox for programs that nobody trusts. The terminal's program
// does not link it.
package seccomp

import (
	"fmt"
	"slices"
)

// Android is a group of Android versions with one and the same filter.
type Android int

// The filters, oldest and strictest first. Android before 8 has none.
const (
	Android8  Android = iota // 8.0 to 10
	Android11                // 11
	Android12                // 12
	Android13                // 13 and 14
	Android15                // 15
)

// Versions are all filters, the oldest first.
func Versions() []Android {
	return []Android{Android8, Android11, Android12, Android13, Android15}
}

// String is the Android versions that the filter stands for: "8-10".
func (a Android) String() string {
	return [...]string{"8-10", "11", "12", "13-14", "15"}[a]
}

// Parse takes a version as people say it, "8" to "15".
func Parse(version string) (Android, error) {
	switch version {
	case "8", "9", "10":
		return Android8, nil
	case "11":
		return Android11, nil
	case "12":
		return Android12, nil
	case "13", "14":
		return Android13, nil
	case "15":
		return Android15, nil
	}
	return 0, fmt.Errorf("there is no filter for Android %q: want 8 to 15", version)
}

// Call is a system call and its numbers; 0 where an architecture has no such call.
type Call struct {
	Name              string
	AMD64, ARM, ARM64 uint32
}

// Trapped are the calls that the filter answers with SIGSYS on any architecture.
func (a Android) Trapped() []Call {
	var all []Call
	for _, row := range rows() {
		if a <= row.through {
			all = append(all, row.calls...)
		}
	}
	return all
}

// Traps tells whether the filter traps a call of this name. A name that no filter knows is not trapped.
func (a Android) Traps(name string) bool {
	return slices.ContainsFunc(a.Trapped(), func(c Call) bool { return c.Name == name })
}

// row is calls that are trapped up to and with one version.
type row struct {
	through Android
	calls   []Call
}

// rows is the table, made of the lists in bionic's libc/SECCOMP_*.TXT of each version's tag.
func rows() []row {
	return []row{
		{Android8, append(time64(), Call{"statx", 332, 397, 291}, Call{"pidfd_open", 434, 434, 434})},
		{Android11, []Call{{"pidfd_send_signal", 424, 424, 424}}},
		{Android12, []Call{{"close_range", 436, 436, 436}}},
		{Android13, []Call{{"clone3", 435, 435, 435}, {"epoll_pwait2", 441, 441, 441}}},
		{Android15, append(privileged(), Call{"faccessat2", 439, 439, 439}, Call{"openat2", 437, 437, 437})},
	}
}

// time64 is the family that carries 64-bit times on 32-bit kernels, since Linux 5.1.
func time64() []Call {
	return []Call{
		{"clock_gettime64", 0, 403, 0},
		{"clock_settime64", 0, 404, 0},
		{"clock_adjtime64", 0, 405, 0},
		{"clock_getres_time64", 0, 406, 0},
		{"clock_nanosleep_time64", 0, 407, 0},
		{"timer_gettime64", 0, 408, 0},
		{"timer_settime64", 0, 409, 0},
		{"timerfd_gettime64", 0, 410, 0},
		{"timerfd_settime64", 0, 411, 0},
		{"utimensat_time64", 0, 412, 0},
		{"pselect6_time64", 0, 413, 0},
		{"ppoll_time64", 0, 414, 0},
		{"io_pgetevents_time64", 0, 416, 0},
		{"recvmmsg_time64", 0, 417, 0},
		{"mq_timedsend_time64", 0, 418, 0},
		{"mq_timedreceive_time64", 0, 419, 0},
		{"semtimedop_time64", 0, 420, 0},
		{"rt_sigtimedwait_time64", 0, 421, 0},
		{"futex_time64", 0, 422, 0},
		{"sched_rr_get_interval_time64", 0, 423, 0},
	}
}

// privileged is what no app may do in any version. The calls on ids exist twice on arm: with 16 and with 32 bits.
func privileged() []Call {
	return []Call{
		{"setuid", 105, 23, 146},
		{"setgid", 106, 46, 144},
		{"setreuid", 113, 70, 145},
		{"setregid", 114, 71, 143},
		{"setgroups", 116, 81, 159},
		{"setresuid", 117, 164, 147},
		{"setresgid", 119, 170, 149},
		{"setfsuid", 122, 138, 151},
		{"setfsgid", 123, 139, 152},
		{"setreuid32", 0, 203, 0},
		{"setregid32", 0, 204, 0},
		{"setgroups32", 0, 206, 0},
		{"setresuid32", 0, 208, 0},
		{"setresgid32", 0, 210, 0},
		{"setuid32", 0, 213, 0},
		{"setgid32", 0, 214, 0},
		{"setfsuid32", 0, 215, 0},
		{"setfsgid32", 0, 216, 0},
		{"clock_settime", 227, 262, 112},
		{"adjtimex", 159, 124, 171},
		{"settimeofday", 164, 79, 170},
		{"syslog", 103, 103, 116}, // klogctl in C
		{"mount", 165, 21, 40},
		{"chroot", 161, 61, 51},
		{"sethostname", 170, 74, 161},
		{"reboot", 169, 88, 142},
		{"swapon", 167, 87, 224},
	}
}
