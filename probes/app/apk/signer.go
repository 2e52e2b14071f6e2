package apk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The attributes of a v3 signer that matter here.
const (
	attrRotation uint32 = 0x3ba06f8c // the earlier certificates, and the present one
	attrPreview  uint32 = 0xc2a6b3ba // v3.1: for previews of the Android after its lowest API level, not for that level
)

// maxPast bounds the record of rotation: a key for every month of eight years.
const maxPast = 100

// cutter takes fields off the front of a value. After the first that does not fit it yields nothing more, and err tells of
// that one, so it is asked once at the end. All lengths are those of the file: it never reads past the value.
type cutter struct{ err error }

// number takes four bytes.
func (c *cutter) number(from *[]byte, what string) uint32 {
	if c.err == nil && len(*from) < 4 {
		c.err = fmt.Errorf("%s: 4 bytes wanted, %d left", what, len(*from))
	}
	if c.err != nil {
		return 0
	}
	n := binary.LittleEndian.Uint32(*from)
	*from = (*from)[4:]
	return n
}

// field takes a length, and so many bytes.
func (c *cutter) field(from *[]byte, what string) []byte {
	length := uint64(c.number(from, "the length of "+what))
	if c.err == nil && length > uint64(len(*from)) {
		c.err = fmt.Errorf("%s: %d bytes wanted, %d left", what, length, len(*from))
	}
	if c.err != nil {
		return nil
	}
	field := (*from)[:length]
	*from = (*from)[length:]
	return field
}

// more reports whether a list has another field.
func (c *cutter) more(list []byte) bool { return c.err == nil && len(list) > 0 }

// certificate takes a signer's own certificate, the first of the list in its signed data; its authorities may follow.
func (c *cutter) certificate(signed *[]byte) Digest {
	c.field(signed, "the digests")
	list := c.field(signed, "the certificates")
	return c.digest(c.field(&list, "the signer's certificate"))
}

func (c *cutter) digest(certificate []byte) (d Digest) {
	if c.err == nil {
		d, c.err = digest(certificate)
	}
	return d
}

// signersV2 reads the v2 pair: all its signers sign the whole app.
func signersV2(value []byte) ([]Digest, error) {
	var c cutter
	var all []Digest
	for list := c.field(&value, "the list of signers"); c.more(list); {
		signer := c.field(&list, "a signer")
		signed := c.field(&signer, "the signed data")
		all = append(all, c.certificate(&signed))
		if len(all) > maxSigners {
			return nil, fmt.Errorf("more than %d signers", maxSigners)
		}
	}
	switch {
	case c.err != nil:
		return nil, fmt.Errorf("signer %d: %w", max(1, len(all)), c.err)
	case all == nil:
		return nil, errors.New("no signer")
	}
	return all, nil
}

// signer is one of v3 or v3.1: each is for some API levels, and of them all Android takes the one for its own.
type signer struct {
	lowest, highest int32
	current         Digest
	past            []Digest
	preview         bool
}

// signerV3 picks the signer for an API level; with sdk 0 the one for the highest level that any of them is for.
func signerV3(value []byte, s scheme, sdk int) (picked signer, has bool, err error) {
	var c cutter
	signers := c.field(&value, "the list of signers")
	if sdk <= 0 {
		for list := signers; c.more(list); {
			one, _ := c.levels(&list)
			sdk = max(sdk, int(one.highest))
		}
	}
	fits := 0
	for list := signers; c.more(list); {
		found, signed := c.levels(&list)
		if c.err != nil || sdk < int(found.lowest) || sdk > int(found.highest) {
			continue
		}
		c.signed(&found, signed)
		if found.preview = found.preview && s == v31; found.preview && sdk == int(found.lowest) {
			continue // a terminal has no preview: this level is that of the Android before it
		}
		switch fits++; {
		case fits == 1:
			picked = found
		case fits > 2, found.preview == picked.preview:
			return signer{}, false, fmt.Errorf("%d signers for API level %d", fits, sdk)
		case found.preview:
			picked = found
		}
	}
	return picked, fits > 0, c.err
}

// levels takes a signer and reads which API levels it is for; what it signed is left to read.
func (c *cutter) levels(list *[]byte) (s signer, signed []byte) {
	one := c.field(list, "a signer")
	signed = c.field(&one, "the signed data")
	s.lowest = int32(c.number(&one, "the lowest API level"))
	s.highest = int32(c.number(&one, "the highest API level"))
	return s, signed
}

// signed reads what the signer signed: its certificate, its API levels once more, and attributes.
func (c *cutter) signed(s *signer, data []byte) {
	s.current = c.certificate(&data)
	lowest, highest := int32(c.number(&data, "the signed lowest API level")), int32(c.number(&data, "the signed highest API level"))
	if c.err == nil && (lowest != s.lowest || highest != s.highest) {
		c.err = fmt.Errorf("API levels %d to %d, but signed for %d to %d", s.lowest, s.highest, lowest, highest)
	}
	for list := c.field(&data, "the attributes"); c.more(list); {
		attribute := c.field(&list, "an attribute")
		switch c.number(&attribute, "an attribute's id") {
		case attrPreview:
			s.preview = true
		case attrRotation:
			c.rotation(s, attribute)
		}
	}
}

// rotation reads the earlier certificates. Each is signed by the one before, and the last is the signer's own.
func (c *cutter) rotation(s *signer, record []byte) {
	var all []Digest
	for c.number(&record, "the version of the record of rotation"); c.more(record); {
		step := c.field(&record, "a certificate of the record of rotation")
		data := c.field(&step, "its signed data")
		all = append(all, c.digest(c.field(&data, "the certificate in it")))
		if c.err == nil && len(all) > maxPast {
			c.err = fmt.Errorf("more than %d certificates in the record of rotation", maxPast)
		}
	}
	if c.err != nil || len(all) == 0 {
		return
	}
	if all[len(all)-1] != s.current {
		c.err = errors.New("the record of rotation ends with another certificate than the signer's")
		return
	}
	s.past = all[:len(all)-1]
}
