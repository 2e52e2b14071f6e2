package clock_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
)

func timeServer(t *testing.T, ahead time.Duration) *probetest.NTPServer {
	t.Helper()
	s, err := probetest.NewNTPServer()
	require.NoError(t, err)
	s.SetOffset(ahead)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func probe(t *testing.T, o clock.Options) *clock.Probe {
	t.Helper()
	p, err := clock.New(o)
	require.NoError(t, err)
	return p
}

func look(t *testing.T, p probes.Probe, limit time.Duration) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := p.Observe(ctx)
	assert.Empty(t, probetest.Faults(o))
	return o
}

func reading(t *testing.T, o probes.Observation, name string) float64 {
	t.Helper()
	v, ok := o.Reading(name)
	require.True(t, ok, "reading %q in %+v", name, o)
	return v
}

const (
	plenty = 20 * time.Second
	brief  = 2 * time.Second // for looks that are meant to run into their deadline
)

func TestKeepsTheContract(t *testing.T) {
	p := probe(t, clock.Options{NTP: []string{timeServer(t, 0).Addr(), timeServer(t, 0).Addr()}})
	assert.Equal(t, probes.ID("clock"), p.ID())
	probetest.Contract(t, p)
}

// TestSign: a positive offset is a terminal whose clock is ahead of true time.
func TestSign(t *testing.T) {
	for _, row := range []struct {
		name     string
		terminal time.Duration // the local clock, ahead of this machine's
		server   time.Duration
		want     float64 // ms
	}{
		{"both right", 0, 0, 0},
		{"terminal five minutes ahead", 5 * time.Minute, 0, 300_000},
		{"terminal five minutes behind", -5 * time.Minute, 0, -300_000},
		{"server ahead looks the same as a terminal behind", 0, 301 * time.Second, -301_000},
		{"terminal reset to about 1970", -20_000 * 24 * time.Hour, 0, -20_000 * 86_400_000},
		{"terminal thirty years ahead", 30 * 365 * 24 * time.Hour, 0, 30 * 365 * 86_400_000},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := timeServer(t, row.server)
			p := probe(t, clock.Options{
				NTP:    []string{s.Addr()},
				Keeper: clock.NewKeeper(clock.KeeperOptions{Now: func() time.Time { return time.Now().Add(row.terminal) }}),
			})
			o := look(t, p, plenty)
			require.Equal(t, probes.Pass, o.Outcome, o.Detail)
			errorMS := reading(t, o, "error")
			assert.InDelta(t, row.want, reading(t, o, "offset"), errorMS, "the truth lies within the stated error")
			assert.Less(t, errorMS, 5000.0)
			assert.Equal(t, "one source only: nothing to compare it with", o.Detail)
		})
	}
}

func TestMajority(t *testing.T) {
	for _, row := range []struct {
		name     string
		ahead    []time.Duration // the servers' clocks
		outcome  probes.Outcome
		reason   probes.Reason
		agreeing float64
		offset   float64
		detail   string
	}{
		{name: "three agree", ahead: []time.Duration{0, 0, 0}, outcome: probes.Pass, agreeing: 3, detail: "3 of 3 answering sources agree"},
		{name: "two against a liar", ahead: []time.Duration{0, 301 * time.Second, 0}, outcome: probes.Pass, agreeing: 2, detail: "not with them: "},
		{name: "two that share an error outvote the honest one: the majority is all there is", ahead: []time.Duration{-time.Hour, -time.Hour, 0}, outcome: probes.Pass, agreeing: 2, offset: 3_600_000},
		{name: "one against one", ahead: []time.Duration{0, 600 * time.Second}, outcome: probes.Fail, reason: clock.Disagree, agreeing: 1, detail: "no majority among 2 sources of time: "},
		{name: "two against two", ahead: []time.Duration{0, 0, 600 * time.Second, 600 * time.Second}, outcome: probes.Fail, reason: clock.Disagree, agreeing: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			var servers []string
			for _, d := range row.ahead {
				servers = append(servers, timeServer(t, d).Addr())
			}
			o := look(t, probe(t, clock.Options{NTP: servers}), plenty)
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.reason, o.Reason)
			assert.Contains(t, o.Detail, row.detail)
			assert.Equal(t, float64(len(servers)), reading(t, o, "sources"))
			assert.Equal(t, float64(len(servers)), reading(t, o, "answered"))
			assert.Equal(t, row.agreeing, reading(t, o, "agreeing"))
			for _, n := range []string{"offset_1", "delay_1", "error_1"} {
				reading(t, o, n)
			}
			assert.Equal(t, servers[0], o.Fact("source_1"))
			assert.Equal(t, "answered", o.Fact("state_1"))
			if row.outcome == probes.Pass {
				assert.InDelta(t, row.offset, reading(t, o, "offset"), reading(t, o, "error"))
			} else {
				_, told := o.Reading("offset")
				assert.False(t, told, "no majority, no offset")
			}
		})
	}
}

