package agent

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	terminalStore = "system/etc/security/cacerts"
	anyBroker     = "tls://broker.example:8883"
)

// identityOf is an authority in PEM and a server's certificate that it issued.
type identityOf struct {
	ca   string
	cert tls.Certificate
}

func issued(t testing.TB, names ...string) identityOf {
	t.Helper()
	ca, chain, key, err := probetest.Certificate(names...)
	require.NoError(t, err)
	cert, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	return identityOf{string(ca), cert}
}

func store(t testing.TB, root, path, content string) {
	t.Helper()
	file := filepath.Join(root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

// shake makes one handshake with a server that shows cert, as the agent would.
func shake(t testing.TB, c *tls.Config, cert tls.Certificate, host string) error {
	t.Helper()
	here, there := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer there.Close()
		_ = tls.Server(there, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake() // our side tells
	}()
	c = c.Clone()
	c.ServerName = host
	err := tls.Client(here, c).Handshake()
	_ = here.Close()
	<-done
	return err
}

// TestBrokerTrust: without a ca_file the broker must be known to those whom the terminal trusts, by its name, now.
func TestBrokerTrust(t *testing.T) {
	broker, stranger := issued(t, "broker.example", "192.0.2.1"), issued(t, "broker.example")
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	for _, row := range []struct {
		name, broker string
		files        map[string]string // of the terminal
		own          string            // roots.pem
		now          time.Time
		want         any // what the error is to be
		says         string
	}{
		{name: "known to the terminal", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": broker.ca}},
		{name: "among others of the same name", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": stranger.ca, terminalStore + "/0a.1": broker.ca}},
		{name: "known to the agent alone", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": stranger.ca}, own: broker.ca},
		{name: "a terminal that trusts nobody", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": "nonsense"}, own: broker.ca},
		{name: "a broker without a name", broker: "tls://192.0.2.1:8883", files: map[string]string{terminalStore + "/0a.0": broker.ca}},
		{name: "unknown, by an authority of the same name", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": stranger.ca}, want: &unknown},
		{name: "switched off", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": broker.ca, terminalStore + "/0b.0": stranger.ca, "data/misc/user/0/cacerts-removed/0a.0": broker.ca}, want: &unknown},
		{name: "another's name", broker: "tls://other.example:8883", files: map[string]string{terminalStore + "/0a.0": broker.ca}, want: &name},
		{name: "another's address", broker: "tls://192.0.2.2:8883", files: map[string]string{terminalStore + "/0a.0": broker.ca}, want: &name},
		{name: "past its end", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": broker.ca}, now: time.Now().AddDate(20, 0, 0), want: &invalid},
		{name: "nobody to vouch for anyone", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": "nonsense"}, says: "roots.pem: set mqtt.ca_file"},
		{name: "a roots.pem that is none", broker: anyBroker, files: map[string]string{terminalStore + "/0a.0": "nonsense"}, own: "nonsense", says: "roots.pem: no certificate in PEM form in it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root, state := t.TempDir(), t.TempDir()
			for path, content := range row.files {
				store(t, root, path, content)
			}
			if row.own != "" {
				store(t, state, rootsFile, row.own)
			}
			now := func() time.Time { return row.now }
			if row.now.IsZero() {
				now = time.Now
			}
			c, err := brokerTLS(config.MQTT{Broker: row.broker}, trust{terminal: terminal.Open(root), stateDir: state, moments: at(now)})
			require.NoError(t, err)
			err = shake(t, c, broker.cert, "broker.example")
			switch {
			case row.says != "":
				assert.ErrorContains(t, err, "no certificate authority found in the terminal's store and "+state)
				assert.ErrorContains(t, err, row.says)
			case row.want != nil:
				var failed *tls.CertificateVerificationError
				assert.ErrorAs(t, err, &failed, "as crypto/tls says it")
				assert.ErrorAs(t, err, row.want)
			default:
				assert.NoError(t, err)
			}
		})
	}
}

// at is what a clock says, as a moment to judge by.
func at(now func() time.Time) func() []clock.Moment {
	return func() []clock.Moment { return []clock.Moment{{Time: now(), By: clock.ByTerminal}} }
}

// TestTrustByMoments: a broker's certificate is good that is good at one of the moments that it may be, with a ca_file and without;
// whose it was is told, and since when the certificate is good.
func TestTrustByMoments(t *testing.T) {
	broker, state, file := issued(t, "broker.example"), t.TempDir(), filepath.Join(t.TempDir(), "ca.pem")
	store(t, state, rootsFile, broker.ca)
	require.NoError(t, os.WriteFile(file, []byte(broker.ca), 0o600))
	now, gone := time.Now(), time.Now().Add(50*365*24*time.Hour)
	for _, caFile := range []string{"", file} {
		for _, row := range []struct {
			moments []clock.Moment
			by      clock.Basis
		}{
			{[]clock.Moment{{Time: now, By: clock.ByTerminal}}, clock.ByTerminal},
			{[]clock.Moment{{Time: gone, By: clock.ByTerminal}, {Time: now, By: clock.ByAgreed}}, clock.ByAgreed},
			{[]clock.Moment{{Time: now, By: clock.ByProved}, {Time: gone, By: clock.ByAgreed}}, clock.ByProved},
			{[]clock.Moment{{Time: gone, By: clock.ByTerminal}}, ""},
		} {
			var by clock.Basis
			var since time.Time
			c, err := brokerTLS(config.MQTT{Broker: anyBroker, CAFile: caFile}, trust{
				terminal: terminal.Open(t.TempDir()), stateDir: state, moments: func() []clock.Moment { return row.moments },
				judged: func(b clock.Basis, s time.Time) { by, since = b, s },
			})
			require.NoError(t, err)
			err = shake(t, c, broker.cert, "broker.example")
			assert.Equal(t, row.by, by)
			if row.by == "" {
				var failed *tls.CertificateVerificationError
				require.ErrorAs(t, err, &failed, "as crypto/tls says it")
				continue
			}
			require.NoError(t, err)
			assert.True(t, since.Before(now))
		}
		c, err := brokerTLS(config.MQTT{Broker: "tls://another.example", CAFile: caFile}, trust{terminal: terminal.Open(t.TempDir()), stateDir: state, moments: at(time.Now)})
		require.NoError(t, err)
		assert.Error(t, shake(t, c, broker.cert, "another.example"), "somebody else's")
	}
}

// TestTrustOfALinux: without a store of its own the terminal's authorities are the system's, and roots.pem adds to them.
func TestTrustOfALinux(t *testing.T) {
	broker, state := issued(t, "broker.example"), t.TempDir()
	store(t, state, rootsFile, broker.ca)
	c, err := brokerTLS(config.MQTT{Broker: anyBroker}, trust{terminal: terminal.Open(t.TempDir()), stateDir: state, moments: at(time.Now)})
	require.NoError(t, err)
	assert.NoError(t, shake(t, c, broker.cert, "broker.example"))
	system, err := x509.SystemCertPool()
	require.NoError(t, err)
	want := system.Clone()
	got, _, err := trust{terminal: terminal.Open(t.TempDir()), stateDir: state}.platform(nil)
	if err == nil {
		assert.True(t, want.Equal(got), "roots.pem does not stay in the system's pool")
	}
}

// TestTrustIsNotKept: an Android trusts 140 authorities, which are read to judge a broker and let go.
func TestTrustIsNotKept(t *testing.T) {
	root, broker := t.TempDir(), issued(t, "broker.example")
	for i := range 140 {
		ca := broker.ca
		if i > 0 {
			ca = issued(t, "broker.example").ca
		}
		store(t, root, fmt.Sprintf("%s/%08x.0", terminalStore, i), ca)
	}
	trusted := trust{terminal: terminal.Open(root), stateDir: t.TempDir(), moments: at(time.Now)}
	c, err := brokerTLS(config.MQTT{Broker: anyBroker}, trusted)
	require.NoError(t, err)
	require.NoError(t, shake(t, c, broker.cert, "broker.example")) // whatever the first handshake keeps for good
	before := heap()
	require.NoError(t, shake(t, c, broker.cert, "broker.example"))
	kept := heap() - before
	pool, err := trusted.vouchers()
	require.NoError(t, err)
	pooled := heap() - before
	runtime.KeepAlive(pool)
	runtime.KeepAlive(c)
	t.Logf("kept after a handshake: %d bytes; a pool of all would be %d", kept, pooled)
	assert.Less(t, kept, int64(32<<10))
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
