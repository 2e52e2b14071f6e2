package enrol

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxCertificates of a chain: a terminal's own, two or three between, a root that need not be there.
const maxCertificates = 8

// newKey makes a key of P-256, which every broker's TLS knows and an old ARM signs with in a millisecond.
func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// parseKey reads what newKey wrote. Its errors never show the content.
func parseKey(content []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("no key in PEM form in it")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("no key of PKCS #8 in it")
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key in it is not one of ECDSA")
	}
	return ec, nil
}

// request makes a signing request, in PEM. No two are the same, even of one key: the signature has chance in it.
func request(key *ecdsa.PrivateKey, name string) (string, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}

// ParseRequest reads a signing request in PEM, or DER in base64, and checks that who made it has the key. Only keys of ECDSA P-256 pass.
func ParseRequest(text string) (*x509.CertificateRequest, error) {
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
		der = b
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("the signing request cannot be read: %w", err)
	}
	if key, ok := csr.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the signing request's key is not one of ECDSA P-256")
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the signing request is not signed by its own key: %w", err)
	}
	return csr, nil
}

// Thumbprint names a public key: SHA-256 of its SubjectPublicKeyInfo, hex; "" for what is no key.
func Thumbprint(public any) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// parseChain reads certificates in PEM; the first must be the key's.
func parseChain(chain string, key *ecdsa.PrivateKey) (leaf *x509.Certificate, der [][]byte, err error) {
	rest := []byte(chain)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" || len(der) == maxCertificates {
			return nil, nil, fmt.Errorf("want at most %d certificates and nothing else", maxCertificates)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, err
		}
		if leaf == nil {
			leaf = cert
		}
		der = append(der, block.Bytes)
	}
	switch {
	case leaf == nil:
		return nil, nil, errors.New("no certificate in PEM form in it")
	case !key.PublicKey.Equal(leaf.PublicKey):
		return nil, nil, errors.New("the certificate is for another key than this terminal's")
	case !leaf.NotAfter.After(leaf.NotBefore):
		return nil, nil, errors.New("the certificate ends before it begins")
	}
	return leaf, der, nil
}