func TestServersThatAreNoUse(t *testing.T) {
	for _, row := range []struct {
		mode  probetest.NTPMode
		limit time.Duration
		state string
	}{
		{probetest.NTPSilent, brief, "timeout"},
		{probetest.NTPUnsynchronised, plenty, "unsynchronised"},
		{probetest.NTPGarbage, plenty, "malformed"},
		{probetest.NTPStale, plenty, "malformed"},
		{probetest.NTPLate, plenty, "malformed"},
		{probetest.NTPKiss, plenty, "kiss RATE"},
	} {
		t.Run(string(row.mode), func(t *testing.T) {
			bad, good := timeServer(t, 0), timeServer(t, 0)
			bad.SetMode(row.mode)
			o := look(t, probe(t, clock.Options{NTP: []string{bad.Addr()}}), row.limit)
			assert.Equal(t, probes.Unknown, o.Outcome)
			assert.Equal(t, clock.NoSource, o.Reason)
			assert.Equal(t, row.state, o.Fact("state_1"))
			assert.Contains(t, o.Detail, row.state)
			assert.Equal(t, 0.0, reading(t, o, "answered"))

			o = look(t, probe(t, clock.Options{NTP: []string{bad.Addr(), good.Addr()}}), row.limit)
			assert.Equal(t, probes.Pass, o.Outcome, "one that is no use does not spoil the others: %s", o.Detail)
			assert.Equal(t, row.state, o.Fact("state_1"))
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		s, err := probetest.NewNTPServer()
		require.NoError(t, err)
		require.NoError(t, s.Close())
		o := look(t, probe(t, clock.Options{NTP: []string{s.Addr()}}), plenty)
		assert.Equal(t, "refused", o.Fact("state_1"))
	})
	t.Run("name does not resolve", func(t *testing.T) {
		o := look(t, probe(t, clock.Options{NTP: []string{"ntp.example"}, Resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			return nil, false, errors.New("no such name")
		}}), plenty)
		assert.Equal(t, clock.NoSource, o.Reason)
		assert.Equal(t, "no-address", o.Fact("state_1"))
	})
}

func TestNoServers(t *testing.T) {
	o := look(t, probe(t, clock.Options{}), plenty)
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, clock.NotConfigured, o.Reason)
	_, err := clock.New(clock.Options{NTP: make([]string, 9)})
	assert.EqualError(t, err, "clock: 9 sources of time, want at most 8")
	_, err = clock.New(clock.Options{NTP: []string{"ntp.example", "a b"}})
	assert.EqualError(t, err, `clock: time server 2: "a b" is not a server: want host, host:port or [address]:port`)
}

func TestEightServersFitAnObservation(t *testing.T) {
	var servers []string
	for range clock.MaxSources {
		servers = append(servers, timeServer(t, 0).Addr())
	}
	o := look(t, probe(t, clock.Options{NTP: servers}), plenty)
	reading(t, o, "error_8")
	assert.Equal(t, "answered", o.Fact("state_8"))
}

func TestKissedOffServerIsLeftAlone(t *testing.T) {
	s, start := timeServer(t, 0), time.Now()
	s.SetMode(probetest.NTPKiss)
	var passed time.Duration
	p := probe(t, clock.Options{NTP: []string{s.Addr()}, Boottime: func() time.Duration { return time.Hour + time.Since(start) + passed }})
	look(t, p, plenty)
	require.Equal(t, int64(1), s.Queries(), "a kiss is not asked twice")

	s.SetMode(probetest.NTPOK)
	passed = 59 * time.Minute
	o := look(t, p, plenty)
	assert.Equal(t, clock.NoSource, o.Reason)
	assert.Equal(t, "kiss RATE, left alone", o.Fact("state_1"))
	assert.Equal(t, int64(1), s.Queries())

	passed = 61 * time.Minute
	assert.Equal(t, probes.Pass, look(t, p, plenty).Outcome)
}

func TestErrorGrowsWithWhatTheServerAdmits(t *testing.T) {
	s := timeServer(t, 0)
	s.SetRootDispersion(2 * time.Second)
	o := look(t, probe(t, clock.Options{NTP: []string{s.Addr()}}), plenty)
	assert.GreaterOrEqual(t, reading(t, o, "error"), 2000.0)
	s.SetRootDispersion(30 * time.Second)
	o = look(t, probe(t, clock.Options{NTP: []string{s.Addr()}}), plenty)
	assert.Equal(t, "unsynchronised", o.Fact("state_1"), "more than 16 s is no time at all")
}

func TestCancelledLook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := probe(t, clock.Options{NTP: []string{"ntp.example"}, Resolve: func(ctx context.Context, _ string) ([]netip.Addr, bool, error) {
		cancel()
		<-ctx.Done()
		return nil, false, ctx.Err()
	}})
	o := p.Observe(ctx)
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, probes.Cancelled, o.Reason)
}

// TestChrony asks real time servers: an honest one, and two that are ahead.
func TestChrony(t *testing.T) {
	chronyd, faketime := probetest.Need(t, "chronyd"), probetest.Need(t, "faketime")
	start := func(ahead time.Duration) string {
		c, err := probetest.StartChrony(faketime, chronyd, t.TempDir(), ahead)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, c.Close()) })
		ready := probe(t, clock.Options{NTP: []string{c.Addr()}, Every: time.Nanosecond}) // one that does not rest where nobody answers
		require.Eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return ready.Observe(ctx).Outcome == probes.Pass
		}, 30*time.Second, 50*time.Millisecond, "chronyd does not answer")
		return c.Addr()
	}
	honest, another, liar, worse := start(0), start(0), start(301*time.Second), start(600*time.Second)

	o := look(t, probe(t, clock.Options{NTP: []string{liar}}), plenty)
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.InDelta(t, -301_000, reading(t, o, "offset"), reading(t, o, "error"))

	o = look(t, probe(t, clock.Options{NTP: []string{honest, liar}}), plenty)
	assert.Equal(t, clock.Disagree, o.Reason)

	o = look(t, probe(t, clock.Options{NTP: []string{honest, liar, another}}), plenty)
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.InDelta(t, 0, reading(t, o, "offset"), reading(t, o, "error"))
	assert.Contains(t, o.Detail, "not with them: "+liar)

	o = look(t, probe(t, clock.Options{NTP: []string{honest, liar, worse}}), plenty)
	assert.Equal(t, clock.Disagree, o.Reason, "three times, none of them a majority")
}
