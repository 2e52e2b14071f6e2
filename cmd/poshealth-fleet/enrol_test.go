package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// office serves enrolment on loopback, and gives its address.
func office(t *testing.T, dir string, o fleet.EnrolOptions) string {
	t.Helper()
	o.Dir = dir
	server, err := fleet.OpenEnrolment(o)
	require.NoError(t, err)
	cert, err := server.ServerCertificate("127.0.0.1")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l, cert) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
		assert.NoError(t, server.Close())
	})
	return "https://" + l.Addr().String()
}

// counter is a terminal with an agent's configuration for an office.
func counter(t *testing.T, url, office, serial string) config.Config {
	t.Helper()
	dir := t.TempDir()
	at, err := probetest.NewTerminal(filepath.Join(dir, "root"), probetest.TerminalOptions{Serial: serial})
	require.NoError(t, err)
	c := config.Default()
	c.Terminal.Root, c.Terminal.StateDir = at.Root(), filepath.Join(dir, "state")
	require.NoError(t, os.Mkdir(c.Terminal.StateDir, 0o700))
	c.Local.Listen = ""
	c.Enrol = config.Enrol{URL: url, CAFile: filepath.Join(office, "ca.pem"), TokenFile: filepath.Join(dir, "claim.txt")}
	return c
}

