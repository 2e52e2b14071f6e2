package host

import (
	"crypto/x509"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// maxChain certificates of a host are looked at: chains of four are long, and each more costs signatures to check.
const maxChain = 8

// judge tells good chains from bad. It remembers whether the platform's authorities ever vouched for this host: then, and
// only then, their refusal means something without configured ones.
type judge struct {
	roots    *x509.CertPool // configured; nil: none
	platform func() (*x509.CertPool, error)
	name     string
	vouched  atomic.Bool // for the https stage shows what it sees, and looks beside
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
	path, refusal := trusted(certs, roots, now)
	named := fits(leaf, j.name)
	judged := j.roots != nil || j.vouched.Load() && roots != nil
	chained := path != nil
	good := chained && named
	if j.roots == nil && good {
		j.vouched.Store(true)
		judged = true
	}
	if !chained {
		path = presented(certs)
	}
	span := spanOf(path)

	o := probes.Observation{Outcome: probes.Pass, Readings: []probes.Reading{
		{Name: "cert_not_before", Value: float64(span.first.Unix()), Unit: probes.UnixSeconds},
		{Name: "cert_not_after", Value: float64(span.last.Unix()), Unit: probes.UnixSeconds},
		probes.Count("verified", yes(good)),
	}, Facts: []probes.Fact{
		{Name: "cert_subject", Value: subject(leaf)},
		{Name: "cert_issuer", Value: terminal.Printable(leaf.Issuer.CommonName, maxName)},
		{Name: "cert_bound", Value: subject(span.bounds)},
	}}
	fail := func(reason probes.Reason, which *x509.Certificate, detail string) probes.Observation {
		o.Outcome, o.Reason, o.Detail = probes.Fail, reason, terminal.Printable(role(which, leaf)+" "+detail, probes.MaxDetail)
		o.Facts = append(o.Facts, probes.Fact{Name: "cert_failing", Value: subject(which)})
		return o
	}
	switch {
	case judged && !chained && outdated(refusal):
		o.Outcome, o.Reason = probes.Unknown, probes.Malformed
		o.Detail = terminal.Printable(fmt.Sprintf("the chain of %q was not judged: it is signed by a method too old to be verified here", subject(leaf)), probes.MaxDetail)
		return o
	case judged && !chained:
		which, why := breaks(certs, path, refusal)
		return fail(Untrusted, which, "is not trusted: "+why)
	case now.After(span.last):
		return fail(CertExpired, span.bounds, fmt.Sprintf("expired on %s, and the local clock says %s", day(span.last), day(now)))
	case now.Before(span.first):
		return fail(CertNotYetValid, span.begins, fmt.Sprintf("is valid from %s, and the local clock says %s", day(span.first), day(now)))
	case judged && !named:
		return fail(WrongName, leaf, fmt.Sprintf("is for %s, want %s", names(leaf), j.name))
	case !judged:
		o.Detail = "the chain was not judged: no ca_file is configured for this host"
	}
	return o
}

// role says which of a chain's certificates one is.
func role(c, leaf *x509.Certificate) string {
	switch {
	case c.Equal(leaf):
		return fmt.Sprintf("the certificate %q", subject(c))
	case selfNamed(c):
		return fmt.Sprintf("the root certificate %q", subject(c))
	}
	return fmt.Sprintf("the intermediate certificate %q", subject(c))
}
