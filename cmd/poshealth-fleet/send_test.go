package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

const testNonce = "00112233aabbccdd"

// obedient is a terminal's side of the downlink: its gate and book, at a real broker.
type obedient struct {
	client    paho.Client
	gate      *downlink.Gate
	book      *downlink.Book
	timeKnown atomic.Bool
	did       chan downlink.Command
}

func newObedient(t *testing.T, broker string, keys ...string) *obedient {
	t.Helper()
	pinned, err := downlink.ParseKeys(keys)
	require.NoError(t, err)
	o := &obedient{did: make(chan downlink.Command, 16)}
	o.book, err = downlink.OpenBook(downlink.BookOptions{
		Keys: pinned, Read: func(string, int64) ([]byte, error) { return nil, fs.ErrNotExist }, Write: func(string, string) error { return nil },
	})
	require.NoError(t, err)
	start := time.Now()
	o.gate = downlink.NewGate(downlink.GateOptions{
		Tenant: "shop", Terminal: "T1", Keys: pinned, Book: o.book, Nonce: func() string { return testNonce },
		Now:      func() (time.Time, bool) { return time.Now(), o.timeKnown.Load() },
		Boottime: func() time.Duration { return time.Since(start) },
	})
	o.client = paho.NewClient(paho.NewClientOptions().AddBroker(broker).SetClientID("T1").SetProtocolVersion(4))
	token := o.client.Connect()
	require.True(t, token.WaitTimeout(longest))
	require.NoError(t, token.Error())
	t.Cleanup(func() { o.client.Disconnect(100) })
	for _, topic := range o.gate.Topics() {
		token := o.client.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { o.hear(m.Topic(), m.Payload()) })
		require.True(t, token.WaitTimeout(longest))
		require.NoError(t, token.Error())
	}
	return o
}

func (o *obedient) hear(topic string, envelope []byte) {
	c, refusal := o.gate.Open(topic, envelope)
	a := wire.Ack{Schema: wire.Schema, State: wire.Done, ID: c.ID, Seq: c.Seq}
	if refusal == nil {
		_ = o.book.Enter(c, wire.Done, nil)
		o.did <- c
	} else {
		a.ID, a.State, a.Reason, a.Detail = refusal.Command.ID, wire.Rejected, string(refusal.Reason), refusal.Detail
		if refusal.Reason == downlink.UnsafeNow {
			a.Nonce = testNonce
		}
	}
	body, _ := wire.Encode(a)
	o.client.Publish("pos/v1/shop/T1/ack", 1, false, body)
}

// calling runs a command until ctx ends.
func calling(ctx context.Context, out, errs io.Writer, args ...string) <-chan int {
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, streams{out: out, err: errs}, self{}) }()
	return code
}

