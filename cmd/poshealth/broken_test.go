package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// lone is a terminal with a broker and nothing else, whose state lies in a folder of its own.
func lone(t *testing.T, binary, state string) (l *lab, start func()) {
	t.Helper()
	l = &lab{t: t, dir: t.TempDir(), binary: binary}
	broker, ca, start := l.brokerLater("localhost")
	l.config = l.write("poshealth.toml", fmt.Sprintf(
		"[terminal]\nid = \"T0000001\"\nstate_dir = %q\n[mqtt]\nbroker = %q\nca_file = %q\npulse = \"10s\"\n[local]\nlisten = \"127.0.0.1:0\"\n[diagnose]\nhold_scale = 0.01\n[probe]\nreport = { every = \"1s\" }\n",
		state, broker, ca))
	return l, start
}

// hearsLedger waits for a pulse that accounts for the spool's changes.
func (l *lab) hearsLedger(what string, wanted func(wire.Ledger) bool) {
	l.t.Helper()
	l.heard.until(what, func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/health") {
			return false
		}
		s, err := wire.Decode[wire.Snapshot](body)
		require.NoError(l.t, err)
		for _, a := range s.Report.Ledger {
			if a.Kind == "change" && wanted(a) {
				return true
			}
		}
		return false
	})
}

// TestFlashThatCannotBeWritten: a full flash, and one that can only be read. The fleet hears of it and of all else, and so does who
// stands before the terminal: the page needs no folder.
func TestFlashThatCannotBeWritten(t *testing.T) {
	binary := buildAgent(t)
	for _, row := range []struct {
		name, fault string
		bring       func(t *testing.T, root string)
	}{
		{"full", "no space left on device", func(t *testing.T, root string) {
			ballast, err := os.Create(filepath.Join(root, "ballast"))
			require.NoError(t, err)
			for err == nil {
				_, err = ballast.Write(make([]byte, 4<<10))
			}
			require.ErrorIs(t, err, unix.ENOSPC)
			require.NoError(t, ballast.Close())
		}},
		{"read-only", "read-only file system", func(t *testing.T, root string) {
			require.NoError(t, unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			if err := unix.Mount("tmpfs", root, "tmpfs", 0, "size=256k"); err != nil {
				probetest.Unable(t, "cannot mount a file system: "+err.Error())
			}
			t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
			row.bring(t, root)
			l, start := lone(t, binary, root)
			start()
			daemon := newServer(t, "poshealth", l.binary, "run", "--config", l.config)
			l.hearsLedger("that the flash cannot be written", func(a wire.Ledger) bool {
				return a.Held == "memory" && strings.Contains(a.Fault, row.fault)
			})
			page := regexp.MustCompile(`page=(http://[0-9.:]+)`)
			require.Eventually(t, func() bool { return page.MatchString(daemon.log()) }, patience, 20*time.Millisecond)
			answer, err := http.Get(page.FindStringSubmatch(daemon.log())[1] + "/v1/status")
			require.NoError(t, err)
			defer answer.Body.Close()
			var s wire.Snapshot
			require.NoError(t, json.NewDecoder(answer.Body).Decode(&s))
			require.NotEmpty(t, s.Report.Ledger)
			assert.Contains(t, s.Report.Ledger[0].Fault, row.fault, "and who stands before the terminal can read it")
			daemon.stop()
			assert.Equal(t, 0, daemon.cmd.ProcessState.ExitCode(), daemon.log())
			assert.NotContains(t, daemon.log(), "panic")
		})
	}
}

// TestStateThatIsDamaged: whatever has become of what the agent keeps, it starts, reports, and ends clean.
func TestStateThatIsDamaged(t *testing.T) {
	binary := buildAgent(t)
	sound := filepath.Join(t.TempDir(), "state")
	l, start := lone(t, binary, sound)
	daemon := l.startIn(sound)
	daemon.until("it has something to keep", func(s wire.Snapshot) bool { return len(s.Report.Ledger) > 0 && s.Report.Ledger[0].Pending > 0 })
	daemon.stop()
	start()
	kept := 0
	for _, row := range []struct {
		name string
		do   func(file string) error
	}{
		{"garbage", func(file string) error {
			return os.WriteFile(file, bytes.Repeat([]byte("\x00\xffgarbage\n{["), 700), 0o600)
		}},
		{"zeros", func(file string) error { return os.WriteFile(file, make([]byte, 5000), 0o600) }},
		{"nothing", func(file string) error { return os.Truncate(file, 0) }},
		{"a folder", func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return os.Mkdir(file, 0o700)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			require.NoError(t, os.CopyFS(state, os.DirFS(sound)))
			var files []string
			require.NoError(t, filepath.WalkDir(state, func(file string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					files = append(files, file)
				}
				return err
			}))
			kept = max(kept, len(files))
			for _, file := range files {
				require.NoError(t, row.do(file), file)
			}
			config, err := os.ReadFile(l.config)
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "poshealth.toml")
			require.NoError(t, os.WriteFile(file, bytes.ReplaceAll(config, []byte(sound), []byte(state)), 0o600))
			d := newServer(t, "poshealth", binary, "run", "--config", file)
			l.hearsLedger("that it reports, and keeps what it has to tell", func(a wire.Ledger) bool { return a.Held == "flash" || row.name == "a folder" })
			d.stop()
			assert.Equal(t, 0, d.cmd.ProcessState.ExitCode(), d.log())
			assert.NotContains(t, d.log(), "panic")
		})
	}
	assert.GreaterOrEqual(t, kept, 5, "there was something to damage")
}

