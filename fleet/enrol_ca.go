package fleet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// authorityLife outlasts the terminals; a server in earnest has an authority of its own, with its own rules.
	authorityLife = 10 * 365 * 24 * time.Hour
	serverLife    = 365 * 24 * time.Hour // made anew with each start
	// early is how long before now a certificate begins: clocks of brokers differ.
	early = 5 * time.Minute
)

// authority signs the terminals' certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// openAuthority reads ca.pem and ca.key of a folder, and makes them where there is no key.
func openAuthority(dir string, now time.Time) (*authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	if _, err := os.Stat(keyFile); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(certFile); err == nil {
			return nil, fmt.Errorf("there is %s, and no %s", certFile, keyFile)
		}
		if err := makeAuthority(certFile, keyFile, now); err != nil {
			return nil, err
		}
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA {
		return nil, fmt.Errorf("%s is no authority's certificate with a key that signs", certFile)
	}
	return &authority{pair.Leaf, key}, nil
}

// makeAuthority writes the certificate first: a key is what tells that both are there.
func makeAuthority(certFile, keyFile string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "poshealth terminals"}, NotBefore: now.Add(-early), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	half := keyFile + ".new"
	if err := os.WriteFile(half, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.Rename(half, keyFile)
}

func newSerial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// sign makes a terminal's certificate: its name is what a broker takes for the user's (mosquitto: use_identity_as_username), its
// organisation the tenant. It proves a client and no server.
func (a *authority) sign(key any, terminal, tenant string, now time.Time, life time.Duration) (der []byte, serial string, err error) {
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: terminal, Organization: []string{tenant}},
		NotBefore: now.Add(-early), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err = x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	return der, template.SerialNumber.Text(16), err
}

// chain is a terminal's certificate and the authority's, in PEM.
func (a *authority) chain(leaf []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// knows tells whether a certificate is one of ours, and not past its end and the grace. A certificate that has not begun is ours
// all the same: the time here may have been set.
func (a *authority) knows(cert *x509.Certificate, now time.Time, grace time.Duration) error {
	if now.After(cert.NotAfter.Add(grace)) {
		return fmt.Errorf("it ended at %s, longer ago than may be", cert.NotAfter.UTC().Format(time.RFC3339))
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: cert.NotAfter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return errors.New("this server has not issued it")
	}
	return nil
}

// ServerCertificate makes a certificate for the server itself, for names and addresses, signed by the folder's authority. For
// demonstrations: a server in earnest has one that terminals know.
func (e *Enrolment) ServerCertificate(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := e.o.Now()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "poshealth enrolment"}, NotBefore: now.Add(-early), NotAfter: now.Add(serverLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, e.ca.cert, &key.PublicKey, e.ca.key)
	return tls.Certificate{Certificate: [][]byte{der, e.ca.cert.Raw}, PrivateKey: key}, err
}
