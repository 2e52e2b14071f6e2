package agent

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/terminal"
)

// rootsFile in the state folder holds authorities in PEM that the agent trusts beside the terminal's: an old terminal does
// not know those that public certificates lead to today.
const rootsFile = "roots.pem"

// trust says whom to believe where no ca_file is set: the terminal's own store of authorities, or the system's where there
// is none, and the agent's roots.pem. It reads them when a certificate is there to be judged and keeps none: an Android
// has 140, which would be a tenth of the agent's memory.
type trust struct {
	terminal *terminal.Terminal
	stateDir string
	own      *x509.CertPool                        // of the configuration, instead of all others; nil: none are configured
	moments  func() []clock.Moment                 // when it may be now: a certificate is good that is good at one of them
	judged   func(by clock.Basis, since time.Time) // hears by whose time a certificate was found good, and since when it is; nil: nobody does
}

// vouches judges a chain, leaf first, at a time.
func (t trust) vouches(chain []*x509.Certificate, name string, at time.Time) error {
	t.moments = func() []clock.Moment { return []clock.Moment{{Time: at}} }
	return t.verify(name)(tls.ConnectionState{PeerCertificates: chain})
}

// verify judges a connection to the broker of that name, as crypto/tls does with roots of its own.
func (t trust) verify(name string) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		leaf, between := s.PeerCertificates[0], x509.NewCertPool() // crypto/tls lets no server pass that has none
		for _, cert := range s.PeerCertificates[1:] {
			between.AddCert(cert)
		}
		roots, err := t.own, error(nil)
		if roots == nil {
			roots, err = t.roots(issuersOf(s.PeerCertificates))
		}
		if err != nil {
			return err
		}
		for _, m := range t.moments() {
			_, wrong := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: m.Time})
			if wrong == nil {
				if t.judged != nil {
					t.judged(m.By, leaf.NotBefore)
				}
				return nil
			}
			if err == nil { // by the first moment: what a technician should read
				err = &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: wrong}
			}
		}
		return err
	}
}

// issuersOf tells which authorities can matter for a chain: those that one of its certificates names as its issuer.
func issuersOf(chain []*x509.Certificate) func(*x509.Certificate) bool {
	return func(root *x509.Certificate) bool {
		return slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, root.RawSubject) })
	}
}

// roots are the authorities that are wanted, of all that are trusted. It fails only where nobody at all is.
func (t trust) roots(wanted func(*x509.Certificate) bool) (*x509.CertPool, error) {
	pool, known, err := t.platform(wanted)
	file := filepath.Join(t.stateDir, rootsFile)
	own, ownErr := terminal.ReadSmall(file, maxPEM)
	switch {
	case ownErr == nil && pool.AppendCertsFromPEM(own):
		known = true
	case ownErr == nil:
		ownErr = fmt.Errorf("%s: no certificate in PEM form in it", file)
	}
	if known {
		return pool, nil
	}
	why := []string{"no certificate authority found in the terminal's store and " + file + ": set mqtt.ca_file"}
	for _, e := range []error{err, ownErr} {
		if e != nil && !errors.Is(e, fs.ErrNotExist) {
			why = append(why, e.Error())
		}
	}
	return nil, errors.New(strings.Join(why, "; "))
}

// platform are the authorities of the terminal's own store that are wanted, or all of the system's where the terminal has
// no store; known says that there are any.
func (t trust) platform(wanted func(*x509.Certificate) bool) (pool *x509.CertPool, known bool, err error) {
	pool = x509.NewCertPool()
	err = t.terminal.Authorities(func(cert *x509.Certificate) {
		known = true
		if wanted(cert) {
			pool.AddCert(cert)
		}
	})
	if terminal.ReasonOf(err) != probes.Absent {
		return pool, known, err
	}
	system, systemErr := x509.SystemCertPool()
	if systemErr != nil || system.Equal(x509.NewCertPool()) {
		return pool, false, err
	}
	return system, true, nil
}

// vouchers are all authorities that the terminal itself trusts, for the probes of payment hosts.
func (t trust) vouchers() (*x509.CertPool, error) {
	pool, _, err := t.platform(func(*x509.Certificate) bool { return true })
	return pool, err
}
