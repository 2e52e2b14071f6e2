package intake

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake/intaketest"
)

// TestThePageHasTheContract: every kind and field stands in docs/intake.md, under its kind, and its examples are taken.
func TestThePageHasTheContract(t *testing.T) {
	b, err := os.ReadFile("../../docs/intake.md")
	require.NoError(t, err)
	page := string(b)
	section := func(begin string) string {
		_, after, found := strings.Cut(page, begin)
		require.True(t, found, begin)
		text, _, _ := strings.Cut(after, "\n##")
		return text
	}
	for _, f := range common() {
		assert.Contains(t, section("\n## Events\n"), "`"+f.name+"`")
	}
	for _, kind := range kinds() {
		text := section("\n### `" + kind + "`")
		for _, f := range fields(kind) {
			assert.Contains(t, text, "`"+f.name+"`", kind)
		}
	}
	_, after, found := strings.Cut(page, "One of each:\n\n```json\n")
	require.True(t, found)
	examples, _, _ := strings.Cut(after, "```")
	taken := NewReader("").Parse([]byte(examples))
	assert.Empty(t, taken.Refused)
	assert.Zero(t, taken.Dropped)
	var got []string
	for _, e := range taken.Events {
		got = append(got, e.Kind)
	}
	assert.Equal(t, kinds(), got)
}

// TestWhatTestsTellIsWhole: an event of every kind with every field, so that a card can be hidden in any of them.
func TestWhatTestsTellIsWhole(t *testing.T) {
	for i, line := range intaketest.Lines() {
		taken := NewReader("").Parse([]byte(line))
		require.Len(t, taken.Events, 1, "%v", taken.Refused)
		assert.Equal(t, kinds()[i], taken.Events[0].Kind)
		for _, f := range fields(taken.Events[0].Kind) {
			_, told := taken.Events[0].find(f.name)
			assert.True(t, told, "%s %s", taken.Events[0].Kind, f.name)
		}
	}
}
