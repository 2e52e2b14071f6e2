package intake

import (
	"cmp"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes/response"
)

// apply takes in one event that came at now. It is the same each time it is read again from flash: nothing else is asked.
func (l *Ledger) apply(e Event, now stamp) {
	b := &l.book
	if !b.see(e, now) {
		return
	}
	b.Heard = now
	at := placed(e, now)
	switch e.Kind {
	case Hello:
		level, _ := e.Int("level")
		b.Level = int(level)
	case State:
		l.applyState(e, at, now)
	case TxnBegin:
		b.Level = max(b.Level, 2)
		l.applyBegin(e, at)
	case TxnEnd:
		b.Level = max(b.Level, 1)
		l.applyEnd(e, at)
	case Reversal:
		l.applyReversal(e, at)
	case Session:
		b.applySession(e, at)
	case Batch:
		b.applyBatch(e, at)
	case SAF:
		b.applyOffline(e, now)
	}
}

// oldest is how long an event may have waited in the app before it is told: a day, beyond which its clock is wrong and not it.
const oldest = 24 * 60 * 60 * 1000

// placed is when an event was, by the clocks of now. The boot clock is believed where it is told; else the app's wall clock is that of
// the terminal, and says how long the event waited.
func placed(e Event, now stamp) stamp {
	if waited := now.At - e.Mono; e.Mono >= 0 && waited >= 0 && waited <= oldest {
		return now.before(waited)
	}
	return moment(e.At, now, oldest)
}

// moment is one that the wall clock tells, if it is past and no longer ago than most milliseconds; else it is now.
func moment(wall int64, now stamp, most int64) stamp {
	if ago := now.Wall - wall; ago >= 0 && ago <= most {
		return now.before(ago)
	}
	return now
}

// longAgo bounds what a state may tell of the past: a sign-on or a settlement of more than a year ago is none.
const longAgo = 400 * 24 * 60 * 60 * 1000

// past is a field that is a moment; none where it was not told or cannot be.
func past(e Event, name string, now stamp) stamp {
	wall, told := e.Int(name)
	if ago := now.Wall - wall; told && ago >= 0 && ago <= longAgo {
		return now.before(ago)
	}
	return stamp{}
}

// find gives the newest sale of a reference; nil: nothing is known of it. A batch that one of two did not tell is no difference.
func (b *book) find(ref, number string) *sale {
	for i := len(b.Sales) - 1; i >= 0; i-- {
		if s := &b.Sales[i]; s.Ref == ref && (s.Batch == number || s.Batch == "" || number == "") {
			return s
		}
	}
	return nil
}

// add makes room for a sale and puts it in. What is settled and sure goes first; where nothing is, the oldest is lost, and said to be.
func (b *book) add(s sale, now stamp) *sale {
	if len(b.Sales) >= mostSales {
		i := 0
		for i < len(b.Sales) && b.Sales[i].open() {
			i++
		}
		if i == len(b.Sales) {
			i = 0
			b.lose(1, now)
		}
		b.Sales = append(b.Sales[:i], b.Sales[i+1:]...)
	}
	b.Sales = append(b.Sales, s)
	return &b.Sales[len(b.Sales)-1]
}

// open tells whether somebody must still hear of a sale.
func (s *sale) open() bool {
	return s.Doubt != sure || s.Begun.is() && !s.Ended.is() || s.Back == reversing || s.Back == reversalFailed
}

func (l *Ledger) applyBegin(e Event, at stamp) {
	b := &l.book
	if e.Text("type") == "balance" {
		return // no money moves
	}
	s := b.find(e.Text("ref"), e.Text("batch"))
	if s != nil && s.Ended.is() && s.Start == e.Boot && e.Seq < s.Seq {
		return // its end was heard first
	}
	// A number that was begun before and never ended is not forgotten for one that is used again.
	if s == nil || s.Ended.is() || s.Back != notReversed || s.Start != e.Boot || l.hangs(s, at) {
		s = b.add(sale{}, at)
	}
	*s = sale{Ref: e.Text("ref"), Batch: e.Text("batch"), Type: e.Text("type"), Host: l.host(e, "host"), Start: e.Boot, Seq: e.Seq, Begun: at}
}

func (l *Ledger) applyEnd(e Event, at stamp) {
	b := &l.book
	if e.Text("type") == "balance" {
		return
	}
	s := b.find(e.Text("ref"), e.Text("batch"))
	if s == nil || s.Ended.is() && (s.Doubt == sure && (s.Back == notReversed || s.Class != "") || b.another(s, e, at)) {
		s = b.add(sale{Ref: e.Text("ref"), Start: e.Boot, Seq: e.Seq}, at)
	}
	b.told(s, e)
	if host := l.host(e, "host"); host != "" && s.Host == "" {
		s.Host = host
	}
	s.Batch, s.Type, s.Ended = cmp.Or(e.Text("batch"), s.Batch), e.Text("type"), at
	s.RC = e.Text("rc")
	s.Offline, _ = e.Flag("offline")
	ms, _ := e.Int("host_ms")
	s.HostMS = int32(ms)
	s.Issuer = l.options.Issuers[e.Text("issuer_inst")]
	s.Class = l.options.Codes.Class(s.Host, s.RC)
	s.Open = false
	switch e.Text("outcome") {
	case "approved":
		if s.Class == response.Verify {
			s.enter(toVerify, at)
			break
		}
		s.Class = response.Approved
		b.end(s)
		if !s.Offline {
			b.Batch.Mismatches, b.Batch.SignedOn = 0, false
		}
		b.Week.count(at.wall())
	case "declined":
		if s.notNo(at) {
			break
		}
		if s.Class == response.UnknownClass {
			s.Class = response.Cardholder
		}
		b.end(s)
	case "cancelled":
		if s.notNo(at) {
			break
		}
		s.Class = response.Cancelled
		b.end(s)
	case "technical":
		if !s.notNo(at) && s.Class == response.UnknownClass {
			s.Class = response.Technical
		}
	default: // no answer, or nobody knows
		s.Class, s.Open = response.Open, true
		s.enter(noAnswer, at)
	}
	if s.Back == reversed || s.Back == reversalFailed { // it was taken back before its end was told, or that was tried: no more is in doubt
		s.Doubt, s.Doubted = sure, stamp{}
	}
	if s.RC == batchMismatch {
		b.Batch.Mismatches++
	}
}

