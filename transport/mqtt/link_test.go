package mqtt_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

const base = "pos/v1/demo/T0000001/"

// optionsFor are what a terminal would use against the broker at this address.
func optionsFor(broker string) mqtt.Options {
	return mqtt.Options{
		Broker:      broker,
		ClientID:    "T0000001",
		Topics:      mqtt.Topics{State: base + "state", Pulse: base + "health", Change: base + "event", History: base + "history"},
		Birth:       []byte(`{"online":true,"epoch":7}`),
		Will:        []byte(`{"online":false,"epoch":7}`),
		SendTimeout: patience,
	}
}

// dial makes a link that is cut off at the end of the test.
func dial(t *testing.T, o mqtt.Options) *mqtt.Link {
	t.Helper()
	l, err := mqtt.Dial(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// heard is a message as a subscriber gets it.
type heard struct {
	topic    string
	body     string
	retained bool
}

// subscribe hears all that the terminal says, from now on and what is retained.
func subscribe(t *testing.T, m *mosquitto) <-chan heard {
	t.Helper()
	all := make(chan heard, 4096)
	subscribed := make(chan error, 64) // one for each time that the broker comes back
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.tcp).SetClientID("fleet-" + rand.Text()).
		SetMaxReconnectInterval(50 * time.Millisecond).
		SetUsername("terminal").SetPassword("right").
		SetOnConnectHandler(func(c paho.Client) {
			token := c.Subscribe(base+"#", 1, func(_ paho.Client, msg paho.Message) {
				all <- heard{msg.Topic(), string(msg.Payload()), msg.Retained()}
			})
			token.WaitTimeout(patience)
			subscribed <- token.Error()
		}))
	token := c.Connect()
	require.True(t, token.WaitTimeout(patience))
	require.NoError(t, token.Error())
	t.Cleanup(func() { c.Disconnect(100) })
	select {
	case err := <-subscribed:
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "the broker does not take the subscription")
	}
	return all
}

// hear waits for the next message.
func hear(t *testing.T, from <-chan heard) heard {
	t.Helper()
	select {
	case h := <-from:
		return h
	case <-time.After(patience):
		require.FailNow(t, "no message came")
		return heard{}
	}
}

// ended waits for the end of a link.
func ended(t *testing.T, l *mqtt.Link) {
	t.Helper()
	select {
	case <-l.Lost():
	case <-time.After(patience):
		require.FailNow(t, "the link's end was not noticed")
	}
}

// wayBroker is one broker that is reached by every scheme.
func wayBroker(t *testing.T) (*mosquitto, map[string]mqtt.Options) {
	t.Helper()
	c := validCerts(t)
	m := startMosquitto(t, brokerOptions{certs: c})
	secured := func(broker string) mqtt.Options {
		o := optionsFor(broker)
		o.TLS = &tls.Config{RootCAs: c.roots}
		return o
	}
	return m, map[string]mqtt.Options{
		"tcp":                optionsFor("tcp://" + m.tcp),
		"tls":                secured("tls://" + m.tls),
		"websocket":          optionsFor("ws://" + m.ws + "/mqtt"),
		"websocket over tls": secured("wss://" + m.wss + "/mqtt"),
	}
}

