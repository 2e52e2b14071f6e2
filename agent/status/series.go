package status

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// A day in quarters of an hour: what people look at rather than read. 3.5 kB of memory, never on flash: a restart of the agent begins
// it anew.
const (
	seriesStep  = 15 * time.Minute
	seriesSlots = 96
)

// Series drawn: the quickest host's connection, the radio that is in use, and the clock against the agreed time.
const (
	seriesRTT = iota
	seriesSignal
	seriesClock
	seriesCount
)

// levelLetters are the levels as a strip writes them, the worst last; a dot is a quarter of an hour of which nothing is known.
const levelLetters = ".ruan"

// slot is a quarter of an hour.
type slot struct {
	number int64   // quarters of an hour of the boot clock
	levels [2]byte // the worst of take_card and of settle; 0: none
	least  [seriesCount]float32
	most   [seriesCount]float32
	seen   [seriesCount]bool
}

// series is a ring of slots, by the boot clock: a clock that is set moves nothing, and sleep is a gap.
type series struct{ slots [seriesSlots]slot }

// add takes in what a snapshot at a moment of the boot clock shows.
func (s *series) add(boot time.Duration, snapshot wire.Snapshot) {
	number := int64(boot / seriesStep)
	now := &s.slots[number%seriesSlots]
	if now.number != number || now.levels[0] == 0 {
		*now = slot{number: number}
	}
	for i, a := range [...]wire.Answer{snapshot.Verdict.TakeCard, snapshot.Verdict.Settle} {
		letter := byte('u')
		switch a.Level {
		case wire.Ready:
			letter = 'r'
		case wire.AtRisk:
			letter = 'a'
		case wire.NotReady:
			letter = 'n'
		}
		if strings.IndexByte(levelLetters, letter) > strings.IndexByte(levelLetters, now.letter(i)) {
			now.levels[i] = letter
		}
	}
	for i, value := range samples(snapshot) {
		if math.IsNaN(value) {
			continue
		}
		v := float32(value)
		if !now.seen[i] {
			now.seen[i], now.least[i], now.most[i] = true, v, v
		}
		now.least[i], now.most[i] = min(now.least[i], v), max(now.most[i], v)
	}
}

func (s slot) letter(i int) byte {
	if s.levels[i] == 0 {
		return '.'
	}
	return s.levels[i]
}

// samples are the numbers of a snapshot that are drawn; NaN where it has none that is news.
func samples(s wire.Snapshot) [seriesCount]float64 {
	all := [seriesCount]float64{math.NaN(), math.NaN(), math.NaN()}
	wifi := fact(s, "link", "bearer") == "wi-fi"
	for _, r := range s.Results {
		if r.AgeS > seriesStep.Seconds() {
			continue
		}
		kind, _, _ := strings.Cut(r.Probe, "/")
		for _, n := range r.Readings {
			switch {
			case kind == "tcp" && n.Name == "connect" && !(n.Value >= all[seriesRTT]):
				all[seriesRTT] = n.Value
			case n.Name == "signal" && n.Unit == "dBm" && (kind == "wifi" && wifi || kind == "mobile" && !wifi):
				all[seriesSignal] = n.Value
			}
		}
	}
	if s.Session.ClockOffsetMS != nil {
		all[seriesClock] = *s.Session.ClockOffsetMS
	}
	return all
}

// seriesAnswer is the body of GET /v1/series: the last 24 h, oldest first, the last quarter of an hour being the present one.
type seriesAnswer struct {
	Schema   int    `json:"schema"`
	StepS    int    `json:"step_s"`
	TakeCard string `json:"take_card"` // a letter a step, the worst level in it: r ready, u unknown, a at-risk, n not-ready, . nothing known
	Settle   string `json:"settle"`
	// Least and most of each step; null where nothing was measured.
	RTT    []*[2]float64 `json:"rtt_ms"`
	Signal []*[2]float64 `json:"signal_dbm"`
	Clock  []*[2]float64 `json:"clock_offset_ms"`
}

// until tells of the day before a moment of the boot clock.
func (s *series) until(boot time.Duration) seriesAnswer {
	a := seriesAnswer{Schema: wire.Schema, StepS: int(seriesStep.Seconds())}
	last := int64(boot / seriesStep)
	var levels [2][]byte
	var all [seriesCount][]*[2]float64
	for number := last - seriesSlots + 1; number <= last; number++ {
		var one slot
		if number >= 0 && s.slots[number%seriesSlots].number == number {
			one = s.slots[number%seriesSlots]
		}
		for i := range levels {
			levels[i] = append(levels[i], one.letter(i))
		}
		for i := range all {
			var span *[2]float64
			if one.seen[i] {
				span = &[2]float64{tenth(one.least[i]), tenth(one.most[i])}
			}
			all[i] = append(all[i], span)
		}
	}
	a.TakeCard, a.Settle = string(levels[0]), string(levels[1])
	a.RTT, a.Signal, a.Clock = all[seriesRTT], all[seriesSignal], all[seriesClock]
	return a
}

// tenth is a number without the digits that nobody can see.
func tenth(v float32) float64 { return math.Round(float64(v)*10) / 10 }

// series answers GET /v1/series.
func (s *Server) series(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.o.Board.day())
}
