package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/intake/client"
	"github.com/poshealth/poshealth/probes/probetest"
)

// mostWait is how long a call may take on a machine that does other things: five times what the contract gives.
const mostWait = 250 * time.Millisecond

// app is a payment app with one of the clients in it. tell tells n sales, and says how long the slowest call and the 99th of a hundred
// took, and how many events were lost so far.
type app interface {
	tell(t *testing.T, n int) (slowest, p99 time.Duration, lost int)
}

// apps are one of each kind, for a door at a port of loopback.
func apps() map[string]func(t *testing.T, port, tokenFile string) app {
	return map[string]func(t *testing.T, port, tokenFile string) app{"go": startGo, "java": startJava}
}

type goApp struct{ *client.Client }

func startGo(t *testing.T, port, tokenFile string) app {
	t.Helper()
	c := client.New(client.Options{Address: "127.0.0.1:" + port, TokenFile: tokenFile, State: func() map[string]any {
		return map[string]any{"signed_on": true, "in_doubt": 0, "reversals_pending": 0, "batch_count": 37}
	}})
	t.Cleanup(c.Close)
	return goApp{c}
}

func (a goApp) tell(_ *testing.T, n int) (slowest, p99 time.Duration, lost int) {
	took := make([]time.Duration, n)
	for i := range n {
		sale := map[string]any{"ref": fmt.Sprint(i), "type": "sale", "outcome": "approved", "offline": false, "text": "quote \" and \\ and 交"}
		start := time.Now()
		a.Tell("txn.end", sale)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[n-1], took[n*99/100], int(a.Lost())
}

type javaApp struct {
	in  io.Writer
	out *bufio.Reader
}

// compiled is what came of the client in the documentation; TestMain removes it.
var compiled struct {
	once sync.Once
	dir  string
}

// classes compiles the client of the documentation as an old Android's compiler takes it.
func classes(t *testing.T) string {
	t.Helper()
	javac := probetest.Need(t, "javac")
	compiled.once.Do(func() {
		dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // it serves several tests
		require.NoError(t, err)
		level := "7"
		said, err := exec.CommandContext(t.Context(), javac, "-version").CombinedOutput() // "javac 17.0.15"
		require.NoError(t, err, "%s", said)
		var version int
		if _, err := fmt.Sscanf(string(said), "javac %d", &version); err == nil && version >= 20 {
			level = "8" // they compile nothing older
		}
		out, err := exec.CommandContext(t.Context(), javac, "--release", level, "-Xlint:unchecked,rawtypes,deprecation,-options", "-Werror", "-encoding", "UTF-8", "-d", dir,
			"../../../docs/intake/PoshealthIntake.java", "testdata/Drive.java").CombinedOutput()
		require.NoError(t, err, "%s", out)
		compiled.dir = dir
	})
	require.NotEmpty(t, compiled.dir)
	return compiled.dir
}

func startJava(t *testing.T, port, tokenFile string) app {
	t.Helper()
	java := probetest.Need(t, "java")
	process := exec.Command(java, "-Xmx32m", "-cp", classes(t), "Drive", port, tokenFile)
	in, err := process.StdinPipe()
	require.NoError(t, err)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	process.Stderr = os.Stderr
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		in.Close()
		_ = process.Wait()
	})
	return javaApp{in: in, out: bufio.NewReader(out)}
}

func (a javaApp) tell(t *testing.T, n int) (slowest, p99 time.Duration, lost int) {
	t.Helper()
	_, err := fmt.Fprintf(a.in, "tell %d\n", n)
	require.NoError(t, err)
	line, err := a.out.ReadString('\n')
	require.NoError(t, err)
	var most, nearly int64
	_, err = fmt.Sscanf(line, "%d %d %d", &most, &nearly, &lost)
	require.NoError(t, err, line)
	return time.Duration(most) * time.Microsecond, time.Duration(nearly) * time.Microsecond, lost
}

// each runs a test with both clients, on a port of its own.
func each(t *testing.T, do func(t *testing.T, a app, address string)) {
	t.Helper()
	for name, start := range apps() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			address := probetest.FreePorts(t, 1)[0]
			_, port, err := net.SplitHostPort(address)
			require.NoError(t, err)
			do(t, start(t, port, tokenFile(t)), address)
		})
	}
}

// TestTheAgentHears everything once and in order, with the app's state at its start.
func TestTheAgentHears(t *testing.T) {
	each(t, func(t *testing.T, a app, address string) {
		d := openDoor(t, address)
		d.until(t, "state", 1) // the client looked for the door before it was there
		slowest, p99, lost := a.tell(t, 50)
		told := d.until(t, "txn.end", 50)
		assert.Less(t, slowest, mostWait)
		assert.Zero(t, lost)
		assert.Len(t, told, 51)
		for i := 1; i < len(told); i++ {
			assert.Equal(t, fmt.Sprintf("txn.end %d", i+1), told[i])
		}
		t.Logf("p99 of a call %s, slowest %s", p99, slowest)
	})
}

