package host

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
)

// maxRoots bytes of authorities' file: a whole web browser's list has a quarter of a megabyte.
const maxRoots = 1 << 20

// readRoots reads a PEM file of authorities.
func readRoots(file string) (*x509.CertPool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read ca_file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRoots+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read ca_file %s: %w", file, err)
	}
	if len(data) > maxRoots {
		return nil, fmt.Errorf("ca_file %s: more than %d bytes, want a list of authorities in PEM", file, maxRoots)
	}
	pool, n := x509.NewCertPool(), 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("ca_file %s: certificate %d cannot be read: %w", file, n+1, err)
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		return nil, fmt.Errorf("ca_file %s holds no certificate, want PEM blocks that begin with -----BEGIN CERTIFICATE-----", file)
	}
	return pool, nil
}
