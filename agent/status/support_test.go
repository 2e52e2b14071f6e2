package status_test

import (
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// longestCard is what a QR code of 65 modules holds.
const longestCard = 367

func TestSupportCardTellsWhatAHotlineAsksFirst(t *testing.T) {
	assert.Equal(t, `poshealth 1
T0000001 demo
2026-11-23T12:04+08:00 clock +0.8s
take_card ready
settle not-ready txn-in-doubt
charge_again no by app-l2
in_doubt 1 reversals 1 since 11:20 due 22:40 day-cut
host 12:04 report online 12:04
agent 1.0.0 app 3.4.1
SUNMI V2 PRO Android 7.1
b txn-in-doubt 11:21
`, status.Support(snapshotOf(t, "in-doubt")))
	assert.Equal(t, `poshealth 1
T0000001 demo
2026-11-23T12:04+08:00
take_card not-ready link-down
settle not-ready link-down
charge_again unknown
report offline 12:02 queued 5
agent 1.0.0 app 3.4.1
SUNMI V2 PRO Android 7.1
b link-down 12:03
b dns-failed 12:03
b host-unreachable/acquirer-a 12:03
i clock-unverified 12:03
i app-version-behind/com.example.pay 12:03
`, status.Support(snapshotOf(t, "cable-pulled")))
}

// snapshotOf reads what the command line is tested with.
func snapshotOf(t *testing.T, name string) wire.Snapshot {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("..", "cli", "testdata", name+".txtar"))
	require.NoError(t, err)
	s, err := wire.Decode[wire.Snapshot](archive.Files[0].Data)
	require.NoError(t, err)
	return s
}

// TestSupportCardIsBounded: whatever a snapshot holds, the card is ASCII, fits, and says how much it left out.
func TestSupportCardIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var codes []string
	for f := range findings.All() {
		codes = append(codes, string(f.Code))
	}
	word := func() string {
		return strings.Repeat([]string{"x", "收", "\n", "7", "\x1b[31m"}[r.IntN(5)], r.IntN(200))
	}
	longest := 0
	for range 2000 {
		at := time.Unix(1_800_000_000+r.Int64N(1e7), 0).Format("2006-01-02T15:04:05.000Z07:00")
		offset := (r.Float64() - 0.5) * 1e9
		answer := func() wire.Answer {
			return wire.Answer{Level: wire.NotReady, Root: &wire.Ref{Code: codes[r.IntN(len(codes))], Subject: word()}, RestsOn: []string{"probe", word()}}
		}
		s := wire.Snapshot{
			Schema: 1, Terminal: wire.Terminal{ID: word(), Tenant: word(), Model: word(), OS: word(), Agent: word()},
			Session: wire.Session{At: at, ClockOffsetMS: &offset},
			Verdict: wire.Verdict{
				TakeCard: answer(), Settle: answer(), ChargeAgain: wire.No, Deadline: &wire.Deadline{At: at, Ends: word()},
				Unsettled: &wire.Unsettled{InDoubt: r.IntN(100), Reversals: r.IntN(100), Offline: r.IntN(10000), Batch: r.IntN(10000), OldestAt: at},
			},
			Report: &wire.Report{State: "offline", Queued: r.IntN(100000), LastSent: at},
		}
		n := r.IntN(40)
		for range n {
			s.Findings = append(s.Findings, wire.Finding{Code: codes[r.IntN(len(codes))], Subject: word(), Severity: "imminent", Since: at})
		}
		card := status.Support(s)
		longest = max(longest, len(card))
		require.LessOrEqual(t, len(card), longestCard)
		for _, c := range []byte(card) {
			require.True(t, c == '\n' || c >= ' ' && c <= '~', "%q", card)
		}
		told := strings.Count(card, "\nm ")
		if told < n {
			require.Regexp(t, `\+\d+ more\n$`, card)
		}
	}
	assert.Greater(t, longest, longestCard-60, "the bound was put to the test")
}

func TestSupportCardIsServed(t *testing.T) {
	r := start(t, status.Options{})
	for _, path := range []string{"/v1/support", "/v1/support.svg"} {
		assert.Equal(t, http.StatusServiceUnavailable, r.ask(t, http.MethodGet, path).code, "nothing has been looked at")
	}
	r.board.Set(status.Update{Snapshot: example()})
	text := r.ask(t, http.MethodGet, "/v1/support")
	assert.Equal(t, http.StatusOK, text.code)
	assert.Equal(t, "text/plain; charset=us-ascii", text.header.Get("Content-Type"))
	assert.Equal(t, status.Support(example()), text.body)
	picture := r.ask(t, http.MethodGet, "/v1/support.svg")
	assert.Equal(t, "image/svg+xml", picture.header.Get("Content-Type"))
	assert.True(t, strings.HasPrefix(picture.body, "<svg "), picture.body[:20])
}
