package mqtt_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport"
	"github.com/poshealth/poshealth/transport/mqtt"
)

// refused dials and expects a DialError of the stage.
func refused(t *testing.T, o mqtt.Options, stage mqtt.Stage) error {
	t.Helper()
	l, err := mqtt.Dial(t.Context(), o)
	require.Error(t, err)
	assert.Nil(t, l)
	var at *mqtt.DialError
	require.ErrorAs(t, err, &at)
	assert.Equal(t, stage, at.Stage, "%v", err)
	return err
}

func TestWrongPassword(t *testing.T) {
	m := startMosquitto(t, brokerOptions{password: "right"})
	for _, broker := range []string{"tcp://" + m.tcp, "ws://" + m.ws} {
		o := optionsFor(broker)
		o.Username, o.Password = "terminal", "sesame-4711"
		err := refused(t, o, mqtt.StageMQTT)
		require.ErrorIs(t, err, transport.ErrCredentials)
		assert.Contains(t, err.Error(), "CONNACK 5, not authorised")
		assert.Contains(t, err.Error(), "check the client id, username and password")
		assert.NotContains(t, err.Error(), "sesame")

		o.Password = "right"
		dial(t, o)
	}
}

func TestReturnCodes(t *testing.T) {
	for _, row := range []struct {
		name string
		code byte
		want error
	}{
		{"version refused", 1, mqtt.ErrProtocol},
		{"client id refused", 2, transport.ErrCredentials},
		{"server unavailable", 3, transport.ErrUnavailable},
		{"bad password", 4, transport.ErrCredentials},
		{"not authorised", 5, transport.ErrCredentials},
		{"a code that does not exist", 6, mqtt.ErrProtocol},
		{"a code that the library uses for itself", 0xfe, mqtt.ErrProtocol},
	} {
		t.Run(row.name, func(t *testing.T) {
			connects := make(chan struct{}, 8)
			addr := fakeBroker(t, func(c net.Conn) {
				readPacket(c)
				connects <- struct{}{}
				_, _ = c.Write([]byte{0x20, 2, 0, row.code})
				_, _ = io.Copy(io.Discard, c)
			})
			require.ErrorIs(t, refused(t, optionsFor("tcp://"+addr), mqtt.StageMQTT), row.want)
			assert.Len(t, connects, 1, "a refused terminal does not ask again by itself")
		})
	}
}

func TestCertificates(t *testing.T) {
	year := 365 * 24 * time.Hour
	expired := newCerts(t, time.Now().Add(-2*year), time.Now().Add(-year))
	m := startMosquitto(t, brokerOptions{certs: expired})
	o := optionsFor("tls://" + m.tls)

	o.TLS = &tls.Config{RootCAs: expired.roots}
	err := refused(t, o, mqtt.StageTLS)
	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, x509.Expired, invalid.Reason)
	assert.Contains(t, err.Error(), "certificate has expired")
	assert.Contains(t, err.Error(), "renew the broker's certificate, or set the terminal's clock")

	o.TLS.Time = func() time.Time { return time.Now().Add(-year - time.Hour) }
	dial(t, o) // the time that was agreed on otherwise decides, not the local clock

	o.TLS = &tls.Config{RootCAs: x509.NewCertPool(), Time: o.TLS.Time}
	err = refused(t, o, mqtt.StageTLS)
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
	assert.Contains(t, err.Error(), "ca_file")

	o.TLS = &tls.Config{RootCAs: expired.roots, ServerName: "elsewhere.test", Time: o.TLS.Time}
	err = refused(t, o, mqtt.StageTLS)
	var name x509.HostnameError
	require.ErrorAs(t, err, &name)
}

// With TLS 1.3 the broker says only after the handshake that it wants a certificate.
func TestMissingClientCertificate(t *testing.T) {
	c := validCerts(t)
	addr := fakeBroker(t, func(raw net.Conn) {
		_ = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{c.pair}, ClientAuth: tls.RequireAnyClientCert}).Handshake()
		_, _ = io.Copy(io.Discard, raw) // until the terminal hangs up: a reset might overtake the alert
	})
	o := optionsFor("tls://" + addr)
	o.TLS = &tls.Config{RootCAs: c.roots}
	err := refused(t, o, mqtt.StageMQTT)
	require.ErrorIs(t, err, transport.ErrCredentials)
	assert.Contains(t, err.Error(), "certificate required")
}

