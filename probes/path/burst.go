package path

import (
	"math"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// none stands for a packet that was not sent, or not answered.
const none time.Duration = -1

// burst is the record of packets sent one after another: when each went, and when it was answered. Times count from the
// pinger's beginning. Not safe for use by several goroutines.
type burst struct {
	first     int // the sequence number of the first packet
	at        []time.Duration
	rtt       []time.Duration
	sent      int
	received  int
	reordered int // replies whose sequence number is lower than one already seen (RFC 4737, 3.3)
	next      int // one above the highest that was seen
}

func newBurst(first, count int) *burst {
	b := &burst{first: first, at: make([]time.Duration, count), rtt: make([]time.Duration, count)}
	for i := range count {
		b.at[i], b.rtt[i] = none, none
	}
	return b
}

// went notes that the packet with this index goes out now. It is noted before the packet goes: its reply may be faster than we.
func (b *burst) went(i int, at time.Duration) {
	b.at[i] = at
	b.sent++
}

// didNot takes that back.
func (b *burst) didNot(i int) {
	b.at[i] = none
	b.sent--
}

// reply notes the answer to a packet; false: it was never sent, or is answered already, and nothing is counted.
func (b *burst) reply(seq int, at time.Duration) bool {
	i := seq - b.first
	if i < 0 || i >= len(b.at) || b.at[i] == none || b.rtt[i] != none {
		return false
	}
	b.rtt[i] = max(at-b.at[i], 0)
	b.received++
	if i < b.next {
		b.reordered++
	} else {
		b.next = i + 1
	}
	return true
}

// end settles the record: a packet that was sent less than patience ago, and is not answered, is neither lost nor received,
// and counts as not sent.
func (b *burst) end(now, patience time.Duration) {
	for i, at := range b.at {
		if at != none && b.rtt[i] == none && now-at < patience {
			b.didNot(i)
		}
	}
}

// answered are the round trips, in the order of sending.
func (b *burst) answered() []time.Duration {
	got := make([]time.Duration, 0, b.received)
	for _, d := range b.rtt {
		if d != none {
			got = append(got, d)
		}
	}
	return got
}

// longest round trip.
func (b *burst) longest() time.Duration {
	var d time.Duration
	for _, rtt := range b.rtt {
		d = max(d, rtt)
	}
	return d
}

// readings of paced packets: how many are lost and how long the others take.
func (b *burst) readings() []probes.Reading {
	low, high := Wilson(b.sent-b.received, b.sent)
	got := b.answered()
	readings := []probes.Reading{
		probes.Count("sent", b.sent),
		probes.Count("received", b.received),
		percent("loss", share(b.sent-b.received, b.sent)),
		percent("loss_low", low),
		percent("loss_high", high),
		probes.Millis("rtt", median(got)),
		probes.Millis("rtt_p95", percentile(got, 95)),
	}
	if d, ok := jitter(got); ok {
		readings = append(readings, probes.Millis("jitter", d))
	}
	return readings
}

// percent keeps hundredths: fifty packets tell no more.
func percent(name string, v float64) probes.Reading {
	return probes.Reading{Name: name, Value: math.Round(v*100) / 100, Unit: probes.Percent}
}
