package path

import (
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// defaultTrainGap: a train costs 22 kB both ways, large packets 12 kB. The first is free, what is new is looked at once
	// more, and each that tells nothing new doubles the time to the next: trouble that lasts a day costs ten or so of each.
	defaultTrainGap = 10 * time.Minute
	mostTrainGaps   = 18 // times the first gap: three hours

	// trainTime must be left of a look, for a train cut short says nothing.
	trainTime = 3 * time.Second
)

// sparing spaces what is dear.
type sparing struct {
	least    time.Duration // from the first to the second
	boottime func() time.Duration

	gap  time.Duration // 0: there was none yet
	last time.Duration // since boot, when the last was
	bad  bool          // what the last told
}

func newSparing(least time.Duration, boottime func() time.Duration) sparing {
	if least <= 0 {
		least = defaultTrainGap
	}
	if boottime == nil {
		boottime = terminal.Boottime
	}
	return sparing{least: least, boottime: boottime}
}

func (s *sparing) due() bool { return s.gap == 0 || s.boottime()-s.last >= s.gap }

// spent notes what came of one. What changed is looked at once more at the next look.
func (s *sparing) spent(bad bool) {
	switch {
	case bad != s.bad:
		s.gap = 1
	case s.gap < s.least:
		s.gap = s.least
	default:
		s.gap = min(2*s.gap, mostTrainGaps*s.least)
	}
	s.last, s.bad = s.boottime(), bad
}

// trains decides when packets are sent back to back. A path that changes the order of packets does so where they are close
// together, as those of a TLS handshake are, and hardly ever at the pace of the other packets.
type trains struct {
	sparing
	suspect func() bool
}

func newTrains(suspect func() bool, gap time.Duration, boottime func() time.Duration) trains {
	if suspect == nil {
		suspect = func() bool { return false }
	}
	return trains{sparing: newSparing(gap, boottime), suspect: suspect}
}

// due: there is reason for a train, and the last was long enough ago.
func (t *trains) due(reordered bool) bool {
	if suspect := t.suspect(); !reordered && !suspect && !t.bad {
		return false
	}
	return t.sparing.due()
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
