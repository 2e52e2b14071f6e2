package apk_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// file is one of an APK made by hand.
type file struct {
	name     string
	contents string
	deflated bool
}

// archive makes a ZIP archive.
func archive(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		method := zip.Store
		if f.deflated {
			method = zip.Deflate
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		require.NoError(t, err)
		_, err = to.Write([]byte(f.contents))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// endOf is where the end record of an archive without a comment begins; the directory's offset stands 16 bytes behind.
func endOf(b []byte) int { return len(b) - 22 }

func directoryOf(b []byte) int { return int(binary.LittleEndian.Uint32(b[endOf(b)+16:])) }

// insert puts bytes before the central directory.
func insert(b, block []byte) []byte {
	at := directoryOf(b)
	all := bytes.Join([][]byte{b[:at], block, b[at:]}, nil)
	binary.LittleEndian.PutUint32(all[endOf(all)+16:], uint32(at+len(block)))
	return all
}

func number(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func long(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// field is a length, and the parts in one.
func field(parts ...[]byte) []byte {
	all := join(parts...)
	return append(number(uint32(len(all))), all...)
}

// pair is one of a signing block.
func pair(id uint32, value []byte) []byte { return join(long(int64(4+len(value))), number(id), value) }

// block is a signing block of such pairs.
func block(pairs ...[]byte) []byte {
	all := join(pairs...)
	length := long(int64(len(all) + 8 + 16))
	return join(length, all, length, []byte("APK Sig Block 42"))
}

const idV2, idV3, idV31 = 0x7109871a, 0xf05368c0, 0x1b93ad61

// signed makes an APK with such pairs in its signing block.
func signed(t testing.TB, pairs ...[]byte) []byte {
	t.Helper()
	return insert(archive(t, file{name: "AndroidManifest.xml"}), block(pairs...))
}

// scheme is the pair of a scheme with such signers.
func scheme(id uint32, signers ...[]byte) []byte { return pair(id, field(signers...)) }

// signerV2 is a v2 signer with this certificate, and that of an authority.
func signerV2(certificate string) []byte {
	data := field(field(field([]byte("digest"))), field(field([]byte(certificate)), field([]byte("authority"))), field())
	return field(data, field(), field())
}

// signerV3 is a v3 signer for some API levels, with such attributes.
func signerV3(certificate string, lowest, highest uint32, attributes ...[]byte) []byte {
	data := field(field(), field(field([]byte(certificate))), number(lowest), number(highest), field(attributes...))
	return field(data, number(lowest), number(highest), field(), field())
}

// rotation is the attribute that proves earlier certificates; the last is the signer's own.
func rotation(certificates ...string) []byte {
	record := number(1)
	for _, c := range certificates {
		record = append(record, field(field(field([]byte(c)), number(0x103)), number(0), number(0x103), field([]byte("signature")))...)
	}
	return field(number(0x3ba06f8c), record)
}

// preview is the attribute of a signer for previews.
func preview() []byte { return field(number(0xc2a6b3ba)) }

// der is an ASN.1 element of such parts.
func der(tag byte, parts ...[]byte) []byte {
	all := join(parts...)
	if len(all) < 0x80 {
		return join([]byte{tag, byte(len(all))}, all)
	}
	return join([]byte{tag, 0x83, byte(len(all) >> 16), byte(len(all) >> 8), byte(len(all))}, all)
}

// certificate has nothing but what it is found by, and what tells it from others.
func certificate(issuer, serial, subject string) []byte {
	name := der(0x30, der(0x0c, []byte(issuer)))
	return der(0x30, der(0x30, der(0xa0, der(0x02, []byte{2})), der(0x02, []byte(serial)), der(0x30), name, der(0x0c, []byte(subject))))
}

// signs is a signer of a signature block, who names a certificate.
func signs(issuer, serial string) []byte {
	name := der(0x30, der(0x0c, []byte(issuer)))
	return der(0x30, der(0x02, []byte{1}), der(0x30, name, der(0x02, []byte(serial))))
}

const oidSignedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// pkcs7 is a signature block.
func pkcs7(certificates, signers []byte) string {
	data := der(0x30, der(0x02, []byte{1}), der(0x31), der(0x30), der(0xa0, certificates), der(0x31, signers))
	return string(der(0x30, der(0x06, []byte(oidSignedData)), der(0xa0, data)))
}

// textOf is a signature file that names such files.
func textOf(names ...string) string {
	text := "Signature-Version: 1.0\r\n\r\n"
	for _, name := range names {
		text += "Name: " + name + "\r\nSHA-256-Digest: AAAA\r\n\r\n"
	}
	return text
}
