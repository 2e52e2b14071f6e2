package probetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Leaf is what certificate a TLSHost shows.
type Leaf string

// The certificates a host can show. All but the self-signed one and the one alone come with the intermediate that
// issued them.
const (
	LeafValid               Leaf = "valid"                // for 90 days to come
	LeafExpired             Leaf = "expired"              // since an hour
	LeafNotYetValid         Leaf = "not-yet-valid"        // for another hour
	LeafWrongName           Leaf = "wrong-name"           // for "elsewhere.test"
	LeafSelfSigned          Leaf = "self-signed"          // valid, by nobody
	LeafStranger            Leaf = "stranger"             // valid, by another authority of the same name
	LeafExpiredIntermediate Leaf = "expired-intermediate" // valid, by an intermediate that ended an hour ago
	LeafCommonName          Leaf = "common-name"          // valid, and names the host only in its common name, as old ones do
	LeafAlone               Leaf = "alone"                // valid, and the intermediate that issued it is not sent
	LeafFutureIntermediate  Leaf = "future-intermediate"  // valid, by an intermediate that begins in an hour
)

const day = 24 * time.Hour

// authority is a root and what it takes to issue below it.
type authority struct {
	names   []string
	root    *x509.Certificate
	rootKey *ecdsa.PrivateKey
	rootPEM []byte
}

func newAuthority(names []string) (*authority, error) {
	a := &authority{names: names}
	now := time.Now()
	var err error
	a.rootKey, a.root, err = sign(template("Test Root CA", now.Add(-365*day), now.Add(3650*day), true), nil, nil)
	if err != nil {
		return nil, err
	}
	a.rootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
	return a, nil
}

// issue makes a leaf of the kind asked for, with a key of its own.
func (a *authority) issue(l Leaf) (tls.Certificate, error) {
	now := time.Now()
	leaf := template(a.names[0], now.Add(-day), now.Add(90*day), false)
	middle := template("Test Intermediate CA", now.Add(-30*day), now.Add(365*day), true)
	root, rootKey := a.root, a.rootKey
	names := a.names
	switch l {
	case LeafValid, LeafAlone:
	case LeafExpired:
		leaf.NotBefore, leaf.NotAfter = now.Add(-10*day), now.Add(-time.Hour)
	case LeafNotYetValid:
		leaf.NotBefore = now.Add(time.Hour)
	case LeafWrongName:
		names = []string{"elsewhere.test"}
		leaf.Subject.CommonName = names[0]
	case LeafExpiredIntermediate:
		middle.NotAfter = now.Add(-time.Hour)
	case LeafFutureIntermediate:
		middle.NotBefore = now.Add(time.Hour)
	case LeafCommonName:
		names = nil
	case LeafStranger:
		stranger, err := newAuthority(a.names)
		if err != nil {
			return tls.Certificate{}, err
		}
		root, rootKey = stranger.root, stranger.rootKey
	case LeafSelfSigned:
	default:
		return tls.Certificate{}, fmt.Errorf("no such leaf: %q", l)
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	if l == LeafSelfSigned {
		key, cert, err := sign(leaf, nil, nil)
		if err != nil {
			return tls.Certificate{}, err
		}
		return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}, nil
	}
	middleKey, middleCert, err := sign(middle, root, rootKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, cert, err := sign(leaf, middleCert, middleKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	if l == LeafAlone {
		return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}, nil
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw, middleCert.Raw}, PrivateKey: key}, nil
}

func template(name string, from, to time.Time, ca bool) *x509.Certificate {
	t := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"poshealth tests"}},
		NotBefore:             from,
		NotAfter:              to,
		BasicConstraintsValid: true,
		IsCA:                  ca,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
	if ca {
		t.KeyUsage |= x509.KeyUsageCertSign
	} else {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	return t
}

// sign makes a key and its certificate; without a parent it signs itself.
func sign(t, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}
