package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestSimulatedTerminals looks once at every simulated terminal, in a lab network with names, a payment host and time, and
// finds what the model's file "expected" says and nothing else. POSHEALTH_BINARY and POSHEALTH_EMULATOR run another
// processor's program: "qemu-arm-static -cpu cortex-a7".
func TestSimulatedTerminals(t *testing.T) {
	l := newLab(t)
	l.timeServed()
	base, err := os.ReadFile(l.config)
	require.NoError(t, err)
	for _, name := range probetest.Models() {
		t.Run(name, func(t *testing.T) {
			model, err := probetest.Model(name)
			require.NoError(t, err)
			root := t.TempDir()
			require.NoError(t, probetest.WriteModel(root, model))
			want := expectations(t, model)
			// Without an id the terminal's own name counts; an emulated processor needs the times that a terminal is given.
			own := strings.Replace(string(base), "id = \"T0000001\"\n", "", 1)
			own, _, _ = strings.Cut(own, "[probe]\n")
			if extra, err := fs.ReadFile(model, "poshealth.toml"); err == nil {
				own += string(extra)
			}
			config := l.write(name+".toml", own)

			binary, user := l.binary, (*syscall.Credential)(nil)
			if _, err := fs.Stat(model, "denied-files"); err == nil && os.Geteuid() == 0 {
				binary, user = l.forUser(root)
			}
			s := checkRecorded(t, user, binary, config, root, want.exit)
			assert.Equal(t, want.terminal, s.Terminal.ID)
			assert.Equal(t, want.takeCard, s.Verdict.TakeCard.Level, "can it take a card")
			assert.Equal(t, want.findings, standing(s))
			require.NotNil(t, s.Access)
			assert.Equal(t, want.level, s.Access.Level)
			for datum, reason := range want.not {
				assert.Equal(t, reason, s.Access.Not[datum], "why %s cannot be read", datum)
			}
			for datum, source := range want.read {
				assert.Equal(t, source, s.Access.Read[datum], "by what %s is read", datum)
			}
		})
	}
}

// timeServed waits until all time servers of the lab know the time: chrony takes a moment after its start.
func (l *lab) timeServed() {
	l.t.Helper()
	for _, port := range l.ntp {
		require.Eventually(l.t, func() bool {
			c, err := net.Dial("udp", "127.0.0.1:"+port)
			if err != nil {
				return false
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(time.Second))
			request, answer := make([]byte, 48), make([]byte, 48)
			request[0] = 4<<3 | 3 // version 4, client
			if _, err := c.Write(request); err != nil {
				return false
			}
			n, err := c.Read(answer)
			return err == nil && n == 48 && answer[0]>>6 != 3 && answer[1] != 0 // synchronised, and no kiss of death
		}, patience, 100*time.Millisecond, "a time server does not know the time")
	}
}

// forUser hands what a check needs to a user who is not root, from whom no file is kept: the lab's folder is that user's from
// then on, the way to the terminal is open, and the program lies where everybody may go.
func (l *lab) forUser(root string) (binary string, user *syscall.Credential) {
	l.t.Helper()
	require.NoError(l.t, filepath.WalkDir(l.dir, func(path string, _ fs.DirEntry, err error) error {
		require.NoError(l.t, err)
		return os.Lchown(path, appUID, appUID)
	}))
	program, err := os.ReadFile(l.binary)
	require.NoError(l.t, err)
	binary = filepath.Join(l.dir, "poshealth-of-all")
	require.NoError(l.t, os.WriteFile(binary, program, 0o755))
	for _, folder := range []string{filepath.Dir(l.dir), filepath.Dir(root)} {
		require.NoError(l.t, os.Chmod(folder, 0o711))
	}
	return binary, &syscall.Credential{Uid: appUID, Gid: appUID}
}

// checkRecorded runs one check of a recorded terminal, on an emulated processor where one is named, as a user where one is.
func checkRecorded(t *testing.T, user *syscall.Credential, binary, config, root string, code int) wire.Snapshot {
	t.Helper()
	argv := append(strings.Fields(os.Getenv("POSHEALTH_EMULATOR")), binary, "check", "--config", config, "--root", root, "--format", "json")
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	assert.Equal(t, code, cmd.ProcessState.ExitCode(), "exit code\n%s%s", out, stderr.String())
	conforms(t, "health", string(out))
	s, err := wire.Decode[wire.Snapshot](out)
	require.NoError(t, err)
	return s
}

