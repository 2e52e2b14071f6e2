package apk_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// app makes an APK of a manifest and such files of META-INF.
func app(t testing.TB, files ...file) []byte {
	t.Helper()
	all := []file{{name: "AndroidManifest.xml", contents: "no app"}, {name: "META-INF/MANIFEST.MF", contents: "Manifest-Version: 1.0\r\n"}}
	return archive(t, append(all, files...)...)
}

// blockOf is a signature block of one signer and no other certificate.
func blockOf(subject string) string {
	return pkcs7(certificate("issuer", "\x01", subject), signs("issuer", "\x01"))
}

func certificates(subjects ...string) []apk.Digest {
	var all []string
	for _, s := range subjects {
		all = append(all, string(certificate("issuer", "\x01", s)))
	}
	return digests(all...)
}

func TestReadV1(t *testing.T) {
	text := textOf("AndroidManifest.xml", "classes.dex")
	for _, row := range []struct {
		name  string
		files []file
		want  []apk.Digest
	}{
		{"stored", []file{{name: "META-INF/A.SF", contents: text}, {name: "META-INF/A.RSA", contents: blockOf("a")}}, certificates("a")},
		{"compressed", []file{
			{name: "META-INF/A.SF", contents: text, deflated: true},
			{name: "META-INF/A.DSA", contents: blockOf("a"), deflated: true},
			{name: "META-INF/B.SF", contents: text, deflated: true},
			{name: "META-INF/B.EC", contents: blockOf("b"), deflated: true},
		}, certificates("a", "b")},
		{"the block before its text", []file{{name: "META-INF/A.RSA", contents: blockOf("a")}, {name: "META-INF/A.SF", contents: text}}, certificates("a")},
		{"twice the same signer", []file{
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
			{name: "META-INF/B.SF", contents: text},
			{name: "META-INF/B.RSA", contents: blockOf("a")},
		}, certificates("a")},
		{"small letters, which Android 4 reads", []file{
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
			{name: "meta-inf/b.sf", contents: text},
			{name: "META-INF/B.rsa", contents: blockOf("b")},
		}, certificates("a", "b")},
		{"in a folder below", []file{{name: "META-INF/x/A.SF", contents: text}, {name: "META-INF/x/A.RSA", contents: blockOf("a")}}, certificates("a")},
		{"what a library left, without its text", []file{
			{name: "META-INF/LIB.RSA", contents: "?"},
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
		}, certificates("a")},
		{"what a library left, with its text", []file{
			{name: "META-INF/LIB.SF", contents: textOf("org/Lib.class")},
			{name: "META-INF/LIB.RSA", contents: "?"},
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
		}, certificates("a")},
		{"a text without a block", []file{
			{name: "META-INF/LIB.SF", contents: text},
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
		}, certificates("a")},
		{"files that are no signatures", []file{
			{name: "assets/META-INF/X.RSA", contents: "?"},
			{name: "META-INF/RSA", contents: "?"},
			{name: "META-INF/services/x", contents: "?"},
			{name: "META-INF/A.SF", contents: text},
			{name: "META-INF/A.RSA", contents: blockOf("a")},
		}, certificates("a")},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(app(t, row.files...), 23)
			require.NoError(t, err)
			assert.Equal(t, apk.Signers{Scheme: "v1", Current: row.want}, got)
		})
	}
}

