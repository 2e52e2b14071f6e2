package host_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/probetest"
)

// TestWhichCertificateFails: people must be told which certificate to renew, and who has to.
func TestWhichCertificateFails(t *testing.T) {
	for _, row := range []struct {
		leaf    probetest.Leaf
		reason  probes.Reason
		failing string
		detail  string
	}{
		{probetest.LeafExpired, host.CertExpired, "payhost.test", `the certificate "payhost.test" expired on `},
		{probetest.LeafExpiredIntermediate, host.CertExpired, "Test Intermediate CA", `the intermediate certificate "Test Intermediate CA" expired on `},
		{probetest.LeafNotYetValid, host.CertNotYetValid, "payhost.test", `the certificate "payhost.test" is valid from `},
		{probetest.LeafFutureIntermediate, host.CertNotYetValid, "Test Intermediate CA", `the intermediate certificate "Test Intermediate CA" is valid from `},
		{probetest.LeafWrongName, host.WrongName, "elsewhere.test", `the certificate "elsewhere.test" is for elsewhere.test, want payhost.test`},
		{probetest.LeafSelfSigned, host.Untrusted, "payhost.test", `the certificate "payhost.test" is not trusted: it signed itself, and is no authority that is trusted for this host`},
		{probetest.LeafAlone, host.Untrusted, "payhost.test", `the certificate "payhost.test" is not trusted: its issuer "Test Intermediate CA" was not sent by the host and is no authority that is trusted for it`},
		{probetest.LeafStranger, host.Untrusted, "Test Intermediate CA", `the intermediate certificate "Test Intermediate CA" is not trusted: an authority called "Test Root CA" is trusted, and another of that name signed it`},
	} {
		t.Run(string(row.leaf), func(t *testing.T) {
			h := payHost(t)
			require.NoError(t, h.SetLeaf(row.leaf))
			o := look(t, tlsProbe(t, h, nil))
			assert.Equal(t, row.reason, o.Reason)
			assert.Equal(t, row.failing, o.Fact("cert_failing"))
			assert.Contains(t, o.Detail, row.detail)
		})
	}
	t.Run("none", func(t *testing.T) {
		assert.Empty(t, look(t, tlsProbe(t, payHost(t), nil)).Fact("cert_failing"))
	})
	t.Run("the root, long after its end", func(t *testing.T) {
		roots := x509.NewCertPool()
		now := time.Now()
		root, rootKey := issue(t, "Old Root", now.AddDate(-2, 0, 0), now.AddDate(0, 0, -1), true, nil, nil)
		leaf, key := issue(t, "payhost.test", now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), false, root, rootKey)
		roots.AddCert(root)
		o := lookAtChain(t, roots, key, leaf)
		assert.Equal(t, host.CertExpired, o.Reason)
		assert.Contains(t, o.Detail, `the root certificate "Old Root" expired on `)
	})
}

// TestChainsThatNoAuthorityWouldMake: an untrusted chain is told from one that was put together wrongly.
func TestChainsThatNoAuthorityWouldMake(t *testing.T) {
	now := time.Now()
	from, to := now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)
	root, rootKey := issue(t, "Good Root", from, to, true, nil, nil)
	foreign, foreignKey := issue(t, "Foreign Root", from, to, true, nil, nil)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for _, row := range []struct {
		name  string
		chain func() ([]*x509.Certificate, *ecdsa.PrivateKey)
		want  string
	}{
		{"of another authority, whose root the host sends too", func() ([]*x509.Certificate, *ecdsa.PrivateKey) {
			middle, middleKey := issue(t, "Foreign CA", from, to, true, foreign, foreignKey)
			leaf, key := issue(t, "payhost.test", from, to, false, middle, middleKey)
			return []*x509.Certificate{leaf, middle, foreign}, key
		}, `the intermediate certificate "Foreign CA" is not trusted: its issuer "Foreign Root" is no authority that is trusted for this host`},
		{"issued by what is no authority", func() ([]*x509.Certificate, *ecdsa.PrivateKey) {
			middle, middleKey := issue(t, "mere.test", from, to, false, root, rootKey)
			leaf, key := issue(t, "payhost.test", from, to, false, middle, middleKey)
			return []*x509.Certificate{leaf, middle}, key
		}, `the intermediate certificate "mere.test" is not trusted: it issued another one and is no authority`},
		{"in which an authority vouches for more than it may", func() ([]*x509.Certificate, *ecdsa.PrivateKey) {
			middle, middleKey := issue(t, "Narrow CA", from, to, true, root, rootKey, func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"other.test"} })
			leaf, key := issue(t, "payhost.test", from, to, false, middle, middleKey)
			return []*x509.Certificate{leaf, middle}, key
		}, `"payhost.test" is not permitted by any constraint`},
		{"with an issuer of the right name and another key", func() ([]*x509.Certificate, *ecdsa.PrivateKey) {
			middle, middleKey := issue(t, "Twin CA", from, to, true, root, rootKey)
			twin, _ := issue(t, "Twin CA", from, to, true, root, rootKey)
			leaf, key := issue(t, "payhost.test", from, to, false, middle, middleKey)
			return []*x509.Certificate{leaf, twin}, key
		}, `the certificate "payhost.test" is not trusted: its issuer "Twin CA" that the host sent did not sign it`},
		{"whose parts never held at one time", func() ([]*x509.Certificate, *ecdsa.PrivateKey) {
			middle, middleKey := issue(t, "Early CA", from, now.AddDate(0, -6, 0), true, root, rootKey)
			leaf, key := issue(t, "payhost.test", now.AddDate(0, -1, 0), to, false, middle, middleKey)
			return []*x509.Certificate{leaf, middle}, key
		}, "its certificates are never valid all at one time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			chain, key := row.chain()
			o := lookAtChain(t, roots, key, chain...)
			assert.Equal(t, host.Untrusted, o.Reason)
			assert.Contains(t, o.Detail, row.want)
			assert.NotEmpty(t, o.Fact("cert_failing"))
		})
	}
}

// TestChainTooOldToBeVerified: what an old app may still accept is not called untrusted.
func TestChainTooOldToBeVerified(t *testing.T) {
	now := time.Now()
	root, rootKey := issue(t, "Old Root", now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), true, nil, nil)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	leaf, key := issue(t, "payhost.test", now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), false, root, rootKey, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })
	o := lookAtChain(t, roots, key, leaf)
	assert.Equal(t, probes.Unknown, o.Outcome, o.Detail)
	assert.Equal(t, probes.Malformed, o.Reason)
	assert.Contains(t, o.Detail, "too old to be verified here")
}

// issue makes a certificate; without a parent it signs itself.
func issue(t *testing.T, name string, from, to time.Time, authority bool, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, change ...func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: to, BasicConstraintsValid: true, IsCA: authority, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if authority {
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, f := range change {
		f(template)
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return cert, key
}

// lookAtChain looks at a host that shows this chain.
func lookAtChain(t *testing.T, roots *x509.CertPool, key *ecdsa.PrivateKey, chain ...*x509.Certificate) probes.Observation {
	t.Helper()
	shown := tls.Certificate{PrivateKey: key}
	for _, c := range chain {
		shown.Certificate = append(shown.Certificate, c.Raw)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{shown}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 1)) // shakes hands first
			}()
		}
	}()
	p, err := host.NewTLS(host.Options{Name: "a", Address: listener.Addr().String(), ServerName: "payhost.test", Roots: roots})
	require.NoError(t, err)
	return look(t, p)
}
