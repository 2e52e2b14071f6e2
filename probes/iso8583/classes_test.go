package iso8583_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/iso8583"
)

func TestClasses(t *testing.T) {
	table := iso8583.Classes()
	assert.Len(t, table, 59)
	for code, class := range table {
		assert.Regexp(t, `^[0-9A-Z]{2}$`, code)
		assert.Contains(t, iso8583.ClassNames(), class)
	}
	assert.NotContains(t, iso8583.ClassNames(), iso8583.UnknownClass)
	for code, class := range map[string]iso8583.Class{
		"00": iso8583.Approved, "A2": iso8583.Verify, "51": iso8583.Cardholder, "58": iso8583.Policy, "77": iso8583.Session, "A0": iso8583.Session,
		"30": iso8583.BadFormat, "94": iso8583.Linkage, "96": iso8583.Technical, "98": iso8583.Technical,
	} {
		assert.Equal(t, class, table[code], code)
	}
	table["00"] = iso8583.Technical
	assert.Equal(t, iso8583.Approved, iso8583.Classes()["00"], "each caller has a table of its own")
}

// TestReferenceTellsTheClasses holds the table of docs/reference/iso8583.md to the code.
func TestReferenceTellsTheClasses(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/iso8583.md")
	require.NoError(t, err)
	told := map[iso8583.Class][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|.*\\| ([^|]*) \\|$").FindAllStringSubmatch(string(page), -1) {
		if class := iso8583.Class(row[1]); slices.Contains(iso8583.ClassNames(), class) {
			told[class] = strings.Fields(row[2])
		}
	}
	want := map[iso8583.Class][]string{}
	for code, class := range iso8583.Classes() {
		want[class] = append(want[class], code)
	}
	for _, class := range iso8583.ClassNames() {
		assert.ElementsMatch(t, want[class], told[class], class)
	}
}
