package path

import (
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// defaultTrainGap: a train costs 22 kB both ways; six an hour are what a suspicion is worth on a data plan.
	defaultTrainGap = 10 * time.Minute

	// trainTime must be left of a look, for a train cut short says nothing.
	trainTime = 3 * time.Second
)

// trains decides when packets are sent back to back. A path that changes the order of packets does so where they are close
// together, as those of a TLS handshake are, and hardly ever at the pace of the other packets.
type trains struct {
	suspect  func() bool
	gap      time.Duration
	boottime func() time.Duration

	ever      bool
	last      time.Duration // since boot, when the last train was sent
	unordered bool          // it was out of order
}

func newTrains(suspect func() bool, gap time.Duration, boottime func() time.Duration) trains {
	t := trains{suspect: suspect, gap: gap, boottime: boottime}
	if t.suspect == nil {
		t.suspect = func() bool { return false }
	}
	if t.gap <= 0 {
		t.gap = defaultTrainGap
	}
	if t.boottime == nil {
		t.boottime = terminal.Boottime
	}
	return t
}

// due: there is reason for a train, and the last was long enough ago.
func (t *trains) due(reordered bool) bool {
	if suspect := t.suspect(); !reordered && !suspect && !t.unordered {
		return false
	}
	return !t.ever || t.boottime()-t.last >= t.gap
}

// sent notes what came of a train.
func (t *trains) sent(b *burst) {
	t.ever, t.last, t.unordered = true, t.boottime(), b.reordered > 0
}

// trainReadings of packets back to back: their order. What is lost of them a full queue may have dropped, ours to begin
// with; so it is no loss of the path.
func trainReadings(b *burst) []probes.Reading {
	return []probes.Reading{
		probes.Count("train_sent", b.sent),
		probes.Count("train_received", b.received),
		percent("reordered", share(b.reordered, b.received)),
	}
}