// runs runs an agent until it has what is waited for, and gives its last snapshot; or why it ended.
func runs(t *testing.T, c config.Config, until func(wire.Snapshot) bool) (wire.Snapshot, error) {
	t.Helper()
	a, err := agent.New(t.Context(), agent.Options{Config: c, Version: "test"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	var last wire.Snapshot
	for {
		select {
		case err := <-ended:
			return last, err
		case <-time.After(20 * time.Millisecond):
			if last, _ = a.Board().Get(); until(last) {
				cancel()
				return last, <-ended
			}
		}
	}
}

func enrolmentOf(s wire.Snapshot) (wire.Result, bool) {
	for _, r := range s.Results {
		if r.Probe == "enrolment" {
			return r, true
		}
	}
	return wire.Result{}, false
}

func stateOf(s wire.Snapshot) string {
	r, _ := enrolmentOf(s)
	for _, f := range r.Facts {
		if f.Name == "state" {
			return f.Value
		}
	}
	return ""
}

// TestAgentEnrols: an agent that has a token gets an identity, ends, and its successor is that terminal, with the broker and the
// configuration that came with it. On another machine the same folder is not used, and that is said.
func TestAgentEnrols(t *testing.T) {
	dir := t.TempDir()
	url := office(t, dir, fleet.EnrolOptions{Config: "[terminal]\nlang = \"en\"\nstate_dir = \"/elsewhere\"\n[local]\nlisten = \"\"\n[app]\npackage = \"com.example.pay\"\n", Broker: "tls://127.0.0.1:1"})
	tokens, err := fleet.MakeTokens(dir, fleet.TokenOptions{Count: 1, Tenant: "shop-12"})
	require.NoError(t, err)
	c := counter(t, url, dir, "PB0519AB")

	s, err := runs(t, c, func(s wire.Snapshot) bool { return stateOf(s) == "no-token" })
	require.NoError(t, err)
	assert.Equal(t, "demo", s.Terminal.Tenant)

	require.NoError(t, os.WriteFile(c.Enrol.TokenFile, []byte(tokens[0]+"\n"), 0o600))
	_, err = runs(t, c, func(wire.Snapshot) bool { return false })
	require.ErrorIs(t, err, agent.ErrEnrolled)
	assert.NoFileExists(t, c.Enrol.TokenFile)

	s, err = runs(t, c, func(s wire.Snapshot) bool { return stateOf(s) == "enrolled" && s.Report != nil })
	require.NoError(t, err)
	assert.Equal(t, [2]string{"shop-12", "PB0519AB"}, [2]string{s.Terminal.Tenant, s.Terminal.ID})
	r, _ := enrolmentOf(s)
	require.NotEmpty(t, r.Readings)
	assert.Equal(t, "certificate_left", r.Readings[0].Name)
	assert.True(t, has(s, "app"), "it looks at what the configuration names that came with the identity")

	copied := counter(t, url, dir, "PB0519AC")
	require.NoError(t, os.RemoveAll(copied.Terminal.StateDir))
	require.NoError(t, os.CopyFS(copied.Terminal.StateDir, os.DirFS(c.Terminal.StateDir)))
	_ = os.Remove(filepath.Join(copied.Terminal.StateDir, "poshealth.sock"))
	s, err = runs(t, copied, func(s wire.Snapshot) bool { return stateOf(s) == "clone-suspected" })
	require.NoError(t, err)
	assert.Equal(t, "PB0519AC", s.Terminal.ID)
	assert.Equal(t, "demo", s.Terminal.Tenant)
	r, _ = enrolmentOf(s)
	assert.Equal(t, wire.Result{Outcome: "fail", Reason: "clone-suspected"}, wire.Result{Outcome: r.Outcome, Reason: r.Reason})
}

func has(s wire.Snapshot, probe string) bool {
	for _, r := range s.Results {
		if r.Probe == probe {
			return true
		}
	}
	return false
}

// TestEnrolByHand: what a technician's command does, beside an agent or without one.
func TestEnrolByHand(t *testing.T) {
	dir := t.TempDir()
	url := office(t, dir, fleet.EnrolOptions{})
	tokens, err := fleet.MakeTokens(dir, fleet.TokenOptions{Count: 2})
	require.NoError(t, err)
	c := counter(t, url, dir, "PB0519AB")
	c.Enrol.TokenFile = ""
	_, err = agent.Enrol(t.Context(), agent.Options{Config: c}, "", false)
	require.ErrorContains(t, err, "no token")
	name, err := agent.Enrol(t.Context(), agent.Options{Config: c}, tokens[0], false)
	require.NoError(t, err)
	assert.Equal(t, "PB0519AB", name)
	name, err = agent.Enrol(t.Context(), agent.Options{Config: c}, tokens[1], false)
	require.ErrorIs(t, err, os.ErrExist)
	assert.Equal(t, "PB0519AB", name)
	_, err = agent.Enrol(t.Context(), agent.Options{Config: c}, tokens[1], true)
	require.ErrorContains(t, err, "--terminal PB0519AB", "a new key for a known name needs a token of its own")
	_, err = runs(t, c, func(s wire.Snapshot) bool { return stateOf(s) == "enrolled" })
	require.NoError(t, err, "the refused claim took nothing away")

	c.Enrol.CAFile = ""
	_, err = agent.Enrol(t.Context(), agent.Options{Config: c}, tokens[1], true)
	require.ErrorContains(t, err, "enrol.ca_file", "a server that nobody vouches for gets no token")
}

func TestEnrolCommands(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	me := self{name: "poshealth-fleet"}
	assert.Equal(t, exitDone, run(t.Context(), []string{"enrol", "tokens", "--dir", dir, "--count", "3", "--ttl", "30d"}, streams{&out, &errs}, me))
	assert.Len(t, strings.Fields(out.String()), 3)
	out.Reset()
	assert.Equal(t, exitDone, run(t.Context(), []string{"enrol", "--help"}, streams{&out, &errs}, me))
	assert.Contains(t, out.String(), "examples:")
	for _, args := range [][]string{{"enrol"}, {"enrol", "x"}, {"enrol", "tokens", "--ttl", "30"}, {"enrol", "tokens", "x"}, {"enrol", "serve", "--cert", "a"}} {
		assert.Equal(t, exitMisuse, run(t.Context(), args, streams{&out, &errs}, me), args)
	}
	assert.Equal(t, exitFailed, run(t.Context(), []string{"enrol", "tokens", "--dir", dir, "--count", "0"}, streams{&out, &errs}, me))

	ctx, cancel := context.WithCancel(t.Context())
	said := &waiting{word: "enrolling", then: cancel}
	assert.Equal(t, exitDone, run(ctx, []string{"enrol", "serve", "--dir", dir, "--listen", "127.0.0.1:0"}, streams{&out, said}, me))
	require.ErrorIs(t, ctx.Err(), context.Canceled)
	assert.True(t, errors.Is(context.Cause(ctx), context.Canceled))
}

// waiting calls then when it has read a word.
type waiting struct {
	word string
	then func()
	mu   sync.Mutex
	b    bytes.Buffer
}

func (w *waiting) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.b.Write(p); strings.Contains(w.b.String(), w.word) {
		w.then()
	}
	return len(p), nil
}
