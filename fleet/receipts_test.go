package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/wire"
)

func TestReceipts(t *testing.T) {
	var r fleet.Receipts
	record := func(seq uint64) wire.Spool { return wire.Spool{ID: "a", Seq: seq} }
	assert.Zero(t, r.Receipt("a").Seq)
	assert.False(t, r.Stored(record(0)), "numbers begin with 1")
	for _, row := range []struct {
		seq     uint64
		news    bool
		receipt uint64
		missing string
	}{
		{1, true, 1, "[]"},
		{1, false, 1, "[]"},
		{2, true, 2, "[]"},
		{5, true, 2, "[{3 4 }]"},
		{9, true, 2, "[{3 4 } {6 8 }]"},
		{5, false, 2, "[{3 4 } {6 8 }]"},
		{4, true, 2, "[{3 3 } {6 8 }]"},
		{3, true, 5, "[{6 8 }]"},
		{7, true, 5, "[{6 6 } {8 8 }]"},
	} {
		assert.Equal(t, row.news, r.Stored(record(row.seq)), "%d", row.seq)
		assert.Equal(t, wire.Receipt{Schema: 1, Spool: "a", Seq: row.receipt}, r.Receipt("a"))
		assert.Equal(t, row.missing, fmt.Sprint(r.Missing("a")))
	}
	r.Declared([]wire.Ledger{{Spool: "a", Last: 9, Lost: []wire.Lost{{From: 6, To: 6}, {From: 8, To: 8}, {From: 7, To: 3}, {From: 11, To: 12}}}})
	assert.Equal(t, uint64(9), r.Receipt("a").Seq, "what the terminal names as lost is passed over, and no number that it never gave")
	assert.Zero(t, r.Receipt("b").Seq, "another spool begins anew")
}

// A fleet that has forgotten, or is new, learns from the terminal where to begin, and what it will never have.
func TestReceiptsOfAFleetThatForgot(t *testing.T) {
	var r fleet.Receipts
	r.Stored(wire.Spool{ID: "a", Seq: 503})
	r.Stored(wire.Spool{ID: "a", Seq: 500})
	gone := r.Declared([]wire.Ledger{{Spool: "a", Last: 503, Delivered: 501, Lost: []wire.Lost{{From: 7, To: 9}}}, {Spool: "b"}, {Spool: "c", Last: 3, Delivered: 4}})
	assert.Equal(t, map[string][]wire.Lost{"a": {{From: 1, To: 6}, {From: 10, To: 499}, {From: 501, To: 501}}}, gone)
	assert.Equal(t, uint64(501), r.Receipt("a").Seq)
	assert.True(t, r.Stored(wire.Spool{ID: "a", Seq: 502}))
	assert.Equal(t, uint64(503), r.Receipt("a").Seq)
	assert.Empty(t, r.Declared([]wire.Ledger{{Spool: "a", Last: 503, Delivered: 501}}))
}

// TestReceiptsInAnyOrder: whatever comes, how often and in which order, what is missing is known, and nothing counts as news twice.
func TestReceiptsInAnyOrder(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var r fleet.Receipts
		news := 0
		order := rnd.Perm(60)
		order = append(order, order[:30]...)
		for _, n := range order {
			if r.Stored(wire.Spool{ID: "a", Seq: uint64(n + 1)}) {
				news++
			}
		}
		assert.Equal(t, 60, news)
		assert.Equal(t, uint64(60), r.Receipt("a").Seq)
	}
}

func TestReceiptsAreBounded(t *testing.T) {
	var r fleet.Receipts
	for n := range uint64(1000) {
		r.Stored(wire.Spool{ID: "a", Seq: 2*n + 2})
	}
	assert.Len(t, r.Missing("a"), 64)
	for n := range 1000 {
		r.Stored(wire.Spool{ID: fmt.Sprint(n), Seq: 1})
	}
	assert.Zero(t, r.Receipt("a").Seq, "the oldest spool is forgotten")
	assert.Equal(t, uint64(1), r.Receipt("999").Seq)
}

// A terminal that could not reach the fleet for 120 starts tells of them all, and where the receipts are lost once more.
func TestReceiptsOfManyStarts(t *testing.T) {
	var r fleet.Receipts
	told := func() (news int) {
		for start := range 120 {
			for _, class := range []string{"change", "history"} {
				for seq := range uint64(3) {
					if r.Stored(wire.Spool{ID: fmt.Sprint(class, start), Seq: seq + 1}) {
						news++
					}
				}
			}
		}
		return news
	}
	assert.Equal(t, 720, told())
	assert.Zero(t, told(), "stored once")
	assert.Equal(t, uint64(3), r.Receipt("change0").Seq)
}