// startIn starts the daemon, whose socket is in another folder.
func (l *lab) startIn(state string) *daemon {
	dir := l.dir
	l.dir = state
	defer func() { l.dir = dir }()
	return l.start()
}

// TestStartsWithoutABroker: what changes is stored at once, outlives a kill, and is told in its order when the broker comes.
func TestStartsWithoutABroker(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	l, start := lone(t, buildAgent(t), state)
	stored := func(starts int) func(s wire.Snapshot) bool {
		return func(s wire.Snapshot) bool {
			folders, err := filepath.Glob(filepath.Join(state, "spool", "*-change-*", "*"))
			require.NoError(t, err)
			return s.Report != nil && len(s.Report.Ledger) >= starts && s.Report.Ledger[starts-1].Pending > 0 && s.Report.Ledger[0].Held == "flash" && len(folders) >= starts
		}
	}
	daemon := l.startIn(state)
	daemon.until("the first change is stored", stored(1))
	require.NoError(t, daemon.server.cmd.Process.Kill())
	_ = daemon.server.cmd.Wait() // it was killed
	daemon = l.startIn(state)
	s := daemon.until("those of both starts are", stored(2))
	first, second := s.Report.Ledger[0], s.Report.Ledger[1]

	start()
	next := map[string]uint64{}
	l.heard.until("all of them", func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/event") {
			return false
		}
		e, err := wire.Decode[wire.Event](body)
		require.NoError(t, err)
		require.NotNil(t, e.Spool)
		require.Equal(t, next[e.Spool.ID]+1, e.Spool.Seq, "in their order, none left out and none twice")
		next[e.Spool.ID] = e.Spool.Seq
		if e.Spool.ID == second.Spool {
			require.Equal(t, first.Last, next[first.Spool], "those of the start before come first")
		}
		return next[second.Spool] >= second.Last
	})
	daemon.until("nothing waits", func(s wire.Snapshot) bool { return s.Report.Queued == 0 })
	daemon.stop()
}

// TestAnotherBroker: where the first broker's port is closed the next one is used, and that is said.
func TestAnotherBroker(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	l, start := lone(t, buildAgent(t), state)
	start()
	config, err := os.ReadFile(l.config)
	require.NoError(t, err)
	good := regexp.MustCompile(`broker = "(.*)"`).FindStringSubmatch(string(config))[1]
	l.write("poshealth.toml", strings.Replace(string(config), "broker = "+fmt.Sprintf("%q", good),
		fmt.Sprintf("broker = \"tls://localhost:%s\"\nalso = [%q]", freePort(t, "tcp"), good), 1))
	daemon := l.startIn(state)
	daemon.until("it is at the other one, and says so", func(s wire.Snapshot) bool {
		for _, r := range s.Results {
			for _, f := range r.Facts {
				if r.Probe == "report" && f.Name == "broker" && f.Value == good {
					return r.Outcome == "pass"
				}
			}
		}
		return false
	})
	l.hearsState(true)
	daemon.stop()
}
