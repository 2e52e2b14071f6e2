package fleet

import (
	"slices"

	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// mostSpools of one terminal are remembered, the newest: it has two a start of its agent, tells of the oldest first, and keeps those of up to 120
	// starts that could not reach the fleet. What is forgotten is stored twice when it comes again.
	mostSpools = 256
	// mostAhead bounds the ranges that came before what they follow. Terminals send in order, so there is one at most but where
	// a broker or its queue lost some; beyond the bound the terminal sends them again.
	mostAhead = 64
)

// Receipts knows what one terminal's spools have told and the fleet has stored, and what to tell the terminal of it: up to which
// number nothing is missing. The zero value is ready. It is not safe for concurrent use.
//
// A message may come twice, late, or never: Stored says whether it is news, by its spool and number alone.
type Receipts struct {
	spools []*told
}

// told is what is known of one spool.
type told struct {
	id    string
	upTo  uint64      // all up to here is stored or lost
	ahead []wire.Lost // ranges above it, rising, apart from each other
}

// Seen tells whether a record is stored already.
func (r *Receipts) Seen(at wire.Spool) bool {
	t := r.find(at.ID, false)
	return t != nil && (at.Seq <= t.upTo || slices.ContainsFunc(t.ahead, func(l wire.Lost) bool { return l.From <= at.Seq && at.Seq <= l.To }))
}

// Stored notes that a record is stored, and is called after it is. True: it was news.
func (r *Receipts) Stored(at wire.Spool) bool {
	if at.Seq == 0 || r.Seen(at) {
		return false
	}
	r.find(at.ID, true).add(at.Seq, at.Seq)
	return true
}

// Declared notes what a terminal's ledger says will not come any more: what it names as lost, and all up to where nothing is
// pending there. It returns the numbers of the latter that are not stored here and not named as lost: the terminal was told once
// that the fleet has them, so they were lost on this side of the broker, or by a fleet that forgot.
func (r *Receipts) Declared(ledger []wire.Ledger) (gone map[string][]wire.Lost) {
	for _, l := range ledger {
		if l.Last == 0 {
			continue
		}
		t := r.find(l.Spool, true)
		for _, lost := range l.Lost {
			if lost.From > 0 && lost.From <= lost.To && lost.To <= l.Last {
				t.add(lost.From, lost.To)
			}
		}
		if l.Delivered > l.Last || l.Delivered <= t.upTo {
			continue
		}
		if gone == nil {
			gone = map[string][]wire.Lost{}
		}
		next := t.upTo + 1
		for _, a := range append(slices.Clone(t.ahead), wire.Lost{From: l.Delivered + 1}) {
			if to := min(a.From-1, l.Delivered); to >= next {
				gone[l.Spool] = append(gone[l.Spool], wire.Lost{From: next, To: to})
			}
			next = max(next, a.To+1)
		}
		t.add(1, l.Delivered)
	}
	return gone
}

// Receipt is what to tell the terminal of a spool; its Seq is 0 where nothing of it is stored.
func (r *Receipts) Receipt(spool string) wire.Receipt {
	receipt := wire.Receipt{Schema: wire.Schema, Spool: spool}
	if t := r.find(spool, false); t != nil {
		receipt.Seq = t.upTo
	}
	return receipt
}

// Missing is the numbers of a spool that must still come, below the highest that came.
func (r *Receipts) Missing(spool string) (missing []wire.Lost) {
	t := r.find(spool, false)
	if t == nil {
		return nil
	}
	next := t.upTo + 1
	for _, l := range t.ahead {
		missing = append(missing, wire.Lost{From: next, To: l.From - 1})
		next = l.To + 1
	}
	return missing
}

// find is what is known of a spool; with begin one that is not known is begun, and the oldest forgotten where there are too many.
func (r *Receipts) find(id string, begin bool) *told {
	at := slices.IndexFunc(r.spools, func(t *told) bool { return t.id == id })
	switch {
	case at >= 0:
		return r.spools[at]
	case !begin:
		return nil
	}
	t := &told{id: id}
	r.spools = append(r.spools, t)
	if len(r.spools) > mostSpools {
		r.spools = slices.Delete(r.spools, 0, 1)
	}
	return t
}

func (t *told) add(from, to uint64) {
	at, _ := slices.BinarySearchFunc(t.ahead, from, func(l wire.Lost, n uint64) int {
		if l.From < n {
			return -1
		}
		return 1
	})
	t.ahead = slices.Insert(t.ahead, at, wire.Lost{From: from, To: to})
	for i := len(t.ahead) - 2; i >= 0; i-- { // what touches is one
		if a, b := &t.ahead[i], t.ahead[i+1]; a.To+1 >= b.From {
			a.To = max(a.To, b.To)
			t.ahead = slices.Delete(t.ahead, i+1, i+2)
		}
	}
	for len(t.ahead) > 0 && t.ahead[0].From <= t.upTo+1 {
		t.upTo = max(t.upTo, t.ahead[0].To)
		t.ahead = slices.Delete(t.ahead, 0, 1)
	}
	if len(t.ahead) > mostAhead {
		t.ahead = t.ahead[:mostAhead] // as if it had not come: it will again
	}
}