// A signer that is not seen because of how the text is written would be worse than one too many.
func TestReadFindsTheManifestHoweverItIsWritten(t *testing.T) {
	const name = "AndroidManifest.xml"
	texts := map[string]string{
		"the text ends with it": "Name: " + name,
		"behind a false start":  "Name: AndroidAndroidManifest.xml\n\n",
		"name in small letters": "name: " + name + "\n",
	}
	for at := 1; at < len(name); at++ {
		for end, fold := range map[string]string{"CR LF": "\r\n ", "LF": "\n ", "CR": "\r "} {
			texts[fmt.Sprintf("folded by %s after %d letters", end, at)] = "Name: " + name[:at] + fold + name[at:] + "\r\n"
		}
	}
	for _, before := range []int{1, 1000, 1015, 1020, 5000} { // across the pieces that it is read in
		texts[fmt.Sprintf("behind %d bytes", before)] = strings.Repeat("A", before) + "\r\nName: " + name + "\r\n"
	}
	for written, text := range texts {
		for _, deflated := range []bool{false, true} {
			got, err := read(app(t, file{"META-INF/A.SF", text, deflated}, file{"META-INF/A.RSA", blockOf("a"), false}), 23)
			require.NoError(t, err, written)
			assert.Equal(t, certificates("a"), got.Current, written)
		}
	}
	for written, text := range map[string]string{
		"in two lines":  "Name: AndroidManifest\r\nName: .xml\r\n",
		"another file":  "Name: AndroidManifest.xm\r\n",
		"small letters": "Name: androidmanifest.xml\r\n",
		"nothing":       "",
	} {
		_, err := read(app(t, file{"META-INF/A.SF", text, false}, file{"META-INF/A.RSA", blockOf("a"), false}), 23)
		require.ErrorIs(t, err, apk.ErrUnsigned, written)
		assert.ErrorContains(t, err, "META-INF/A.RSA in META-INF, and no signature file with it that names AndroidManifest.xml", written)
	}
}

func TestReadStripped(t *testing.T) {
	want, err := read(fixture(t, "v1-v2-v3"), 23)
	require.NoError(t, err)
	for _, sdk := range []int{0, 24, 28, 33} {
		got, err := read(fixture(t, "stripped"), sdk)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestReadRefusesMalformedV1(t *testing.T) {
	text := textOf("AndroidManifest.xml")
	one := app(t, file{"META-INF/A.SF", text, false}, file{"META-INF/A.RSA", blockOf("a"), false})
	packed := app(t, file{"META-INF/A.SF", text, true}, file{"META-INF/A.RSA", blockOf("a"), true})
	// The directory's last file is A.RSA; its record begins 46 bytes before its name.
	last := endOf(one) - len("META-INF/A.RSA") - 46
	lastPacked := endOf(packed) - len("META-INF/A.RSA") - 46
	header := int(binary.LittleEndian.Uint32(one[last+42:]))
	contents := int(binary.LittleEndian.Uint32(packed[lastPacked+42:])) + 30 + len("META-INF/A.RSA")
	var eleven, many []file
	for i := range 65 {
		pair := []file{{fmt.Sprintf("META-INF/%d.SF", i), text, false}, {fmt.Sprintf("META-INF/%d.RSA", i), blockOf("a"), false}}
		if i < 11 {
			eleven = append(eleven, pair...)
		}
		many = append(many, pair...)
	}
	for _, row := range []struct {
		name, err string
		apk       []byte
	}{
		{"eleven signers", "more than 10 signers in META-INF", app(t, eleven...)},
		{"more files than ten signers have", "file 67 of 132: more than 64 signature files in META-INF", app(t, many...)},
		{"a compression that Android has not", `"META-INF/A.RSA": it is compressed by method 9`, patch(one, last+10, 9, 0)},
		{"two sizes without compression", "it is not compressed, but has", patch(one, last+24, 1, 0, 0, 0)},
		{"a header behind the end", "its header, 30 bytes at 4294967295: the file ends before", patch(one, last+42, 0xff, 0xff, 0xff, 0xff)},
		{"no header where it is told to be", "its header at 1 begins with 4b030414", patch(one, last+42, 1, 0, 0, 0)},
		{"contents that run past the directory", "run past the directory at", patch(one, header+28, 0xff, 0xff)},
		{"contents of four gigabytes", "run past the directory at", patch(one, last+20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03, 0)},
		{"a large block", "it has 4294967295 bytes: more than 262144", patch(packed, lastPacked+24, 0xff, 0xff, 0xff, 0xff)},
		{"a block that ends early", "it cannot be unpacked: unexpected EOF", patch(packed, lastPacked+24, 0xff, 0xff, 0, 0)},
		{"a block that was damaged", "it cannot be unpacked: flate: corrupt input", patch(packed, contents, 0xff)},
		{"a text of many megabytes", `"META-INF/A.SF": the signature files have more than 16777216 bytes`, app(
			t, file{"META-INF/A.SF", strings.Repeat("Name: other\r\n", 17<<20/13), false}, file{"META-INF/A.RSA", blockOf("a"), false},
		)},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(row.apk, 23)
			require.ErrorContains(t, err, row.err)
			assert.Empty(t, got)
		})
	}
}
