package apk_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// said is a line of testdata/signers.tsv: what apksigner says of an APK.
type said struct {
	apk, scheme, current, past string
	sdk                        int
}

func apksigner(t testing.TB) []said {
	t.Helper()
	text, err := os.ReadFile("testdata/signers.tsv")
	require.NoError(t, err)
	var all []said
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		require.Len(t, fields, 5)
		sdk, err := strconv.Atoi(fields[1])
		require.NoError(t, err)
		all = append(all, said{apk: fields[0], sdk: sdk, scheme: fields[2], current: fields[3], past: strings.Trim(fields[4], "-")})
	}
	return all
}

// fixtures are the APKs of testdata by their names.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.apk")
	require.NoError(t, err)
	all := make(map[string][]byte)
	for _, path := range paths {
		all[strings.TrimSuffix(filepath.Base(path), ".apk")] = fixture(t, strings.TrimSuffix(filepath.Base(path), ".apk"))
	}
	require.NotEmpty(t, all)
	return all
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".apk")
	require.NoError(t, err)
	return b
}

func read(b []byte, sdk int) (apk.Signers, error) {
	return apk.Read(bytes.NewReader(b), int64(len(b)), sdk)
}

// list puts digests as signers.tsv does.
func list(digests []apk.Digest) string {
	var all []string
	for _, d := range digests {
		all = append(all, d.String())
	}
	return strings.Join(all, ",")
}

func same(t *testing.T, want said, got apk.Signers) {
	t.Helper()
	assert.Equal(t, want.scheme, got.Scheme)
	assert.Equal(t, want.current, list(got.Current))
	assert.Equal(t, want.past, list(got.Past))
}

func TestReadAgreesWithApksigner(t *testing.T) {
	apks := fixtures(t)
	unseen := maps.Clone(apks)
	for _, want := range apksigner(t) {
		t.Run(fmt.Sprintf("%s on %d", want.apk, want.sdk), func(t *testing.T) {
			got, err := read(apks[want.apk], want.sdk)
			require.NoError(t, err)
			same(t, want, got)
		})
		delete(unseen, want.apk)
	}
	assert.Empty(t, slices.Collect(maps.Keys(unseen)), "no line in signers.tsv: run testdata/make.sh")
}

// Where the API level is not known, the answer is that of the newest Android.
func TestReadWithoutAnAPILevel(t *testing.T) {
	newest := make(map[string]said)
	for _, line := range apksigner(t) {
		newest[line.apk] = line
	}
	for name, want := range newest {
		t.Run(name, func(t *testing.T) {
			for _, sdk := range []int{0, -1} {
				got, err := read(fixture(t, name), sdk)
				require.NoError(t, err)
				same(t, want, got)
			}
		})
	}
}
