package mqtt_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// hearing are options of a terminal that hears commands and receipts; what it receives comes out of the channel.
func hearing(broker string) (mqtt.Options, chan heard) {
	received := make(chan heard, 4096)
	o := optionsFor(broker)
	o.Subscribe = []mqtt.Topic{{Name: base + "command", QoS: 1}, {Name: base + "receipt"}}
	o.Receive = func(topic string, body []byte) { received <- heard{topic: topic, body: string(body)} }
	return o, received
}

// fleet publishes as the fleet does.
func fleet(t *testing.T, m *mosquitto) func(topic string, qos byte, body string) {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.tcp).SetClientID("fleet-" + rand.Text()))
	wait := func(token paho.Token) {
		t.Helper()
		require.True(t, token.WaitTimeout(patience))
		require.NoError(t, token.Error())
	}
	wait(c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	return func(topic string, qos byte, body string) { wait(c.Publish(topic, qos, false, body)) }
}

func TestReceive(t *testing.T) {
	m, ways := wayBroker(t)
	say := fleet(t, m)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			h, received := hearing(o.Broker)
			h.TLS = o.TLS
			l := dial(t, h)
			require.NoError(t, l.Refused())
			for i := range 100 {
				say(base+"command", 1, fmt.Sprint(i))
			}
			say(base+"receipt", 0, "up to 7")
			say(base+"other", 1, "not for us")
			// A broker orders each topic: what needs no acknowledgement overtakes what waits for room among the unacknowledged.
			of := map[string][]string{}
			for range 101 {
				h := hear(t, received)
				of[h.topic] = append(of[h.topic], h.body)
			}
			want := make([]string, 100)
			for i := range want {
				want[i] = fmt.Sprint(i)
			}
			assert.Equal(t, map[string][]string{base + "command": want, base + "receipt": {"up to 7"}}, of)

			all := subscribe(t, m)
			hear(t, all) // the birth
			require.NoError(t, l.Publish(t.Context(), base+"reported", false, []byte("as desired")))
			assert.Equal(t, heard{topic: base + "reported", body: "as desired"}, hear(t, all))
			require.ErrorContains(t, l.Publish(t.Context(), base+"#", false, nil), "without + and #")
			require.ErrorContains(t, l.Publish(t.Context(), base+"x", false, make([]byte, transport.MaxBody+1)), "65537 bytes")
			require.NoError(t, l.Close())
			assert.Zero(t, l.Unheard())
			assert.Empty(t, received)
		})
	}
}

// A receiver may answer on the link that brought the message.
func TestAnswerFromReceive(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	o, _ := hearing("tcp://" + m.tcp)
	links, answered := make(chan *mqtt.Link, 1), make(chan error, 1)
	o.Receive = func(string, []byte) {
		l := <-links
		answered <- l.Publish(context.Background(), base+"answer", true, []byte("done"))
	}
	links <- dial(t, o)
	fleet(t, m)(base+"command", 1, "do it")
	select {
	case err := <-answered:
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "no answer")
	}
	fleet := subscribe(t, m)
	assert.ElementsMatch(t, []heard{{base + "answer", "done", true}, {base + "state", string(o.Birth), true}}, []heard{hear(t, fleet), hear(t, fleet)})
}