func TestCommandingATerminal(t *testing.T) {
	b, err := fleet.NewBroker(fleet.BrokerOptions{})
	require.NoError(t, err)
	defer func() { _ = b.Close() }()
	dir := t.TempDir()
	call := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, streams{out: &out, err: &errs}, self{})
		return code, out.String(), errs.String()
	}
	newKey := func(purpose string) (file, line string) {
		file = filepath.Join(dir, purpose+".key")
		code, out, errs := call("keygen", "--for", purpose, "--out", file)
		require.Equal(t, exitDone, code, errs)
		private, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, out+errs, strings.Split(string(private), "\n")[3], "a private key is not shown")
		return file, strings.TrimSpace(out)
	}
	cmd, cmdLine := newKey("cmd")
	desired, desiredLine := newKey("desired")
	terminal := newObedient(t, b.URL(), cmdLine, desiredLine)
	terminal.timeKnown.Store(true)

	to := []string{"send", "--lang", "en", "--tenant", "shop", "--dst", "T1", "--broker", b.URL()}
	code, out, errs := call(append(to, "--key", cmd, "--op", "probe", "--args", `{"kinds":["tcp"]}`, "--id", "p1")...)
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, "T1  p1  done\n", out)
	assert.Equal(t, []string{"tcp"}, (<-terminal.did).Args.(*downlink.Probe).Kinds)

	toml := filepath.Join(dir, "terminal.toml")
	require.NoError(t, os.WriteFile(toml, []byte("[mqtt]\npulse = \"5m\"\n"), 0o600))
	code, _, errs = call(append(to, "--key", desired, "--op", "desired", "--config", toml, "--version", "7")...)
	require.Equal(t, exitDone, code, errs)
	got := (<-terminal.did).Args.(*downlink.Desired)
	assert.EqualValues(t, 7, got.Version)
	assert.EqualValues(t, 600, got.ProbationS)

	terminal.timeKnown.Store(false)
	code, out, _ = call(append(to, "--key", cmd, "--op", "snapshot", "--id", "s1")...)
	assert.Equal(t, exitDone, code, "signed again with the nonce")
	assert.Contains(t, out, "T1  s1  refused (unsafe-now)  time not known")
	assert.Contains(t, out, "T1  s1  done\n")
	assert.Equal(t, testNonce, (<-terminal.did).Nonce)
	code, out, _ = call(append(to, "--key", cmd, "--op", "set", "--args", `{"fleet":3}`, "--lang", "zh")...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "已拒绝 (unsafe-now)")
	terminal.timeKnown.Store(true)

	code, out, errs = call("sign", "--key", cmd, "--tenant", "shop", "--dst", "T1", "--op", "snapshot", "--id", "s2")
	require.Equal(t, exitDone, code, errs)
	var signed map[string]string
	require.NoError(t, json.Unmarshal([]byte(out), &signed))
	file := filepath.Join(dir, "signed.json")
	require.NoError(t, os.WriteFile(file, []byte(out), 0o600))
	for _, want := range []string{"T1  s2  done\n", "T1  s2  refused (replayed)  it was done before\n"} {
		_, out, errs = call("send", "--lang", "en", "--broker", b.URL(), "--envelope", file)
		assert.Equal(t, want, out, errs)
	}

	code, out, errs = call("send", "--key", cmd, "--tenant", "shop", "--dst", "T2", "--op", "snapshot", "--wait", "300ms", "--broker", b.URL())
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "no answer in time")

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var roll, complaints paperRoll
	ended := calling(ctx, &roll, &complaints, "send", "--lang", "en", "--key", cmd, "--tenant", "shop", "--dst", "shop/*", "--op", "set", "--args", `{"fleet":9}`, "--id", "all", "--wait", "1h", "--broker", b.URL())
	require.Eventually(t, func() bool { return roll.String() == "T1  all  done\n" }, longest, tick, "%s", complaints.String())
	stop()
	assert.Equal(t, exitDone, <-ended, "Ctrl-C ends what waits for whoever else may answer")
}

func TestCommandsAreUsedRight(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "cmd.key")
	for _, row := range []struct {
		name, args string
		code       int
		want       string // part of either stream
	}{
		{"help", "send --help", exitDone, "--envelope FILE"},
		{"a key", "keygen --out " + key, exitDone, " cmd\n"},
		{"a key over a key", "keygen --out " + key, exitFailed, "there already"},
		{"a key for nothing", "keygen --for root --out " + key, exitMisuse, "want cmd, desired or notice"},
		{"no key", "sign --tenant a --dst b --op probe", exitFailed, "--key is missing"},
		{"no operation", "sign --key " + key + " --tenant a --dst b", exitFailed, "--op is missing"},
		{"an operation that is none", "sign --key " + key + " --tenant a --dst b --op reboot", exitFailed, "no operation"},
		{"a file that is not there", "sign --key " + key + " --tenant a --dst b --op probe --args @/nowhere", exitFailed, "/nowhere"},
		{"a configuration for another operation", "sign --key " + key + " --tenant a --dst b --op probe --config " + key, exitFailed, "--op desired"},
		{"an envelope and an order", "send --envelope x --op probe", exitMisuse, "signed already"},
		{"an envelope that is none", "send --envelope " + key, exitFailed, "cannot read"},
		{"no broker", "send --key " + key + " --tenant a --dst b --op probe --broker tcp://127.0.0.1:1", exitFailed, "refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), strings.Fields(row.args), streams{out: &out, err: &errs}, self{})
			assert.Equal(t, row.code, code, errs.String())
			assert.Contains(t, out.String()+errs.String(), row.want)
		})
	}
	_, err := os.Stat(key + ".seq")
	assert.True(t, err == nil || errors.Is(err, fs.ErrNotExist))
}
