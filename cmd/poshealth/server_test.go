package main_test

import (
	"bufio"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// brokersOwn is a message that mosquitto has for each who subscribes to it: the answer that it was heard.
const brokersOwn = "$SYS/broker/version"

// hearing is a subscriber: what the fleet gets.
type hearing struct {
	t     testing.TB
	lines chan string
}

// args must subscribe to brokersOwn as well.
func newHearing(t testing.TB, program string, args ...string) *hearing {
	t.Helper()
	cmd := exec.Command(program, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	h := &hearing{t: t, lines: make(chan string, 4096)}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	subscribed := make(chan struct{})
	go func() {
		defer close(h.lines)
		begun := sync.OnceFunc(func() { close(subscribed) })
		s := bufio.NewScanner(out)
		s.Buffer(nil, 4<<20) // a message of a megabyte, in hexadecimal digits
		for s.Scan() {
			if strings.HasPrefix(s.Text(), brokersOwn) {
				begun()
				continue
			}
			h.lines <- s.Text()
		}
	}()
	select {
	case <-subscribed: // whoever publishes from now on is heard
	case <-time.After(10 * time.Second): // once in many runs mosquitto does not send it; what was subscribed by now is heard all the same
	}
	return h
}

func (h *hearing) until(what string, wanted func(topic string, body []byte) bool) {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-h.lines:
			require.True(h.t, ok, "the subscriber has ended")
			topic, digits, _ := strings.Cut(line, " ")
			if strings.HasSuffix(topic, "/cmd") || strings.HasSuffix(topic, "/receipt") {
				continue // what the fleet says
			}
			packed, err := hex.DecodeString(digits)
			require.NoError(h.t, err)
			body, err := wire.Unpack(packed)
			require.NoError(h.t, err)
			conforms(h.t, topic[strings.LastIndex(topic, "/")+1:], string(body))
			if wanted(topic, body) {
				return
			}
		case <-deadline:
			require.FailNow(h.t, "the subscriber did not hear: "+what)
		}
	}
}

// conforms holds a message against the schema that is documented for its topic.
func conforms(t testing.TB, topic, body string) {
	t.Helper()
	name, known := map[string]string{"health": "snapshot", "event": "event", "state": "state", "history": "batch", "ack": "ack", "reported": "reported", "get": "get"}[topic]
	require.True(t, known, "no schema for topic %q", topic)
	const schemas, published = "../../docs/reference/schema/", "https://poshealth.example/schema/1/"
	compiler := jsonschema.NewCompiler()
	for _, name := range slices.Compact([]string{"snapshot", name}) { // a batch is made of snapshots
		text, err := os.Open(schemas + name + ".schema.json")
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(text)
		require.NoError(t, errors.Join(err, text.Close()))
		require.NoError(t, compiler.AddResource(published+name+".schema.json", schema))
	}
	schema, err := compiler.Compile(published + name + ".schema.json")
	require.NoError(t, err)
	message, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(message), body)
}

// server is a program that runs until it is stopped.
type server struct {
	t      testing.TB
	name   string
	args   []string
	cmd    *exec.Cmd
	output *os.File
}

func newServer(t testing.TB, name string, args ...string) *server {
	t.Helper()
	output, err := os.CreateTemp(t.TempDir(), name)
	require.NoError(t, err)
	s := &server{t: t, name: name, args: args, output: output}
	s.start()
	t.Cleanup(func() { s.stop(); _ = output.Close() })
	return s
}

func (s *server) start() {
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // faketime stands between us and its program: both must go
	require.NoError(s.t, s.cmd.Start(), s.name)
}

// stop ends it as a service manager would, and waits.
func (s *server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	group := -s.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	timer := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	_ = s.cmd.Wait()
	require.Eventually(s.t, func() bool { return errors.Is(syscall.Kill(group, 0), syscall.ESRCH) }, patience, 5*time.Millisecond, "%s does not end", s.name)
	timer.Stop()
}

func (s *server) log() string {
	text, _ := os.ReadFile(s.output.Name())
	return s.name + " said:\n" + string(text)
}

// buildAgent builds the program, static and stripped, or takes the one that POSHEALTH_BINARY names.
func buildAgent(t testing.TB) string {
	t.Helper()
	if binary := os.Getenv("POSHEALTH_BINARY"); binary != "" {
		return binary
	}
	binary := filepath.Join(t.TempDir(), "poshealth")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

func freePort(t testing.TB, network string) string {
	t.Helper()
	address := probetest.FreePorts(t, 1)[0]
	if network == "udp" {
		var err error
		address, err = probetest.FreeUDPPort()
		require.NoError(t, err)
	}
	return port(t, address)
}
