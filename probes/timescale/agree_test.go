package timescale

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const ms = time.Millisecond

// vote says that the origin is so many ms after that of everybody else, give or take half.
func vote(middle, half int64, more ...func(*Vote)) Vote {
	v := Vote{Span: Around(time.Duration(middle)*ms, time.Duration(half)*ms)}
	for _, f := range more {
		f(&v)
	}
	return v
}

func from(upstream string) func(*Vote) { return func(v *Vote) { v.Upstream = upstream } }
func reached(path string) func(*Vote)  { return func(v *Vote) { v.Path = path } }
func vouched(v *Vote)                  { v.Vouched = true }

func TestAgree(t *testing.T) {
	const liar = 301_000
	for _, row := range []struct {
		name     string
		votes    []Vote
		majority bool
		agreeing int
		voices   int
		against  int
		liars    []int
		middle   int64
		vouched  int
	}{
		{name: "nobody"},
		{name: "one alone", votes: []Vote{vote(5, 1)}, majority: true, agreeing: 1, voices: 1, middle: 5},
		{name: "two who agree", votes: []Vote{vote(5, 2), vote(7, 2)}, majority: true, agreeing: 2, voices: 2, middle: 6},
		{name: "one against one", votes: []Vote{vote(0, 1), vote(liar, 1)}, agreeing: 1, voices: 1, against: 1},
		{name: "one liar of four", votes: []Vote{vote(0, 9), vote(liar, 9), vote(2, 9), vote(4, 9)}, majority: true, agreeing: 3, voices: 3, against: 1, liars: []int{1}, middle: 2},
		{name: "two liars of five", votes: []Vote{vote(0, 9), vote(liar, 9), vote(2, 9), vote(4, 9), vote(liar, 9)}, majority: true, agreeing: 3, voices: 3, against: 2, liars: []int{1, 4}, middle: 2},
		{name: "two liars of four", votes: []Vote{vote(0, 9), vote(liar, 9), vote(2, 9), vote(liar, 9)}, agreeing: 2, voices: 2, against: 2},
		{
			name: "as long as all agree, those of one upstream are counted, and are one voice", majority: true, agreeing: 3, voices: 1, middle: 2,
			votes: []Vote{vote(0, 9, from("a")), vote(2, 9, from("a")), vote(4, 9, from("a"))},
		},
		{
			name: "four that are one server do not outvote two who do not know of each other", majority: true, agreeing: 2, voices: 2, against: 1, liars: []int{0, 1, 2, 3}, middle: 1,
			votes: []Vote{vote(liar, 9, from("a")), vote(liar, 9, from("a")), vote(liar, 9, from("a")), vote(liar, 9, from("a")), vote(0, 9), vote(2, 9)},
		},
		{
			name: "nor one who vouches for itself", agreeing: 1, voices: 1, against: 1,
			votes: []Vote{vote(liar, 9, reached("x")), vote(liar, 9, reached("x")), vote(liar, 9, reached("x")), vote(0, 500, vouched)},
		},
		{
			name: "names that lead to one address are one voice", agreeing: 1, voices: 1, against: 1,
			votes: []Vote{vote(0, 9, reached("x")), vote(0, 9, reached("x")), vote(liar, 9, reached("y"))},
		},
		{
			name: "of two at one upstream the one that jumped is on its own", majority: true, agreeing: 2, voices: 2, against: 1, liars: []int{1}, middle: 0,
			votes: []Vote{vote(0, 9, from("a")), vote(liar, 9, from("a")), vote(0, 9)},
		},
		{
			name: "upstreams are tied through a third", agreeing: 1, voices: 1, against: 1,
			votes: []Vote{vote(0, 9, from("a")), vote(0, 9, from("b"), reached("x")), vote(0, 9, from("a"), reached("x")), vote(liar, 9)},
		},
		{name: "a date narrows nothing and may vouch", votes: []Vote{vote(0, 9), vote(300, 600, vouched)}, majority: true, agreeing: 2, voices: 2, vouched: 1, middle: 0},
		{
			name: "all that can be forged is one voice against one that cannot", agreeing: 1, voices: 1, against: 1,
			votes: []Vote{vote(liar, 9), vote(liar, 9), vote(liar, 9), vote(liar, 9), vote(0, 500, vouched)},
		},
		{
			name: "and is outvoted by two", majority: true, agreeing: 2, voices: 2, against: 1, liars: []int{0, 1, 2}, middle: 2, vouched: 2,
			votes: []Vote{vote(liar, 9), vote(liar, 9), vote(liar, 9), vote(0, 500, vouched), vote(4, 500, vouched)},
		},
		{
			name: "a page that is some seconds wrong is outvoted like anybody", majority: true, agreeing: 3, voices: 3, against: 1, liars: []int{3}, middle: 2,
			votes: []Vote{vote(0, 9), vote(2, 9), vote(4, 9), vote(12_000, 500, vouched)},
		},
		{
			name: "who has its time from another is that other's voice", agreeing: 1, voices: 1, against: 1,
			votes: []Vote{vote(liar, 9, reached("10.0.0.1:123")), vote(liar, 9, reached("10.0.0.2:123"), from("10.0.0.1")), vote(0, 9)},
		},
		{
			name: "one of two that vouch is wrong", majority: true, agreeing: 3, voices: 2, against: 1, liars: []int{3}, middle: 1, vouched: 1,
			votes: []Vote{vote(0, 9), vote(3, 9), vote(4, 500, vouched), vote(liar, 500, vouched)},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := Agree(row.votes)
			assert.Equal(t, row.majority, a.Majority)
			assert.Equal(t, []int{row.agreeing, row.voices, row.against}, []int{a.Agreeing, a.Voices, a.Against}, "agreeing, voices, against")
			if row.majority {
				assert.Equal(t, row.liars, a.False)
				assert.InDelta(t, float64(row.middle), float64(a.Span.Middle())/1e6, 1)
			}
			assert.Equal(t, row.vouched, a.Vouched)
		})
	}
}