// sameDay is for how long, in milliseconds, a reference alone names a sale: apps begin anew with each batch, most of them once a day.
const sameDay = 20 * 60 * 60 * 1000

// another tells whether an end with the reference of a sale in doubt is that of another one: a void of it, or one under a number that is
// used again.
func (b *book) another(s *sale, e Event, at stamp) bool {
	if t := e.Text("type"); t != "" && s.Type != "" && t != s.Type {
		return true
	}
	if s.Batch != "" && e.Text("batch") != "" {
		return false // the same
	}
	return at.Wall-s.Ended.Wall > sameDay || b.Batch.Settled.is() && b.Batch.Settled.Wall > s.Ended.Wall
}

// notNo brings a sale into doubt of which the app says that it came to nothing, while the code says that the host said yes, or that nobody
// knows: the customer may have paid. It tells whether it did.
func (s *sale) notNo(at stamp) bool {
	if s.Class == response.Approved || s.Class == response.Verify {
		s.enter(toVerify, at)
		return true
	}
	if s.Class == response.Open {
		s.Open = true
		s.enter(noAnswer, at)
		return true
	}
	return false
}

// told notes the newest event of a sale: a word that the app numbered before it knows nothing of that.
func (b *book) told(s *sale, e Event) {
	if b.later(e.Boot, e.Seq, s.Start, s.Seq) {
		s.Start, s.Seq = e.Boot, e.Seq
	}
}

// batchMismatch is the answer of a host that has another batch number.
const batchMismatch = "77"

// host is the profile's name for a host that the app tells by its index; where there is but one, it is that.
func (l *Ledger) host(e Event, field string) string {
	i, told := e.Int(field)
	switch {
	case told && int(i) < len(l.options.Hosts):
		return l.options.Hosts[i]
	case !told && len(l.options.Hosts) == 1 && field == "host":
		return l.options.Hosts[0]
	}
	return ""
}

func (b *book) applySession(e Event, at stamp) {
	s := &b.Session
	switch e.Text("state") {
	case "signed_on":
		s.turn(diagnose.Yes, at)
		s.At, s.Failed, s.FailedRC = at, 0, ""
		if b.Batch.Mismatches > 0 {
			b.Batch.SignedOn = true
		}
	case "signed_off":
		s.turn(diagnose.No, at)
	case "failed":
		s.Failed, s.FailedRC, s.FailedAt = min(s.Failed+1, mostLost), e.Text("rc"), at
		if s.FailedRC == batchMismatch {
			b.Batch.Mismatches++
		}
	}
}

// turn notes when it became so.
func (s *session) turn(on diagnose.Told, at stamp) {
	if s.On != on {
		s.On, s.Changed = on, at
	}
}

func (b *book) applyBatch(e Event, at stamp) {
	t := &b.Batch
	b.opened(e.Text("batch"), false, at)
	count, _ := e.Int("count")
	t.counted(int(count), at)
	if limit, told := e.Int("limit"); told {
		t.Limit = int(limit)
	}
	t.Capture = cmp.Or(e.Text("capture"), t.Capture)
	t.RC = e.Text("rc")
	if state := e.Text("state"); state != t.State {
		t.State, t.StateAt = state, at
	}
	if t.State == "settled" {
		t.counted(0, at)
		t.Settled, t.Mismatches, t.SignedOn = at, 0, false
	}
}

// counted notes how many sales there are, and when the first came.
func (t *batch) counted(n int, at stamp) {
	switch {
	case n == 0:
		t.Filled = stamp{}
	case t.Told && t.Count == 0:
		t.Filled = at
	}
	t.Told, t.Count = true, n
}

// opened notes a batch number that is another. Where settlements are told, one that changes under sales without any is somebody's edit.
func (b *book) opened(number string, settled bool, at stamp) {
	t := &b.Batch
	if number == "" || number == t.Number {
		return
	}
	if t.Number != "" && t.Settled.is() && t.Count > 0 && t.State != "settled" && !settled {
		t.Mismatches++
	}
	t.Number, t.Opened, t.State, t.RC = number, at, "", ""
}

func (b *book) applyOffline(e Event, now stamp) {
	pending, _ := e.Int("pending")
	if limit, told := e.Int("limit"); told {
		b.Offline.Limit = int(limit)
	}
	b.Offline.counted(int(pending), past(e, "oldest_at", now), now)
}

// counted notes how many wait, and the oldest: as it is told, or since when any does. Where fewer do than before the oldest has gone.
func (o *offline) counted(pending int, told, now stamp) {
	fell := pending < o.Pending
	o.Told, o.Pending = true, pending
	switch {
	case pending == 0:
		o.Oldest = stamp{}
	case told.is():
		o.Oldest = told
	case fell || !o.Oldest.is():
		o.Oldest = now
	}
}
