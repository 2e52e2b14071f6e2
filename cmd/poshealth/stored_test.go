package main_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestNothingStoredIsLost: with the broker down from the start the probes look all the same, and what changes is on flash at once. A
// daemon that is killed leaves it to the next, which takes over without a wait; killed again while it tells, it tells the rest. The
// fleet hears every number, in order.
func TestNothingStoredIsLost(t *testing.T) {
	s := newShop(t, buildAgent(t), shopOptions{ntp: timeServers(t, 0)})
	s.door.shut(t)
	d := s.open()
	d.until("the host is ready, the broker is not", func(now wire.Snapshot) bool {
		return ready(now) && reports("fail", "check the port, and whether the broker runs")(now)
	})
	require.NoError(t, s.host.SetMode(probetest.HostClosed))
	first := s.waits(d, "the host is gone", func(now wire.Snapshot) bool { return hasFinding(now.Findings, "host-unreachable") })
	d.kill()

	d = s.open()
	d.until("the next has what the one before stored", func(now wire.Snapshot) bool {
		l := ledgerOf(now, first.Spool)
		return l.Pending == first.Pending && l.Last == first.Last && l.Held == "flash" && len(l.Lost) == 0
	})
	require.NoError(t, s.host.SetMode(probetest.HostOK))
	second := s.waits(d, "the host is back", ready)
	require.NotEqual(t, first.Spool, second.Spool)

	s.door.reopen(t)
	heard := make(map[string]uint64) // the newest number of each spool
	s.heard.until("the first of what was stored", func(topic string, body []byte) bool { return s.inOrder(heard, topic, body) })
	d.kill() // it may have told some of it, or all
	d = s.open()
	s.heard.until("all that was stored", func(topic string, body []byte) bool {
		s.inOrder(heard, topic, body)
		return heard[first.Spool] >= first.Last && heard[second.Spool] >= second.Last
	})
	now := d.until("nothing waits", func(now wire.Snapshot) bool { return reports("pass")(now) && changesOf(now).Pending == 0 })
	assert.Zero(t, now.Report.Dropped)
	s.calm(d)
}

// waits waits until the terminal is as wanted, and all changes of this start wait on flash.
func (s *shop) waits(d *daemon, what string, wanted func(wire.Snapshot) bool) wire.Ledger {
	s.t.Helper()
	so := d.until(what, wanted)
	// A snapshot counts what was added before it, and the change that it shows is added after.
	l := changesOf(d.until(what+", and counted", func(now wire.Snapshot) bool { return now.Session.Seq > so.Session.Seq }))
	assert.Equal(s.t, "flash", l.Held)
	assert.EqualValues(s.t, l.Last, l.Pending, "none was told")
	s.isStored(l)
	return l
}

// inOrder takes note of a change that was heard, and fails where one before it was not. What was told to a daemon that was killed
// comes again.
func (s *shop) inOrder(heard map[string]uint64, topic string, body []byte) bool {
	s.t.Helper()
	if !strings.HasSuffix(topic, "/event") {
		return false
	}
	e, err := wire.Decode[wire.Event](body)
	require.NoError(s.t, err)
	require.NotNil(s.t, e.Spool)
	require.LessOrEqual(s.t, e.Spool.Seq, heard[e.Spool.ID]+1, "%s: those before it are missing", e.Spool.ID)
	heard[e.Spool.ID] = max(heard[e.Spool.ID], e.Spool.Seq)
	return true
}

// ledgerOf is what a snapshot says of one spool.
func ledgerOf(now wire.Snapshot, spool string) wire.Ledger {
	if now.Report != nil {
		for _, l := range now.Report.Ledger {
			if l.Spool == spool {
				return l
			}
		}
	}
	return wire.Ledger{}
}