func TestNobodyThere(t *testing.T) {
	err := refused(t, optionsFor("tcp://"+probetest.FreePorts(t, 1)[0]), mqtt.StageConnect)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.Contains(t, err.Error(), "check the port")

	o := optionsFor("tcp://broker.test:1883")
	o.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "broker.test", IsNotFound: true}
	}
	err = refused(t, o, mqtt.StageResolve)
	assert.Contains(t, err.Error(), "broker tcp://broker.test:1883: cannot resolve its name")

	o.Resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
	assert.Contains(t, refused(t, o, mqtt.StageResolve).Error(), "no address")
}

func TestWebsocketRefused(t *testing.T) {
	for _, row := range []struct {
		status string
		want   error
	}{
		{"401 Unauthorized", transport.ErrCredentials},
		{"403 Forbidden", transport.ErrCredentials},
		{"503 Service Unavailable", transport.ErrUnavailable},
	} {
		t.Run(row.status, func(t *testing.T) {
			addr := fakeBroker(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", row.status)
				_, _ = io.Copy(io.Discard, c)
			})
			require.ErrorIs(t, refused(t, optionsFor("ws://"+addr+"/mqtt"), mqtt.StageWebsocket), row.want)
		})
	}
}

func TestBirthRefused(t *testing.T) {
	addr := fakeBroker(t, func(c net.Conn) {
		readPacket(c)
		_, _ = c.Write([]byte{0x20, 2, 0, 0})
		readPacket(c) // and hangs up, as some brokers do on a topic that is not allowed
	})
	err := refused(t, optionsFor("tcp://"+addr), mqtt.StageBirth)
	require.ErrorIs(t, err, transport.ErrClosed)
	assert.Contains(t, err.Error(), "lets this terminal publish on its state topic")
}

func TestOptionsThatCannotWork(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(o *mqtt.Options)
		want   string
	}{
		{"no broker", func(o *mqtt.Options) { o.Broker = "" }, "cannot be understood"},
		{"a scheme that is not known", func(o *mqtt.Options) { o.Broker = "http://b:80" }, `scheme "http" is not known`},
		{"a path where none can be", func(o *mqtt.Options) { o.Broker = "tls://b:8883/mqtt" }, "has a path"},
		{"credentials in the address", func(o *mqtt.Options) { o.Broker = "tcp://terminal:sesame@b" }, "holds credentials"},
		{"a broken address with a secret", func(o *mqtt.Options) { o.Broker = "tcp://terminal:sesame@b:x" }, "cannot be understood"},
		{"no client id", func(o *mqtt.Options) { o.ClientID = "" }, "client id"},
		{"a client id with a zero", func(o *mqtt.Options) { o.ClientID = "a\x00" }, "client id"},
		{"a password alone", func(o *mqtt.Options) { o.Password = "sesame" }, "no username"},
		{"a password that is too long", func(o *mqtt.Options) { o.Username, o.Password = "u", string(make([]byte, 65536)) }, "password: want at most"},
		{"a wildcard", func(o *mqtt.Options) { o.Topics.Pulse = base + "#" }, "without + and #"},
		{"no topic", func(o *mqtt.Options) { o.Topics.Change = "" }, "topic"},
		{"an empty birth, which would delete the state", func(o *mqtt.Options) { o.Birth = nil }, "birth has 0 bytes"},
		{"a will that MQTT cannot hold", func(o *mqtt.Options) { o.Will = make([]byte, 65536) }, "will has 65536 bytes"},
		{"half a second of keep-alive", func(o *mqtt.Options) { o.KeepAlive = 500 * time.Millisecond }, "keep-alive 500ms"},
		{"a day of keep-alive", func(o *mqtt.Options) { o.KeepAlive = 24 * time.Hour }, "keep-alive 24h0m0s"},
		{"a timeout below zero", func(o *mqtt.Options) { o.SendTimeout = -1 }, "send timeout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := optionsFor("tcp://" + probetest.FreePorts(t, 1)[0])
			row.change(&o)
			_, err := mqtt.Dial(t.Context(), o)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "sesame")
			var at *mqtt.DialError
			assert.False(t, errors.As(err, &at), "refused before anybody is called")
		})
	}
}
