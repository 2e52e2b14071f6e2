package intake

import (
	"errors"
	"fmt"

	"github.com/poshealth/poshealth/agent/diagnose"
)

// News is what the acquirer says of this terminal's sales, through the fleet. Nil and zero say nothing; times are Unix milliseconds.
// Whoever hands it in has checked it: signed, for this terminal, and within the contract's ranges.
type News struct {
	At            int64  `json:"at"`
	SignedOn      *bool  `json:"signed_on,omitempty"`
	SignOnAt      int64  `json:"sign_on_at,omitempty"`
	Batch         string `json:"batch,omitempty"`
	BatchCount    *int64 `json:"batch_count,omitempty"`
	BatchLimit    *int64 `json:"batch_limit,omitempty"`
	LastSettledAt int64  `json:"last_settled_at,omitempty"`
	Capture       string `json:"capture,omitempty"`
	InDoubt       *int64 `json:"in_doubt,omitempty"`
	Reversals     *int64 `json:"reversals_pending,omitempty"`
	SAFPending    *int64 `json:"saf_pending,omitempty"`
	SAFOldestAt   int64  `json:"saf_oldest_at,omitempty"`
	Payout        string `json:"payout,omitempty"` // on_time, late, held, returned
	Expected      int64  `json:"expected_at,omitempty"`
	Account       string `json:"account,omitempty"` // ok, check, frozen, risk
}

// applyNews takes the acquirer's word. How the sales stand is believed where the app has said nothing newer; payout and account are the
// acquirer's alone.
func (l *Ledger) applyNews(n News, now stamp) {
	b := &l.book
	at := moment(n.At, now, longAgo)
	if b.Host.At.is() && n.At <= b.Host.Told {
		return // told before: by the acquirer's clock, whatever ours says
	}
	b.Host.At, b.Host.Told = at, n.At
	if n.Payout != "" {
		b.Host.Payout, b.Host.Expected = n.Payout, n.Expected
	}
	if n.Account != "" {
		b.Host.Account = n.Account
	}
	if b.Word.Start != "" && b.Word.At.Wall > n.At {
		return
	}
	if selling := b.Word.Busy && b.Level < 2 && !l.hung(now); n.InDoubt != nil && !selling {
		b.Host.Said, b.Host.SaidAt = true, at
		// What is not over yet is nothing that a host could know the end of.
		l.standBy(n, at, now)
	}
	if n.SignedOn != nil {
		on := diagnose.No
		if *n.SignedOn {
			on = diagnose.Yes
		}
		b.Session.turn(on, at)
		if s := moment(n.SignOnAt, now, longAgo); n.SignOnAt != 0 && on == diagnose.Yes {
			b.Session.At = s
		}
	}
	if n.BatchCount != nil {
		b.Batch.counted(int(*n.BatchCount), at)
	}
	if n.BatchLimit != nil {
		b.Batch.Limit = int(*n.BatchLimit)
	}
	if n.Capture != "" {
		b.Batch.Capture = n.Capture
	}
	if n.LastSettledAt != 0 {
		b.Batch.Settled = moment(n.LastSettledAt, now, longAgo)
	}
	if n.Batch != "" {
		b.opened(n.Batch, true, at)
	}
	if n.SAFPending != nil {
		oldest := stamp{}
		if n.SAFOldestAt != 0 {
			oldest = moment(n.SAFOldestAt, now, longAgo)
		}
		b.Offline.counted(int(*n.SAFPending), oldest, now)
	}
}

// hostMargin is by how much a host's clock and ours may differ, in milliseconds, before a wrong clock is a finding of its own.
const hostMargin = 5 * 60 * 1000

// newest is the last that is known to have happened to a sale.
func (s *sale) newest(now stamp) stamp {
	at := s.sold(now)
	for _, more := range []stamp{s.Ended, s.Doubted, s.BackAt} {
		if more.is() && more.Wall > at.Wall {
			at = more
		}
	}
	return at
}

// standBy puts the host's word on sales in force. A host that has nothing in doubt has put right what a reversal could not.
func (l *Ledger) standBy(n News, at, now stamp) {
	b := &l.book
	w := word{At: at, InDoubt: int(*n.InDoubt), Reversals: b.Word.Reversals}
	if n.Reversals != nil {
		w.Reversals = int(*n.Reversals)
	}
	// A host's word ends a doubt that had come by then, by its clock; ours may be slow, and one that says that the word is of the future is.
	counts := func(s *sale) bool { return n.At <= now.Wall && s.newest(now).Wall+hostMargin <= n.At }
	if w.InDoubt == 0 {
		for i := range b.Sales {
			if s := &b.Sales[i]; s.Back == reversalFailed && counts(s) {
				s.Back, s.BackAt = reversed, at
			}
		}
	}
	lost, lostAt := b.Lost, b.LostAt
	l.stand(w, now, counts)
	if lost > 0 && lostAt.Wall > n.At {
		b.lose(lost, lostAt) // it cannot know of what was lost since
	}
}

// Confirmation is a technician's, who has looked a sale up at the acquirer: it stands or was taken back, and nobody needs to wait for it.
type Confirmation struct {
	Ref    string `json:"ref"` // "": all that is in doubt, and what was lost
	Batch  string `json:"batch,omitempty"`
	Result string `json:"result"` // settled, reversed or refunded
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"` // in his own words
}

// mostReason of a confirmation, in characters: "the acquirer's desk, call 4711: reversed at 10:20" has 50.
const mostReason = 100

// ErrNoSale says that nothing is in doubt under a reference.
var ErrNoSale = errors.New("no sale with this reference is in doubt")

func (c Confirmation) check() error {
	switch {
	case c.Ref != "" && !each(1, 12, alnum)(c.Ref):
		return errors.New("ref: want 1 to 12 letters and digits, as on the slip")
	case c.Batch != "" && !each(6, 6, digit)(c.Batch):
		return errors.New("batch: want 6 digits")
	case !oneOf("settled reversed refunded")(c.Result):
		return errors.New("result: want settled, reversed or refunded, as the acquirer says")
	case c.By != "" && !each(1, 12, alnum)(c.By):
		return errors.New("by: want 1 to 12 letters and digits")
	}
	if err := FreeText(c.Reason, mostReason); err != nil {
		return fmt.Errorf("reason: %w", err)
	}
	return nil
}

func (l *Ledger) applyConfirmation(c Confirmation, now stamp) error {
	b := &l.book
	n := 0
	for i := range b.Sales {
		s := &b.Sales[i]
		if !s.open() && !l.hangs(s, now) || c.Ref != "" && (s.Ref != c.Ref || c.Batch != "" && s.Batch != "" && s.Batch != c.Batch) {
			continue
		}
		if s.Begun.is() && !s.Ended.is() && !l.hangs(s, now) && s.Back == notReversed {
			continue // it is under way
		}
		n++
		if s.Older {
			b.Confirmed++
		}
		b.end(s)
		if s.Back == reversing || s.Back == reversalFailed {
			s.Back, s.BackAt = reversed, now
		}
		if !s.Ended.is() {
			s.Ended = now
		}
	}
	if c.Ref == "" {
		n += b.Word.InDoubt + b.Lost
		b.Confirmed += b.Word.InDoubt
		b.Word.InDoubt, b.Word.Reversals, b.RevSince = 0, 0, stamp{}
		b.found()
	}
	if n == 0 {
		return ErrNoSale
	}
	return nil
}
