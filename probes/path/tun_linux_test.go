package path_test

import (
	"encoding/binary"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
)

// tunSetup makes a device behind which the test itself plays all hosts of 10.9.0.0/24.
const tunSetup = `"$IP" tuntap add dev tun9 mode tun; "$IP" addr add 10.9.0.1/24 dev tun9; "$IP" link set tun9 up mtu 1500 txqueuelen 1000` + openPing

// tun plays those hosts: each packet goes to host, which may send others back.
func tun(t *testing.T, host func(packet []byte, send func(packet []byte))) {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		probetest.Unable(t, "this machine has no /dev/net/tun: "+err.Error())
	}
	request, err := unix.NewIfreq("tun9")
	require.NoError(t, err)
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	require.NoError(t, unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	file := os.NewFile(uintptr(fd), "tun9")
	ended := make(chan struct{})
	t.Cleanup(func() { _ = file.Close(); <-ended })
	through := make(chan struct{})
	go func() {
		defer close(ended)
		first := sync.OnceFunc(func() { close(through) })
		for {
			buf := make([]byte, 2048)
			n, err := file.Read(buf)
			if err != nil {
				return
			}
			first()
			if n >= 28 && buf[0] == 0x45 && buf[9] == unix.IPPROTO_ICMP && buf[20] == 8 {
				host(buf[:n], func(packet []byte) { _, _ = file.Write(packet) })
			}
		}
	}()
	// The kernel gives a device that has just found its cable a queue in its own time, and drops what comes before.
	knock, err := net.Dial("udp", "10.9.0.254:9")
	require.NoError(t, err)
	defer func() { _ = knock.Close() }()
	require.Eventually(t, func() bool {
		_, _ = knock.Write([]byte{0})
		select {
		case <-through:
			return true
		default:
			return false
		}
	}, time.Minute, time.Millisecond, "nothing comes through the device")
}

func sequence(packet []byte) int { return int(binary.BigEndian.Uint16(packet[26:])) }

// answer makes the reply to an echo request; change may spoil it.
func answer(request []byte, change func(icmp []byte)) []byte {
	p := append([]byte(nil), request...)
	copy(p[12:16], request[16:20])
	copy(p[16:20], request[12:16])
	icmp := p[20:]
	icmp[0], icmp[2], icmp[3] = 0, 0, 0
	if change != nil {
		change(icmp)
	}
	binary.BigEndian.PutUint16(icmp[2:], path.Checksum(icmp))
	return p
}

// tooLarge is what a router says whose next link carries mtu bytes.
func tooLarge(request []byte, mtu uint16) []byte {
	icmp := append([]byte{3, 4, 0, 0, 0, 0, byte(mtu >> 8), byte(mtu)}, request[:28]...)
	binary.BigEndian.PutUint16(icmp[2:], path.Checksum(icmp))
	head := append([]byte(nil), request[:20]...)
	binary.BigEndian.PutUint16(head[2:], uint16(20+len(icmp)))
	copy(head[16:20], request[12:16])
	copy(head[12:16], []byte{10, 9, 0, 254})
	head[10], head[11] = 0, 0
	binary.BigEndian.PutUint16(head[10:], path.Checksum(head))
	return append(head, icmp...)
}

const slow = 80 * time.Millisecond

// strangeHosts by the last byte of their address.
func strangeHosts() func(packet []byte, send func([]byte)) {
	var held []byte
	return func(packet []byte, send func([]byte)) {
		switch seq := sequence(packet); packet[19] {
		case 2: // one in ten is passed by the next
			if seq%10 == 8 {
				held = packet
				return
			}
			send(answer(packet, nil))
			if held != nil {
				send(answer(held, nil))
				held = nil
			}
		case 3: // says everything three times, and other things
			if seq == 0 { // before it was sent, however late we come to say so: after ten the first answer is waited for
				send(answer(packet, func(icmp []byte) { binary.BigEndian.PutUint16(icmp[6:], 49) }))
			}
			send(answer(packet, func(icmp []byte) { icmp[15] ^= 1 })) // not our token
			send(answer(packet, func(icmp []byte) { icmp[0] = 8 }))   // a request
			for range 3 {
				send(answer(packet, nil))
			}
		case 4: // behind a router that says what its link carries
			if len(packet) > 1400 {
				send(tooLarge(packet, 1400))
				return
			}
			send(answer(packet, nil))
		case 5: // far away
			time.AfterFunc(slow, func() { send(answer(packet, nil)) })
		case 6: // shouts
			for range 300 {
				send(answer(packet, func(icmp []byte) { icmp[15] ^= 1 }))
			}
		case 7: // answers the first alone
			if seq == 0 {
				send(answer(packet, nil))
			}
		}
	}
}