// Whatever is said, in whatever order, the truth of a majority of independent voices is in the answer.
func FuzzAgree(f *testing.F) {
	f.Add([]byte{0, 10, 0, 5, 10, 1, 200, 3, 2})
	f.Add([]byte{1, 0, 9, 1, 0, 9, 2, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		var votes []Vote
		for ; len(b) >= 3 && len(votes) < 12; b = b[3:] {
			v := vote(int64(int8(b[0])), int64(b[1]%32))
			if b[2]%4 > 0 {
				v.Upstream = fmt.Sprint(b[2] % 4)
			}
			if b[2]/4%4 > 0 {
				v.Path = fmt.Sprint(b[2] / 4 % 4)
			}
			v.Vouched = b[2]&0x80 != 0
			votes = append(votes, v)
		}
		a := Agree(votes)
		for i, j := 0, len(votes)-1; i < j; i, j = i+1, j-1 {
			votes[i], votes[j] = votes[j], votes[i]
		}
		again := Agree(votes)
		assert.Equal(t, a.Majority, again.Majority, "the order is nobody's business")
		if !a.Majority {
			return
		}
		assert.Equal(t, a.Span, again.Span)
		assert.LessOrEqual(t, a.Span.Lo, a.Span.Hi)
		assert.Greater(t, a.Voices, a.Against)
		assert.Equal(t, len(votes), a.Agreeing+len(a.False))
	})
}

// Twelve sources are more than any terminal asks; the budget is 50 µs, a thousandth of the exchange that brings one vote.
func BenchmarkAgree(b *testing.B) {
	for _, n := range []int{4, 12, 40} {
		votes := make([]Vote, n)
		for i := range votes {
			votes[i] = vote(int64(i), 20)
			if i%4 == 3 {
				votes[i] = vote(301_000, 20, from("a"))
			}
		}
		b.Run(fmt.Sprintf("%d sources", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Agree(votes)
			}
		})
	}
}
