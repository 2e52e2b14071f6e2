package host_test

import (
	"context"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// noSocket hides that a connection has a socket, as a tunnel would.
type noSocket struct{ net.Conn }

func dialNoSocket(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return noSocket{conn}, err
}

func TestKernelTellsTheRoundTrip(t *testing.T) {
	h := payHost(t)
	o := host.Options{Name: "a", Address: h.Addr()}
	tcp, err := host.NewTCP(o)
	require.NoError(t, err)
	got := look(t, tcp)
	assert.LessOrEqual(t, reading(t, got, "rtt"), reading(t, got, "connect"))
	assert.Positive(t, reading(t, got, "rtt"))
	assert.Zero(t, reading(t, got, "retransmits"))
	got = look(t, tlsProbe(t, h, nil))
	assert.LessOrEqual(t, reading(t, got, "rtt"), reading(t, got, "tcp"))

	o.Dial = dialNoSocket
	tcp, err = host.NewTCP(o)
	require.NoError(t, err)
	got = look(t, tcp)
	assert.Equal(t, probes.Pass, got.Outcome)
	for _, name := range []string{"rtt", "retransmits"} {
		_, told := got.Reading(name)
		assert.False(t, told, "%s without a socket to ask", name)
	}
}

// connectLate connects to a host that drops the first SYN.
func connectLate(t *testing.T) probes.Observation {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
	for { // a full queue drops what comes
		conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	p, err := host.NewTCP(host.Options{Name: "a", Address: address, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		// By the time that the second SYN comes, after a second, there is room.
		time.AfterFunc(300*time.Millisecond, func() {
			for range 2 {
				if accepted, _, err := syscall.Accept(fd); err == nil {
					defer func() { _ = syscall.Close(accepted) }()
				}
			}
		})
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	require.NoError(t, err)
	o := look(t, p)
	require.Equal(t, probes.Pass, o.Outcome, o.Detail)
	assert.GreaterOrEqual(t, reading(t, o, "connect"), 900.0)
	assert.GreaterOrEqual(t, reading(t, o, "retransmits"), 1.0)
	return o
}

// TestConnectionThatNeededTwoTries: the wait for what was lost is part of connecting, and not of the round trip.
func TestConnectionThatNeededTwoTries(t *testing.T) {
	assert.Less(t, reading(t, connectLate(t), "rtt"), 500.0)
}

// TestNoRoundTripWithoutTimestamps: which of two SYNs was answered, nobody can tell.
func TestNoRoundTripWithoutTimestamps(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "echo 0 >/proc/sys/net/ipv4/tcp_timestamps") {
		return
	}
	o := connectLate(t)
	rtt, told := o.Reading("rtt")
	assert.False(t, told, "rtt %v", rtt)
}
