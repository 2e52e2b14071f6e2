//go:build linux

package seccomp_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/lab/seccomp"
)

// What each filter does, a letter a version (8-10, 11, 12, 13-14, 15): x traps, . lets pass.
func TestTrappedCalls(t *testing.T) {
	for _, row := range []struct {
		want  string
		calls string
	}{
		{"x....", "statx pidfd_open futex_time64 clock_gettime64 ppoll_time64 sched_rr_get_interval_time64"},
		{"xx...", "pidfd_send_signal"},
		{"xxx..", "close_range"},
		{"xxxx.", "clone3 epoll_pwait2"},
		{"xxxxx", "faccessat2 openat2"},
		{"xxxxx", "setuid setgid setresuid setresuid32 setgroups setfsuid clock_settime adjtimex settimeofday syslog mount chroot sethostname reboot swapon"},
		{".....", "openat execve clone futex epoll_pwait newfstatat"},
	} {
		for name := range strings.FieldsSeq(row.calls) {
			var got strings.Builder
			for _, a := range seccomp.Versions() {
				got.WriteString(map[bool]string{true: "x", false: "."}[a.Traps(name)])
			}
			assert.Equal(t, row.want, got.String(), name)
		}
	}
}

// The numbers are those of the kernel's own tables, as the system call package of Go lists them.
func TestNumbers(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix").Output()
	require.NoError(t, err)
	for arch, number := range architectures() {
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "zsysnum_linux_"+arch+".go"))
		require.NoError(t, err)
		for _, call := range seccomp.Android8.Trapped() {
			want := "0"
			if m := regexp.MustCompile(`(?m)^\s*SYS_` + strings.ToUpper(call.Name) + `\s+= (\d+)$`).FindSubmatch(source); m != nil {
				want = string(m[1])
			}
			assert.Equal(t, want, fmt.Sprint(number(call)), "%s on %s", call.Name, arch)
		}
	}
}

// The filters, run as the kernel would, for processors that are not this one too.
func TestProgram(t *testing.T) {
	audit := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm": unix.AUDIT_ARCH_ARM, "arm64": unix.AUDIT_ARCH_AARCH64}
	for arch, number := range architectures() {
		for _, a := range seccomp.Versions() {
			raw, err := a.Program(arch)
			require.NoError(t, err)
			program, whole := bpf.Disassemble(raw)
			require.True(t, whole)
			vm, err := bpf.NewVM(program)
			require.NoError(t, err)
			answer := func(audit, n uint32) int {
				data := make([]byte, 64) // struct seccomp_data, in the byte order of the test machine's BPF
				binary.BigEndian.PutUint32(data, n)
				binary.BigEndian.PutUint32(data[4:], audit)
				got, err := vm.Run(data)
				require.NoError(t, err)
				return got
			}
			for _, call := range seccomp.Android8.Trapped() {
				n := number(call)
				if n == 0 {
					continue
				}
				want := unix.SECCOMP_RET_ALLOW
				if a.Traps(call.Name) {
					want = unix.SECCOMP_RET_TRAP
				}
				assert.Equal(t, want, answer(audit[arch], n), "%s on %s, Android %s", call.Name, arch, a)
			}
			assert.Equal(t, unix.SECCOMP_RET_ALLOW, answer(audit[arch], 4000), "a call of the future")
			assert.Equal(t, unix.SECCOMP_RET_TRAP, answer(unix.AUDIT_ARCH_I386, 1), "another architecture's numbers")
		}
	}
	_, err := seccomp.Android8.Program("riscv64")
	assert.ErrorContains(t, err, "want amd64, arm or arm64")
}

func TestParse(t *testing.T) {
	for version, want := range map[string]string{"8": "8-10", "10": "8-10", "11": "11", "12": "12", "14": "13-14", "15": "15"} {
		a, err := seccomp.Parse(version)
		require.NoError(t, err)
		assert.Equal(t, want, a.String())
	}
	for _, version := range []string{"", "7", "16", "8-10"} {
		_, err := seccomp.Parse(version)
		assert.ErrorContains(t, err, "want 8 to 15")
	}
}

func architectures() map[string]func(seccomp.Call) uint32 {
	return map[string]func(seccomp.Call) uint32{
		"amd64": func(c seccomp.Call) uint32 { return c.AMD64 },
		"arm":   func(c seccomp.Call) uint32 { return c.ARM },
		"arm64": func(c seccomp.Call) uint32 { return c.ARM64 },
	}
}
