package timescale

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestCommon(t *testing.T) {
	const ms = time.Millisecond
	span := func(middle, half int64) Span { // in ms
		return Span{time.Duration(middle-half) * ms, time.Duration(middle+half) * ms}
	}
	for _, row := range []struct {
		name     string
		spans    []Span
		want     Span
		agreeing int
	}{
		{name: "nobody answers"},
		{name: "one", spans: []Span{span(10, 5)}, want: span(10, 5), agreeing: 1},
		{name: "two overlap", spans: []Span{span(10, 5), span(18, 5)}, want: Span{13 * ms, 15 * ms}, agreeing: 2},
		{name: "two touch in a point", spans: []Span{span(10, 5), span(20, 5)}, want: Span{15 * ms, 15 * ms}, agreeing: 2},
		{name: "two apart: both stretches count, and no majority", spans: []Span{span(0, 1), span(100, 1)}, want: Span{-1 * ms, 101 * ms}, agreeing: 1},
		{name: "the classic example of the rule", spans: []Span{{8 * ms, 12 * ms}, {11 * ms, 13 * ms}, {10 * ms, 12 * ms}}, want: Span{11 * ms, 12 * ms}, agreeing: 3},
		{name: "and its second", spans: []Span{{8 * ms, 12 * ms}, {11 * ms, 13 * ms}, {14 * ms, 15 * ms}}, want: Span{11 * ms, 12 * ms}, agreeing: 2},
		{name: "two against a liar", spans: []Span{span(0, 10), span(301_000, 10), span(5, 10)}, want: Span{-5 * ms, 10 * ms}, agreeing: 2},
		{name: "two against two", spans: []Span{span(0, 10), span(600_000, 10), span(5, 10), span(600_005, 10)}, want: Span{-5 * ms, 600_010 * ms}, agreeing: 2},
		{name: "three against two", spans: []Span{span(0, 10), span(600_000, 10), span(5, 10), span(600_005, 10), span(1, 1)}, want: Span{0, 2 * ms}, agreeing: 3},
		{name: "a vague one in the middle agrees with both: the error covers both", spans: []Span{span(0, 10), span(100, 10), span(50, 60)}, want: Span{-10 * ms, 110 * ms}, agreeing: 2},
		{name: "one inside the other", spans: []Span{span(0, 100), span(30, 1)}, want: span(30, 1), agreeing: 2},
		{name: "the same twice", spans: []Span{span(7, 2), span(7, 2)}, want: span(7, 2), agreeing: 2},
		{name: "no width at all", spans: []Span{span(7, 0), span(7, 0), span(8, 0)}, want: span(7, 0), agreeing: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, agreeing := common(row.spans)
			assert.Equal(t, row.agreeing, agreeing)
			assert.Equal(t, row.want, got)
		})
	}
}

// bruteForce tries each end of each interval: the most popular points begin and end at some of them.
func bruteForce(spans []Span) (shared Span, agreeing int) {
	for _, s := range spans {
		for _, at := range []time.Duration{s.Lo, s.Hi} {
			depth := 0
			for _, v := range spans {
				if v.Lo <= at && at <= v.Hi {
					depth++
				}
			}
			switch {
			case depth > agreeing:
				shared, agreeing = Span{at, at}, depth
			case depth == agreeing:
				shared = Span{min(shared.Lo, at), max(shared.Hi, at)}
			}
		}
	}
	return shared, agreeing
}

func FuzzCommon(f *testing.F) {
	f.Add([]byte{0, 10, 5, 10, 200, 3})
	f.Add([]byte{1, 0, 1, 0, 2, 0, 9, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var spans []Span
		for ; len(b) >= 2 && len(spans) < 16; b = b[2:] {
			lo := time.Duration(int8(b[0]))
			spans = append(spans, Span{lo, lo + time.Duration(b[1]%64)})
		}
		want, wantN := bruteForce(spans)
		got, gotN := common(spans)
		assert.Equal(t, wantN, gotN)
		assert.Equal(t, want, got)
		if gotN > 0 {
			assert.LessOrEqual(t, got.Lo, got.Middle())
			assert.LessOrEqual(t, got.Middle(), got.Hi)
		}
	})
}
