package agent

import (
	"math"
	"slices"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

// isNews tells whether a result says anything that the one told last of its probe did not: another outcome, reason or fact, or a
// reading that is new or has moved. One that was told and is not there now, as the time of a lookup that was not needed, is none.
func isNews(told, now wire.Result) bool {
	if told.Outcome != now.Outcome || told.Reason != now.Reason || !slices.Equal(told.Facts, now.Facts) {
		return true
	}
	return slices.ContainsFunc(now.Readings, func(r wire.Reading) bool {
		if slices.Contains(besides(), r.Name) {
			return false
		}
		i := slices.IndexFunc(told.Readings, func(before wire.Reading) bool { return before.Name == r.Name && before.Unit == r.Unit })
		return i < 0 || moved(told.Readings[i].Value, r.Value, probes.Unit(r.Unit))
	})
}

// besides are readings that go on moving while nothing happens: how many segments were counted, and what `report` of the snapshot
// tells anyway.
func besides() []string { return []string{"segments", "sent", "queued", "dropped", "acked_ago"} }

// moved tells whether a reading is worth its bytes: what anybody would look at twice, and of what has no upper end a fifth as well.
// Without it nearly all that a healthy terminal says is how its round trips tremble.
func moved(told, now float64, unit probes.Unit) bool {
	far := max(1, math.Abs(told)/5)
	switch unit {
	case probes.UnixSeconds:
		return told != now // dates do not tremble
	case probes.Percent:
		far = 5
	case probes.DBm, probes.Decibels, probes.Celsius:
		far = 3
	case probes.Seconds:
		far = 600 // what grows as time goes by tells nothing by that
	case probes.Milliseconds:
		far = max(20, math.Abs(told)/5) // 20: a mobile network's round trips; 800 are worth a word
	case probes.Bytes:
		far = max(1<<20, math.Abs(told)/5)
	case probes.One, probes.Days, probes.PPM: // and what is in no unit of ours
	}
	return math.Abs(now-told) >= far
}
