package path

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Counters is "counters": what the kernel counted since the previous look, of all TCP connections of all apps. It sends
// nothing. Readings, each only where both looks could read it: segments (sent for the first time),
// retransmitted, retransmission (% of both), timeouts, and out_of_order: segments received before an earlier one (also what follows a lost one), and times that
// packets of ours were found to have changed their order. The first look, and the one after a reset, have none.
type Counters struct {
	terminal   *terminal.Terminal
	last       map[string]uint64
	suspicious atomic.Bool
}

// NewCounters makes the probe for the terminal whose files t reads.
func NewCounters(t *terminal.Terminal) *Counters { return &Counters{terminal: t} }

// ID is "counters".
func (c *Counters) ID() probes.ID { return "counters" }

// Suspicious tells whether, at the last look that could tell, more packets had come out of order than before it. It may be
// called while a look is under way.
func (c *Counters) Suspicious() bool { return c.suspicious.Load() }

// outOfOrder are the columns of TcpExt that tell of it. The sender's own are times, not packets: few, and enough to suspect.
func outOfOrder() []string { return []string{"TCPOFOQueue", "TCPSACKReorder", "TCPTSReorder"} }

// Observe reads the counters once. It waits for nothing.
func (c *Counters) Observe(ctx context.Context) probes.Observation {
	if ctx.Err() != nil {
		return unknown(probes.Cancelled, "the look was called off before it began")
	}
	now, err := c.read()
	if err != nil {
		return terminal.Unknown(err).Bounded()
	}
	last := c.last
	c.last = now
	o := probes.Observation{Outcome: probes.Pass}
	if !follows(last, now) {
		return o
	}
	risen := func(name string, columns ...string) (n uint64, ok bool) {
		for _, column := range columns {
			before, there := last[column]
			if after, still := now[column]; there && still {
				n, ok = n+after-before, true
			}
		}
		if ok {
			o.Readings = append(o.Readings, probes.Reading{Name: name, Value: float64(n), Unit: probes.One})
		}
		return n, ok
	}
	segments, _ := risen("segments", "OutSegs")
	retransmitted, ok := risen("retransmitted", "RetransSegs")
	if all := segments + retransmitted; ok && all > 0 { // the kernel counts the two apart
		o.Readings = append(o.Readings, percent("retransmission", 100*float64(retransmitted)/float64(all)))
	}
	if n, ok := risen("out_of_order", outOfOrder()...); ok {
		c.suspicious.Store(n > 0)
	}
	risen("timeouts", "TCPTimeouts")
	return o.Bounded()
}

// read gives all columns that we use and this kernel has. One of the two files may be denied or lack its table.
func (c *Counters) read() (map[string]uint64, error) {
	found := make(map[string]uint64, 6)
	var errs []error
	for _, file := range []struct {
		name, table string
		want        []string
	}{
		{"snmp", "Tcp", []string{"OutSegs", "RetransSegs"}},
		{"netstat", "TcpExt", append(outOfOrder(), "TCPTimeouts")},
	} {
		path := c.folder() + file.name
		text, err := c.terminal.ReadFile(path)
		table := columns(text, file.table)
		if err == nil && table == nil {
			err = &terminal.Error{What: path, Reason: probes.Malformed, Err: fmt.Errorf("has no table %s", file.table)}
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, name := range file.want {
			if n, ok := table[name]; ok {
				found[name] = n
			}
		}
	}
	switch {
	case len(errs) == 2:
		return nil, errors.Join(errs...)
	case len(found) == 0:
		return nil, &terminal.Error{What: c.folder() + "snmp", Reason: probes.Absent, Err: errors.New("none of the counters is there")}
	}
	return found, nil
}

// folder: on this machine, what is under /proc/net depends on who asks.
func (c *Counters) folder() string {
	if c.terminal.Here() {
		return "/proc/self/net/"
	}
	return "/proc/net/"
}

// follows: now may be counted from last on. A counter that fell was reset, or came round at 2^32 as they do on a 32-bit
// kernel: which, nobody can tell, so neither is counted.
func follows(last, now map[string]uint64) bool {
	if last == nil {
		return false
	}
	for name, n := range now {
		if n < last[name] {
			return false
		}
	}
	return true
}
