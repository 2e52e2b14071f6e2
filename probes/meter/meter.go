// Package meter counts what the agent's own sockets send and get, in bytes of IP both ways, as a data plan does.
//
// It counts and forgets: periods, budgets and what follows from them are the agent's (agent/budget). It never refuses a byte.
package meter

import (
	"net/netip"
	"sync/atomic"
)

// Class says what bytes were spent on.
type Class uint8

// The classes. A look's own handshakes are part of the look: what may be saved is the look.
const (
	Probes     Class = iota // looks, with their names, handshakes and goodbyes
	Telemetry               // what the fleet is told, with pings and acknowledgements
	Handshakes              // making and ending the connection to the broker
	classes
)

// Counts are bytes of IP since the meter was made.
type Counts struct {
	Paid [classes]int64 // by class: what the SIM pays for, or what nobody can tell
	Free int64          // within the terminal, within the shop, and by a bearer that costs no data plan
}

// Total is all that was paid for.
func (c Counts) Total() int64 {
	var sum int64
	for _, n := range c.Paid {
		sum += n
	}
	return sum
}

// Meter counts by the bearer of the moment. A nil one counts nothing. Its methods may be called from any goroutine.
type Meter struct {
	tally  *tally
	bearer func() string
}

type tally struct {
	paid [classes]atomic.Int64
	free atomic.Int64
}

// Shop is the bearer of what does not leave the shop: packets to its own router.
const Shop = "shop"

// Free tells whether a bearer, in the words of probes/link, costs no data plan. One that is not known, and a tunnel, may rest
// on the SIM: they count as paid.
func Free(bearer string) bool {
	return bearer == "wi-fi" || bearer == "ethernet" || bearer == Shop
}

// New makes a meter. bearer names that of the default route at this moment, "" where it is not known; nil: never known.
func New(bearer func() string) *Meter {
	if bearer == nil {
		bearer = func() string { return "" }
	}
	return &Meter{tally: &tally{}, bearer: bearer}
}

// By is the same meter for what leaves by a bearer of its own choice.
func (m *Meter) By(bearer string) *Meter {
	if m == nil {
		return nil
	}
	return &Meter{tally: m.tally, bearer: func() string { return bearer }}
}

// To is the same meter for packets to an address: what goes to this machine itself is free.
func (m *Meter) To(addr netip.Addr) *Meter {
	if addr.Unmap().IsLoopback() {
		return m.By(Shop)
	}
	return m
}

// Add counts bytes of IP that leave by the bearer of this moment.
func (m *Meter) Add(c Class, bytes int64) {
	if m == nil {
		return
	}
	m.add(c, Free(m.bearer()), bytes)
}

func (m *Meter) add(c Class, free bool, bytes int64) {
	switch {
	case bytes <= 0 || c >= classes:
	case free:
		m.tally.free.Add(bytes)
	default:
		m.tally.paid[c].Add(bytes)
	}
}

// Spent is what was counted so far.
func (m *Meter) Spent() Counts {
	var c Counts
	if m == nil {
		return c
	}
	for i := range c.Paid {
		c.Paid[i] = m.tally.paid[i].Load()
	}
	c.Free = m.tally.free.Load()
	return c
}
