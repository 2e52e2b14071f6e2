package agent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/intake/intaketest"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
)

// newsRig is an agent that takes a payment app's news, and all that could hold some of them.
type newsRig struct {
	*Agent
	dir, page, lines string
	log              bytes.Buffer // to be read when it has stopped
	token            string
	stop             func()

	mu   sync.Mutex
	kept []intake.Event
}

// runNews starts an agent of an empty terminal. Its desk lives fast, so that no rate stands in the way of what is tested.
func runNews(t testing.TB, change func(*config.Config)) *newsRig {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ports := probetest.FreePorts(t, 2)
	c := config.Default()
	c.Terminal.ID, c.Terminal.Root, c.Terminal.StateDir = "T0000001", t.TempDir(), dir
	c.Local.Listen, c.Intake.Enabled, c.Intake.Lines = ports[0], true, ports[1]
	if change != nil {
		change(&c)
	}
	r := &newsRig{dir: dir, page: ports[0], lines: ports[1]}
	ctx, cancel := context.WithCancel(context.Background())
	r.Agent, err = New(ctx, Options{Config: c, Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	require.NoError(t, err)
	r.token = r.news.token
	var looks atomic.Int64
	r.news.desk = r.newsDesk(func() time.Duration { return time.Duration(looks.Add(1)) * 10 * time.Second }, func(events []intake.Event) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.kept = append(r.kept, events...)
		return r.sales.take(events)
	})
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	t.Cleanup(r.stop)
	require.Eventually(t, func() bool {
		_, sock := os.Stat(filepath.Join(dir, linesSocket))
		conn, err := net.Dial("tcp", r.page)
		if err == nil {
			conn.Close()
		}
		return sock == nil && err == nil
	}, 30*time.Second, 5*time.Millisecond)
	return r
}

// post sends a request to the local API, over the page's port or the socket, and returns its code.
func (r *newsRig) post(t testing.TB, client *http.Client, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.page+"/v1/intake", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Content-Type", "application/x-ndjson")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, strings.TrimSuffix(string(reply), "\n")
}

// overSocket speaks HTTP over the agent's socket.
func (r *newsRig) overSocket(t testing.TB) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(r.dir, "poshealth.sock"))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// lineDoor is a connection to a door for bare lines.
type lineDoor struct {
	net.Conn
	in *bufio.Reader
}

func (r *newsRig) dial(t testing.TB, network, address string) *lineDoor {
	t.Helper()
	conn, err := net.Dial(network, address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	if network == "tcp" {
		_, err = io.WriteString(conn, r.token+"\n")
		require.NoError(t, err)
	}
	return &lineDoor{Conn: conn, in: bufio.NewReader(conn)}
}

// tell sends a line, and returns the reply.
func (d *lineDoor) tell(t testing.TB, line []byte) string {
	t.Helper()
	_, err := d.Write(append(slices.Clip(line), '\n'))
	require.NoError(t, err)
	reply, err := d.in.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSuffix(reply, "\n")
}

// TestEveryDoor takes the same events, with the token that lies where an app may read it.
func TestEveryDoor(t *testing.T) {
	r := runNews(t, nil)
	kept, err := os.ReadFile(filepath.Join(r.dir, tokenFile))
	require.NoError(t, err)
	assert.Equal(t, r.token+"\n", string(kept))
	all := []byte(strings.Join(intaketest.Lines(), "\n"))
	for _, client := range []*http.Client{http.DefaultClient, r.overSocket(t)} {
		code, reply := r.post(t, client, all)
		assert.Equal(t, 202, code)
		assert.Equal(t, `{"ack":8}`, reply)
	}
	for network, address := range map[string]string{"tcp": r.lines, "unix": filepath.Join(r.dir, linesSocket)} {
		door := r.dial(t, network, address)
		for _, line := range intaketest.Lines() {
			assert.Equal(t, `{"ack":1}`, door.tell(t, []byte(line)))
		}
	}
	r.stop()
	assert.Len(t, r.kept, 32)
	assert.EqualValues(t, 32, r.news.desk.Stats().Events)
	assert.NotContains(t, r.log.String(), r.token)
	_, err = os.Stat(filepath.Join(r.dir, linesSocket))
	assert.ErrorIs(t, err, fs.ErrNotExist, "nothing is left behind")
}

// TestNoDoorWhereNobodyWantsOne: without intake.enabled there is neither a port nor a token.
func TestNoDoorWhereNobodyWantsOne(t *testing.T) {
	c := config.Default()
	c.Terminal.Root, c.Terminal.StateDir = t.TempDir(), t.TempDir()
	a, err := New(t.Context(), Options{Config: c})
	require.NoError(t, err)
	assert.Nil(t, a.news)
	_, err = os.Stat(filepath.Join(c.Terminal.StateDir, tokenFile))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestATakenPortLeavesTheOtherDoors open.
func TestATakenPortLeavesTheOtherDoors(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	r := runNews(t, func(c *config.Config) { c.Intake.Lines = other.Addr().String() })
	assert.Equal(t, `{"ack":1}`, r.dial(t, "unix", filepath.Join(r.dir, linesSocket)).tell(t, []byte(intaketest.Lines()[1])))
	r.stop()
	assert.Contains(t, r.log.String(), "end the program that has it, or set another port as lines")
}

// wiretap passes a broker's bytes on, and keeps all of them.
type wiretap struct {
	mu    sync.Mutex
	bytes []byte
}

func (w *wiretap) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

func (w *wiretap) all() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.bytes)
}

