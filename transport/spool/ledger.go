package spool

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/poshealth/poshealth/transport"
)

// Reason says why a record was lost.
type Reason string

// Why records are lost.
const (
	Evicted  Reason = "evicted"  // there was no room, and others mattered more
	Damaged  Reason = "damaged"  // what was stored could not be read any more
	Refused  Reason = "refused"  // the far side would not have it, however often it was sent
	Oversize Reason = "oversize" // longer than transport.MaxBody
)

// mostLost ranges are kept for one journal; beyond them the two nearest are told as one, which names too much and never too
// little. Room is taken from the oldest, so what is evicted is one range: only damage makes many.
const mostLost = 16

// Range is numbers that will not be told, and why.
type Range struct {
	From, To uint64
	Why      Reason
}

// MarshalJSON makes an array of three, for the room that it takes in the cursor.
func (r Range) MarshalJSON() ([]byte, error) { return json.Marshal([3]any{r.From, r.To, r.Why}) }

// UnmarshalJSON reads the same.
func (r *Range) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &[3]any{&r.From, &r.To, &r.Why}); err != nil {
		return err
	}
	if r.From == 0 || r.To < r.From {
		return fmt.Errorf("a range from %d to %d", r.From, r.To)
	}
	return nil
}

// Account is what became of the records of one journal: each number from 1 to Last was delivered, lost, or is pending.
type Account struct {
	Spool     string // the journal's id: 16 lower-case hex digits
	Class     transport.Class
	Last      uint64 // the newest number given; 0: none yet
	Delivered uint64 // up to here nothing is pending
	Pending   int
	Bytes     int64 // of the pending bodies
	Lost      []Range
	Current   bool // new records go here; false: of a start before this one
	// Unread says why nothing of the journal could be read: then nothing else is known of it. nil: it could.
	Unread error
}

// lose notes the numbers as lost; ranges rise, and stay so.
func lose(ranges []Range, lost Range) []Range {
	at, _ := slices.BinarySearchFunc(ranges, lost, func(a, b Range) int { return cmp.Compare(a.From, b.From) })
	ranges = append(ranges, lost)
	copy(ranges[at+1:], ranges[at:])
	ranges[at] = lost
	for i := len(ranges) - 2; i >= 0; i-- { // what touches, for the same reason, is one
		if ranges[i].To+1 >= ranges[i+1].From && ranges[i].Why == ranges[i+1].Why {
			ranges = join(ranges, i)
		}
	}
	for len(ranges) > mostLost {
		nearest := 0
		for i := range len(ranges) - 1 {
			if ranges[i+1].From-ranges[i].To < ranges[nearest+1].From-ranges[nearest].To {
				nearest = i
			}
		}
		ranges = join(ranges, nearest)
	}
	return ranges
}

// join makes one of a range and the next. Of two reasons it is Damaged that says the least: see journal.load.
func join(ranges []Range, i int) []Range {
	if ranges[i].Why != ranges[i+1].Why {
		ranges[i].Why = Damaged
	}
	ranges[i].To = max(ranges[i].To, ranges[i+1].To)
	return slices.Delete(ranges, i+1, i+2)
}

// names tells whether a number is lost for this reason.
func names(ranges []Range, number uint64, why ...Reason) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool {
		return r.From <= number && number <= r.To && slices.Contains(why, r.Why)
	})
}
