package diagnose_test

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/diagnose"
)

func TestCompareVersions(t *testing.T) {
	// Each is newer than the one before; those in one row are equal.
	order := [][]string{
		{"alpha", "ALPHA", "valpha"},
		{"beta"},
		{"", "0", "v0", "0.0", "..."},
		{"0.9"},
		{"1-beta"},
		{"1-beta.2", "1_BETA_2", "1beta2"},
		{"1-rc1"},
		{"1", "1.0", "V1", "v01", "1.0.0", " 1 "},
		{"1.0.1"},
		{"1.2-beta"},
		{"1.2"},
		{"1.10"},
		{"3.4.1.20240101"},
		{"3.4.1.20250101"},
		{"3.10.2", "V3.10.2", "3-10-2"},
		{"20240101"},
		{"99999999999999999999999999999999999999", "099999999999999999999999999999999999999"},
		{"100000000000000000000000000000000000000"},
	}
	for i, as := range order {
		for j, bs := range order {
			for _, a := range as {
				for _, b := range bs {
					assert.Equal(t, cmp.Compare(i, j), diagnose.CompareVersions(a, b), "%q against %q", a, b)
				}
			}
		}
	}
}

// Whatever vendors write, versions are in an order: nothing is newer than itself, and nobody's newer is its older.
func FuzzCompareVersions(f *testing.F) {
	f.Add("3.4.1", "3.4.1-beta", "V3.10.2")
	f.Add("", "0", "a")
	f.Add("1.0.0-rc.1+build.5", "版本2.1", "\xff\xfe.1")
	f.Add("1..2", "1.-2", "1.2\x00")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, ba := diagnose.CompareVersions(a, b), diagnose.CompareVersions(b, a)
		if ab != -ba || ab < -1 || ab > 1 {
			t.Fatalf("%q against %q: %d one way, %d the other", a, b, ab, ba)
		}
		if got := diagnose.CompareVersions(a, a); got != 0 {
			t.Fatalf("%q against itself: %d", a, got)
		}
		bc, ac := diagnose.CompareVersions(b, c), diagnose.CompareVersions(a, c)
		if ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && ab+bc != 0)) {
			t.Fatalf("%q, %q, %q: %d, then %d, but from end to end %d", a, b, c, ab, bc, ac)
		}
	})
}
