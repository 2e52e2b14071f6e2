package mqtt_test

import (
	"io"
	"net"
	"net/url"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// What the link counts is what a relay between it and the broker counts.
func TestTraffic(t *testing.T) {
	m, ways := wayBroker(t)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, map[string]string{"tcp": m.tcp, "tls": m.tls, "websocket": m.ws, "websocket over tls": m.wss}[name])
			u, err := url.Parse(o.Broker)
			require.NoError(t, err)
			u.Host = r.addr
			o.Broker = u.String()
			l := dial(t, o)
			begun := l.Traffic()
			assert.Positive(t, begun.Handshake.In)
			assert.Positive(t, begun.Handshake.Out)
			assert.Less(t, begun.Handshake.In+begun.Handshake.Out, begun.Total.In+begun.Total.Out, "the birth came after it")
			body := make([]byte, 5000)
			require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: body}))
			after := l.Traffic()
			assert.Equal(t, begun.Handshake, after.Handshake)
			assert.Greater(t, after.Total.Out, begun.Total.Out+5000)
			require.Eventually(t, func() bool { n := l.Traffic().Total; return r.bytes.Load() == n.In+n.Out }, patience, tick,
				"the relay has seen %d, the link %+v", r.bytes.Load(), after.Total)
			require.NoError(t, l.Close())
			ended(t, l)
			over := l.Traffic()
			assert.GreaterOrEqual(t, over.Total.Out, after.Total.Out)
			if runtime.GOOS == "linux" {
				assert.Positive(t, over.Total.SegmentsIn)
				assert.Positive(t, over.Total.SegmentsOut)
				assert.Contains(t, []int64{40, 52}, over.Total.Header)
				assert.InDelta(t, over.Total.In, over.Total.Received, 200, "a goodbye may lie unread")
				assert.Greater(t, over.Total.IP(), over.Total.In+over.Total.Out)
			}
		})
	}
}

// What an attempt in vain has cost is told with it.
func TestTrafficOfAFailure(t *testing.T) {
	addr := fakeBroker(t, func(c net.Conn) {
		readPacket(c)
		_, _ = c.Write([]byte{0x20, 2, 0, 5})
		_, _ = io.Copy(io.Discard, c)
	})
	var failed *mqtt.DialError
	require.ErrorAs(t, refused(t, optionsFor("tcp://"+addr), mqtt.StageMQTT), &failed)
	assert.Equal(t, int64(4), failed.Traffic.Total.In)
	assert.Greater(t, failed.Traffic.Total.Out, int64(50))
	assert.Equal(t, failed.Traffic.Total.Out, failed.Traffic.Handshake.Out)

	silent := fakeBroker(t, func(c net.Conn) { _, _ = c.Write([]byte("nonsense that is no TLS")) })
	require.ErrorAs(t, refused(t, optionsFor("tls://"+silent), mqtt.StageTLS), &failed)
	assert.Positive(t, failed.Traffic.Total.Out)
}
