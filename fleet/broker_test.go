package fleet_test

import (
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
)

func TestBrokerListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:1883", ":1883", "localhost:1883", "127.0.0.1"} {
		t.Run(addr, func(t *testing.T) {
			_, err := fleet.NewBroker(fleet.BrokerOptions{Addr: addr})
			require.ErrorContains(t, err, "must be a loopback address")
		})
	}
}

func TestBrokerSaysWhenItsAddressIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	_, err = fleet.NewBroker(fleet.BrokerOptions{Addr: l.Addr().String()})
	require.ErrorContains(t, err, "cannot start a broker")
}

// TestNothingIsLeftBehind: a broker and its watcher end with all that they started.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	b, err := fleet.NewBroker(fleet.BrokerOptions{})
	require.NoError(t, err)
	w := watch(t, fleet.Options{Broker: b.URL()})
	w.told(1, "watching")
	publish(t, b.URL(), "pos/v1/demo/POS-0001/state", true, birth)
	w.told(1, "demo/POS-0001  ● online")
	w.end()
	require.NoError(t, b.Close())
	// The condition is looked at by a goroutine of its own.
	if !assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, patience, tick) {
		require.FailNow(t, "goroutines are left", "%s", stacks())
	}
}

func TestBrokerCutsOffWhoSendsTooMuch(t *testing.T) {
	b, err := fleet.NewBroker(fleet.BrokerOptions{})
	require.NoError(t, err)
	defer func() { _ = b.Close() }()
	c, err := net.Dial("tcp", b.Addr())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = c.Write([]byte("\x10\xff\xff\xff\x7f" + strings.Repeat("x", 64)))
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 1))
	assert.Error(t, err, "it does not wait for 256 MiB")
}

func stacks() string {
	buffer := make([]byte, 1<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}
