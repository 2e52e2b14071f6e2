// Package apk tells who signed an app, by the certificates in the APK itself.
//
// It reads them where Android of a given API level does: in the APK Signing Block (schemes v2, v3, v3.1), else in META-INF
// (v1). It verifies nothing: Android did when it installed the app, so the answer is as good as the word of the package
// manager that this is the installed file; of any other file it is a claim. It never reads the app itself, needs memory that
// does not grow with it, and says so, rather than guess, where a file is malformed or Android might read it in another way.
package apk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxCertificate bounds a certificate in bytes. Those of 4096-bit keys with long names have 2 KiB.
const maxCertificate = 64 << 10

// maxSigners is how many signers Android allows an app (v1 and v2; it is one with v3).
const maxSigners = 10

// ErrUnsigned says that there is nothing in the file that would tell this Android who signed it.
var ErrUnsigned = errors.New("no APK signing block and no META-INF certificate")

// Digest is the SHA-256 of a certificate in its DER form, which is what "apksigner verify --print-certs" and keytool print.
type Digest [sha256.Size]byte

// String is the digest in lower-case hexadecimal digits, without colons.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Signers are those who signed an app, as Android of one API level sees them. That they did is the file's word alone.
type Signers struct {
	// Scheme is what was read: "v1", "v2", "v3" or "v3.1".
	Scheme string
	// Current are the signers, 1 to 10, in the file's order. Android takes the app for an update of another only where all
	// are the same, so whoever knows which signers to expect asks that every one of these is among them. With v1 there may
	// be one more than Android counts, in a file that was made to mislead; never one less.
	Current []Digest
	// Past are the earlier certificates of the one signer, oldest first, from the record of rotation (v3 and v3.1).
	Past []Digest
}

// Read tells who signed the APK of size bytes, as Android of API level sdk judges it: by the newest scheme that it knows
// and the file has. With sdk 0 the level is not known, and the newest scheme in the file counts.
//
// The newer signatures may have been stripped of a file, which its META-INF then tells and Android 7 and newer refuses: here
// it is the v1 signers all the same. The error is [ErrUnsigned], or what the reader said, or says what is malformed or
// exceeds its bound, and where.
func Read(r io.ReaderAt, size int64, sdk int) (Signers, error) {
	a, err := open(r, size)
	if err != nil {
		return Signers{}, err
	}
	var tooNew []string
	if sdk <= 0 || sdk >= sinceV2 {
		found, err := a.schemes()
		if err != nil {
			return Signers{}, fmt.Errorf("APK signing block: %w", err)
		}
		for _, s := range []scheme{v31, v3, v2} {
			at, has := found[s]
			name, since := s.named()
			switch {
			case !has:
				continue
			case sdk > 0 && sdk < since:
				tooNew = append(tooNew, name)
				continue
			}
			signers, err := a.signers(s, at, sdk)
			if err != nil {
				return Signers{}, fmt.Errorf("APK signing block, scheme %s: %w", name, err)
			}
			if len(signers.Current) > 0 {
				return signers, nil
			}
		}
	}
	signers, err := a.jarSigners()
	if errors.Is(err, ErrUnsigned) && tooNew != nil {
		err = fmt.Errorf("signed by %s alone, which API level %d does not know: %w", strings.Join(tooNew, ", "), sdk, err)
	}
	return signers, err
}

func digest(certificate []byte) (Digest, error) {
	switch {
	case len(certificate) == 0:
		return Digest{}, errors.New("an empty certificate")
	case len(certificate) > maxCertificate:
		return Digest{}, fmt.Errorf("a certificate of %d bytes: more than %d", len(certificate), maxCertificate)
	}
	return sha256.Sum256(certificate), nil
}
