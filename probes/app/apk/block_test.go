package apk_test

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// digests of certificates that stand for themselves.
func digests(certificates ...string) []apk.Digest {
	var all []apk.Digest
	for _, c := range certificates {
		all = append(all, sha256.Sum256([]byte(c)))
	}
	return all
}

func TestReadPicksTheSchemeAndTheSigner(t *testing.T) {
	two := scheme(idV2, signerV2("a"), signerV2("b"))
	old := scheme(idV3, signerV3("old", 24, 32))
	rotated := scheme(idV31, signerV3("new", 33, 0x7fffffff, rotation("old", "new")))
	each := scheme(idV3, signerV3("c", 33, 99), signerV3("a", 28, 30), signerV3("b", 31, 32))
	previewed := scheme(idV31, signerV3("preview", 33, 99, preview()))
	for _, row := range []struct {
		name    string
		pairs   [][]byte
		sdk     int
		scheme  string
		current []apk.Digest
		past    []apk.Digest
	}{
		{"two signers", [][]byte{two}, 24, "v2", digests("a", "b"), nil},
		{"the newest that Android knows", [][]byte{two, old}, 27, "v2", digests("a", "b"), nil},
		{"the newest there is", [][]byte{two, old}, 0, "v3", digests("old"), nil},
		{"of two pairs of an id the first", [][]byte{scheme(idV2, signerV2("c")), two}, 24, "v2", digests("c"), nil},
		{
			"behind much that is of no interest",
			[][]byte{pair(0x42726577, make([]byte, 5<<20)), pair(0x504b4453, []byte("libraries")), two},
			24, "v2", digests("a", "b"), nil,
		},
		{"bytes behind the list of signers", [][]byte{pair(idV2, join(field(signerV2("a")), []byte("more")))}, 24, "v2", digests("a"), nil},
		{"rotated since 33, on 32", [][]byte{rotated, old}, 32, "v3", digests("old"), nil},
		{"rotated since 33, on 33", [][]byte{rotated, old}, 33, "v3.1", digests("new"), digests("old")},
		{"rotated since 33, not known where", [][]byte{rotated, old}, 0, "v3.1", digests("new"), digests("old")},
		{
			"rotated for a newer Android",
			[][]byte{scheme(idV31, signerV3("new", 35, 99)), scheme(idV3, signerV3("old", 24, 34))},
			33, "v3", digests("old"), nil,
		},
		{"a v3.1 without a signer", [][]byte{scheme(idV31), old}, 0, "v3", digests("old"), nil},
		{"a signer for each Android", [][]byte{each}, 31, "v3", digests("b"), nil},
		{"a signer for each Android, not known which", [][]byte{each}, 0, "v3", digests("c"), nil},
		{
			"one for another Android may be anything",
			[][]byte{scheme(idV3, field(field([]byte("?")), number(34), number(35)), signerV3("b", 28, 33))},
			33, "v3", digests("b"), nil,
		},
		{
			"for previews, on the release before",
			[][]byte{previewed, scheme(idV3, signerV3("old", 28, 33))},
			33, "v3", digests("old"), nil,
		},
		{"for previews, on the release after", [][]byte{previewed}, 34, "v3.1", digests("preview"), nil},
		{
			"for previews, and for the release after, on that",
			[][]byte{scheme(idV31, signerV3("preview", 33, 99, preview()), signerV3("release", 34, 99))},
			34, "v3.1", digests("preview"), nil,
		},
		{
			"for the release and for previews before it, on that",
			[][]byte{scheme(idV31, signerV3("release", 34, 99), signerV3("preview", 33, 99, preview()))},
			34, "v3.1", digests("preview"), nil,
		},
		{"in v3 there are no previews", [][]byte{scheme(idV3, signerV3("a", 28, 99, preview()))}, 28, "v3", digests("a"), nil},
		{
			"an attribute that is of no interest",
			[][]byte{scheme(idV3, signerV3("a", 28, 99, field(number(0x559f8b02), number(33)), rotation("b", "a")))},
			28, "v3", digests("a"), digests("b"),
		},
		{"a record of rotation with nothing in it", [][]byte{scheme(idV3, signerV3("a", 28, 99, rotation()))}, 28, "v3", digests("a"), nil},
		{"a record of rotation that begins", [][]byte{scheme(idV3, signerV3("a", 28, 99, rotation("a")))}, 28, "v3", digests("a"), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(signed(t, row.pairs...), row.sdk)
			require.NoError(t, err)
			assert.Equal(t, row.scheme, got.Scheme)
			assert.Equal(t, row.current, got.Current)
			assert.ElementsMatch(t, row.past, got.Past)
		})
	}
}