// tap listens for the agent in the broker's place.
func (w *wiretap) tap(t *testing.T, broker string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", broker)
			if err != nil {
				from.Close()
				continue
			}
			pass := func(out, in net.Conn) {
				_, _ = io.Copy(out, io.TeeReader(in, w))
				out.Close()
			}
			go pass(from, to)
			go pass(to, from)
		}
	}()
	return l.Addr().String()
}

// TestNoCardPassesADoor: ten thousand requests with a card's number somewhere, through every door of a running agent. Afterwards none of
// them is in its state folder, in its log, in what its ledger got, or in any byte that went over the wire.
func TestNoCardPassesADoor(t *testing.T) {
	broker, _, _ := testBroker(t, nil)
	wire := &wiretap{}
	address := wire.tap(t, broker)
	r := runNews(t, func(c *config.Config) {
		c.MQTT.Broker, c.MQTT.Encoding, c.MQTT.Pulse = "tcp://"+address, "json", 10*time.Second // packed, nobody could read it here
	})
	tcp, unix := r.dial(t, "tcp", r.lines), r.dial(t, "unix", filepath.Join(r.dir, linesSocket))
	socket := r.overSocket(t)
	chance := rand.New(rand.NewPCG(5, 6))
	var cards []string
	for i := range 10_000 {
		var e map[string]any
		d := json.NewDecoder(strings.NewReader(intaketest.Lines()[chance.IntN(8)]))
		d.UseNumber()
		require.NoError(t, d.Decode(&e))
		card := intaketest.Hide(chance, e)
		if e["mid"] == card && len(card) == 15 {
			continue // a merchant's number may have so many, and is held against the configured one
		}
		line, err := json.Marshal(e)
		require.NoError(t, err)
		if chance.IntN(10) == 0 {
			line = []byte(card) // no JSON at all
		}
		cards = append(cards, card)
		var reply string
		switch i % 4 {
		case 0:
			_, reply = r.post(t, http.DefaultClient, line)
		case 1:
			_, reply = r.post(t, socket, append(append([]byte(intaketest.Lines()[2]+"\n"), line...), '\n'))
		case 2:
			reply = tcp.tell(t, line)
		default:
			reply = unix.tell(t, line)
		}
		require.Contains(t, reply, "could be card data", "%s", line)
		require.NotContains(t, reply, card)
	}
	assert.Equal(t, `{"ack":1}`, tcp.tell(t, []byte(intaketest.Lines()[1])), "what holds none is taken")
	r.schedule.Kick() // something more for the wire
	require.Eventually(t, func() bool { return bytes.Contains(wire.all(), []byte(`"verdict"`)) }, 30*time.Second, 10*time.Millisecond)
	r.stop()

	stats := r.news.desk.Stats()
	assert.EqualValues(t, len(cards), stats.Guarded)
	assert.EqualValues(t, 1, stats.Events)
	assert.Len(t, r.kept, 1)
	assert.Contains(t, r.log.String(), "what could be card data")
	everywhere := append(wire.all(), r.log.Bytes()...)
	require.NoError(t, filepath.WalkDir(r.dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(file)
		everywhere = append(append(everywhere, file...), b...)
		return err
	}))
	require.Greater(t, len(cards), 9_000)
	for _, card := range cards {
		digits := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, card)
		require.False(t, bytes.Contains(everywhere, []byte(card)) || bytes.Contains(everywhere, []byte(digits[:13])), "%s", card)
	}
	t.Logf("%d cards, looked for in %d bytes, %d of them from the wire", len(cards), len(everywhere), len(wire.all()))
}
