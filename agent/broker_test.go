package agent

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// named gives a broker on loopback a name.
func named(addr, name string) string {
	_, port, _ := net.SplitHostPort(addr)
	return "tls://" + name + ":" + port
}

// TestBrokerInOrder: each attempt begins with the first broker, and goes on with the one that worked last.
func TestBrokerInOrder(t *testing.T) {
	ports := probetest.FreePorts(t, 2)
	third, door, _ := testBroker(t, nil)
	c := config.MQTT{Broker: "tcp://" + ports[0], Also: []string{"tcp://" + ports[1], "tcp://" + third}}
	r := newBrokerRig(t, t.TempDir(), c)
	assert.Equal(t, []int{0, 1, 2}, r.order())
	way, err := r.link()
	require.NoError(t, err)
	assert.Equal(t, "tcp://"+third, way.Broker)
	assert.Equal(t, []int{0, 2, 1}, r.order(), "one attempt in vain at most")
	o := r.observed()
	assert.Equal(t, "tcp://"+third, o.Fact("broker"))
	assert.Contains(t, o.Detail, "for those before it could not be reached")
	assert.Equal(t, int32(1), door.asked.Load())

	first, _, _ := testBroker(t, nil)
	r.config.Broker = "tcp://" + first // it is back
	way, err = r.link()
	require.NoError(t, err)
	assert.Equal(t, "tcp://"+first, way.Broker)
	assert.Equal(t, []int{0, 1, 2}, r.order())
	assert.Empty(t, r.observed().Facts)

	r = newBrokerRig(t, t.TempDir(), config.MQTT{Broker: "tcp://" + ports[0], Also: []string{"tcp://" + ports[1]}})
	_, err = r.link()
	for _, port := range ports {
		assert.ErrorContains(t, err, "broker tcp://"+port+": cannot connect")
	}
	assert.Empty(t, r.written, "nothing was learned")
}

// TestBrokerIsRemembered: a terminal whose resolver is dead reaches its broker where it was before, after a start too, and nobody else
// there passes for it.
func TestBrokerIsRemembered(t *testing.T) {
	id, dir := issued(t, "broker.example"), t.TempDir()
	addr, _, stop := testBroker(t, &tls.Config{Certificates: []tls.Certificate{id.cert}})
	c := config.MQTT{Broker: named(addr, "broker.example"), CAFile: textFile(t, t.TempDir(), "ca.pem", id.ca)}

	r := newBrokerRig(t, dir, c)
	r.addrs = nil
	_, err := r.link()
	require.ErrorContains(t, err, "no name server answers")
	r.addrs = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	_, err = r.link()
	require.NoError(t, err)
	assert.Empty(t, r.observed().Facts)

	r = newBrokerRig(t, dir, c)
	r.addrs = nil
	way, err := r.link()
	require.NoError(t, err)
	assert.True(t, way.Remembered)
	o := r.observed()
	assert.Equal(t, lastGood, o.Fact("address_source"))
	assert.Contains(t, o.Detail, "reached where it was before")

	stop()
	stranger := issued(t, "broker.example")
	other, _, _ := testBroker(t, &tls.Config{Certificates: []tls.Certificate{stranger.cert}})
	c.Broker = named(other, "broker.example")
	r = newBrokerRig(t, dir, c)
	r.memory.Brokers[0].Broker = c.Broker
	r.addrs = nil
	_, err = r.link()
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
}

// TestSessionIsJudged: a connection that goes on with an earlier TLS session is judged as the first was, by the time that it is now.
func TestSessionIsJudged(t *testing.T) {
	id, dir := issued(t, "broker.example"), t.TempDir()
	addr, _, _ := testBroker(t, &tls.Config{Certificates: []tls.Certificate{id.cert}})
	ca := textFile(t, t.TempDir(), "ca.pem", id.ca)
	r := newBrokerRig(t, dir, config.MQTT{Broker: named(addr, "broker.example"), CAFile: ca})
	var resumed []bool
	for range 4 {
		way, err := r.link()
		require.NoError(t, err)
		resumed = append(resumed, way.Resumed)
	}
	require.Equal(t, []bool{false, false, true, true}, resumed, "without certificates of its own a terminal's ticket is small")

	judged := r.moments
	r.moments = []clock.Moment{{Time: r.wall.AddDate(50, 0, 0)}}
	_, err := r.link()
	var failed *mqtt.DialError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, mqtt.StageTLS, failed.Stage)
	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, err, &invalid)

	r.moments = judged
	require.NoError(t, os.WriteFile(ca, []byte(issued(t, "broker.example").ca), 0o600))
	_, err = r.link()
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown, "nor by those whom it no longer trusts")
}

// TestFilesAreReadAnew: what proves who the terminal is can be replaced while the agent runs. While it cannot be used, what was good
// last is, and that is logged once.
func TestFilesAreReadAnew(t *testing.T) {
	addr, door, _ := testBroker(t, nil)
	dir := t.TempDir()
	file := textFile(t, dir, "password", "old\n")
	c := config.MQTT{Broker: "tcp://" + addr, Username: "u", PasswordFile: file}
	door.password.Store("old")
	r := newBrokerRig(t, t.TempDir(), c)
	_, err := r.link()
	require.NoError(t, err)

	door.password.Store("new-sesame")
	_, err = r.link()
	require.ErrorIs(t, err, transport.ErrCredentials)
	textFile(t, dir, "password", "new-sesame\r\nnot this\n")
	_, err = r.link()
	require.NoError(t, err)

	textFile(t, dir, "password", strings.Repeat("x", maxPassword+1))
	for range 3 {
		_, err = r.link()
		require.NoError(t, err)
	}
	assert.Equal(t, 1, strings.Count(r.log.String(), "cannot use mqtt.password_file"))
	door.password.Store("newer")
	_, err = r.link()
	require.ErrorIs(t, err, transport.ErrCredentials)
	require.ErrorContains(t, err, "what was read before was used, for one could not: cannot use mqtt.password_file")
	var failed *mqtt.DialError
	require.ErrorAs(t, err, &failed)
	require.NoError(t, os.Remove(file))
	_, err = r.link()
	require.ErrorContains(t, err, "cannot read mqtt.password_file")
	textFile(t, dir, "password", "newer")
	_, err = r.link()
	require.NoError(t, err)
	assert.Contains(t, r.log.String(), "can be used again")
	assert.NotContains(t, r.log.String(), "sesame")
}

