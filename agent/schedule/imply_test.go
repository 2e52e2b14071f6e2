package schedule_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/probes"
)

// TestImpliedFault: what another look sees fail is looked at at once, by the one that knows how.
func TestImpliedFault(t *testing.T) {
	https, tls := always("https/a", probes.Pass), always("tls/a", probes.Pass)
	all := tasks(time.Hour, https, tls)
	all[0].Every = 10 * time.Minute
	all[1].Implied = func(r probes.Result) (probes.Observation, bool) {
		return saw(probes.Fail), r.Probe == "https/a"
	}
	run(t, all, schedule.Options{}, func(r *rig) {
		r.until(25 * time.Minute)
		// Both look at the start, in either order: what is implied before the first look ended is no news, after it it brings another.
		early := func(at time.Duration) bool { return at <= 5*time.Second }
		looks := slices.DeleteFunc(r.looks("tls/a"), early)
		assert.Equal(t, slices.DeleteFunc(r.looks("https/a"), early), looks, "each time the other has seen it")
		assert.NotEmpty(t, looks)
	})
}

// TestImplied: a handshake that passes has connected, so the connection is not looked at while handshakes come.
func TestImplied(t *testing.T) {
	implied := func(r probes.Result) (probes.Observation, bool) {
		return probes.Observation{Outcome: r.Outcome, Detail: "by " + string(r.Probe)}, r.Probe == "tls/a"
	}
	for _, tc := range []struct {
		name     string
		tls, tcp func(int) probes.Outcome
		looks    int // at the connection, in an hour
	}{
		{"handshakes that pass", fixed(probes.Pass), fixed(probes.Pass), 1},
		{"handshakes that fail say nothing of it", fixed(probes.Fail), fixed(probes.Pass), 7},
		{"one that failed is asked itself", fixed(probes.Pass), sequence(probes.Fail, probes.Fail, probes.Fail, probes.Pass), 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tls := &probe{id: "tls/a", look: func(n int) probes.Observation { return saw(tc.tls(n)) }}
			tcp := &probe{id: "tcp/a", look: func(n int) probes.Observation { return saw(tc.tcp(n)) }}
			made := append(tasks(10*time.Minute, tcp), tasks(5*time.Minute, tls)...)
			made[0].Implied = implied
			run(t, made, schedule.Options{}, func(r *rig) {
				<-time.After(time.Hour)
				assert.InDelta(t, tc.looks, len(tcp.started()), 2)
				r.mu.Lock()
				defer r.mu.Unlock()
				for i, result := range r.told {
					require.Equal(t, uint64(i+1), result.Seq, "in order, whoever saw it")
					if result.Detail != "" {
						assert.Equal(t, probes.ID("tcp/a"), result.Probe)
						assert.Equal(t, probes.Pass, result.Outcome, "only that all is well is implied")
						assert.Equal(t, 10*time.Minute, result.Every)
					}
				}
			})
		})
	}
}

// TestLocalLooksWaitForNoPlace: a network that is silent to all others keeps no local look waiting.
func TestLocalLooksWaitForNoPlace(t *testing.T) {
	slow := []*probe{{id: "a", takes: 20 * time.Second, look: func(int) probes.Observation { return saw(probes.Fail) }}, {id: "b", takes: 20 * time.Second, look: func(int) probes.Observation { return saw(probes.Fail) }}}
	local, other := always("link", probes.Pass), always("c", probes.Pass)
	made := append(tasks(time.Minute, slow...), tasks(time.Second, local, other)...)
	made[2].Local = true
	run(t, made, schedule.Options{Parallel: 2}, func(*rig) {
		<-time.After(10 * time.Second)
		assert.Greater(t, len(local.started()), 5)
		assert.Empty(t, other.started(), "it waits for a place")
	})
}

// TestLocalLooksComeAtOnce: however lately it looked, what asks nobody looks again within a second of the news, and no news
// is dropped; nor does a storm of news make it spin.
func TestLocalLooksComeAtOnce(t *testing.T) {
	link, tcp := always("link", probes.Pass), always("tcp/a", probes.Pass)
	made := tasks(time.Hour, link, tcp)
	made[0].Local = true
	run(t, made, schedule.Options{}, func(r *rig) {
		<-time.After(time.Minute)
		r.schedule.Doubt("link", "tcp")
		<-time.After(100 * time.Millisecond)
		r.schedule.Doubt("link", "tcp")
		<-time.After(time.Second)
		want := []time.Duration{0, time.Minute, time.Minute + 500*time.Millisecond}
		assert.Equal(t, want, link.started())
		assert.Equal(t, want[:2], tcp.started(), "a host is spared")
		for range 100 {
			r.schedule.Doubt("link")
			<-time.After(100 * time.Millisecond)
		}
		assert.Less(t, len(link.started()), 25)
	})
}

// TestFloor: whoever asks, and whatever it saw, it looks no sooner than agreed; a look that was withheld is no look.
func TestFloor(t *testing.T) {
	echo := &probe{id: "iso8583/a", look: func(n int) probes.Observation {
		if n < 3 {
			return saw(probes.Unknown)
		}
		return saw(probes.Fail)
	}}
	made := tasks(15*time.Minute, echo)
	made[0].Floor = 10 * time.Minute
	run(t, made, schedule.Options{}, func(r *rig) {
		for range 30 {
			<-time.After(time.Minute + time.Second)
			r.schedule.Doubt("iso8583")
			r.schedule.Kick("iso8583")
			r.schedule.Watch([]probes.ID{"iso8583/a"})
		}
		at := echo.started()
		assert.GreaterOrEqual(t, len(at), 5)
		for i := 1; i < len(at); i++ {
			if i >= 4 { // the third was the first that told something
				assert.GreaterOrEqual(t, at[i]-at[i-1], 10*time.Minute, "look %d", i)
			}
		}
	})
}

// TestDear: what costs much is looked at each hour when it has been bad for one.
func TestDear(t *testing.T) {
	for dear, looks := range map[bool]int{false: 43, true: 21} {
		way := always("path/a", probes.Fail)
		made := tasks(24*time.Hour, way)
		made[0].Dear = dear
		run(t, made, schedule.Options{}, func(*rig) {
			<-time.After(6*time.Hour - time.Second)
			assert.InDelta(t, looks, len(way.started()), 5, "dear %t", dear)
		})
	}
}

// TestLeast: what is bad and looked at by a whole fleet is left alone for longer.
func TestLeast(t *testing.T) {
	for least, looks := range map[time.Duration]int{0: 17, 30 * time.Minute: 4} {
		bad := always("tcp/a", probes.Fail)
		made := tasks(time.Hour, bad)
		made[0].Least = least
		run(t, made, schedule.Options{}, func(*rig) {
			<-time.After(time.Hour - time.Second)
			assert.Len(t, bad.started(), looks, "least %s", least)
		})
	}
}
