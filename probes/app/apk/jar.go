package apk

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	// maxSignatures bounds how many files of META-INF are kept: ten signers have twenty, and libraries leave some behind.
	maxSignatures = 64
	// maxBlock bounds a signature block in bytes (.RSA, .DSA, .EC); with three certificates it has 6 KiB.
	maxBlock = 256 << 10
	// maxText bounds what is read of all signature files together (.SF), which name every file of the app: 1 MiB for ten
	// thousand. Most are left long before their end.
	maxText = 16 << 20
)

// manifest is the file that every app has, and whose signers Android takes for the app's.
const manifest = "AndroidManifest.xml"

// jarSigners reads the v1 signature: pairs of files in META-INF, a signature file that names what it signs (CERT.SF), and
// a block with its signature and certificates (CERT.RSA). A pair that does not name the manifest is a library's, left
// behind, and Android passes over it.
//
// Android passes over a pair for other faults too, which only show to one who verifies. Here such a pair counts, and where
// versions of Android differ (small letters in names) the more generous does: so no signer is ever missed.
func (a archive) jarSigners() (Signers, error) {
	j := jar{archive: a, buffer: bufio.NewReaderSize(nil, 16<<10), left: maxText}
	var texts, blocks []entry
	err := a.each(j.buffer, isSignature, func(e entry) error {
		if len(texts)+len(blocks) == maxSignatures {
			return fmt.Errorf("more than %d signature files in META-INF", maxSignatures)
		}
		if strings.EqualFold(path.Ext(e.name), ".SF") {
			texts = append(texts, e)
		} else {
			blocks = append(blocks, e)
		}
		return nil
	})
	if err != nil {
		return Signers{}, err
	}
	if len(blocks) == 0 {
		return Signers{}, ErrUnsigned
	}
	signers := Signers{Scheme: "v1"}
	for _, text := range texts {
		if err := j.pair(text, blocks, &signers); err != nil {
			return Signers{}, err
		}
	}
	if len(signers.Current) == 0 {
		return Signers{}, fmt.Errorf("%s in META-INF, and no signature file with it that names %s: %w", blocks[0].name, manifest, ErrUnsigned)
	}
	return signers, nil
}

// isSignature tells the files of a signature by their names.
func isSignature(name []byte) bool {
	const folder = "META-INF/"
	if len(name) < len(folder) || !bytes.EqualFold(name[:len(folder)], []byte(folder)) {
		return false
	}
	for _, extension := range []string{".SF", ".RSA", ".DSA", ".EC"} {
		if bytes.EqualFold(name[max(0, len(name)-len(extension)):], []byte(extension)) {
			return true
		}
	}
	return false
}

// jar reads files of META-INF, with one buffer and one decompressor for all.
type jar struct {
	archive

	buffer  *bufio.Reader
	inflate io.ReadCloser // nil before the first compressed file
	left    int64         // bytes of signature files that may still be read
	blocks  int           // signature blocks that were read
}

// pair adds those who signed the signature file, where it is one of the app.
func (j *jar) pair(text entry, blocks []entry, to *Signers) error {
	stem := strings.TrimSuffix(text.name, path.Ext(text.name))
	for _, block := range blocks {
		if !strings.EqualFold(stem, strings.TrimSuffix(block.name, path.Ext(block.name))) {
			continue
		}
		if names, err := j.namesManifest(text); err != nil || !names {
			return inFile(text, err)
		}
		all, err := j.certificates(block)
		if err != nil {
			return inFile(block, err)
		}
		for _, d := range all {
			if !slices.Contains(to.Current, d) {
				to.Current = append(to.Current, d)
			}
		}
		if j.blocks++; j.blocks > maxSigners || len(to.Current) > maxSigners {
			return fmt.Errorf("more than %d signers in META-INF", maxSigners)
		}
	}
	return nil
}

func inFile(e entry, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%.80q: %w", e.name, err)
}

// open gives a file's bytes, unpacked.
func (j *jar) open(e entry) (io.Reader, error) {
	packed, err := j.contents(e)
	if err != nil {
		return nil, err
	}
	j.buffer.Reset(packed)
	switch {
	case e.method == stored && e.packed != e.size:
		return nil, fmt.Errorf("it is not compressed, but has %d bytes packed and %d unpacked", e.packed, e.size)
	case e.method == stored:
		return j.buffer, nil
	case e.method != deflated:
		return nil, fmt.Errorf("it is compressed by method %d, which Android does not know", e.method)
	case j.inflate == nil:
		j.inflate = flate.NewReader(j.buffer)
		return j.inflate, nil
	}
	resetter, ok := j.inflate.(flate.Resetter)
	if !ok {
		return nil, errors.New("the decompressor cannot be used again")
	}
	return j.inflate, resetter.Reset(j.buffer, nil)
}

// certificates are those of all who signed a block.
func (j *jar) certificates(e entry) ([]Digest, error) {
	if e.size > maxBlock {
		return nil, fmt.Errorf("it has %d bytes: more than %d", e.size, maxBlock)
	}
	contents, err := j.open(e)
	if err != nil {
		return nil, err
	}
	block := make([]byte, e.size)
	if _, err := io.ReadFull(contents, block); err != nil {
		return nil, fmt.Errorf("it cannot be unpacked: %w", err)
	}
	return signersOfBlock(block)
}

// namesManifest reports whether a signature file has the manifest's name anywhere in it, be it folded over lines.
func (j *jar) namesManifest(e entry) (bool, error) {
	contents, err := j.open(e)
	if err != nil {
		return false, err
	}
	var found finder
	chunk := make([]byte, 1024)
	for {
		n, err := contents.Read(chunk)
		if found.in(chunk[:n]) {
			return true, nil
		}
		j.left -= int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("it cannot be unpacked: %w", err)
		case j.left < 0:
			return false, fmt.Errorf("the signature files have more than %d bytes", maxText)
		}
	}
}

// finder looks for the manifest's name in a text that comes in pieces. Lines of such a text have 72 bytes, and what is
// longer goes on in the next line behind a space.
type finder struct {
	matched int  // bytes of the name
	folded  bool // at the begin of a line
}

func (f *finder) in(text []byte) bool {
	for _, b := range text {
		switch {
		case b == '\r' || b == '\n':
			f.folded = true
			continue
		case f.folded && b == ' ':
			f.folded = false
			continue
		case f.folded:
			f.folded, f.matched = false, 0
		}
		switch b {
		case manifest[f.matched]:
			f.matched++
		case manifest[0]: // which the name has nowhere else
			f.matched = 1
		default:
			f.matched = 0
		}
		if f.matched == len(manifest) {
			return true
		}
	}
	return false
}
