package host_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// tlsProbe looks at h by the name in its certificates.
func tlsProbe(t *testing.T, h *probetest.TLSHost, change func(*host.Options)) *host.TLS {
	t.Helper()
	o := host.Options{Name: "acquirer-a", Address: h.Addr(), ServerName: "payhost.test", CAFile: caFile(t, h)}
	if change != nil {
		change(&o)
	}
	p, err := host.NewTLS(o)
	require.NoError(t, err)
	return p
}

func withoutCA(o *host.Options) { o.CAFile = "" }

func TestTLSKeepsTheContract(t *testing.T) {
	h := payHost(t)
	probetest.Contract(t, tlsProbe(t, h, nil))
}

func TestTLSPasses(t *testing.T) {
	h := payHost(t)
	o := look(t, tlsProbe(t, h, nil))
	require.Equal(t, probes.Pass, o.Outcome, "%s: %s", o.Reason, o.Detail)
	assert.Positive(t, reading(t, o, "tcp"))
	assert.Positive(t, reading(t, o, "handshake"))
	assert.Equal(t, 1.0, reading(t, o, "verified"))
	assert.Equal(t, 1.0, reading(t, o, "ca_configured"))
	now := float64(time.Now().Unix())
	assert.InDelta(t, now+90*86400, reading(t, o, "cert_not_after"), 3600)
	assert.InDelta(t, now-86400, reading(t, o, "cert_not_before"), 3600)
	assert.Equal(t, "1.3", o.Fact("tls_version"))
	assert.Equal(t, "payhost.test", o.Fact("cert_subject"))
	assert.Equal(t, "Test Intermediate CA", o.Fact("cert_issuer"))
	assert.Equal(t, "payhost.test", o.Fact("cert_bound"), "the leaf ends first")
}

func TestTLSByAddress(t *testing.T) {
	h := payHost(t)
	p := tlsProbe(t, h, func(o *host.Options) { o.ServerName = "" })
	assert.Equal(t, probes.Pass, look(t, p).Outcome, "the certificate names 127.0.0.1")
}

func TestCertificates(t *testing.T) {
	for _, row := range []struct {
		leaf        probetest.Leaf
		with        probes.Reason // with the authority configured
		without     probes.Reason // without any
		verified    float64       // with
		verifiedOwn float64       // without
	}{
		{leaf: probetest.LeafValid, verified: 1},
		{leaf: probetest.LeafCommonName, verified: 1},
		{leaf: probetest.LeafExpired, with: host.CertExpired, without: host.CertExpired, verified: 1},
		{leaf: probetest.LeafExpiredIntermediate, with: host.CertExpired, without: host.CertExpired, verified: 1},
		{leaf: probetest.LeafNotYetValid, with: host.CertNotYetValid, without: host.CertNotYetValid, verified: 1},
		{leaf: probetest.LeafWrongName, with: host.WrongName},
		{leaf: probetest.LeafSelfSigned, with: host.Untrusted},
		{leaf: probetest.LeafStranger, with: host.Untrusted},
	} {
		t.Run(string(row.leaf), func(t *testing.T) {
			h := payHost(t)
			require.NoError(t, h.SetLeaf(row.leaf))
			o := look(t, tlsProbe(t, h, nil))
			assert.Equal(t, row.with, o.Reason, o.Detail)
			assert.Equal(t, row.verified, reading(t, o, "verified"))
			reading(t, o, "cert_not_after")
			reading(t, o, "handshake")

			o = look(t, tlsProbe(t, h, withoutCA))
			assert.Equal(t, row.without, o.Reason, o.Detail)
			assert.Equal(t, row.verifiedOwn, reading(t, o, "verified"))
			assert.Equal(t, 0.0, reading(t, o, "ca_configured"))
			if row.without == "" {
				assert.Contains(t, o.Detail, "no ca_file is configured")
			}
		})
	}
}

