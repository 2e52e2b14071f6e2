package probetest

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
)

// Certificate makes a valid certificate for names, with its chain, and an authority of its own for it, in PEM form: for
// servers that read them from files.
func Certificate(names ...string) (ca, chain, key []byte, err error) {
	a, err := newAuthority(names)
	if err != nil {
		return nil, nil, nil, err
	}
	leaf, err := a.issue(LeafValid)
	if err != nil {
		return nil, nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		return nil, nil, nil, err
	}
	var all bytes.Buffer
	for _, c := range leaf.Certificate {
		if err := pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: c}); err != nil {
			return nil, nil, nil, err
		}
	}
	return a.rootPEM, all.Bytes(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
