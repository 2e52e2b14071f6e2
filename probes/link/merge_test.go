package link_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/link"
)

func TestChangesAreMergedAndNoneIsSwallowed(t *testing.T) {
	var told []link.Change
	add, due := link.NewMerger(func(c link.Change) { told = append(told, c) })
	taken := func() []link.Change { defer func() { told = nil }(); return told }
	start := time.Unix(1000, 0)

	assert.Zero(t, due(start), "nothing waits: nobody need wake up")
	add(link.Change{What: "link", Interface: "wlan0"}, start)
	assert.Equal(t, []link.Change{{What: "link", Interface: "wlan0"}}, taken(), "the first at once")
	assert.Zero(t, due(start))

	add(link.Change{What: "link", Interface: "wlan0"}, start.Add(time.Millisecond))
	add(link.Change{What: "address", Interface: "wlan0"}, start.Add(time.Millisecond))
	assert.Equal(t, []link.Change{{What: "address", Interface: "wlan0"}}, taken(), "each kind by itself")
	add(link.Change{What: "link", Interface: "wlan0"}, start.Add(2*time.Millisecond))
	assert.Equal(t, start.Add(link.Merge), due(start.Add(3*time.Millisecond)))
	assert.Empty(t, taken())

	assert.Zero(t, due(start.Add(link.Merge)))
	assert.Equal(t, []link.Change{{What: "link", Interface: "wlan0"}}, taken(), "the rest as one")

	add(link.Change{What: "link", Interface: "wlan0"}, start.Add(link.Merge+1))
	add(link.Change{What: "link", Interface: "eth0"}, start.Add(link.Merge+2))
	assert.Equal(t, start.Add(2*link.Merge), due(start.Add(link.Merge+3)))
	due(start.Add(2 * link.Merge))
	assert.Equal(t, []link.Change{{What: "link"}}, taken(), "of several interfaces none is named")
}