// TestNoAgent: nobody waits, and what is newest is told when one is there.
func TestNoAgent(t *testing.T) {
	each(t, func(t *testing.T, a app, address string) {
		slowest, p99, lost := a.tell(t, 10_000)
		assert.Less(t, slowest, mostWait)
		assert.Equal(t, 10_000-64, lost)
		t.Logf("p99 of a call %s, slowest %s", p99, slowest)
		d := openDoor(t, address)
		d.until(t, "state", 1)
		told := d.until(t, "txn.end", 64)
		assert.Len(t, told, 65, "no more are kept")
		assert.Equal(t, []string{"txn.end 10000", "state 10001"}, told[63:], "what is in doubt is told anew, after what was lost")
	})
}

// TestAStoppedAgent takes connections and bytes, and answers nothing. Nobody waits for it, and it hears all when it goes on.
func TestAStoppedAgent(t *testing.T) {
	each(t, func(t *testing.T, a app, address string) {
		d := openDoor(t, address)
		d.until(t, "state", 1)
		d.signal(t, syscall.SIGSTOP)
		slowest, p99, _ := a.tell(t, 5_000)
		again, _, lost := a.tell(t, 5_000) // now it is in the middle of one
		assert.Less(t, max(slowest, again), mostWait)
		assert.GreaterOrEqual(t, lost, 10_000-65)
		t.Logf("p99 of a call %s, slowest %s", p99, max(slowest, again))
		d.signal(t, syscall.SIGCONT)
		require.Eventually(t, func() bool { return slices.Contains(d.heard(), "txn.end 10001") }, patience, tick)
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(d.heard(), func(s string) bool { return strings.HasPrefix(s, "state ") && s != "state 1" })
		}, patience, tick, "after what was lost")
	})
}

// TestAnAgentThatStartsAnew: the client finds it again.
func TestAnAgentThatStartsAnew(t *testing.T) {
	each(t, func(t *testing.T, a app, address string) {
		d := openDoor(t, address)
		d.until(t, "state", 1)
		d.end()
		_, _, lost := a.tell(t, 20)
		assert.Zero(t, lost)
		openDoor(t, address).until(t, "txn.end", 20)
	})
}

// TestTooFast: what the agent refuses for now is sent again.
func TestTooFast(t *testing.T) {
	each(t, func(t *testing.T, a app, address string) {
		d := openDoor(t, address)
		d.until(t, "state", 1)
		for n := range 3 { // 150, where 100 may come at once
			_, _, lost := a.tell(t, 50)
			assert.Zero(t, lost)
			d.until(t, "txn.end", 50*(n+1))
		}
	})
}

// TestRefused: the app's maker hears what is wrong, and the rest goes on.
func TestRefused(t *testing.T) {
	address := probetest.FreePorts(t, 1)[0]
	d := openDoor(t, address)
	refused := make(chan string, 10)
	c := client.New(client.Options{Address: address, TokenFile: tokenFile(t), Refused: func(s string) { refused <- s }})
	defer c.Close()
	c.Tell("batch", map[string]any{"batch": "45", "state": "open", "count": 1})
	c.Tell("batch", map[string]any{"batch": "000045", "state": "open", "count": 1})
	d.until(t, "batch", 1)
	assert.JSONEq(t, `{"ack":0,"code":400,"line":1,"field":"batch","error":"it has another type or range"}`, <-refused)
	c.Tell("batch", map[string]any{"batch": make(chan int)})
	c.Tell("batch", map[string]any{"batch": strings.Repeat("x", 1024)})
	assert.EqualValues(t, 2, c.Lost(), "no line at all")
}

// TestAWrongToken is shown again and again, never faster: the file may be put right.
func TestAWrongToken(t *testing.T) {
	address := probetest.FreePorts(t, 1)[0]
	d := openDoor(t, address)
	file := tokenFile(t)
	require.NoError(t, os.WriteFile(file, []byte("another\n"), 0o600))
	refused := make(chan string, 10)
	c := client.New(client.Options{Address: address, TokenFile: file, Refused: func(s string) { refused <- s }})
	defer c.Close()
	c.Tell("batch", map[string]any{"batch": "000045", "state": "open", "count": 1})
	assert.Contains(t, <-refused, `"code":401`)
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	d.until(t, "batch", 1)
}

// TestOverASocket: without a token, where the agent knows the app by its user.
func TestOverASocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "intake.sock")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	heard := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() {
		_ = intake.Lines{Known: func(net.Conn) bool { return true }, Hear: func(line []byte) intake.Reply {
			heard <- string(line)
			return intake.Reply{Body: []byte(`{"ack":1}`)}
		}}.Serve(ctx, l)
	})
	c := client.New(client.Options{Network: "unix", Address: socket})
	defer c.Close()
	c.Tell("saf", map[string]any{"pending": 0})
	assert.Contains(t, <-heard, `"kind":"saf"`)
	cancel()
	served.Wait()
}

// BenchmarkTell: what a call costs the app, with no agent there: 5 µs on a desktop's processor.
func BenchmarkTell(b *testing.B) {
	c := client.New(client.Options{Address: "127.0.0.1:1"})
	defer c.Close()
	sale := map[string]any{"ref": "000123", "type": "sale", "outcome": "approved", "offline": false}
	b.ReportAllocs()
	for b.Loop() {
		c.Tell("txn.end", sale)
	}
}