func TestCertificateSwappedWhileItRuns(t *testing.T) {
	h := payHost(t)
	p := tlsProbe(t, h, nil)
	for _, row := range []struct {
		leaf probetest.Leaf
		want probes.Reason
	}{
		{probetest.LeafValid, ""},
		{probetest.LeafExpired, host.CertExpired},
		{probetest.LeafStranger, host.Untrusted},
		{probetest.LeafValid, ""},
	} {
		require.NoError(t, h.SetLeaf(row.leaf))
		assert.Equal(t, row.want, look(t, p).Reason, row.leaf)
	}
}

func TestChainThatOnceVerifiedByThePlatform(t *testing.T) {
	h := payHost(t)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(h.CA()))
	p := tlsProbe(t, h, func(o *host.Options) {
		o.CAFile = ""
		o.PlatformRoots = func() (*x509.CertPool, error) { return pool, nil }
	})
	require.NoError(t, h.SetLeaf(probetest.LeafStranger))
	assert.Equal(t, probes.Pass, look(t, p).Outcome, "never vouched for: not judged")
	require.NoError(t, h.SetLeaf(probetest.LeafValid))
	o := look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome)
	assert.Equal(t, 1.0, reading(t, o, "verified"))
	assert.Empty(t, o.Detail)
	require.NoError(t, h.SetLeaf(probetest.LeafStranger))
	assert.Equal(t, host.Untrusted, look(t, p).Reason, "verified before, and no longer")
	require.NoError(t, h.SetLeaf(probetest.LeafWrongName))
	assert.Equal(t, host.WrongName, look(t, p).Reason)
}

func TestLocalClockDatesTheChain(t *testing.T) {
	h := payHost(t)
	for _, row := range []struct {
		name string
		now  time.Time
		want probes.Reason
	}{
		{"right", time.Now(), ""},
		{"reset to 1970", time.Unix(0, 0), host.CertNotYetValid},
		{"a year ahead", time.Now().AddDate(1, 0, 0), host.CertExpired},
		{"twenty years ahead: past the root's end too", time.Now().AddDate(20, 0, 0), host.CertExpired},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := look(t, tlsProbe(t, h, func(o *host.Options) { o.Now = func() time.Time { return row.now } }))
			assert.Equal(t, row.want, o.Reason, o.Detail)
			assert.Equal(t, 1.0, reading(t, o, "verified"), "distrust is not what a wrong clock causes")
		})
	}
}

func TestHandshakes(t *testing.T) {
	for _, row := range []struct {
		mode    probetest.HostMode
		limit   time.Duration
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{mode: probetest.HostOK, outcome: probes.Pass},
		{mode: probetest.HostDribbles, outcome: probes.Pass},
		{mode: probetest.HostClosed, outcome: probes.Unknown, reason: host.NoConnection},
		{mode: probetest.HostSilent, limit: time.Second, outcome: probes.Fail, reason: host.Timeout},
		{mode: probetest.HostHangsUp, outcome: probes.Fail, reason: host.Closed},
		{mode: probetest.HostPlain, outcome: probes.Fail, reason: host.NotTLS},
		{mode: probetest.HostGarbage, outcome: probes.Fail, reason: host.NotTLS},
		{mode: probetest.HostFlood, outcome: probes.Fail, reason: host.NotTLS},
		{mode: probetest.HostAlert, outcome: probes.Fail, reason: host.Version},
		{mode: probetest.HostTLCP, outcome: probes.Unknown, reason: host.TLCP},
		{mode: probetest.HostClientCert, outcome: probes.Unknown, reason: host.ClientCertWanted},
	} {
		t.Run(string(row.mode), func(t *testing.T) {
			h := payHost(t)
			require.NoError(t, h.SetMode(row.mode))
			limit := row.limit
			if limit == 0 {
				limit = 20 * time.Second
			}
			o := within(t, tlsProbe(t, h, nil), limit)
			assert.Equal(t, row.outcome, o.Outcome, "%s: %s", o.Reason, o.Detail)
			assert.Equal(t, row.reason, o.Reason, o.Detail)
		})
	}
}

