package terminal

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
)

// Where Android keeps the certificates of those it trusts: a file each, named by a hash of the subject. From 14 on they
// come with an APEX, which Google Play renews; what lies in /system then is out of date.
const (
	authoritiesAPEX    = "/apex/com.android.conscrypt/cacerts"
	authoritiesSystem  = "/system/etc/security/cacerts"
	authoritiesAdded   = "/data/misc/user/0/cacerts-added"   // by the owner or his device management
	authoritiesRemoved = "/data/misc/user/0/cacerts-removed" // copies of those switched off, by the same names
)

const (
	// maxAuthorities files of a folder are read: Android has 130 to 150, vendors add a handful.
	maxAuthorities = 512

	// maxAuthority bounds one of them in bytes: a certificate of 2 kB, with all of it again in words above.
	maxAuthority = 32 << 10
)

// Authorities hands every certificate of the terminal's own store to visit, one at a time, so that who looks for one need
// not hold them all: those of the APEX, or else of /system, without what was switched off, and those that were added.
//
// A file that holds no certificate is passed over. The error is absent where the terminal has no such store, as a plain
// Linux has none, and denied where it is closed.
func (t *Terminal) Authorities(visit func(*x509.Certificate)) error {
	folder := authoritiesAPEX
	names, err := t.Names(folder)
	if err != nil || len(names) == 0 {
		folder = authoritiesSystem
		names, err = t.Names(folder)
	}
	if err != nil {
		return err
	}
	// Neither is there on a terminal whose owner never changed anything, and apps may not list them: what the system
	// trusts still stands.
	removed, _ := t.Names(authoritiesRemoved)
	added, _ := t.Names(authoritiesAdded)
	found := t.visit(folder, names, removed, visit) + t.visit(authoritiesAdded, added, nil, visit)
	if found == 0 {
		return &Error{What: folder, Reason: malformed, Err: errors.New("no certificate in it can be read")}
	}
	return nil
}

func (t *Terminal) visit(folder string, names, removed []string, visit func(*x509.Certificate)) (found int) {
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxAuthorities)] {
		if slices.Contains(removed, name) {
			continue
		}
		content, err := t.Head(folder+"/"+name, maxAuthority)
		if err != nil {
			continue
		}
		for _, cert := range certificates(content) {
			visit(cert)
			found++
		}
	}
	return found
}

// certificates reads PEM, as the system's files are, or DER, as those are that the owner adds.
func certificates(content []byte) []*x509.Certificate {
	var all []*x509.Certificate
	block, rest := pem.Decode(content)
	if block == nil {
		if cert, err := x509.ParseCertificate(content); err == nil {
			all = append(all, cert)
		}
		return all
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, cert)
		}
	}
	return all
}
