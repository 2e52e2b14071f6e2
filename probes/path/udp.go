package path

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/meter"
)

const (
	// firstPort is where traceroute begins: nothing listens there, and firewalls that let anything through know it.
	firstPort = 33434

	// udpGap: kernels answer a closed port about once a second (Linux: net.ipv4.icmp_ratelimit), and what they leave out
	// would look like loss.
	udpGap = 1100 * time.Millisecond

	// udpPackets are few, for they take their time: what they tell of loss is coarse, and its bounds say so.
	udpPackets = 5

	// udpTaste: after so many without an answer the others are spared.
	udpTaste = 3
)

// askUDP knocks at closed ports of addr, where the answer is the refusal. Each packet has a socket of its own, so that a
// refusal can be meant for no other, and a port of its own, as far as chance goes. Each is waited for as long as patience. An error says that nothing could be sent.
func askUDP(ctx context.Context, addr netip.Addr, patience time.Duration, m *meter.Meter) (*burst, error) {
	b := newBurst(0, udpPackets)
	dialUDP := m.Dial((&net.Dialer{}).DialContext)
	began := time.Now()
	for i := range udpPackets {
		if i == udpTaste && b.received == 0 || !dial.Pause(ctx, time.Until(began.Add(time.Duration(i)*udpGap))) {
			break
		}
		conn, err := dialUDP(ctx, "udp", netip.AddrPortFrom(addr, firstPort+uint16(i)).String())
		if err != nil {
			return b, err
		}
		err = knock(ctx, conn, patience, func() { b.went(i, time.Since(began)) })
		at := time.Since(began)
		_ = conn.Close()
		switch {
		case err == nil, errors.Is(err, syscall.ECONNREFUSED):
			b.reply(i, at)
		case b.sent > 0 && b.at[i] != none && unsent(err):
			b.didNot(i)
			return b, err
		}
	}
	b.end(time.Since(began), patience)
	return b, nil
}

// knock sends one packet and waits for what comes back: nil where something does listen there, and answers.
func knock(ctx context.Context, conn net.Conn, patience time.Duration, going func()) error {
	_ = conn.SetDeadline(time.Now().Add(patience))
	unhook := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	message := make([]byte, tokenSize)
	_, _ = rand.Read(message) // never fails; no service takes it for a request
	going()
	if _, err := conn.Write(message); err != nil {
		return err
	}
	_, err := conn.Read(message)
	return err
}

// unsent: our own system did not let the packet out.
func unsent(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN)
}
