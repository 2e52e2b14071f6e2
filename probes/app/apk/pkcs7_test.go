package apk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// endless is an element whose end is marked, and not told at its begin.
func endless(tag byte, parts ...[]byte) []byte {
	return join([]byte{tag, 0x80}, join(parts...), []byte{0, 0})
}

func readBlock(t *testing.T, block string) (apk.Signers, error) {
	t.Helper()
	return read(app(t, file{"META-INF/A.SF", textOf("AndroidManifest.xml"), false}, file{"META-INF/A.RSA", block, false}), 23)
}

func TestReadFindsTheSignersCertificate(t *testing.T) {
	a, b := certificate("issuer", "\x01", "a"), certificate("issuer", "\x02", "b")
	authority, other := certificate("root", "\x01", "issuer"), certificate("Issuer", "\x01", "other")
	first := der(0x30, der(0x30, der(0x02, []byte{1}), der(0x30), der(0x30, der(0x0c, []byte("issuer")))))
	for _, row := range []struct {
		name    string
		block   string
		current []string
		err     string
	}{
		{"by serial number, in any order", pkcs7(join(a, b), signs("issuer", "\x02")), []string{string(b)}, ""},
		{"its authority has the same number", pkcs7(join(a, authority), signs("issuer", "\x01")), []string{string(a)}, ""},
		{"leading zeros of the number", pkcs7(join(a, b), signs("issuer", "\x00\x00\x02")), []string{string(b)}, ""},
		{"a number below nothing", pkcs7(certificate("issuer", "\xff\x80", "a"), signs("issuer", "\x80")), []string{string(certificate("issuer", "\xff\x80", "a"))}, ""},
		{"the issuer written in another way", pkcs7(a, signs("ISSUER", "\x01")), []string{string(a)}, ""},
		{"a certificate without a version", pkcs7(first, signs("issuer", "\x01")), []string{string(first)}, ""},
		{"another kind of certificate before it", pkcs7(join(der(0xa1), a), signs("issuer", "\x01")), []string{string(a)}, ""},
		{"two signers in one block", pkcs7(join(a, b), join(signs("issuer", "\x02"), signs("issuer", "\x01"))), []string{string(b), string(a)}, ""},
		{"revocations behind the certificates", string(der(0x30, der(0x06, []byte(oidSignedData)), der(0xa0, der(
			0x30, der(0x02, []byte{1}), der(0x31), der(0x30), der(0xa0, a), der(0xa1), der(0x31, signs("issuer", "\x01")),
		)))), []string{string(a)}, ""},
		{"lengths told at the end", string(endless(0x30, der(0x06, []byte(oidSignedData)), endless(0xa0, endless(
			0x30, der(0x02, []byte{1}), endless(0x31), endless(0x30, endless(0xa0, endless(0x24, der(0x04, []byte("text"))))),
			endless(0xa0, a, b), endless(0x31, signs("issuer", "\x02")),
		)))), []string{string(b)}, ""},

		// Android compares names as people do, and would take the first; by their bytes it would be the second.
		{
			"an issuer who differs in a capital letter", pkcs7(join(other, a), signs("issuer", "\x01")), nil,
			"signer 1: 2 certificates have its serial number, and the first another issuer",
		},
		{"no such certificate", pkcs7(a, signs("issuer", "\x03")), nil, "signer 1: its certificate, with the serial number 03, is not there"},
		{"no certificate at all", pkcs7(nil, signs("issuer", "\x01")), nil, "its certificate, with the serial number 01, is not there"},
		{"nobody signed", pkcs7(a, nil), nil, "no signer in the PKCS #7 block"},
		{"eleven signers", pkcs7(a, []byte(strings.Repeat(string(signs("issuer", "\x01")), 11))), nil, "more than 10 signers"},
		{"a signer by its key", pkcs7(a, der(0x30, der(0x02, []byte{3}), der(0x80, []byte("key")))), nil, "signer 1: it names its certificate by the key"},
		{"a certificate that is not in DER form", pkcs7(endless(0x30, a), signs("issuer", "\x01")), nil, "certificate 1: not in DER form"},
		{"a long certificate", pkcs7(certificate("issuer", "\x01", strings.Repeat("x", 64<<10)), signs("issuer", "\x01")), nil, "more than 65536"},
		{"a certificate that is cut", pkcs7([]byte{0x30, 5, 0x30}, signs("issuer", "\x01")), nil, "certificate 1: element 0x30: 5 bytes wanted, 1 left"},
		{"not signed data", string(der(0x30, der(0x06, []byte("\x2a")), der(0xa0))), nil, "no PKCS #7 signature: it is of kind 2a, not 2a864886f70d010702"},
		{"empty", "", nil, "no PKCS #7 signature: it ends too early"},
		{"something else", "PK\x03\x04", nil, "no PKCS #7 signature: element 0x50: 75 bytes wanted, 2 left"},
		{"of another tag", string(der(0x31)), nil, "tag 0x30 wanted, not 0x31"},
		{"a tag of two bytes", "\x3f\x81\x01\x00", nil, "a tag of several bytes, which no signature has"},
		{"a length of five bytes", "\x30\x85\x00\x00\x00\x00\x00", nil, "a length of 5 bytes"},
		{"a length that is cut", "\x30\x84\x00", nil, "it ends within a length"},
		{"a length of four gigabytes", "\x30\x84\xff\xff\xff\xff", nil, "4294967295 bytes wanted, 0 left"},
		{"bytes without a length", "\x04\x80\x00\x00", nil, "an element of bytes without a length"},
		{"an end that is not marked", "\x30\x80\x02\x01\x01", nil, "it ends too early"},
		{"deeper than any signature", strings.Repeat("\x30\x80", 1000), nil, "more than 16 elements without a length in each other"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := readBlock(t, row.block)
			if row.err != "" {
				require.ErrorContains(t, err, row.err)
				require.ErrorContains(t, err, `"META-INF/A.RSA": `)
				assert.Empty(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, digests(row.current...), got.Current)
		})
	}
}
