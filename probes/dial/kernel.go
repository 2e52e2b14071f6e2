package dial

import "time"

// Kernel is what the kernel knows of one of our connections. Its times are better than ours: they hold no scheduling of
// a busy terminal, and no wait for a packet that was lost and sent again.
type Kernel struct {
	Told     bool          // false: it does not tell, and the rest is zero
	RTT      time.Duration // smoothed; 0: it has no sample, as when a SYN was sent again and the host puts no timestamps on packets
	Shortest time.Duration // of all round trips so far; 0: no sample, or a kernel before 4.6
	Resent   int           // packets sent again so far, SYNs included
	Unheard  int           // packets that the host's side has not acknowledged
}

// RoundTrip is the shortest that is known of a connection: whatever else was measured is a round trip and something on top,
// above all the wait of a mobile modem that had to wake up for the first packet. connecting took one as well.
func (k Kernel) RoundTrip(connecting time.Duration, before Kernel) time.Duration {
	shortest := connecting
	for _, d := range []time.Duration{before.RTT, k.RTT, k.Shortest} {
		if d > 0 && d < shortest {
			shortest = d
		}
	}
	return shortest
}
