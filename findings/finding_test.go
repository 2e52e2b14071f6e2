package findings_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/findings"
)

var update = flag.Bool("update", false, "rewrite docs/reference/findings.md from the catalogue")

func TestEveryEntryIsWhole(t *testing.T) {
	seen := map[findings.Code]bool{}
	layer := uint8(1)
	for f := range findings.All() {
		t.Run(string(f.Code), func(t *testing.T) {
			assert.Regexp(t, regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), string(f.Code))
			assert.False(t, seen[f.Code], "stands twice")
			seen[f.Code] = true
			assert.GreaterOrEqual(t, f.Layer, layer, "layers rise")
			assert.LessOrEqual(t, f.Layer, uint8(12))
			layer = f.Layer
			for _, text := range []findings.Text{f.Title, f.Merchant, f.Technician, f.Party.Name(), f.Severity.Name(), f.Visit.Sentence()} {
				assert.NotEmpty(t, text.EN)
				assert.NotEmpty(t, text.ZH)
			}
			when := findings.SeenWhen(f.Code)
			require.NotNil(t, when)
			assert.NotEmpty(t, when.Observed)
			for i, s := range when.Escalation {
				assert.NotEmpty(t, s.When)
				assert.True(t, i == 0 || s.Severity > when.Escalation[i-1].Severity, "steps go from mild to bad, each once")
			}
			assert.NotEqual(t, string(f.Party), f.Party.Name().ZH, "the party has a name")
			for _, cause := range f.ExplainedBy {
				assert.NotNil(t, findings.Lookup(cause), "cause %s is in the catalogue", cause)
				assert.NotEqual(t, f.Code, cause)
			}
			assert.Same(t, f, findings.Lookup(f.Code))
		})
	}
	assert.Len(t, seen, 79)
	assert.Nil(t, findings.Lookup("no-such-thing"), "a newer terminal's code is no crash")
	assert.Nil(t, findings.SeenWhen("no-such-thing"))
}

// TestNoAdviceChargesTwice: whatever a merchant is told, it is never to take the same payment again without looking first.
func TestNoAdviceChargesTwice(t *testing.T) {
	for f := range findings.All() {
		en := strings.ToLower(f.Merchant.EN)
		if strings.Contains(en, "swipe again") || strings.Contains(en, "charge again") {
			assert.Regexp(t, "do not|check|before", en, "%s", f.Code)
		}
	}
}

func TestMoneyIsNeverExplainedAway(t *testing.T) {
	for _, code := range []findings.Code{findings.TxnInDoubt, findings.ReversalFailed} {
		assert.Empty(t, findings.Lookup(code).ExplainedBy, code)
	}
}

func TestAffectsNames(t *testing.T) {
	assert.Equal(t, []string{"take_card", "visibility"}, (findings.TakeCard | findings.Visibility).Names())
	assert.Equal(t, []string{}, findings.Affects(0).Names())
}

// TestReference holds docs/reference/findings.md and the catalogue together; -update rewrites it.
func TestReference(t *testing.T) {
	const file = "../docs/reference/findings.md"
	want := reference()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "stale: go test ./findings -update")
}

func reference() string {
	var b strings.Builder
	b.WriteString("# Findings\n\nWhat can go wrong, in the order of the layers that a sale rests on. Made from the tables in `findings/`;\n" +
		"`go test ./findings -update` rewrites it. A code once published is never reused.\n\n" +
		"Severity: **blocking** a swipe or its money fails now · **imminent** it will unless somebody acts · **degraded** works, worse than it should · **info**.\n" +
		"Numbers are the usual ones; a configuration may move the [thresholds](thresholds.md).\n")
	layer := uint8(0)
	names := []string{"", "Device", "Clock", "Link", "Address, gateway, names", "Path", "TLS", "Payment host", "Session", "Transaction", "Settlement", "Payment app", "Agent"}
	for f := range findings.All() {
		if f.Layer != layer {
			layer = f.Layer
			fmt.Fprintf(&b, "\n## %d. %s\n", layer, names[layer])
		}
		fmt.Fprintf(&b, "\n### `%s` %s · %s\n\n", f.Code, f.Title.EN, f.Title.ZH)
		when := findings.SeenWhen(f.Code)
		fmt.Fprintf(&b, "- **Seen when** %s\n", when.Observed)
		if len(when.Escalation) == 0 {
			fmt.Fprintf(&b, "- **Severity** %s\n", f.Severity)
		} else {
			fmt.Fprintf(&b, "- **Severity**\n")
		}
		for _, s := range when.Escalation {
			fmt.Fprintf(&b, "  - %s: %s\n", s.Severity, s.When)
		}
		if when.Note != "" {
			fmt.Fprintf(&b, "- **Note** %s\n", when.Note)
		}
		affects := f.Affects.Names()
		if len(affects) == 0 {
			affects = []string{"nothing"}
		}
		fmt.Fprintf(&b, "- **Affects** %s · **cause** %s · **whose** %s · %s · seen by %s\n", strings.Join(affects, ", "), f.Cause, f.Party.Name().EN, f.Visit.Sentence().EN, f.Source)
		if len(f.ExplainedBy) > 0 {
			causes := make([]string, 0, len(f.ExplainedBy))
			for _, c := range slices.Sorted(slices.Values(f.ExplainedBy)) {
				causes = append(causes, "`"+string(c)+"`")
			}
			fmt.Fprintf(&b, "- **Only a symptom of** %s\n", strings.Join(causes, ", "))
		}
		fmt.Fprintf(&b, "- **Merchant** %s · %s\n- **Technician** %s · %s\n", f.Merchant.EN, f.Merchant.ZH, f.Technician.EN, f.Technician.ZH)
	}
	return b.String()
}
