package intake

import (
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
)

// Till is how all stands now, as diagnosis wants it.
func (l *Ledger) Till() diagnose.Till {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := &l.book
	b.Week.move(now.wall())
	t := diagnose.Till{
		Known:  b.Heard.is() || b.Host.At.is(),
		Silent: !b.Heard.is(),
		Heard:  b.Heard.by(now),
		Level:  b.Level,
		Lost:   b.Lost,
		LostAt: b.LostAt.by(now),

		HostNews: b.Host.At.is(),
		HostAt:   b.Host.last().by(now),
		HostSaid: b.Host.Said,
		Session: diagnose.SignOn{
			On: b.Session.On, Changed: b.Session.Changed.by(now), At: since(b.Session.At, now),
			Failed: b.Session.Failed, FailedRC: b.Session.FailedRC, FailedAt: b.Session.FailedAt.by(now),
		},
		Batch: diagnose.Batch{
			Told: b.Batch.Told, Number: b.Batch.Number, Count: b.Batch.Count, Limit: b.Batch.Limit, Capture: b.Batch.Capture,
			Settled: since(b.Batch.Settled, now), Opened: since(b.Batch.Opened, now), Filled: since(b.Batch.Filled, now), State: b.Batch.State, StateAt: b.Batch.StateAt.by(now), RC: b.Batch.RC,
			Mismatches: b.Batch.Mismatches, SignedOn: b.Batch.SignedOn,
		},
		Offline:  diagnose.Offline{Told: b.Offline.Told, Pending: b.Offline.Pending, Limit: b.Offline.Limit, Oldest: since(b.Offline.Oldest, now)},
		Usual:    b.Week.usual(now.wall()),
		Printer:  b.Parts.Printer,
		PEDOK:    b.Parts.PED,
		ReaderOK: b.Parts.Reader, SecurityOK: b.Parts.Security, SettingsOK: b.Parts.Settings,
		SettingsNew: since(b.Parts.Changed, now), Asked: since(b.Parts.Asked, now), AskedFor: b.Parts.AskedFor, Versions: b.Parts.Versions,
		Payout: diagnose.Payout{State: b.Host.Payout}, Account: b.Host.Account,
		UnderWay: b.Word.Busy && b.Level < 2 && !l.hung(now),
	}
	if b.Host.Expected != 0 {
		t.Payout.Expected = time.UnixMilli(b.Host.Expected)
	}
	if t.UnderWay {
		t.Next = b.Word.At.by(now) + l.options.Timeout
	}
	l.tellSales(&t, now)
	return t
}

// last is when the acquirer said how the sales stand, or, where it never has, when it said anything.
func (h *hostSays) last() stamp {
	if h.Said && h.SaidAt.is() {
		return h.SaidAt
	}
	return h.At
}

// hung tells whether an app that tells no beginnings said that it was busy, and has said nothing since for longer than any sale takes: it
// stopped in the middle of something.
func (l *Ledger) hung(now stamp) bool {
	w := l.book.Word
	if !w.Busy || l.book.Level > 1 || l.book.Heard.Wall > w.Heard.Wall {
		return false
	}
	return w.At.Boot != now.Boot || now.At-w.At.At >= l.options.Timeout.Milliseconds()
}

func since(s, now stamp) diagnose.Since { return diagnose.Since{Is: s.is(), At: s.by(now)} }

// dayBack is how far back sales are told to diagnosis.
const dayBack = 24 * time.Hour

// tellSales lists what ended, what is in doubt, and what is to be taken back.
func (l *Ledger) tellSales(t *diagnose.Till, now stamp) {
	b := &l.book
	t.InDoubt, t.Unsent = b.Word.InDoubt, b.Word.Reversals
	if b.Lost > 0 {
		t.Unsure = b.Word.InDoubt
	}
	if l.hung(now) {
		t.InDoubt++
		t.Unsure++
	}
	if b.Word.Reversals > 0 {
		t.UnsentAt = b.RevSince.by(now)
	}
	for i := range b.Sales {
		s := &b.Sales[i]
		hangs := l.hangs(s, now)
		switch {
		case s.Doubt != sure || hangs:
			l.tellDoubt(t, s, now)
		case s.Begun.is() && !s.Ended.is() && s.Back == notReversed:
			t.UnderWay = true
			if over := s.Begun.by(now) + l.options.Timeout; t.Next == 0 || over < t.Next {
				t.Next = over
			}
		}
		if s.Back == reversing || s.Back == reversalFailed {
			r := diagnose.Reversal{
				Ref: s.Ref, Batch: s.Batch, Sale: s.sold(now).by(now), Since: s.BackAt.by(now), Attempts: int(s.Tries),
				Failed: s.Back == reversalFailed, RC: s.BackRC, Cut: s.Cut,
			}
			t.Reversal = append(t.Reversal, r)
			if !r.Failed && !s.BackOlder {
				t.Unsent++
			}
			if !r.Failed && (t.Unsent == 1 || r.Since < t.UnsentAt) {
				t.UnsentAt = r.Since
			}
		}
		if s.Ended.is() && s.Class != "" {
			if at := s.Ended.by(now); time.Duration(now.At)*time.Millisecond-at <= dayBack {
				t.Sales = append(t.Sales, diagnose.Sale{
					At: at, Class: s.Class, RC: s.RC, Type: s.Type, Host: s.Host, Issuer: s.Issuer, Offline: s.Offline, HostMS: int(s.HostMS), Open: s.Open,
				})
			}
		}
	}
}

func (l *Ledger) tellDoubt(t *diagnose.Till, s *sale, now stamp) {
	d := diagnose.Doubt{Ref: s.Ref, Batch: s.Batch, Since: s.sold(now).by(now), Maybe: s.Maybe}
	switch s.Doubt {
	case toVerify:
		d.Why = diagnose.Verify
	case noAnswer:
		d.Why = diagnose.NoAnswer
	case noEnd, sure: // it hangs
		d.Why = diagnose.NoEnd
	}
	t.Doubts = append(t.Doubts, d)
	if s.Older {
		return // the word counts it
	}
	t.InDoubt++
	if s.Maybe {
		t.Unsure++
	}
}
