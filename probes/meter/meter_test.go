package meter_test

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/meter"
)

func ExampleNew() {
	bearer := link.Mobile
	m := meter.New(func() string { return bearer })
	m.Add(meter.Telemetry, 700)
	bearer = link.WiFi
	m.Add(meter.Telemetry, 700) // costs no data plan
}

func TestByWhatLeaves(t *testing.T) {
	for _, row := range []struct {
		bearer string
		free   bool
	}{
		{link.WiFi, true},
		{link.Ethernet, true},
		{link.Mobile, false},
		{link.Other, false}, // a tunnel may rest on the SIM
		{"", false},
		{meter.Shop, true},
	} {
		t.Run(row.bearer, func(t *testing.T) {
			m := meter.New(func() string { return link.Mobile }).By(row.bearer)
			m.Add(meter.Handshakes, 100)
			assert.Equal(t, row.free, m.Spent().Free == 100)
			assert.Equal(t, !row.free, m.Spent().Paid[meter.Handshakes] == 100)
		})
	}
}

func TestNoMeterCountsNothing(t *testing.T) {
	var m *meter.Meter
	m.Add(meter.Probes, 1)
	m.By(link.Mobile).Add(meter.Probes, 1)
	assert.Equal(t, meter.Counts{}, m.Spent())
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, os.ErrInvalid }
	_, err := m.Dial(dial)(t.Context(), "tcp", "192.0.2.1:1")
	assert.ErrorIs(t, err, os.ErrInvalid)
}

func TestWhatIsNeverMade(t *testing.T) {
	for _, row := range []struct {
		name, address string
		err           error
		want          int64
	}{
		{"forbidden here", "192.0.2.1:1", os.ErrPermission, 0},
		{"no way", "192.0.2.1:1", syscall.ENETUNREACH, 0},
		{"refused", "192.0.2.1:1", syscall.ECONNREFUSED, 100},
		{"refused by IPv6", "[2001:db8::1]:1", syscall.ECONNREFUSED, 140},
		{"silent", "192.0.2.1:1", context.DeadlineExceeded, 60},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := meter.New(nil)
			_, err := m.Dial(func(context.Context, string, string) (net.Conn, error) { return nil, row.err })(t.Context(), "tcp", row.address)
			require.ErrorIs(t, err, row.err)
			assert.Equal(t, row.want, m.Spent().Total())
		})
	}
}

// A counted connection can still be let go by a reset, and the kernel be asked about it.
func TestWhatIsCountedStaysAConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	m := meter.New(nil)
	c, err := m.Dial((&net.Dialer{}).DialContext)(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	far, err := l.Accept()
	require.NoError(t, err)
	defer far.Close()
	assert.True(t, dial.KernelOf(c).Told)
	dial.Discard(c)
	_, err = far.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	spent := m.Spent().Free
	assert.Positive(t, spent)
	_ = c.Close()
	assert.Equal(t, spent, m.Spent().Free, "a connection ends once")
}
