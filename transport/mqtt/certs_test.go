package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certs are the files of a broker's certificate, and the pool that trusts its authority.
type certs struct {
	ca, cert, key string
	roots         *x509.CertPool
	pair          tls.Certificate
}

// newCerts makes an authority, and a certificate for 127.0.0.1 and broker.test, on P-256 and valid in the time given.
func newCerts(t *testing.T, from, to time.Time) certs {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: from.Add(-time.Hour), NotAfter: to.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker.test"},
		NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"broker.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	require.NoError(t, err)
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	require.NoError(t, err)

	dir := t.TempDir()
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	c := certs{
		ca:    file("ca.pem", "CERTIFICATE", caDER),
		cert:  file("cert.pem", "CERTIFICATE", leafDER),
		key:   file("key.pem", "PRIVATE KEY", keyDER),
		roots: x509.NewCertPool(),
		pair:  tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey},
	}
	parsed, err := x509.ParseCertificate(caDER)
	require.NoError(t, err)
	c.roots.AddCert(parsed)
	return c
}

// validCerts are good for the next hour.
func validCerts(t *testing.T) certs {
	t.Helper()
	return newCerts(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
}

// chainOf is a certificate of a broker or a terminal that an authority between it and the root has signed, as they are issued in life.
func chainOf(t *testing.T, name string) certs {
	t.Helper()
	root, rootKey := signed(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name + " root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	between, betweenKey := signed(t, &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name + " issuer"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}, root, rootKey)
	leaf, key := signed(t, &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: name + ".test"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{name + ".test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, between, betweenKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	file := func(name string, blocks ...*pem.Block) string {
		var text []byte
		for _, b := range blocks {
			text = append(text, pem.EncodeToMemory(b)...)
		}
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	c := certs{
		ca:    file("ca.pem", &pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}),
		cert:  file("cert.pem", &pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}, &pem.Block{Type: "CERTIFICATE", Bytes: between.Raw}),
		key:   file("key.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		roots: x509.NewCertPool(),
		pair:  tls.Certificate{Certificate: [][]byte{leaf.Raw, between.Raw}, PrivateKey: key},
	}
	c.roots.AddCert(root)
	return c
}

// signed makes a certificate on P-256, good for an hour before and after now; by no issuer: its own.
func signed(t *testing.T, c, issuer *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c.NotBefore, c.NotAfter, c.BasicConstraintsValid = time.Now().Add(-time.Hour), time.Now().Add(time.Hour), true
	if issuer == nil {
		issuer, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, key.Public(), by)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return parsed, key
}
