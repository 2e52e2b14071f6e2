package agent

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/downlink"
)

// till is what the payment app of a shop knows.
type till struct {
	ready     bool // the app runs
	signedOn  bool
	signedAt  time.Time
	batch     int
	count     int
	settledAt time.Time
	trace     int
	request   int // what the host asks for in its replies
	params    int // version
	last      string
	lastWord  string
	lastAt    time.Time
	busy      bool
}

// say tells the agent an event, where the app tells any of its level.
func (s *shop) say(level int, kind string, fields ...string) {
	if s.level < level || !s.till.ready || s.agent == nil {
		return
	}
	var mono time.Duration
	if s.number%2 == 0 {
		mono = s.boottime()
	}
	s.app.hear(s.t, s.app.line(s.t, s.now(), mono, kind, fields))
}

// batchLimit is how many sales a batch holds.
const batchLimit = 500

func (s *shop) batchName() string { return fmt.Sprintf("batch=%06d", s.till.batch) }

// state tells how all stands.
func (s *shop) state() {
	t := &s.till
	fields := []string{
		fmt.Sprintf("signed_on=%t", t.signedOn), s.batchName(), fmt.Sprintf("batch_count=%d", t.count), fmt.Sprintf("batch_limit=%d", batchLimit), "capture=" + s.capture,
		fmt.Sprintf("busy=%t", t.busy), fmt.Sprintf("settings_fp=0000%04d", t.params), fmt.Sprintf("params_ver=%d", t.params), fmt.Sprintf("proc_req=%d", t.request),
	}
	ago := func(name string, at time.Time) {
		if !at.IsZero() {
			fields = append(fields, name+"="+s.now().Sub(at).String())
		}
	}
	if t.signedOn {
		ago("sign_on_at", t.signedAt)
	}
	ago("last_settled_at", t.settledAt)
	if s.level == 0 && t.last != "" {
		fields = append(fields, "last_ref="+t.last, "last_outcome="+t.lastWord, "last_host=0", "last_offline=false")
		ago("last_at", t.lastAt)
	}
	switch {
	case s.electronic:
		fields = append(fields, "printer=NoPaper")
	case t.count%40 > 34:
		fields = append(fields, "printer=PaperLow")
	default:
		fields = append(fields, "printer=OK")
	}
	s.say(0, "state", fields...)
}

// starts: the app begins, and signs on where it does so by itself.
func (s *shop) starts() {
	if s.agent == nil {
		return
	}
	s.till.ready = true
	s.say(0, "hello", fmt.Sprintf("level=%d", max(s.level, 0)))
	if s.autoSignOn {
		s.signOn()
	}
	if s.settles == "automatic" && s.till.count > 0 && s.night != "on" {
		s.settle()
	}
	s.state()
}

// stateAlone: an app that tells nothing else tells its state at each change, as docs/intake.md asks.
func (s *shop) stateAlone() {
	if s.level == 0 {
		s.state()
	}
}

func (s *shop) signOn() {
	if s.agent == nil {
		return
	}
	s.till.signedOn, s.till.signedAt = true, s.now()
	s.say(2, "session", "state=signed_on")
	s.state()
}

// settle ends the batch: seconds later the next one is open. Where somebody signs on by hand, the app has signed off with it.
func (s *shop) settle() {
	if s.agent == nil {
		return
	}
	t := &s.till
	s.say(2, "batch", s.batchName(), "state=settling", fmt.Sprintf("count=%d", t.count))
	<-time.After(4 * time.Second)
	s.say(2, "batch", s.batchName(), "state=settled", fmt.Sprintf("count=%d", t.count))
	t.count, t.settledAt, t.batch = 0, s.now(), t.batch+1
	if t.request != 0 { // what the host asked for is fetched with it
		t.request, t.params = 0, t.params+1
	}
	if !s.autoSignOn {
		t.signedOn = false
		s.say(2, "session", "state=signed_off")
	}
	s.state()
}

// answers is how long the host takes of a transaction's time: some 600 ms, as one at the upper end of what is usual, and the rest is the
// customer's. A wallet's host waits for him.
func answers(r *rand.Rand, kind string, takes time.Duration) time.Duration {
	if kind == "qr_pay" {
		return takes
	}
	return min(takes, 300*time.Millisecond+time.Duration(r.ExpFloat64()*float64(300*time.Millisecond)))
}

// sale is one transaction: its beginning, and what it will come to. A sale without an answer is left out: that is a fault of a sale,
// rare as it is, and whoever says of a shop with money in doubt that it is well hides money. What is in doubt blocks, for as long as
// it is.
func (s *shop) sale() []event {
	r := s.r
	t := &s.till
	ref := ""
	kind, entry := "sale", pick(r, "chip", "contactless", "contactless")
	takes := time.Second + time.Duration(r.ExpFloat64()*float64(2*time.Second))
	rc, outcome := "00", "approved"
	switch at := r.Float64(); {
	case at < s.technical:
		rc, outcome = pick(r, "91", "96", "92", "90"), "technical"
	case at < s.technical+s.declined:
		rc, outcome = pick(r, "51", "51", "51", "51", "55", "55", "61", "05", "14", "54", "57"), "declined"
	case at < s.technical+s.declined+0.01:
		rc, outcome = "", "cancelled"
	}
	if r.Float64() < s.qr {
		kind, entry = "qr_pay", "qr"
		if r.IntN(30) == 0 { // a customer who looks for his phone's password
			takes = between(r, 20*time.Second, 55*time.Second)
		}
	} else if r.IntN(60) == 0 {
		kind, rc, outcome = "balance", "00", "approved"
	}
	takes = min(takes, 55*time.Second)
	begin := func() {
		if t.count >= batchLimit { // apps sell on only when they have settled
			s.settle()
			s.signOn()
		}
		t.trace++
		ref, t.busy = fmt.Sprintf("%06d", t.trace), true
		s.say(2, "txn.begin", "ref="+ref, s.batchName(), "type="+kind, "entry="+entry)
		s.stateAlone()
	}
	end := func() {
		t.busy = false
		fields := []string{"ref=" + ref, s.batchName(), "type=" + kind, "outcome=" + outcome}
		if rc != "" {
			fields = append(fields, "rc="+rc, fmt.Sprintf("host_ms=%d", answers(r, kind, takes).Milliseconds()))
		}
		s.say(1, "txn.end", fields...)
		if kind == "balance" {
			s.stateAlone()
			return
		}
		t.last, t.lastWord, t.lastAt = ref, outcome, s.now()
		if outcome == "approved" {
			t.count++
		}
		s.stateAlone()
	}
	return []event{{0, begin}, {takes, end}}
}

// news is the acquirer's word, where no app tells.
func (s *shop) news() {
	if s.level != -2 || s.agent == nil {
		return
	}
	now := s.now().UnixMilli()
	raw := fmt.Sprintf(`{"at":%d,"in_doubt":0,"reversals_pending":0,"batch_count":%d,"capture":%q,"payout":{"state":"on_time"},"account":"ok"}`, now, s.till.count, s.capture)
	if !s.till.settledAt.IsZero() {
		raw = fmt.Sprintf(`{"last_settled_at":%d,%s`, s.till.settledAt.UnixMilli(), raw[1:])
	}
	var n downlink.HostNews
	require.NoError(s.t, json.Unmarshal([]byte(raw), &n))
	s.agent.sales.hear(&n)
}
