package host

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// maxRoots bytes of authorities' file: a whole web browser's list has a quarter of a megabyte.
	maxRoots = 1 << 20

	// maxChain certificates of a host are looked at: chains of four are long, and each more costs signatures to check.
	maxChain = 8

	// maxName bytes of a certificate's names are shown.
	maxName = 64
)

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

// judge tells good chains from bad. It remembers whether the platform's authorities ever vouched for this host: then, and
// only then, their refusal means something without configured ones.
type judge struct {
	roots    *x509.CertPool // configured; nil: none
	platform func() (*x509.CertPool, error)
	name     string
	vouched  bool
}

// chain says what a host's certificates, leaf first, are worth at a local time.
func (j *judge) chain(certs []*x509.Certificate, now time.Time) probes.Observation {
	certs = certs[:min(len(certs), maxChain)]
	leaf := certs[0]
	roots := j.roots
	if roots == nil {
		// An error leaves the pool empty: then nothing is vouched for, and nothing judged.
		if pool, err := j.platform(); err == nil {
			roots = pool
		}
	}
	path := trusted(certs, roots, now)
	named := fits(leaf, j.name)
	judged := j.roots != nil || j.vouched
	chained := path != nil
	good := chained && named
	if j.roots == nil && good {
		j.vouched, judged = true, true
	}
	if !chained {
		path = presented(certs)
	}
	first, last, bound := span(path)

	o := probes.Observation{Outcome: probes.Pass, Readings: []probes.Reading{
		{Name: "cert_not_before", Value: float64(first.Unix()), Unit: probes.UnixSeconds},
		{Name: "cert_not_after", Value: float64(last.Unix()), Unit: probes.UnixSeconds},
		count("verified", yes(good)),
	}, Facts: []probes.Fact{
		{Name: "cert_subject", Value: subject(leaf)},
		{Name: "cert_issuer", Value: terminal.Printable(leaf.Issuer.CommonName, maxName)},
		{Name: "cert_bound", Value: subject(bound)},
	}}
	fail := func(reason probes.Reason, detail string) probes.Observation {
		o.Outcome, o.Reason, o.Detail = probes.Fail, reason, terminal.Printable(detail, probes.MaxDetail)
		return o
	}
	switch {
	case judged && !chained:
		return fail(Untrusted, fmt.Sprintf("the chain of %s, issued by %q, leads to no authority that is trusted for this host", subject(leaf), leaf.Issuer.CommonName))
	case now.After(last):
		return fail(CertExpired, fmt.Sprintf("%s expired on %s, and the local clock says %s", subject(bound), day(last), day(now)))
	case now.Before(first):
		return fail(CertNotYetValid, fmt.Sprintf("the chain of %s is valid from %s, and the local clock says %s", subject(leaf), day(first), day(now)))
	case judged && !named:
		return fail(WrongName, fmt.Sprintf("the certificate is for %s, want %s", names(leaf), j.name))
	case !judged:
		o.Detail = "the chain was not judged: no ca_file is configured for this host"
	}
	return o
}

// trusted finds the path from the leaf to one of roots that holds now, else one that held at some time: expiry and
// distrust are different faults. Nil means that there never was one.
func trusted(certs []*x509.Certificate, roots *x509.CertPool, now time.Time) []*x509.Certificate {
	if roots == nil {
		return nil
	}
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	times := []time.Time{now}
	for _, c := range certs { // a stretch in which all are valid begins or ends with one of them
		times = append(times, c.NotBefore, c.NotAfter)
	}
	slices.SortStableFunc(times[1:], func(a, b time.Time) int { return b.Compare(a) }) // the latest first: the chain that ended last
	for _, at := range times {
		chains, err := certs[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // private authorities seldom set it, and apps seldom look
		})
		if err == nil && len(chains) > 0 {
			return longest(chains)
		}
	}
	return nil
}

// longest is the chain that ends last: while one holds, the host is trusted.
func longest(chains [][]*x509.Certificate) []*x509.Certificate {
	return slices.MaxFunc(chains, func(a, b []*x509.Certificate) int {
		_, endA, _ := span(a)
		_, endB, _ := span(b)
		return endA.Compare(endB)
	})
}

// presented follows the signatures among the certificates that the host sent. Those that the leaf does not need, and
// roots, which each side has its own copy of, are left out.
func presented(certs []*x509.Certificate) []*x509.Certificate {
	path := certs[:1:1]
	for len(path) < len(certs) {
		child := path[len(path)-1]
		next := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return !slices.Contains(path, c) && !bytes.Equal(c.RawSubject, c.RawIssuer) &&
				bytes.Equal(c.RawSubject, child.RawIssuer) && child.CheckSignatureFrom(c) == nil
		})
		if next < 0 {
			break
		}
		path = append(path, certs[next])
	}
	return path
}

// span is the time in which all of path is valid, and which of it ends first.
func span(path []*x509.Certificate) (first, last time.Time, bound *x509.Certificate) {
	for i, c := range path {
		if i == 0 || c.NotBefore.After(first) {
			first = c.NotBefore
		}
		if i == 0 || c.NotAfter.Before(last) {
			last, bound = c.NotAfter, c
		}
	}
	return first, last, bound
}

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
