package host

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
)

// maxName bytes of a certificate's names are shown.
const maxName = 64

// fits: is the certificate for name. Old private authorities name a host only in the common name, and old apps accept it.
func fits(leaf *x509.Certificate, name string) bool {
	err := leaf.VerifyHostname(name)
	if err == nil {
		return true
	}
	if _, other := errors.AsType[x509.HostnameError](err); !other || len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.URIs)+len(leaf.EmailAddresses) > 0 {
		return false
	}
	return strings.EqualFold(leaf.Subject.CommonName, name)
}

// subject is what a certificate calls itself.
func subject(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return terminal.Printable(c.Subject.CommonName, maxName)
	case len(c.DNSNames) > 0:
		return terminal.Printable(c.DNSNames[0], maxName)
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return "unnamed"
}

func names(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return subject(c)
	}
	return terminal.Printable(strings.Join(all, ", "), maxName)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
