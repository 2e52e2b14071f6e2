package apk

import (
	"bytes"
	"errors"
	"fmt"
)

// The tags of what a signature block is made of.
const (
	tagInteger  = 0x02
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagZero     = 0xa0 // [0], which means another thing in each place
	tagOne      = 0xa1
)

// signedData is the object identifier of PKCS #7 SignedData, 1.2.840.113549.1.7.2.
const signedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// named is a certificate, with what others call it by.
type named struct {
	issuer, serial []byte
	whole          []byte
}

// signersOfBlock are the certificates of all signers that a PKCS #7 block names. Which of several signatures is good only
// shows to one who verifies; Android takes the first that is.
func signersOfBlock(block []byte) ([]Digest, error) {
	certificates, signers, err := openBlock(block)
	if err != nil {
		return nil, fmt.Errorf("no PKCS #7 signature: %w", err)
	}
	known, err := readCertificates(certificates)
	if err != nil {
		return nil, err
	}
	var all []Digest
	for n := 1; len(signers) > 0; n++ {
		var signer element
		if signer, signers, err = cut(signers, tagSequence); err != nil {
			return nil, fmt.Errorf("signer %d: %w", n, err)
		}
		if n > maxSigners {
			return nil, fmt.Errorf("more than %d signers", maxSigners)
		}
		d, err := signerOf(signer.body, known)
		if err != nil {
			return nil, fmt.Errorf("signer %d: %w", n, err)
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, errors.New("no signer in the PKCS #7 block")
	}
	return all, nil
}

// openBlock goes down to the list of certificates and the list of signers.
func openBlock(block []byte) (certificates, signers []byte, err error) {
	content, _, err := cut(block, tagSequence)
	if err != nil {
		return nil, nil, err
	}
	kind, rest, err := cut(content.body, tagOID)
	switch {
	case err != nil:
		return nil, nil, err
	case string(kind.body) != signedData:
		return nil, nil, fmt.Errorf("it is of kind %x, not %x", kind.body, signedData)
	}
	explicit, _, err := cut(rest, tagZero)
	if err != nil {
		return nil, nil, err
	}
	data, _, err := cut(explicit.body, tagSequence)
	if err != nil {
		return nil, nil, err
	}
	rest = data.body
	for _, tag := range []byte{tagInteger, tagSet, tagSequence} { // version, digest algorithms, what is signed
		if _, rest, err = cut(rest, tag); err != nil {
			return nil, nil, err
		}
	}
	for _, tag := range []byte{tagZero, tagOne} { // certificates, revocations
		var list element
		if len(rest) == 0 || rest[0] != tag {
			continue
		}
		if list, rest, err = cut(rest, tag); err != nil {
			return nil, nil, err
		}
		if tag == tagZero {
			certificates = list.body
		}
	}
	list, _, err := cut(rest, tagSet)
	return certificates, list.body, err
}

func readCertificates(list []byte) ([]named, error) {
	var all []named
	for n := 1; len(list) > 0; n++ {
		var c element
		var err error
		if c, list, err = cut(list, 0); err != nil {
			return nil, fmt.Errorf("certificate %d: %w", n, err)
		}
		if c.tag != tagSequence {
			continue // another kind of certificate, which no APK's signer has
		}
		one, err := readCertificate(c)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", n, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func readCertificate(c element) (named, error) {
	if c.indefinite {
		return named{}, errors.New("not in DER form")
	}
	signed, _, err := cut(c.body, tagSequence)
	if err != nil {
		return named{}, err
	}
	rest := signed.body
	if len(rest) > 0 && rest[0] == tagZero { // the version; there is none in the first
		if _, rest, err = cut(rest, tagZero); err != nil {
			return named{}, err
		}
	}
	serial, rest, err := cut(rest, tagInteger)
	if err != nil {
		return named{}, err
	}
	if _, rest, err = cut(rest, tagSequence); err != nil { // the algorithm
		return named{}, err
	}
	issuer, _, err := cut(rest, tagSequence)
	return named{issuer: issuer.whole, serial: integer(serial.body), whole: c.whole}, err
}

// signerOf finds the certificate that a signer names by issuer and serial number.
//
// Android compares issuers as people would read them, here they are compared byte by byte. So the first with the serial
// number is it if the issuer's bytes are the same too, or if it is the only one; else it cannot be told.
func signerOf(signer []byte, known []named) (Digest, error) {
	_, rest, err := cut(signer, tagInteger) // the version
	if err != nil {
		return Digest{}, err
	}
	if len(rest) > 0 && rest[0]&^0x20 == 0x80 {
		return Digest{}, errors.New("it names its certificate by the key, and Android knows only issuer and serial number")
	}
	name, _, err := cut(rest, tagSequence)
	if err != nil {
		return Digest{}, err
	}
	issuer, rest, err := cut(name.body, tagSequence)
	if err != nil {
		return Digest{}, err
	}
	serial, _, err := cut(rest, tagInteger)
	if err != nil {
		return Digest{}, err
	}
	var same []named
	for _, c := range known {
		if bytes.Equal(c.serial, integer(serial.body)) {
			same = append(same, c)
		}
	}
	switch {
	case len(same) == 0:
		return Digest{}, fmt.Errorf("its certificate, with the serial number %x, is not there", serial.body[:min(len(serial.body), 20)])
	case len(same) > 1 && !bytes.Equal(same[0].issuer, issuer.whole):
		return Digest{}, fmt.Errorf("%d certificates have its serial number, and the first another issuer", len(same))
	}
	return digest(same[0].whole)
}

// integer drops what leading bytes add nothing to a number.
func integer(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}
