package intake

import (
	"cmp"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes/response"
)

// applyState takes the app's word on how all stands. It outranks what was counted: events may have been lost, and the app keeps its own
// books. One that came late is none.
func (l *Ledger) applyState(e Event, at, now stamp) {
	b := &l.book
	if b.Word.Start != "" && !b.later(e.Boot, e.Seq, b.Word.Start, b.Word.Seq) {
		return
	}
	l.lastSale(e, now) // before the word counts it
	inDoubt, _ := e.Int("in_doubt")
	reversals, _ := e.Int("reversals_pending")
	busy, _ := e.Flag("busy")
	w := word{Start: e.Boot, Seq: e.Seq, At: at, Heard: now, InDoubt: int(inDoubt), Reversals: int(reversals), Busy: busy}
	l.stand(w, now, func(s *sale) bool { return s.Start == "" || b.later(e.Boot, e.Seq, s.Start, s.Seq) })
	b.sessionBy(e, at, now)
	b.batchBy(e, at, now)
	b.partsBy(e, at)
	if pending, told := e.Int("saf_pending"); told {
		b.Offline.counted(int(pending), past(e, "saf_oldest_at", now), now)
	}
}

// stand puts a word in force. counts tells which sales are older than it: those it speaks of. What is under way is neither in doubt nor
// at an end, whatever the word.
func (l *Ledger) stand(w word, now stamp, counts func(*sale) bool) {
	b := &l.book
	known, failed := 0, 0
	for i := range b.Sales {
		s := &b.Sales[i]
		hangs := l.hangs(s, now) || s.Begun.is() && !s.Ended.is() && w.Start != "" && s.Start != w.Start
		if w.Busy && w.Start != "" && s.Start == w.Start && s.Back == notReversed && !s.Ended.is() {
			hangs = false // it takes long, and is what the app is busy with: no word on its end
		}
		s.Older = counts(s) && (s.Ended.is() || s.Back != notReversed || hangs)
		s.BackOlder = s.Older && s.Back == reversing
		switch {
		case !s.Older:
			continue
		case hangs && s.Back == notReversed:
			s.enter(noEnd, s.Begun)
		}
		if s.Doubt != sure {
			known++
		}
		if s.Back == reversalFailed {
			failed++
		}
	}
	// What a technician has ended, the word may count still; what is known by name it may not.
	b.Confirmed = min(b.Confirmed, w.InDoubt)
	w.InDoubt = max(w.InDoubt-b.Confirmed-failed, min(known, w.InDoubt))
	for i := range b.Sales {
		s := &b.Sales[i]
		if !s.Older {
			continue
		}
		s.Maybe = false
		if s.Doubt != sure && w.InDoubt == 0 {
			s.Doubt, s.Doubted = sure, stamp{}
			if !s.Ended.is() {
				s.Ended = now
			}
		}
		if s.Back == reversing && w.Reversals == 0 {
			s.Back, s.BackAt = reversed, now
		}
	}
	switch {
	case w.Reversals == 0:
		b.RevSince = stamp{}
	case b.Word.Reversals == 0 || !b.RevSince.is():
		b.RevSince = w.At
	}
	b.Word = w
	if w.Start != "" {
		b.foundBefore(w.Start, w.Seq)
	} else {
		b.found()
	}
}

// lastSale takes the last sale out of a state, where its own events have not told it: all that an app of level 0 says of sales.
func (l *Ledger) lastSale(e Event, now stamp) {
	b := &l.book
	ref, outcome, ended := e.Text("last_ref"), e.Text("last_outcome"), past(e, "last_at", now)
	if b.Level > 0 || ref == "" || outcome == "" || !ended.is() {
		return
	}
	if s := b.find(ref, e.Text("batch")); s != nil && ended.Wall-s.Ended.Wall < oldest {
		return
	}
	s := sale{Ref: ref, Batch: e.Text("batch"), Type: "sale", Start: e.Boot, Seq: e.Seq, Ended: ended}
	off, told := e.Flag("last_offline")
	if s.Offline = off; told {
		s.Host = l.host(e, "last_host") // without both it outranks nothing
	}
	switch outcome {
	case "approved":
		s.Class = response.Approved
		b.Week.count(ended.wall())
	case "declined":
		s.Class = response.Cardholder
	case "cancelled":
		s.Class = response.Cancelled
	case "technical":
		s.Class = response.Technical
	default:
		s.Class, s.Open = response.Open, true
	}
	b.add(s, now)
}

func (b *book) sessionBy(e Event, at, now stamp) {
	s := &b.Session
	on := diagnose.No
	if yes, _ := e.Flag("signed_on"); yes {
		on = diagnose.Yes
	}
	turned := s.On == diagnose.No && on == diagnose.Yes // of one that was never heard of off nobody knows since when it is on
	s.turn(on, at)
	signed := past(e, "sign_on_at", now)
	switch {
	case on != diagnose.Yes:
	case signed.is():
		s.At = signed
	case turned:
		s.At = at
	}
	if on == diagnose.Yes && s.Failed > 0 && s.At.is() && s.At.Wall >= s.FailedAt.Wall {
		s.Failed, s.FailedRC = 0, ""
	}
}

func (b *book) batchBy(e Event, at, now stamp) {
	t := &b.Batch
	settled := past(e, "last_settled_at", now)
	// Two tellings of one settlement differ by the time that they were under way.
	fresh := settled.is() && (!t.Settled.is() || settled.Wall-t.Settled.Wall > 1000)
	if fresh {
		t.Settled, t.Mismatches, t.SignedOn = settled, 0, false
	}
	b.opened(e.Text("batch"), fresh, at)
	count, _ := e.Int("batch_count")
	t.counted(int(count), at)
	if limit, told := e.Int("batch_limit"); told {
		t.Limit = int(limit)
	}
	t.Capture = cmp.Or(e.Text("capture"), t.Capture)
}

// partsBy notes what the app says of the terminal and of itself. Settings that became others with new parameters are what was meant.
func (b *book) partsBy(e Event, at stamp) {
	p := &b.Parts
	p.Printer = e.Text("printer")
	p.Security, p.PED, p.Reader, p.Settings = yesNoOf(e, "security_ok"), yesNoOf(e, "ped_ok"), yesNoOf(e, "card_reader_ok"), yesNoOf(e, "settings_ok")
	if fp := e.Text("settings_fp"); fp != "" {
		if p.Print != "" && p.Print != fp && e.Text("params_ver") == p.Versions.Params {
			p.Changed = at
		}
		p.Print = fp
	}
	p.Versions = diagnose.Versions{Params: e.Text("params_ver"), CAPK: e.Text("capk_ver"), AID: e.Text("aid_ver")}
	if ask, told := e.Int("proc_req"); told {
		switch ask {
		case 1, 4, 5, 6, 7: // a download; the others ask for what the app does by itself
			if !p.Asked.is() {
				p.Asked = at
			}
			p.AskedFor = int(ask)
		default:
			p.Asked, p.AskedFor = stamp{}, 0
		}
	}
}

func yesNoOf(e Event, name string) diagnose.Told {
	yes, told := e.Flag(name)
	switch {
	case !told:
		return diagnose.NotTold
	case yes:
		return diagnose.Yes
	}
	return diagnose.No
}