// TestCertificateIsReplaced: halfway through, with the new certificate beside the old key, the old ones serve.
func TestCertificateIsReplaced(t *testing.T) {
	id, was, is := issued(t, "broker.example"), issued(t, "T1"), issued(t, "T1")
	seen := make(chan []byte, 16)
	addr, _, _ := testBroker(t, &tls.Config{
		Certificates: []tls.Certificate{id.cert}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS13,
		VerifyConnection: func(s tls.ConnectionState) error { seen <- s.PeerCertificates[0].Raw; return nil },
	})
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pemFiles(t, cert, key, was.cert)
	c := config.MQTT{Broker: named(addr, "broker.example"), CAFile: textFile(t, dir, "ca.pem", id.ca), CertFile: cert, KeyFile: key}
	r := newBrokerRig(t, t.TempDir(), c)
	shown := func() []byte {
		t.Helper()
		_, err := r.link()
		require.NoError(t, err)
		return <-seen
	}
	assert.Equal(t, was.cert.Certificate[0], shown())
	oldKey, err := os.ReadFile(key)
	require.NoError(t, err)
	pemFiles(t, cert, key, is.cert)
	newKey, err := os.ReadFile(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, oldKey, 0o600))
	assert.Equal(t, was.cert.Certificate[0], shown(), "a session is kept, which speaks of it")
	require.NoError(t, os.WriteFile(key, newKey, 0o600))
	assert.Equal(t, is.cert.Certificate[0], shown(), "no session of another terminal goes on")
	assert.Equal(t, is.cert.Certificate[0], shown())
}

// TestFilesAtTheStart: somebody is there to mend them, so that what cannot be used is refused.
func TestFilesAtTheStart(t *testing.T) {
	dir := t.TempDir()
	for name, row := range map[string]struct {
		c    config.MQTT
		want string
	}{
		"no authorities":  {config.MQTT{CAFile: textFile(t, dir, "x", "nonsense")}, "no certificate in PEM form"},
		"no file":         {config.MQTT{CAFile: filepath.Join(dir, "none")}, "cannot read mqtt.ca_file"},
		"no certificate":  {config.MQTT{CertFile: filepath.Join(dir, "x"), KeyFile: filepath.Join(dir, "x")}, "cannot use mqtt.cert_file and mqtt.key_file"},
		"no password":     {config.MQTT{Username: "u", PasswordFile: dir}, "cannot read mqtt.password_file"},
		"a login of half": {config.MQTT{Proxy: "http://p.example:1", ProxyPasswordFile: textFile(t, dir, "half", "user\n")}, "cannot use mqtt.proxy_password_file: its first line is not user:password"},
	} {
		t.Run(name, func(t *testing.T) {
			row.c.Broker = "tls://broker.example:8883"
			_, err := newBrokers(&brokers{config: row.c}, dir)
			require.ErrorContains(t, err, row.want)
		})
	}
}

// TestBrokerThatHangsUpOnASubscription: reports come first.
func TestBrokerThatHangsUpOnASubscription(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go hangUpOnSubscribe(c)
		}
	}()
	r := newBrokerRig(t, t.TempDir(), config.MQTT{Broker: "tcp://" + l.Addr().String()})
	listening := func(o *mqtt.Options) {
		o.Subscribe, o.Receive = []mqtt.Topic{{Name: "command", QoS: 1}}, func(string, []byte) {}
	}
	for range deafAfter { // once is what a broker does that restarts
		_, err = r.link(listening)
		require.ErrorContains(t, err, "cannot subscribe")
	}
	for _, hours := range []int{1, 2, 4, 8, 16, 24, 24} {
		wait := time.Duration(hours) * time.Hour
		_, err = r.link(listening)
		require.NoError(t, err, "it is not asked again")
		assert.Equal(t, "refused", r.observed().Fact("hearing"))
		assert.Contains(t, r.observed().Detail, "nothing that the fleet says is heard")
		r.boot += wait - time.Second
		_, err = r.link(listening)
		require.NoError(t, err, "before %v", wait)
		r.boot += time.Second
		_, err = r.link(listening)
		require.ErrorContains(t, err, "cannot subscribe", "but after %v", wait)
	}
}

// hangUpOnSubscribe accepts, acknowledges what is published, and ends the connection on anything else.
func hangUpOnSubscribe(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var head [2]byte // all packets here are shorter than 128 bytes
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		body := make([]byte, head[1])
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		switch head[0] >> 4 {
		case 1:
			_, _ = c.Write([]byte{0x20, 2, 0, 0})
		case 3:
			topic := int(body[1])
			_, _ = c.Write([]byte{0x40, 2, body[2+topic], body[3+topic]})
		default:
			return
		}
	}
}
