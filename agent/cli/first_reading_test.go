package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// firstLines are what somebody reads before he scrolls, or loses patience.
const firstLines = 12

// TestFirstReading: whatever is wrong, the first lines say what it is, whose it is, the next step, and whether this customer may be
// charged again. The moments are those of the agent's scenarios.
func TestFirstReading(t *testing.T) {
	files, err := filepath.Glob("../testdata/moments/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10)
	roots := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		s, err := wire.Decode[wire.Snapshot](raw)
		require.NoError(t, err)
		for _, lang := range []string{"zh", "en"} {
			for _, columns := range []int{80, screen} {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+lang, func(t *testing.T) {
					told := status.Texts(s, lang)
					st := style{lang: lang, columns: columns}
					read := joined(firstOf(render(told, st), firstLines))
					found := rootsOf(told)
					require.NotEmpty(t, found)
					root := found[0]
					roots[root.Code] = true
					assert.Contains(t, read, joined(root.Title), "the root")
					assert.Contains(t, read, joined(findings.Party(root.Party).Name().In(lang)), "whose it is")
					assert.Contains(t, read, joined(root.Advice.Merchant), "the next step")
					again := map[string]string{
						wire.Yes: st.say("this customer may be charged again", "可以向该顾客重新收款"), wire.No: st.say("do NOT charge this customer again", "不要向该顾客重复收款"),
						wire.Unknown: st.say("charge again? not known", "可否重新收款：未知"),
					}
					assert.Contains(t, read, joined(again[s.Verdict.ChargeAgain]), "may this customer be charged again")
				})
			}
		}
	}
	assert.GreaterOrEqual(t, len(roots), 10, "ten causes, not one ten times: %v", roots)
}

// firstOf are the first n lines.
func firstOf(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// joined is text without its blanks and line breaks: where a line is broken does not matter here.
func joined(text string) string { return strings.Join(strings.Fields(text), "") }
