package path_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/path"
)

func TestWilson(t *testing.T) {
	for _, row := range []struct {
		lost, sent int
		low, high  float64
	}{
		{0, 0, 0, 100},
		{0, 50, 0, 7.1348},
		{1, 50, 0.3539, 10.4954},
		{5, 50, 4.3476, 21.3602},
		{50, 50, 92.8652, 100},
		{1, 5, 3.6224, 62.4465},
		{0, 1, 0, 79.3451},
		{81, 263, 25.5275, 36.6166}, // Newcombe 1998, table I: 0.2553 to 0.3662
		{15, 148, 6.2386, 16.0518},  // 0.0624 to 0.1605
		{0, 20, 0, 16.1125},         // 0 to 0.1611
		{1, 29, 0.6113, 17.1767},    // 0.0061 to 0.1718
	} {
		low, high := path.Wilson(row.lost, row.sent)
		assert.InDelta(t, row.low, low, 0.01, "%d of %d", row.lost, row.sent)
		assert.InDelta(t, row.high, high, 0.01, "%d of %d", row.lost, row.sent)
	}
}

func ms(values ...float64) []time.Duration {
	var all []time.Duration
	for _, v := range values {
		all = append(all, time.Duration(v*1e6))
	}
	return all
}

func TestMedianAndPercentile(t *testing.T) {
	assert.Zero(t, path.Median(nil))
	assert.Equal(t, ms(7)[0], path.Median(ms(7)))
	assert.Equal(t, ms(2)[0], path.Median(ms(9, 1, 2)))
	assert.Equal(t, ms(2.5)[0], path.Median(ms(3, 9, 2, 1)))

	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(100-i))
	}
	assert.Zero(t, path.Percentile(nil, 95))
	assert.Equal(t, ms(95)[0], path.Percentile(ms(hundred...), 95))
	assert.Equal(t, ms(48)[0], path.Percentile(ms(hundred[50:98]...), 95), "48 values, 3 to 50: rank 46")
	assert.Equal(t, ms(4)[0], path.Percentile(ms(4), 95))
	assert.Equal(t, ms(1)[0], path.Percentile(ms(2, 1), 0))
}

func TestJitter(t *testing.T) {
	_, ok := path.Jitter(ms(3))
	assert.False(t, ok)
	d, ok := path.Jitter(ms(10, 10, 10))
	assert.True(t, ok)
	assert.Zero(t, d)
	d, _ = path.Jitter(ms(10, 14, 8, 10))
	assert.Equal(t, ms(4)[0], d, "4, 6 and 2")
}

func TestReordered(t *testing.T) {
	for _, row := range []struct {
		name  string
		order []int
		want  path.Seen
	}{
		{"none", nil, path.Seen{}},
		{"in order", []int{0, 1, 2, 3}, path.Seen{Received: 4}},
		{"one lost", []int{0, 2, 3}, path.Seen{Received: 3}},
		{"two change places", []int{0, 2, 1, 3}, path.Seen{Received: 4, Reordered: 1}},
		{"one is very late: RFC 4737, 7.1", []int{1, 2, 3, 0}, path.Seen{Received: 4, Reordered: 1}},
		{"one is very early", []int{3, 0, 1, 2}, path.Seen{Received: 4, Reordered: 3}},
		{"backwards", []int{3, 2, 1, 0}, path.Seen{Received: 4, Reordered: 3}},
		{"duplicates count once", []int{0, 1, 1, 0, 0, 2}, path.Seen{Received: 3}},
		{"never sent", []int{0, 4, 400, -1, -101}, path.Seen{Received: 1}},
	} {
		assert.Equal(t, row.want, path.Replies(4, row.order...), row.name)
	}
}
