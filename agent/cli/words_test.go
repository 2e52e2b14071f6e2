package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWordsAreWhole: each line is a word in both languages, each word stands once, and Chinese has its own punctuation.
func TestWordsAreWhole(t *testing.T) {
	form := regexp.MustCompile(`^(kind|reason|radio|datum|level) ([a-z0-9-]+) = ([^|]*[^| ]) \| ([^|]*[^| ])$`)
	seen := map[string]bool{}
	for line := range strings.Lines(words) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		m := form.FindStringSubmatch(line)
		if !assert.NotNil(t, m, line) {
			continue
		}
		assert.False(t, seen[m[1]+m[2]], "stands twice: %s", line)
		seen[m[1]+m[2]] = true
		assert.NotRegexp(t, `\p{Han}`, m[3], line)
		assert.NotRegexp(t, `[,;:?!()]|\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`, m[4], line)
		assert.Equal(t, m[3], style{lang: "en"}.word(m[1], m[2], ""))
		assert.Equal(t, m[4], style{lang: "zh"}.word(m[1], m[2], ""))
	}
	assert.Greater(t, len(seen), 130)
	assert.Equal(t, "some new reason", reasonIn("zh", "some-new-reason"))
	assert.Equal(t, "x", style{}.word("kind", "x", "x"))
}
