package status_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// day is what /v1/series answers.
type day struct {
	TakeCard string        `json:"take_card"`
	Settle   string        `json:"settle"`
	RTT      []*[2]float64 `json:"rtt_ms"`
	Signal   []*[2]float64 `json:"signal_dbm"`
	Clock    []*[2]float64 `json:"clock_offset_ms"`
}

// TestADayInQuartersOfAnHour: the worst level and the span of numbers of each, by the boot clock; sleep is a gap, and what is a day old is gone.
func TestADayInQuartersOfAnHour(t *testing.T) {
	r := start(t, status.Options{})
	var boot time.Duration
	r.board.Boottime = func() time.Duration { return boot }
	offset := 0.0
	set := func(at time.Duration, card, settle string, rtt float64, bearer string) {
		boot = at
		s := example()
		s.Verdict.TakeCard.Level, s.Verdict.Settle.Level = card, settle
		s.Session.ClockOffsetMS = &offset
		s.Results = []wire.Result{
			{Probe: "link", Facts: []wire.Fact{{Name: "bearer", Value: bearer}}},
			{Probe: "tcp/a", Readings: []wire.Reading{{Name: "connect", Value: rtt, Unit: "ms"}}},
			{Probe: "tcp/b", Readings: []wire.Reading{{Name: "connect", Value: 3 * rtt, Unit: "ms"}}},
			{Probe: "tcp/c", AgeS: 1000, Readings: []wire.Reading{{Name: "connect", Value: 1, Unit: "ms"}}},
			{Probe: "mobile", Readings: []wire.Reading{{Name: "signal", Value: -101, Unit: "dBm"}}},
			{Probe: "wifi", Readings: []wire.Reading{{Name: "signal", Value: -60, Unit: "dBm"}}},
		}
		r.board.Set(status.Update{Snapshot: s})
	}
	get := func() day {
		got := r.ask(t, http.MethodGet, "/v1/series")
		require.Equal(t, http.StatusOK, got.code)
		var d day
		require.NoError(t, json.Unmarshal([]byte(got.body), &d))
		for _, n := range []int{len(d.TakeCard), len(d.Settle), len(d.RTT), len(d.Signal), len(d.Clock)} {
			require.Equal(t, 96, n)
		}
		return d
	}
	assert.Equal(t, strings.Repeat(".", 96), get().TakeCard, "nothing is known yet")
	set(100*time.Hour, wire.Ready, wire.Unknown, 40, "mobile")
	set(100*time.Hour+time.Minute, wire.NotReady, wire.Unknown, 41.26, "mobile")
	set(100*time.Hour+2*time.Minute, wire.AtRisk, wire.Ready, 39, "mobile")
	set(100*time.Hour+20*time.Minute, wire.Ready, wire.Ready, 50, "wi-fi")
	set(101*time.Hour, wire.AtRisk, wire.Ready, 50, "wi-fi") // it slept for half an hour
	d := get()
	assert.Equal(t, strings.Repeat(".", 91)+"nr..a", d.TakeCard)
	assert.Equal(t, strings.Repeat(".", 91)+"ur..r", d.Settle)
	assert.Equal(t, &[2]float64{39, 41.3}, d.RTT[91])
	assert.Nil(t, d.RTT[93])
	assert.Equal(t, &[2]float64{-101, -101}, d.Signal[91])
	assert.Equal(t, &[2]float64{-60, -60}, d.Signal[92])
	assert.Equal(t, &[2]float64{0, 0}, d.Clock[95])
	boot += 23*time.Hour + 45*time.Minute
	assert.Equal(t, "a"+strings.Repeat(".", 95), get().TakeCard)
	set(boot+24*time.Hour, wire.Ready, wire.Ready, 1, "mobile")
	assert.Equal(t, strings.Repeat(".", 95)+"r", get().TakeCard, "what was a day ago is written over")
}
