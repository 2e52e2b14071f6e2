package netns_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes/probetest"
)

// pair is two namespaces joined by a line.
func pair(t *testing.T) (near, far *netns.Namespace, line *netns.Line) {
	t.Helper()
	if os.Geteuid() != 0 {
		probetest.Unable(t, "only root makes network namespaces")
	}
	for _, program := range []string{"ip", "nft", "ping"} {
		probetest.Need(t, program)
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		probetest.Unable(t, "this machine has no TUN devices: "+err.Error())
	}
	made := func(what string) *netns.Namespace {
		n, err := netns.New(t.Context(), what)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, n.Close()) })
		return n
	}
	near, far = made("near"), made("far")
	line, err := netns.NewLine(t.Context(), netns.Plug{In: near, Name: "wan0", Address: "10.9.0.1/30"}, netns.Plug{In: far, Name: "wan0", Address: "10.9.0.2/30"}, 1)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, line.Close()) })
	return near, far, line
}

// ping sends n packets and gives how many were lost, in percent, and the median of the round trips in ms.
func ping(t *testing.T, from *netns.Namespace, n int, more ...string) (lost, rtt float64) {
	t.Helper()
	argv := append([]string{"ping", "-n", "-c", strconv.Itoa(n), "-i", "0.01", "-W", "1"}, more...)
	out, _ := from.Command(t.Context(), append(argv, "10.9.0.2")...).CombinedOutput() // it fails where nothing comes back
	loss := regexp.MustCompile(`([0-9.]+)% packet loss`).FindSubmatch(out)
	require.NotNil(t, loss, "%s", out)
	lost, err := strconv.ParseFloat(string(loss[1]), 64)
	require.NoError(t, err)
	if avg := regexp.MustCompile(`= [0-9.]+/([0-9.]+)/`).FindSubmatch(out); avg != nil {
		rtt, err = strconv.ParseFloat(string(avg[1]), 64)
		require.NoError(t, err)
	}
	return lost, rtt
}

func TestLineIsAsItIsShaped(t *testing.T) {
	near, _, line := pair(t)
	lost, rtt := ping(t, near, 20)
	assert.Zero(t, lost)
	assert.Less(t, rtt, 20.0, "a line of no shape is no longer than this machine is slow")

	line.Shape(netns.Shape{Delay: 50 * time.Millisecond}, netns.Shape{Delay: 50 * time.Millisecond})
	lost, rtt = ping(t, near, 20)
	assert.Zero(t, lost)
	assert.GreaterOrEqual(t, rtt, 100.0)

	line.Shape(netns.Shape{Loss: 0.3}, netns.Shape{})
	lost, _ = ping(t, near, 300)
	assert.InDelta(t, 30, lost, 12, "four standard deviations of 300 packets are 10.6 %%")

	line.Shape(netns.Shape{LargerThan: 1000}, netns.Shape{})
	lost, _ = ping(t, near, 5, "-s", "1200")
	assert.InDelta(t, 100, lost, 0)
	lost, _ = ping(t, near, 5, "-s", "900")
	assert.Zero(t, lost)

	line.Shape(netns.Shape{}, netns.Shape{Down: true})
	before, _ := line.Count()
	lost, _ = ping(t, near, 3)
	assert.InDelta(t, 100, lost, 0)
	after, _ := line.Count()
	assert.Equal(t, netns.Count{Packets: 3, Bytes: 3 * 84, Lost: 0}, netns.Count{Packets: after.Packets - before.Packets, Bytes: after.Bytes - before.Bytes, Lost: after.Lost - before.Lost})
}

func TestFilterIsTakenBack(t *testing.T) {
	near, far, _ := pair(t)
	undo, err := far.Filter(t.Context(), "input", "icmp type echo-request drop")
	require.NoError(t, err)
	lost, _ := ping(t, near, 3)
	assert.InDelta(t, 100, lost, 0)
	require.NoError(t, undo())
	lost, _ = ping(t, near, 3)
	assert.Zero(t, lost)
}
