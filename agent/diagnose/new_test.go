package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
)

// All that is wrong with a set of rules is said at once.
func TestNewRefuses(t *testing.T) {
	_, err := diagnose.New([]diagnose.Rule{
		simple("twice"),
		simple("twice"),
		simple("orphan", "nobody", "nothing"),
		simple("self", "self"),
		simple("ring-a", "ring-b"),
		simple("ring-b", "ring-c"),
		simple("ring-c", "ring-a"),
		changed(simple("money", "twice"), func(r *diagnose.Rule) { r.Money = true }),
		{Code: "empty"},
	}, diagnose.Terms{})
	require.EqualError(t, err, `cannot use these rules: rule "twice": given twice
rule "money": money is never explained away, but has causes ["twice"]
rule "empty": has no condition
rule "orphan": unknown cause "nobody"
rule "orphan": unknown cause "nothing"
rule "self": explains itself through "self"
rule "ring-c": explains itself through "ring-a"`)
}

func TestNewTakes(t *testing.T) {
	for name, rules := range map[string][]diagnose.Rule{
		"no rules":                 nil,
		"symptoms before causes":   chain(),
		"two ways to one cause":    {simple("a", "b", "c"), simple("b", "d"), simple("c", "d"), simple("d")},
		"money without a cause":    {changed(simple("money"), func(r *diagnose.Rule) { r.Money = true })},
		"a cause of cause as well": {simple("a", "b", "c"), simple("b", "c"), simple("c")},
	} {
		e, err := diagnose.New(rules, diagnose.Terms{})
		require.NoError(t, err, name)
		_, ok := e.Next()
		assert.False(t, ok, "%s: nothing was seen, so time changes nothing", name)
		assert.Empty(t, e.Doubts(), name)
	}
}
