package host

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/poshealth/poshealth/probes/terminal"
)

// trusted finds the path from the leaf to one of roots that holds now, else one that held at some time: expiry and
// distrust are different faults. Nil means that there never was one, and err why not.
func trusted(certs []*x509.Certificate, roots *x509.CertPool, now time.Time) (path []*x509.Certificate, err error) {
	if roots == nil {
		return nil, nil
	}
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	times := []time.Time{now}
	for _, c := range certs { // a stretch in which all are valid begins or ends with one of them
		times = append(times, c.NotBefore, c.NotAfter)
	}
	rest := times[1:]
	order := func(a, b time.Time) int { return b.Compare(a) }
	sort.SliceStable(rest, func(i, j int) bool { return order(rest[i], rest[j]) < 0 }) // the latest first: the chain that ended last
	for _, at := range times {
		chains, refusal := certs[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // private authorities seldom set it, and apps seldom look
		})
		if refusal == nil && len(chains) > 0 {
			return longest(chains), nil
		}
		if err == nil || dated(err) {
			err = refusal // that a certificate is not of that time says least
		}
	}
	return nil, err
}

// dated: the refusal is only about the time asked for.
func dated(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

// longest is the chain that ends last: while one holds, the host is trusted.
func longest(chains [][]*x509.Certificate) []*x509.Certificate {
	return slices.MaxFunc(chains, func(a, b []*x509.Certificate) int {
		return spanOf(a).last.Compare(spanOf(b).last)
	})
}

// presented follows the signatures among the certificates that the host sent. Those that the leaf does not need, and
// roots, which each side has its own copy of, are left out.
func presented(certs []*x509.Certificate) []*x509.Certificate {
	path := certs[:1:1]
	for len(path) < len(certs) {
		child := path[len(path)-1]
		next := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return !slices.Contains(path, c) && !selfNamed(c) &&
				bytes.Equal(c.RawSubject, child.RawIssuer) && child.CheckSignatureFrom(c) == nil
		})
		if next < 0 {
			break
		}
		path = append(path, certs[next])
	}
	return path
}

// selfNamed: a root, as a rule.
func selfNamed(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// breaks says at which certificate the path that the host presents breaks off, and why.
func breaks(certs, path []*x509.Certificate, refusal error) (at *x509.Certificate, why string) {
	at = path[len(path)-1]
	issuer := terminal.Printable(at.Issuer.CommonName, maxName)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](refusal)
	switch {
	case isInvalid && invalid.Reason == x509.Expired:
		return at, "its certificates are never valid all at one time"
	case isInvalid && invalid.Cert != nil:
		return invalid.Cert, words(refusal)
	case selfNamed(at):
		return at, "it signed itself, and is no authority that is trusted for this host"
	}
	sent := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, at.RawIssuer) && !selfNamed(c)
	})
	switch {
	case sent >= 0 && errors.As(at.CheckSignatureFrom(certs[sent]), new(x509.ConstraintViolationError)):
		return certs[sent], "it issued another one and is no authority"
	case sent >= 0:
		return at, fmt.Sprintf("its issuer %q that the host sent did not sign it", issuer)
	case refusal != nil && strings.Contains(refusal.Error(), "candidate authority"):
		// The library found the name among the authorities, and not the key; it says so in words only.
		return at, fmt.Sprintf("an authority called %q is trusted, and another of that name signed it", issuer)
	case len(path) == 1 && !at.IsCA:
		return at, fmt.Sprintf("its issuer %q was not sent by the host and is no authority that is trusted for it", issuer)
	}
	return at, fmt.Sprintf("its issuer %q is no authority that is trusted for this host", issuer)
}

// outdated: a signature of the chain is of a kind that Go refuses to verify, SHA-1 above all. Old apps and old authorities
// still go by them, so it proves nothing.
func outdated(refusal error) bool {
	return refusal != nil && strings.Contains(refusal.Error(), "insecure algorithm")
}

// words are those of the library, without its own name.
func words(err error) string { return strings.TrimPrefix(err.Error(), "x509: ") }

// validity is the time in which all of a path is valid, and which certificates bound it.
type validity struct {
	first, last    time.Time
	begins, bounds *x509.Certificate
}

func spanOf(path []*x509.Certificate) (v validity) {
	for _, c := range path {
		if v.begins == nil || c.NotBefore.After(v.first) {
			v.first, v.begins = c.NotBefore, c
		}
		if v.bounds == nil || c.NotAfter.Before(v.last) {
			v.last, v.bounds = c.NotAfter, c
		}
	}
	return v
}
