package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/transport/downlink"
)

// payer is the payment app of a simulated terminal: it numbers its events as an app does, and tells them as lines.
type payer struct {
	sales  *sales
	starts int
	seq    int
	refs   int           // that were made up
	state  []string      // the last that it told, but for moments: they are told once
	every  time.Duration // how often it tells that again; 0: never
	spoken time.Time     // when it did, by the bubble's clock
}

// next is when the app tells its state again by itself.
func (p *payer) next() (time.Time, bool) { return p.spoken.Add(p.every), p.every > 0 && p.state != nil }

// repeat tells the last state again.
func (p *payer) repeat(t *testing.T, now time.Time) {
	t.Helper()
	p.spoken = time.Now()
	p.hear(t, p.line(t, now, 0, intake.State, p.state))
}

// texts are fields that are text although they look like numbers.
func textFields() []string {
	return []string{
		"ref", "batch", "rc", "rrn", "issuer_inst", "cur", "host_time", "tid", "mid", "settings_fp", "params_ver", "capk_ver", "aid_ver", "last_ref",
	}
}

// line makes an event: fields are name=value, where a time is told as how long ago it was ("sign_on_at=20h").
func (p *payer) line(t *testing.T, now time.Time, mono time.Duration, kind string, fields []string) string {
	t.Helper()
	p.seq++
	e := map[string]any{"v": 1, "kind": kind, "boot": fmt.Sprintf("%08x", p.starts+1), "seq": p.seq, "at": now.UnixMilli()}
	if mono > 0 {
		e["mono_ms"] = mono.Milliseconds()
	}
	if kind == intake.State {
		p.spoken = time.Now()
		p.state = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return strings.Contains(f, "_at=") })
	}
	if (kind == intake.TxnBegin || kind == intake.TxnEnd) && !slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, "ref=") }) {
		p.refs++
		fields = append(slices.Clone(fields), fmt.Sprintf("ref=S%05d", p.refs))
	}
	defaults := map[string]string{
		intake.TxnBegin: "type=sale entry=chip batch=000001 host=0", intake.TxnEnd: "type=sale batch=000001 offline=false host=0",
		intake.Reversal: "batch=000001 attempts=1 reason=no_answer", intake.State: "signed_on=true in_doubt=0 reversals_pending=0 batch_count=0",
		intake.Batch: "batch=000001 count=0", intake.Hello: "tid=T0000001 mid=898330105812001 level=2",
	}[kind]
	for _, f := range append(strings.Fields(defaults), fields...) {
		name, value, told := strings.Cut(f, "=")
		require.True(t, told, "want name=value, got %q", f)
		n, numErr := strconv.ParseInt(value, 10, 64)
		ago, agoErr := time.ParseDuration(value)
		switch {
		case slices.Contains(textFields(), name):
			e[name] = value
		case strings.HasSuffix(name, "_at") && agoErr == nil:
			e[name] = now.Add(-ago).UnixMilli()
		case numErr == nil:
			e[name] = n
		case value == "true" || value == "false":
			e[name] = value == "true"
		default:
			e[name] = value
		}
	}
	b, err := json.Marshal(e)
	require.NoError(t, err)
	return string(b)
}

// tell does what a line of a scenario says of the app, the acquirer or a technician.
func (p *payer) tell(t *testing.T, now time.Time, who string, words []string) {
	t.Helper()
	require.NotNil(t, p.sales, "intake is not enabled")
	switch {
	case who == "host":
		fields := map[string]any{"at": now.UnixMilli()}
		for _, w := range words {
			name, value, _ := strings.Cut(w, "=")
			if n, err := strconv.Atoi(value); err == nil {
				fields[name] = n
			} else if name == "payout" {
				fields[name] = map[string]any{"state": value}
			} else {
				fields[name] = value
			}
		}
		b, err := json.Marshal(fields)
		require.NoError(t, err)
		var news downlink.HostNews
		require.NoError(t, json.Unmarshal(b, &news))
		p.sales.hear(&news)
	case who == "confirm":
		c := intake.Confirmation{Result: "settled"}
		if len(words) > 0 {
			c.Ref = words[0]
		}
		require.NoError(t, p.sales.ledger.Confirm(c))
		p.sales.changed(true)
	case words[0] == "restart":
		p.starts++
		p.seq = 0
	case words[0] == "lost":
		p.seq++
	case words[0] == "speaks":
		every, err := time.ParseDuration(words[1])
		require.NoError(t, err, words)
		p.every = every
	case strings.Trim(words[0], "0123456789") == "":
		n, err := strconv.Atoi(words[0])
		require.NoError(t, err, words)
		lines := make([]string, n)
		for i := range lines {
			lines[i] = p.line(t, now.Add(time.Duration(i-n)*time.Second), 0, words[1], words[2:])
		}
		p.hear(t, lines...) // at once: nobody judges between them
	default:
		p.hear(t, p.line(t, now, 0, words[0], words[1:]))
	}
}

func (p *payer) hear(t *testing.T, lines ...string) {
	t.Helper()
	taken := intake.NewReader("").Parse([]byte(strings.Join(lines, "\n")))
	require.Empty(t, taken.Refused, lines)
	require.NoError(t, p.sales.take(taken.Events))
}
