package host

import "time"

// kernelView is what the kernel knows of one of our connections. Its times are better than ours: they hold no scheduling of
// a busy terminal, and no wait for a packet that was lost and sent again.
type kernelView struct {
	told     bool          // false: it does not tell, and the rest is zero
	rtt      time.Duration // smoothed; 0: it has no sample, as when a SYN was sent again and the host puts no timestamps on packets
	shortest time.Duration // of all round trips so far; 0: no sample, or a kernel before 4.6
	resent   int           // packets sent again so far, SYNs included
	unheard  int           // packets that the host's side has not acknowledged
}

// roundTrip is the shortest that is known of a connection: whatever else was measured is a round trip and something on top,
// above all the wait of a mobile modem that had to wake up for the first packet. connecting took one as well.
func (k kernelView) roundTrip(connecting time.Duration, before kernelView) time.Duration {
	shortest := connecting
	for _, d := range []time.Duration{before.rtt, k.rtt, k.shortest} {
		if d > 0 && d < shortest {
			shortest = d
		}
	}
	return shortest
}