func TestLifeOfALink(t *testing.T) {
	m, ways := wayBroker(t)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			l := dial(t, o)
			fleet := subscribe(t, m) // the birth was acknowledged before Dial returned, so it is retained by now
			assert.Equal(t, heard{base + "state", string(o.Birth), true}, hear(t, fleet), "birth")

			require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 1, Class: transport.Pulse, Body: []byte("pulse 1")}))
			assert.Equal(t, heard{base + "health", "pulse 1", false}, hear(t, fleet))
			require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 2, Class: transport.Change, Body: []byte("change 2")}))
			assert.Equal(t, heard{base + "event", "change 2", false}, hear(t, fleet))
			require.NoError(t, l.Err())

			require.NoError(t, l.Close())
			assert.Equal(t, heard{base + "state", string(o.Will), false}, hear(t, fleet), "goodbye")
			ended(t, l)
			require.ErrorContains(t, l.Err(), "closed by this terminal")
			assert.Equal(t, heard{base + "state", string(o.Will), true}, hear(t, subscribe(t, m)), "the goodbye is retained")
			require.NoError(t, l.Close(), "a second close does nothing")
			require.Error(t, l.Send(t.Context(), transport.Message{Seq: 3}), "a closed link does not send")
			assert.Empty(t, fleet, "the goodbye is said once: the will stays unsaid")
		})
	}
}

func TestLargestMessage(t *testing.T) {
	m, ways := wayBroker(t)
	body := make([]byte, transport.MaxBody)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			l := dial(t, o)
			fleet := subscribe(t, m)
			hear(t, fleet) // the birth
			require.NoError(t, l.Send(t.Context(), transport.Message{Seq: 1, Class: transport.Change, Body: body}))
			assert.Len(t, hear(t, fleet).body, transport.MaxBody)
			require.ErrorContains(t, l.Send(t.Context(), transport.Message{Seq: 2, Body: append(body, 0)}), "65537 bytes")
			require.NoError(t, l.Err(), "a message refused here leaves the link alone")
		})
	}
}

func TestBrokerPublishesTheWillWhenTheConnectionIsCut(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	r := newRelay(t, m.tcp)
	fleet := subscribe(t, m)
	l := dial(t, optionsFor("tcp://"+r.addr))
	assert.JSONEq(t, `{"online":true,"epoch":7}`, hear(t, fleet).body)

	r.cut()
	ended(t, l)
	require.ErrorIs(t, l.Err(), transport.ErrClosed)
	assert.JSONEq(t, `{"online":false,"epoch":7}`, hear(t, fleet).body, "the will")
	assert.Equal(t, heard{base + "state", `{"online":false,"epoch":7}`, true}, hear(t, subscribe(t, m)), "the will is retained")
	require.NoError(t, l.Close(), "nobody is left to say goodbye to")
}

func TestSendFailsWhenTheBrokerDies(t *testing.T) {
	m := startMosquitto(t, brokerOptions{})
	l := dial(t, optionsFor("tcp://"+m.tcp))
	m.kill()
	require.ErrorIs(t, l.Send(t.Context(), transport.Message{Seq: 1, Body: []byte("x")}), transport.ErrClosed)
}

// A broker on TLS 1.2 whose certificate lies on P-256 refuses a terminal that names X25519 alone.
func TestTLS12(t *testing.T) {
	c := validCerts(t)
	m := startMosquitto(t, brokerOptions{certs: c, tlsLines: []string{"tls_version tlsv1.2", "ciphers ECDHE-ECDSA-AES128-GCM-SHA256"}})
	o := optionsFor("tls://" + m.tls)
	o.TLS = &tls.Config{RootCAs: c.roots, MaxVersion: tls.VersionTLS12}
	dial(t, o)
}

func TestResolver(t *testing.T) {
	c := validCerts(t)
	m := startMosquitto(t, brokerOptions{certs: c})
	_, port, err := net.SplitHostPort(m.tls)
	require.NoError(t, err)
	o := optionsFor("tls://broker.test:" + port)
	o.TLS = &tls.Config{RootCAs: c.roots}
	o.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		assert.Equal(t, "broker.test", host)
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}, nil
	}
	dial(t, o) // nobody listens on the first address
}

// The library is silent as long as nobody gives it loggers; nobody here does.
func TestTheLibraryIsSilent(t *testing.T) {
	for _, logger := range []paho.Logger{paho.ERROR, paho.CRITICAL, paho.WARN, paho.DEBUG} {
		assert.IsType(t, paho.NOOPLogger{}, logger)
	}
}
