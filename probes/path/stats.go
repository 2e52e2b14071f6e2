package path

import (
	"math"
	"slices"
	"time"
)

// Wilson is the 95 % score interval of a share that was seen as lost of sent, both ends in percent from 0 to 100: how much
// a path loses that lost so many. It keeps its sense where the plain one does not, at few packets and at none lost (Wilson
// 1927). Nothing sent: 0 and 100, anything may be.
func Wilson(lost, sent int) (low, high float64) {
	if sent <= 0 {
		return 0, 100
	}
	const z = 1.959964 // 97.5 % of a normal distribution lie below
	lost = min(max(lost, 0), sent)
	n := float64(sent)
	p := float64(lost) / n
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	whole := 1 + z*z/n
	low, high = 100*(middle-half)/whole, 100*(middle+half)/whole
	// The interval's own ends, which rounding would miss by a hair.
	if lost == 0 {
		low = 0
	}
	if lost == sent {
		high = 100
	}
	return low, high
}

// median is the middle of the durations, or the mean of the two in the middle; 0 of none.
func median(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := inOrder(of)
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// inOrder is a copy, the shortest first.
func inOrder(of []time.Duration) []time.Duration {
	sorted := append([]time.Duration{}, of...)
	slices.Sort(sorted)
	return sorted
}

// percentile is the smallest of the durations that n percent of them don't exceed (nearest rank); 0 of none.
func percentile(of []time.Duration, n int) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := inOrder(of)
	rank := (len(sorted)*n + 99) / 100
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// jitter is the mean difference between one round trip and the next, in the order of sending: the idea of RFC 3550, 6.4.1,
// without its smoothing, which needs more packets than we send. Fewer than two have none.
func jitter(of []time.Duration) (time.Duration, bool) {
	if len(of) < 2 {
		return 0, false
	}
	var sum time.Duration
	for i, d := range of[1:] {
		sum += (d - of[i]).Abs()
	}
	return sum / time.Duration(len(of)-1), true
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
