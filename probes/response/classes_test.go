package response_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/response"
)

func TestClasses(t *testing.T) {
	table := response.Classes()
	assert.Len(t, table, 59)
	for code, class := range table {
		assert.Regexp(t, `^[0-9A-Z]{2}$`, code)
		assert.Contains(t, response.ClassNames(), class)
	}
	assert.NotContains(t, response.ClassNames(), response.UnknownClass)
	for code, class := range map[string]response.Class{
		"00": response.Approved, "A2": response.Verify, "51": response.Cardholder, "58": response.Policy, "77": response.Session, "A0": response.Session,
		"30": response.BadFormat, "94": response.Linkage, "96": response.Technical, "98": response.Open,
	} {
		assert.Equal(t, class, table[code], code)
	}
	tables := response.NewTables(map[string]map[string]response.Class{"a": {"Z1": response.Technical}})
	assert.Equal(t, response.Technical, tables.Class("a", "Z1"), "the host's own word")
	assert.Equal(t, response.Cardholder, tables.Class("b", "Z1"))
	assert.Equal(t, response.Technical, tables.Class("", "911"), "an action code")
	assert.Equal(t, response.UnknownClass, tables.Class("", "ZZ"))
	table["00"] = response.Technical
	assert.Equal(t, response.Approved, response.Classes()["00"], "each caller has a table of its own")
}

// TestReferenceTellsTheClasses holds the table of docs/reference/iso8583.md to the code.
func TestReferenceTellsTheClasses(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/iso8583.md")
	require.NoError(t, err)
	told := map[response.Class][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*\\| ([^|]*) \\|$").FindAllStringSubmatch(string(page), -1) {
		if class := response.Class(row[1]); slices.Contains(response.ClassNames(), class) {
			told[class] = strings.Fields(row[2])
		}
	}
	want := map[response.Class][]string{}
	for code, class := range response.Classes() {
		want[class] = append(want[class], code)
	}
	delete(told, response.SignOn) // the acquirer's own
	for _, class := range response.ClassNames() {
		assert.ElementsMatch(t, want[class], told[class], class)
	}
}
