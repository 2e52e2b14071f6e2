package downlink

import (
	"errors"
	"fmt"
)

// HostNews is what the acquirer's backend knows of this terminal's sales: the facts of the payment app's own "state" that a host can
// know, and the payout. It ranks below the app's own newer word. A nil or empty field says nothing; times are Unix milliseconds.
//
// It cannot hold a card's number: no text may be longer than 12, and numbers have ranges.
type HostNews struct {
	At               int64   `json:"at"` // when this was so
	SignedOn         *bool   `json:"signed_on"`
	SignOnAt         int64   `json:"sign_on_at"`
	Batch            string  `json:"batch"` // 6 digits
	BatchCount       *int64  `json:"batch_count"`
	BatchLimit       *int64  `json:"batch_limit"`
	LastSettledAt    int64   `json:"last_settled_at"`
	Capture          string  `json:"capture"`           // host or terminal
	InDoubt          *int64  `json:"in_doubt"`          // 0 to 99
	ReversalsPending *int64  `json:"reversals_pending"` // 0 to 99
	SAFPending       *int64  `json:"saf_pending"`
	SAFOldestAt      int64   `json:"saf_oldest_at"`
	LastRef          string  `json:"last_ref"` // 1 to 12 letters and digits
	LastOutcome      string  `json:"last_outcome"`
	LastAt           int64   `json:"last_at"`
	LastHost         *int64  `json:"last_host"` // 0 to 7
	LastOffline      *bool   `json:"last_offline"`
	Payout           *Payout `json:"payout"`
	Account          string  `json:"account"` // of the merchant: ok, check, frozen or risk
}

// Payout is how the merchant's money comes.
type Payout struct {
	State      string `json:"state"`       // on_time, late, held or returned
	ExpectedAt int64  `json:"expected_at"` // Unix milliseconds; 0: not known
}

// UnmarshalJSON is as strict as all else.
func (p *Payout) UnmarshalJSON(b []byte) error {
	type payout Payout
	return object(b, (*payout)(p))
}

// Times are bounded as the payment app's are, so that none can be a card's number of 13 digits that begins with 4.
const leastAt, mostAt = 1_600_000_000_000, 3_900_000_000_000

func (h *HostNews) check() error {
	if h.At < leastAt || h.At > mostAt {
		return errors.New("at: want Unix milliseconds: when this was so")
	}
	for _, t := range []struct {
		name string
		at   int64
	}{{"sign_on_at", h.SignOnAt}, {"last_settled_at", h.LastSettledAt}, {"saf_oldest_at", h.SAFOldestAt}, {"last_at", h.LastAt}} {
		if t.at != 0 && (t.at < leastAt || t.at > mostAt) {
			return fmt.Errorf("%s: want Unix milliseconds", t.name)
		}
	}
	for _, n := range []struct {
		name string
		v    *int64
		most int64
	}{
		{"batch_count", h.BatchCount, 9999},
		{"batch_limit", h.BatchLimit, 9999},
		{"in_doubt", h.InDoubt, 99},
		{"reversals_pending", h.ReversalsPending, 99},
		{"saf_pending", h.SAFPending, 9999},
		{"last_host", h.LastHost, 7},
	} {
		if n.v != nil && (*n.v < 0 || *n.v > n.most) {
			return fmt.Errorf("%s: want 0 to %d", n.name, n.most)
		}
	}
	switch {
	case h.Batch != "" && (len(h.Batch) != 6 || !consists(h.Batch, digits, 6)):
		return errors.New("batch: want 6 digits")
	case !oneOf(h.Capture, "", "host", "terminal"):
		return errors.New("capture: want host or terminal")
	case h.LastRef != "" && !consists(h.LastRef, digits+lower+upper, 12):
		return errors.New("last_ref: want 1 to 12 letters and digits")
	case !oneOf(h.LastOutcome, "", "approved", "declined", "technical", "no_answer", "cancelled", "unknown"):
		return errors.New("last_outcome: want approved, declined, technical, no_answer, cancelled or unknown")
	case !oneOf(h.Account, "", "ok", "check", "frozen", "risk"):
		return errors.New("account: want ok, check, frozen or risk")
	case h.Payout != nil && !oneOf(h.Payout.State, "on_time", "late", "held", "returned"):
		return errors.New("payout.state: want on_time, late, held or returned")
	case h.Payout != nil && h.Payout.ExpectedAt != 0 && (h.Payout.ExpectedAt < leastAt || h.Payout.ExpectedAt > mostAt):
		return errors.New("payout.expected_at: want Unix milliseconds")
	}
	return nil
}