// A broker that lets the terminal report and not listen: it is said, and reporting goes on.
func TestSubscriptionRefused(t *testing.T) {
	// mosquitto grants every topic and then says nothing on it.
	denied, _ := hearing("tcp://" + mochiBroker(t, nil, &auth.Options{Ledger: &auth.Ledger{
		Auth: auth.AuthRules{{Allow: true}},
		ACL:  auth.ACLRules{{Filters: auth.Filters{base + "command": auth.WriteOnly}}},
	}}))
	some := dial(t, denied)
	require.EqualError(t, some.Refused(), "mqtt: the broker refuses the topic "+base+"command: check what it allows this terminal")
	require.NoError(t, some.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")}))

	refusing := answering(func(c net.Conn) {
		readPacket(c)
		_, _ = c.Write([]byte{0x90, 4, 0, 2, 1, 0x80})
		readPacket(c)
		_, _ = c.Write([]byte{0x40, 2, 0, 3})
		_, _ = io.Copy(io.Discard, c)
	})
	o, _ := hearing("tcp://" + fakeBroker(t, refusing))
	l := dial(t, o)
	// The library asks in an order of its own.
	require.ErrorContains(t, l.Refused(), "the broker refuses the topic "+base)
	require.NotContains(t, l.Refused().Error(), "\n", "one of two")
	_ = l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")})
	require.NoError(t, l.Err())

	hangingUp := answering(func(c net.Conn) { readPacket(c) })
	o, _ = hearing("tcp://" + fakeBroker(t, hangingUp))
	err := refused(t, o, mqtt.StageSubscribe)
	require.ErrorIs(t, err, transport.ErrClosed)
	require.ErrorContains(t, err, "check that the broker lets this terminal subscribe")
}

// packet is a publish of quality 1 on the topic for commands.
func packet(id int, body []byte) []byte {
	topic := base + "command"
	length := 2 + len(topic) + 2 + len(body)
	p := []byte{0x32, byte(length&0x7f | 0x80), byte(length>>7&0x7f | 0x80), byte(length >> 14), 0, byte(len(topic))}
	p = append(p, topic...)
	return append(append(p, byte(id>>8), byte(id)), body...)
}

// acked reads which messages are acknowledged until n are or the connection ends.
func acked(c net.Conn, n int) (ids []int) {
	var p [4]byte
	for len(ids) < n {
		if _, err := io.ReadFull(c, p[:]); err != nil {
			break
		}
		if p[0] == 0x40 {
			ids = append(ids, int(p[2])<<8|int(p[3]))
		}
	}
	return ids
}

// A message is acknowledged once it was received; what finds no room is counted and not acknowledged.
func TestFloodOfCommands(t *testing.T) {
	for _, row := range []struct {
		name            string
		sent, fit, body int
	}{
		{"many small ones", 1000, 128, 10},
		{"few that are large", 100, 4, 16 << 10},
		{"one that is too large", 1, 1, 16<<10 + 1}, // handed on to be refused
	} {
		t.Run(row.name, func(t *testing.T) {
			release, entered := make(chan struct{}), make(chan struct{}, 4096)
			sent, late := make(chan struct{}), make(chan []int, 1)
			acks := atomic.Int32{}
			addr := fakeBroker(t, answering(func(c net.Conn) {
				readPacket(c)
				_, _ = c.Write([]byte{0x90, 4, 0, 2, 1, 1})
				_, _ = c.Write(packet(1, []byte("the first")))
				<-entered // it is being received, and has left the queue
				for i := range row.sent {
					_, _ = c.Write(packet(i+2, bytes.Repeat([]byte{'x'}, row.body)))
				}
				_, _ = c.Write([]byte{0x30, 3, 0, 1, 't'}) // behind them, on a topic that nobody asked for
				close(sent)
				ids := acked(c, 1+row.fit)
				acks.Store(int32(len(ids)))
				late <- ids
				_, _ = io.Copy(io.Discard, c)
			}))
			o, _ := hearing("tcp://" + addr)
			var order []int
			o.Receive = func(_ string, body []byte) {
				order = append(order, len(body))
				entered <- struct{}{}
				<-release
			}
			l := dial(t, o)
			<-sent
			require.Eventually(t, func() bool { return l.Unheard() == uint64(row.sent-row.fit) }, patience, tick, "got %d", l.Unheard())
			assert.Zero(t, acks.Load(), "nothing is acknowledged while the first is being received")
			close(release)
			want := make([]int, 1+row.fit)
			for i := range want {
				want[i] = i + 1
			}
			assert.Equal(t, want, <-late)
			require.NoError(t, l.Err())
			assert.Equal(t, slices.Concat([]int{9}, slices.Repeat([]int{row.body}, row.fit)), order)
		})
	}
}

// The link's end does not wait for a receiver, and nothing is received after it.
func TestEndWhileReceiving(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	say := fleet(t, m)
	release, calls := make(chan struct{}), make(chan struct{}, 10)
	o, _ := hearing("tcp://" + m.tcp)
	returned := make(chan struct{}, 10)
	o.Receive = func(string, []byte) {
		calls <- struct{}{}
		<-release
		returned <- struct{}{}
	}
	l := dial(t, o)
	say(base+"command", 1, "1")
	say(base+"command", 1, "2")
	<-calls
	require.NoError(t, l.Close())
	close(release)
	<-returned
	ended(t, l)
	assert.Empty(t, calls)
}
