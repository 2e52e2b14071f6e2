package agent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// TestNameLasts: a terminal is the same terminal whatever its serial number's property does on a bad day.
func TestNameLasts(t *testing.T) {
	slow := &terminal.Error{What: "getprop", Reason: terminal.Timeout, Err: errors.New("too slow")}
	nowhere := &terminal.Error{What: "getprop", Reason: probes.Absent, Err: os.ErrNotExist}
	name := func(t *testing.T, dir, serial string, unread error) string {
		t.Helper()
		var id identity
		err := id.name(dir, serial, unread)
		if unread == nil || terminal.ReasonOf(unread) == probes.Absent {
			require.NoError(t, err)
		}
		require.True(t, isName(id.ID), "%q", id.ID)
		return id.ID
	}
	t.Run("a serial number is kept", func(t *testing.T) {
		dir := t.TempDir()
		assert.Equal(t, "SN0001", name(t, dir, "SN0001", nil))
		assert.Equal(t, "SN0001", name(t, dir, "", slow), "a slow start")
		assert.Equal(t, "SN0002", name(t, dir, "SN0002", nil), "another board")
	})
	t.Run("a name is made once", func(t *testing.T) {
		dir := t.TempDir()
		made := name(t, dir, "", nowhere)
		assert.Equal(t, made, name(t, dir, "", nowhere))
	})
	t.Run("no name is made for good while the serial number may still be read", func(t *testing.T) {
		dir := t.TempDir()
		name(t, dir, "", slow)
		assert.Equal(t, "SN0001", name(t, dir, "SN0001", nil))
	})
	for what, spoil := range map[string]func(string) error{
		"garbage": func(f string) error { return os.WriteFile(f, []byte("a/b#+\n\x00"), 0o600) },
		"huge":    func(f string) error { return os.WriteFile(f, []byte(strings.Repeat("A", 1<<20)), 0o600) },
		"a pipe":  func(f string) error { return unix.Mkfifo(f, 0o600) },
		"empty":   func(f string) error { return os.WriteFile(f, nil, 0o600) },
	} {
		t.Run("in the place of the name: "+what, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, spoil(filepath.Join(dir, nameFile)))
			var made identity
			require.ErrorContains(t, made.name(dir, "", nowhere), "it has a new one, "+made.ID, "another name is no small thing")
			assert.Equal(t, made.ID, name(t, dir, "", nowhere), "replaced by a good one")
		})
	}
}

// TestAnotherTerminalKeepsItsName: looking at another terminal's files neither lends it this machine's name nor writes one.
func TestAnotherTerminalKeepsItsName(t *testing.T) {
	dir := t.TempDir()
	sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{Serial: "SN0007"})
	require.NoError(t, err)
	c := config.Default()
	c.Terminal.StateDir = dir
	id, err := identify(t.Context(), c, terminal.Open(sim.Root()), "1.0.0")
	require.NoError(t, err)
	assert.Equal(t, "SN0007", id.ID)
	assert.Equal(t, "1.0.0", id.Agent)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestStartsAreCounted: what was counted is never counted again, whatever became of the file.
func TestStartsAreCounted(t *testing.T) {
	dir := t.TempDir()
	first, err := countStart(dir)
	require.NoError(t, err)
	second, err := countStart(dir)
	require.NoError(t, err)
	assert.Equal(t, first+1, second)
	for _, damage := range []string{"", "x", "-1", "18446744073709551615", strings.Repeat("9", 300)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, startsFile), []byte(damage), 0o600))
		n, err := countStart(dir)
		require.ErrorContains(t, err, "cannot read the count of starts")
		if len(damage) < maxKept {
			next, err := countStart(dir)
			require.NoError(t, err)
			assert.NotEqual(t, n, next, "%q", damage)
		}
		assert.Less(t, n, uint64(mostStarts))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".keep-left"), []byte("x"), 0o600))
	_, _ = countStart(dir)
	assert.NoFileExists(t, filepath.Join(dir, ".keep-left"), "what a power cut left behind is removed")
}

// A terminal that was just starting told neither model nor system; it does an hour later at the latest.
func TestAgentLearnsWhatTheTerminalIs(t *testing.T) {
	a := &Agent{}
	tell := func(id probes.ID, model, os string) {
		a.learn(probes.Result{Probe: id, Observation: probes.Observation{Facts: []probes.Fact{{Name: "model", Value: model}, {Name: "os", Value: os}}}})
	}
	tell("terminal", "", "")
	tell("app", "X", "Y")
	assert.Empty(t, a.identity.Model+a.identity.OS)
	tell("terminal", "PAX A920", "Android 7.1.2")
	tell("terminal", "another", "another")
	assert.Equal(t, []string{"PAX A920", "Android 7.1.2"}, []string{a.identity.Model, a.identity.OS})
}
