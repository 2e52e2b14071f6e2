package agent

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/findings"
)

// neverExplained are codes whose causes the catalogue names and no story can show at work.
func neverExplained() map[findings.Code]string {
	return map[findings.Code]string{
		findings.AppVersionIncompatible: "an app that is not there has no version",
		findings.AppVersionBehind:       "below the minimum it is app-version-incompatible alone",
		findings.CertExpiring:           "a clock that is behind makes no certificate end sooner, and past its end it is cert-expired alone",
		findings.PaymentAppStopped:      "one that is missing is not installed and stopped",
		findings.TLSVersionUnsupported:  "one handshake fails for one reason",
		findings.WeakSignal:             "without a link there is no signal to be weak",
	}
}

// TestEveryCodeHasItsStory: a code that no story raises, clears and, where it can be a symptom, explains is one that nobody has watched. The
// stories are held to what happens by [TestScenarios].
func TestEveryCodeHasItsStory(t *testing.T) {
	raised, cleared, explained := map[string]bool{}, map[string]bool{}, map[string]bool{}
	line := regexp.MustCompile(`(?m)^  ([-+~]) ([a-z-]+)(/\S+)?(?: (?:info|degraded|imminent|blocking))?(,? because of \S+)?`)
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	require.NoError(t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, part := range txtar.Parse(b).Files {
			if part.Name != "story" {
				continue
			}
			for _, m := range line.FindAllStringSubmatch(string(part.Data), -1) {
				what, code, because := m[1], m[2], m[4]
				raised[code] = raised[code] || what == "+"
				cleared[code] = cleared[code] || what == "-"
				explained[code] = explained[code] || because != "" && because != " because of nothing"
			}
		}
	}
	for f := range findings.All() {
		code := string(f.Code)
		assert.True(t, raised[code], "no story raises %s", code)
		assert.True(t, cleared[code], "no story clears %s", code)
		if why := neverExplained()[f.Code]; why != "" {
			assert.False(t, explained[code], "%s is explained after all: take it from the list", code)
			continue
		}
		assert.True(t, explained[code] || len(f.ExplainedBy) == 0, "no story explains %s by any of %v", code, f.ExplainedBy)
	}
}
