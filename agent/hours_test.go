package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

// TestTradingHours: by night a healthy terminal looks at its hosts each half hour, until shortly before the shop opens.
func TestTradingHours(t *testing.T) {
	c := config.Default()
	c.Terminal.StateDir, c.Terminal.TradingHours = t.TempDir(), "08:00-22:00"
	boot, now := time.Hour, time.Date(2026, 12, 1, 21, 58, 0, 0, time.Local)
	a := spender(t, c, func() time.Duration { return boot })
	a.options.now = func() time.Time { return now }
	for _, row := range []struct {
		at     string
		closed bool
	}{{"21:59", false}, {"22:01", true}, {"03:00", true}, {"07:29", true}, {"07:31", false}, {"12:00", false}} {
		for now.Format("15:04") != row.at {
			now, boot = now.Add(time.Minute), boot+time.Minute
			a.account()
		}
		assert.Equal(t, row.closed, a.shut, row.at)
		by := a.rarer(a.Plan().Stretch)
		want := 1.0
		if row.closed {
			want = closedStretch
		}
		assert.InDelta(t, want, by("tcp"), 0, row.at)
		assert.InDelta(t, want, by("iso8583"), 0, row.at)
		assert.InDelta(t, 1, by("tls"), 0, "what is rare anyway")
	}
	a.shut = true
	assert.InDelta(t, 8, a.rarer(func(string) float64 { return 8 })("dns"), 0, "the budget may ask for more")

	c.Terminal.TradingHours = ""
	always := spender(t, c, func() time.Duration { return boot })
	require.Nil(t, always.catalog.trading)
	assert.False(t, always.closed(now))
}