func TestStrangeHosts(t *testing.T) {
	t.Parallel() // it waits most of its time
	if !probetest.InNamespace(t, t.Name(), tunSetup) {
		return
	}
	tun(t, strangeHosts())

	t.Run("out of order: a train follows, and others when it was long ago", func(t *testing.T) {
		looks := make([]probes.Observation, 4)
		undisturbed(t, func() {
			now := time.Hour
			p := pathTo(t, path.Options{Address: "10.9.0.2:1", TrainGap: time.Minute, Boottime: func() time.Duration { return now }})
			for i, later := range []time.Duration{0, 1, time.Minute - 1, 1} {
				now += later
				looks[i] = look(t, p)
			}
		})
		o := looks[0]
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, 50.0, value(t, o, "received"))
		assert.Equal(t, 300.0, value(t, o, "train_sent"))
		assert.Equal(t, 300.0, value(t, o, "train_received"))
		assert.Equal(t, 10.0, value(t, o, "reordered"))
		assert.Equal(t, 300.0, value(t, looks[1], "train_sent"), "what is new is looked at once more")
		_, trained := looks[2].Reading("train_sent")
		assert.False(t, trained, "too soon")
		assert.Equal(t, 300.0, value(t, looks[3], "train_sent"))
	})
	t.Run("a suspicion is enough, and an orderly train ends it", func(t *testing.T) {
		var first, second probes.Observation
		undisturbed(t, func() {
			suspect := true
			now := time.Hour
			o := path.Options{Address: "10.9.0.4:1", Boottime: func() time.Duration { return now }, Suspect: func() bool { return suspect }}
			p := pathTo(t, o)
			first = look(t, p)
			now += time.Hour
			suspect = false
			second = look(t, p)
		})
		assert.Zero(t, value(t, first, "reordered"))
		_, trained := second.Reading("train_sent")
		assert.False(t, trained)
	})
	t.Run("duplicates and strays are not counted", func(t *testing.T) {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, pathTo(t, path.Options{Address: "10.9.0.3:1"})) })
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, 50.0, value(t, o, "received"))
		_, trained := o.Reading("train_sent")
		assert.False(t, trained)
	})
	t.Run("a router tells the size: the way works as it should", func(t *testing.T) {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, pathTo(t, path.Options{Address: "10.9.0.4:1"})) })
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, 1400.0, value(t, o, "large_size"))
		assert.Equal(t, 1.0, value(t, o, "large_sent"), "one that comes back is enough")
		assert.Equal(t, 1.0, value(t, o, "large_received"))
	})
	t.Run("far away", func(t *testing.T) {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, gatewayAt("10.9.0.5", nil)) })
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, "10.9.0.5", o.Fact("gateway"))
		assert.Equal(t, 50.0, value(t, o, "received"))
		assert.GreaterOrEqual(t, value(t, o, "rtt"), float64(slow.Milliseconds()))
		t.Logf("a round trip of %v is measured as %.3f ms, p95 %.3f, jitter %.3f", slow, value(t, o, "rtt"), value(t, o, "rtt_p95"), value(t, o, "jitter"))
	})
	t.Run("who shouts is not listened to for ever", func(t *testing.T) {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, gatewayAt("10.9.0.6", nil)) })
		assert.Equal(t, path.Silent, o.Reason, "%+v", o)
	})
	t.Run("answers the first alone", func(t *testing.T) {
		var o probes.Observation
		undisturbed(t, func() { o = look(t, gatewayAt("10.9.0.7", nil)) })
		require.Equal(t, probes.Pass, o.Outcome, "%+v", o)
		assert.Equal(t, 98.0, value(t, o, "loss"))
		_, jitter := o.Reading("jitter")
		assert.False(t, jitter, "one round trip differs from none")
	})
}