func TestVersions(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		name := tls.VersionName(version)
		for _, mode := range []probetest.HostMode{probetest.HostOK, probetest.HostClientCert} {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				h := payHost(t)
				h.SetVersions(version, version)
				require.NoError(t, h.SetMode(mode))
				o := look(t, tlsProbe(t, h, nil))
				assert.Equal(t, name, "TLS "+o.Fact("tls_version"))
				assert.Equal(t, 1.0, reading(t, o, "verified"))
				if mode == probetest.HostClientCert {
					assert.Equal(t, host.ClientCertWanted, o.Reason, o.Detail)
				} else {
					assert.Equal(t, probes.Pass, o.Outcome, o.Detail)
				}
			})
		}
	}
}

// TestHello: what the host hears is what an old app may say, and no name where there is none.
func TestHello(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	hellos := make(chan *tls.ClientHelloInfo, 1)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = tls.Server(conn, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				hellos <- hello
				return nil, errors.New("heard enough")
			}}).Handshake()
			_ = conn.Close()
		}
	}()
	for _, row := range []struct{ serverName, want string }{{"", ""}, {"payhost.test", "payhost.test"}, {"payhost.test.", "payhost.test"}} {
		p, err := host.NewTLS(host.Options{Name: "a", Address: listener.Addr().String(), ServerName: row.serverName})
		require.NoError(t, err)
		o := look(t, p)
		assert.Equal(t, probes.Fail, o.Outcome)
		assert.Equal(t, host.Alert, o.Reason, o.Detail)
		hello := <-hellos
		assert.Equal(t, row.want, hello.ServerName)
		assert.Contains(t, hello.SupportedVersions, uint16(tls.VersionTLS10))
		assert.Contains(t, hello.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "old hosts know nothing newer")
		assert.Equal(t, tls.X25519, hello.SupportedCurves[0])
		assert.NotContains(t, hello.SupportedCurves, tls.X25519MLKEM768, "its share costs more than the rest of the hello")
	}
}

// wire is a connection on which a host says some bytes and hangs up, whatever it hears.
type wire struct {
	net.Conn
	says *bytes.Reader
}

func (w wire) Read(b []byte) (int, error)       { return w.says.Read(b) }
func (w wire) Write(b []byte) (int, error)      { return len(b), nil }
func (w wire) Close() error                     { return nil }
func (w wire) SetReadDeadline(time.Time) error  { return nil }
func (w wire) SetWriteDeadline(time.Time) error { return nil }

// FuzzHost: whatever a host says, the look ends with a legal observation, and never passes on nonsense.
func FuzzHost(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Add([]byte{21, 3, 1, 0, 2, 2, 70})
	f.Add([]byte{21, 1, 1, 0, 2, 2, 40})
	f.Add([]byte{22, 3, 3, 0, 4, 2, 0, 0, 0})
	f.Add([]byte{22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, says []byte) {
		p, err := host.NewTLS(host.Options{Name: "a", Address: "192.0.2.1:9443", Dial: func(context.Context, string, string) (net.Conn, error) {
			return wire{says: bytes.NewReader(says)}, nil
		}})
		require.NoError(t, err)
		o := p.Observe(t.Context())
		assert.Empty(t, probetest.Faults(o))
		assert.NotEqual(t, probes.Pass, o.Outcome)
		assert.NotEqual(t, host.Timeout, o.Reason)
	})
}

func TestExpiredBehindClientCertificate(t *testing.T) {
	h := payHost(t)
	require.NoError(t, h.SetMode(probetest.HostClientCert))
	require.NoError(t, h.SetLeaf(probetest.LeafExpired))
	assert.Equal(t, host.CertExpired, look(t, tlsProbe(t, h, nil)).Reason, "an app with a certificate would stumble over this first")
}

func TestSilentHostAndCancelledLook(t *testing.T) {
	h := payHost(t)
	require.NoError(t, h.SetMode(probetest.HostSilent))
	ctx, cancel := context.WithCancel(t.Context())
	p := tlsProbe(t, h, func(o *host.Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			cancel()
			return conn, err
		}
	})
	assert.Equal(t, probes.Cancelled, p.Observe(ctx).Reason)
}
