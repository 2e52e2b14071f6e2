package main_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// kills of the agent in TestSalesOutliveKills; `make soak` deals a hundred.
var kills = flag.Int("kills", 20, "how often the agent is killed among 200 sales")

// payingApp tells its events over bare lines, each until it is acknowledged: an agent that is gone is waited for.
type payingApp struct {
	t       testing.TB
	address string
	token   string // file
	conn    net.Conn
	replies *bufio.Reader
	seq     int
}

func (a *payingApp) line(kind string, fields map[string]any) string {
	a.seq++
	e := map[string]any{"v": 1, "kind": kind, "boot": "0000beef", "seq": a.seq, "at": time.Now().UnixMilli()}
	maps.Copy(e, fields)
	b, err := json.Marshal(e)
	require.NoError(a.t, err)
	return string(b)
}

// write sends a line without asking for its answer.
func (a *payingApp) write(line string) bool {
	if a.conn == nil {
		token, err := os.ReadFile(a.token)
		if err != nil {
			return false
		}
		conn, err := net.Dial("tcp", a.address)
		if err != nil {
			return false
		}
		a.conn, a.replies = conn, bufio.NewReader(conn)
		line = strings.TrimSpace(string(token)) + "\n" + line
	}
	_, err := a.conn.Write([]byte(line + "\n"))
	return err == nil
}

func (a *payingApp) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

// tell sends a line until it is acknowledged.
func (a *payingApp) tell(line string) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		if a.write(line) {
			require.NoError(a.t, a.conn.SetReadDeadline(time.Now().Add(5*time.Second)))
			if reply, err := a.replies.ReadString('\n'); err == nil {
				require.Equal(a.t, `{"ack":1}`, strings.TrimSpace(reply), line)
				return true
			}
		}
		a.hangUp()
		return false
	}, time.Minute, 20*time.Millisecond, "an agent takes the line")
}

// sale is the events of one, by chance: most are approved, some are declined, some get no answer and are taken back, or cannot be.
func (a *payingApp) sale(r *rand.Rand, n int) []string {
	sale := func(more ...any) map[string]any {
		m := map[string]any{"ref": fmt.Sprintf("%06d", n), "batch": "000045"}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	lines := []string{a.line(intake.TxnBegin, sale("type", "sale", "entry", "chip"))}
	end := func(more ...any) {
		lines = append(lines, a.line(intake.TxnEnd, sale(append([]any{"type", "sale", "offline", false}, more...)...)))
	}
	back := func(state string, more ...any) {
		lines = append(lines, a.line(intake.Reversal, sale(append([]any{"state", state, "reason", "no_answer"}, more...)...)))
	}
	switch p := r.IntN(100); {
	case p < 80:
		end("outcome", "approved", "rc", "00")
	case p < 90:
		end("outcome", "declined", "rc", "51")
	case p < 97:
		end("outcome", "no_answer")
		back("queued", "attempts", 0)
		back("done", "attempts", 1, "rc", "00")
	case p < 98:
		end("outcome", "no_answer")
		back("abandoned", "attempts", 3)
	case p < 99:
		end("outcome", "unknown")
	default:
		a.seq++ // an event that never comes
		end("outcome", "approved", "rc", "00")
	}
	return lines
}

// TestSalesOutliveKills: an agent that is killed among sales, again and again, knows of each of them what one knows that never was.
func TestSalesOutliveKills(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "ph") //nolint:usetesting // a test's own folder has too long a name for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ports := probetest.FreePorts(t, 1)
	text := fmt.Sprintf("[terminal]\nid = \"T0000001\"\nstate_dir = %q\nroot = %q\n[intake]\nenabled = true\nlines = %q\n[local]\nlisten = \"\"\n", dir, t.TempDir(), ports[0])
	file := filepath.Join(t.TempDir(), "poshealth.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	daemon := newServer(t, "poshealth", buildAgent(t), "run", "--config", file)
	app := &payingApp{t: t, address: ports[0], token: filepath.Join(dir, "intake.token")}
	t.Cleanup(app.hangUp)
	client := status.NewClient(agent.Socket(config.Config{Terminal: config.Terminal{StateDir: dir}}))

	never := intake.OpenLedger(intake.LedgerOptions{}) // killed
	reader := intake.NewReader("")
	r := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // chance that can be repeated
	const sales = 200
	killed := 0
	die := func() {
		require.NoError(t, daemon.cmd.Process.Signal(syscall.SIGKILL))
		daemon.stop()
		daemon.start()
		killed++
	}
	for n := range sales {
		for _, line := range app.sale(r, n) {
			require.NoError(t, never.Take(reader.Parse([]byte(line)).Events))
			if r.IntN(3*(sales-n)) < *kills-killed {
				switch r.IntN(3) { // before it is sent, while it is taken, or when it was
				case 0:
					die()
				case 1:
					app.write(line)
					die()
					app.hangUp()
				default:
					app.tell(line)
					die()
				}
			}
			app.tell(line)
		}
		if n%20 == 19 {
			if n%40 == 39 {
				want := never.Till()
				line := app.line(intake.State, map[string]any{"signed_on": true, "in_doubt": min(want.InDoubt, 99), "reversals_pending": want.Unsent, "batch_count": n})
				require.NoError(t, never.Take(reader.Parse([]byte(line)).Events))
				app.tell(line)
			}
			app.agree(client, never)
		}
	}
	t.Logf("killed %d times", killed)
	assert.GreaterOrEqual(t, killed, *kills*3/4)
}

// agree waits until the agent has judged all that was told, and compares what it says of the money.
func (a *payingApp) agree(client *status.Client, never *intake.Ledger) {
	a.t.Helper()
	want := never.Till()
	failed := 0
	for _, r := range want.Reversal {
		if r.Failed {
			failed++
		}
	}
	var got wire.Snapshot
	assert.Eventually(a.t, func() bool {
		var err error
		if got, _, err = client.Status(a.t.Context(), "en", 0, 20*time.Second); err != nil {
			return false
		}
		u := wire.Unsettled{}
		if got.Verdict.Unsettled != nil {
			u = *got.Verdict.Unsettled
		}
		again := wire.Yes
		if want.InDoubt+want.Unsent+len(want.Reversal)+want.Lost > 0 {
			again = wire.No
		}
		return u.InDoubt == want.InDoubt && u.Reversals == want.Unsent+failed && got.Verdict.ChargeAgain == again
	}, 30*time.Second, 50*time.Millisecond, "the agent knows what one knows that never was killed")
	if a.t.Failed() {
		a.t.Fatalf("want %+v\ngot %+v", want, got.Verdict)
	}
}