// standing is what stands, as "code severity subject", in order of code.
func standing(s wire.Snapshot) []string {
	found := []string{}
	for _, f := range s.Findings {
		found = append(found, strings.TrimSpace(f.Code+" "+f.Severity+" "+f.Subject))
	}
	slices.Sort(found)
	return found
}

// expected is what a model's file of that name says; see probes/probetest/terminals/README.md.
type expected struct {
	terminal, level, takeCard string
	exit                      int
	findings                  []string
	read, not                 map[string]string
}

func expectations(t *testing.T, model fs.FS) expected {
	t.Helper()
	content, err := fs.ReadFile(model, "expected")
	require.NoError(t, err, "every simulated terminal says what is to be found on it")
	e := expected{findings: []string{}, read: map[string]string{}, not: map[string]string{}}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		datum, value, _ := strings.Cut(rest, " ")
		switch key {
		case "":
		case "terminal":
			e.terminal = rest
		case "level":
			e.level = rest
		case "take_card":
			e.takeCard = rest
		case "finding":
			e.findings = append(e.findings, rest)
		case "read":
			e.read[datum] = value
		case "not":
			e.not[datum] = value
		default:
			t.Fatalf("expected: do not know what to do with %q", line)
		}
	}
	e.exit = map[string]int{wire.Ready: 0, wire.AtRisk: 1, wire.NotReady: 2}[cmp.Or(e.takeCard, wire.Unknown)]
	slices.Sort(e.findings)
	return e
}

// TestModelsAreWhole: what a model's folder holds is named and has a source.
func TestModelsAreWhole(t *testing.T) {
	const folder = "../../probes/probetest/terminals"
	sources, err := os.ReadFile(filepath.Join(folder, "PROVENANCE.tsv"))
	require.NoError(t, err)
	for _, name := range probetest.Models() {
		model, err := probetest.Model(name)
		require.NoError(t, err)
		require.NoError(t, fs.WalkDir(model, "captures", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && path != "captures/denied" {
				assert.Contains(t, string(sources), "\n"+name+"/"+path+"\t", "where it comes from, or that it is made")
			}
			return err
		}))
	}
}

// highWater follows a process until it has ended, and gives the most memory that it had resident, in KiB. (What wait4 tells is
// no use: it counts what the parent had when it forked.)
func highWater(pid int) <-chan int64 {
	done := make(chan int64, 1)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var high int64
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, there := strings.Cut(string(status), "VmHWM:")
			if err != nil || !there {
				done <- high // it has ended, be it waited for or not
				return
			}
			if fields := strings.Fields(rest); len(fields) > 0 {
				if kib, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
					high = max(high, kib)
				}
			}
			<-tick.C
		}
	}()
	return done
}

// TestLongDumpsTakeNoMemory: whatever a terminal's programs print, the agent keeps a line of it. A round over seven dumps of
// 8 MB takes no more memory than one over seven of 64 kB.
func TestLongDumpsTakeNoMemory(t *testing.T) {
	binary := buildAgent(t)
	config := filepath.Join(t.TempDir(), "poshealth.toml")
	require.NoError(t, os.WriteFile(config, []byte("[terminal]\nstate_dir = \""+t.TempDir()+"\"\n[app]\npackage = \"com.acquirer.pos\"\n"), 0o600))
	peak := func(dump int) int64 {
		root := t.TempDir()
		require.NoError(t, probetest.WriteHeaviest(root, dump))
		var least int64
		for range 3 { // the least of three: what is measured is the program, not the moment
			cmd := exec.CommandContext(t.Context(), binary, "check", "--config", config, "--root", root, "--format", "json")
			var out bytes.Buffer
			cmd.Stdout = &out
			require.NoError(t, cmd.Start())
			high := highWater(cmd.Process.Pid)
			_ = cmd.Wait() // without a host the answer is unknown, exit 3
			require.Equal(t, 3, cmd.ProcessState.ExitCode())
			require.Contains(t, out.String(), `"dumpsys wifi"`, "the long way was gone")
			if got := <-high; least == 0 || got < least {
				least = got
			}
		}
		return least
	}
	short, long := peak(64<<10), peak(8<<20)
	t.Logf("highest resident memory: %d KiB with short dumps, %d KiB with long ones", short, long)
	assert.Less(t, long-short, int64(2048), "KiB more for dumps of 8 MB")
}