func TestReadRefusesMalformedSchemes(t *testing.T) {
	for _, row := range []struct {
		name string
		pair []byte
		sdk  int
		err  string
	}{
		{"nobody signed v2", scheme(idV2), 24, "APK signing block, scheme v2: no signer"},
		{"nobody signed v3", scheme(idV3), 0, "APK signing block, scheme v3: no signer"},
		{"eleven signers", scheme(idV2, slices.Repeat([][]byte{signerV2("a")}, 11)...), 24, "more than 10 signers"},
		{"a long certificate", scheme(idV2, signerV2(strings.Repeat("x", 64<<10+1))), 24, "a certificate of 65537 bytes: more than 65536"},
		{"an empty certificate", scheme(idV3, signerV3("", 28, 99)), 28, "an empty certificate"},
		{"a scheme of many bytes", pair(idV2, make([]byte, 256<<10+1)), 24, "scheme v2: 262145 bytes: more than 262144"},
		{"an empty scheme", pair(idV2, nil), 24, "signer 1: the length of the list of signers: 4 bytes wanted, 0 left"},
		{"a list that is cut", pair(idV2, number(1000)), 24, "signer 1: the list of signers: 1000 bytes wanted, 0 left"},
		{"a second signer that is cut", scheme(idV2, signerV2("a"), number(7)), 24, "signer 2: a signer: 7 bytes wanted, 0 left"},
		{"a length of four gigabytes", pair(idV3, number(0xffffffff)), 28, "the list of signers: 4294967295 bytes wanted, 0 left"},
		{"no signer for this Android", scheme(idV3, signerV3("a", 30, 99)), 29, "scheme v3: no signer for API level 29"},
		{"two for this Android", scheme(idV3, signerV3("a", 28, 30), signerV3("b", 30, 99)), 30, "scheme v3: 2 signers for API level 30"},
		{
			"three for this Android",
			scheme(idV31, signerV3("a", 33, 99), signerV3("b", 33, 99, preview()), signerV3("c", 33, 99)),
			40, "scheme v3.1: 3 signers for API level 40",
		},
		{
			"API levels that were not signed",
			scheme(idV3, field(field(field(), field(field([]byte("a"))), number(28), number(30), field()), number(28), number(99))),
			28, "API levels 28 to 99, but signed for 28 to 30",
		},
		{
			"rotation to somebody else", scheme(idV3, signerV3("a", 28, 99, rotation("a", "b"))),
			28, "the record of rotation ends with another certificate than the signer's",
		},
		{
			"rotation without end", scheme(idV3, signerV3("a", 28, 99, rotation(append(slices.Repeat([]string{"b"}, 100), "a")...))),
			28, "more than 100 certificates in the record of rotation",
		},
		{"an attribute that is cut", scheme(idV3, signerV3("a", 28, 99, field([]byte("?")))), 28, "an attribute's id: 4 bytes wanted, 1 left"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(signed(t, row.pair), row.sdk)
			require.ErrorContains(t, err, row.err)
			assert.Empty(t, got)
		})
	}
}

func TestReadRefusesMalformedBlocks(t *testing.T) {
	good := block(scheme(idV2, signerV2("a")))
	end := len(good)
	for _, row := range []struct {
		name  string
		block []byte
		err   string
	}{
		{"more pairs than any tool writes", block(slices.Repeat([][]byte{pair(1, nil)}, 257)...), "APK signing block: more than 256 pairs"},
		{"a length that the file has not", patch(good, end-24, long(1<<40)...), "APK signing block: its length 1099511627776 does not fit before the directory"},
		{"a length of less than nothing", patch(good, end-24, long(-1)...), "its length 18446744073709551615 does not fit"},
		{"too short for itself", patch(good, end-24, long(23)...), "its length 23 does not fit"},
		{"two lengths", patch(good, 0, long(7)...), "its length is 7 at its begin and"},
		{"a pair that runs out of it", patch(good, 8, long(1000)...), "has length 1000, and"},
		{"a pair without an id", patch(good, 8, long(3)...), "has length 3, and"},
		{"bytes behind the last pair", block(pair(1, nil), []byte("short")), "APK signing block: 5 bytes behind its last pair"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(insert(archive(t, file{name: "AndroidManifest.xml"}), row.block), 24)
			require.ErrorContains(t, err, row.err)
			assert.Empty(t, got)
		})
	}
}

func TestReadWithoutASchemeThatAndroidKnows(t *testing.T) {
	rotated := signed(t, scheme(idV31, signerV3("new", 33, 99)), scheme(idV3, signerV3("old", 28, 32)))
	_, err := read(rotated, 26)
	require.ErrorIs(t, err, apk.ErrUnsigned)
	assert.ErrorContains(t, err, "signed by v3.1, v3 alone, which API level 26 does not know: no APK signing block")

	_, err = read(signed(t, scheme(idV2, signerV2("a"))), 23)
	assert.ErrorIs(t, err, apk.ErrUnsigned, "Android 6 does not look for the block")

	// As in Android, there is no block where the directory is not followed by the end record at once.
	b := signed(t, scheme(idV2, signerV2("a")))
	b = join(b[:endOf(b)], []byte{0}, b[endOf(b):])
	_, err = read(b, 24)
	assert.ErrorIs(t, err, apk.ErrUnsigned)

	_, err = read(archive(t, file{name: "AndroidManifest.xml"}), 0)
	assert.Equal(t, apk.ErrUnsigned, err)

	b = archive(t)
	assert.Equal(t, uint32(0), binary.LittleEndian.Uint32(b[endOf(b)+16:]), "no place for a block before it")
	_, err = read(b, 0)
	assert.ErrorIs(t, err, apk.ErrUnsigned)
}
