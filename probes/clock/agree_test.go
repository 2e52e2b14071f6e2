package clock

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAgree(t *testing.T) {
	const ms = time.Millisecond
	span := func(middle, half int64) interval { // in ms
		return interval{time.Duration(middle-half) * ms, time.Duration(middle+half) * ms}
	}
	for _, row := range []struct {
		name     string
		spans    []interval
		want     interval
		agreeing int
	}{
		{name: "nobody answers"},
		{name: "one", spans: []interval{span(10, 5)}, want: span(10, 5), agreeing: 1},
		{name: "two overlap", spans: []interval{span(10, 5), span(18, 5)}, want: interval{13 * ms, 15 * ms}, agreeing: 2},
		{name: "two touch in a point", spans: []interval{span(10, 5), span(20, 5)}, want: interval{15 * ms, 15 * ms}, agreeing: 2},
		{name: "two apart: both stretches count, and no majority", spans: []interval{span(0, 1), span(100, 1)}, want: interval{-1 * ms, 101 * ms}, agreeing: 1},
		{name: "the classic example of the rule", spans: []interval{{8 * ms, 12 * ms}, {11 * ms, 13 * ms}, {10 * ms, 12 * ms}}, want: interval{11 * ms, 12 * ms}, agreeing: 3},
		{name: "and its second", spans: []interval{{8 * ms, 12 * ms}, {11 * ms, 13 * ms}, {14 * ms, 15 * ms}}, want: interval{11 * ms, 12 * ms}, agreeing: 2},
		{name: "two against a liar", spans: []interval{span(0, 10), span(301_000, 10), span(5, 10)}, want: interval{-5 * ms, 10 * ms}, agreeing: 2},
		{name: "two against two", spans: []interval{span(0, 10), span(600_000, 10), span(5, 10), span(600_005, 10)}, want: interval{-5 * ms, 600_010 * ms}, agreeing: 2},
		{name: "three against two", spans: []interval{span(0, 10), span(600_000, 10), span(5, 10), span(600_005, 10), span(1, 1)}, want: interval{0, 2 * ms}, agreeing: 3},
		{name: "a vague one in the middle agrees with both: the error covers both", spans: []interval{span(0, 10), span(100, 10), span(50, 60)}, want: interval{-10 * ms, 110 * ms}, agreeing: 2},
		{name: "one inside the other", spans: []interval{span(0, 100), span(30, 1)}, want: span(30, 1), agreeing: 2},
		{name: "the same twice", spans: []interval{span(7, 2), span(7, 2)}, want: span(7, 2), agreeing: 2},
		{name: "no width at all", spans: []interval{span(7, 0), span(7, 0), span(8, 0)}, want: span(7, 0), agreeing: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, agreeing := agree(row.spans)
			assert.Equal(t, row.agreeing, agreeing)
			assert.Equal(t, row.want, got)
		})
	}
}

// bruteForce tries each end of each interval: the most popular points begin and end at some of them.
func bruteForce(spans []interval) (common interval, agreeing int) {
	for _, s := range spans {
		for _, at := range []time.Duration{s.lo, s.hi} {
			depth := 0
			for _, v := range spans {
				if v.lo <= at && at <= v.hi {
					depth++
				}
			}
			switch {
			case depth > agreeing:
				common, agreeing = interval{at, at}, depth
			case depth == agreeing:
				common = interval{min(common.lo, at), max(common.hi, at)}
			}
		}
	}
	return common, agreeing
}

func FuzzAgree(f *testing.F) {
	f.Add([]byte{0, 10, 5, 10, 200, 3})
	f.Add([]byte{1, 0, 1, 0, 2, 0, 9, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var spans []interval
		for ; len(b) >= 2 && len(spans) < 2*MaxServers; b = b[2:] {
			lo := time.Duration(int8(b[0]))
			spans = append(spans, interval{lo, lo + time.Duration(b[1]%64)})
		}
		want, wantN := bruteForce(spans)
		got, gotN := agree(spans)
		assert.Equal(t, wantN, gotN)
		assert.Equal(t, want, got)
		if gotN > 0 {
			assert.LessOrEqual(t, got.lo, got.middle())
			assert.LessOrEqual(t, got.middle(), got.hi)
		}
	})
}

// FuzzReply: whatever a server says, the probe gives a legal answer within bounds.
func FuzzReply(f *testing.F) {
	f.Add(uint8(0x24), uint8(2), uint32(0), uint64(0xe0000000_00000000), uint64(0xe0000000_00000000), int8(-20))
	f.Add(uint8(0x24), uint8(0), uint32(0x52415445), uint64(0), uint64(0), int8(127))
	f.Fuzz(func(t *testing.T, head, stratum uint8, reference uint32, received, transmitted uint64, precision int8) {
		packet := make([]byte, 48)
		packet[0], packet[1], packet[3] = head, stratum, byte(precision)
		binary.BigEndian.PutUint32(packet[12:], reference)
		binary.BigEndian.PutUint64(packet[32:], received)
		binary.BigEndian.PutUint64(packet[40:], transmitted)
		a := exchangeInMemory(t, packet)
		if a.state == answered {
			assert.LessOrEqual(t, a.offset.Abs(), furthest)
			assert.Positive(t, a.err)
			assert.Less(t, a.span().lo, a.span().hi)
		}
		assert.NotEmpty(t, a.state)
	})
}
