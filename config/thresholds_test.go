package config_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

func TestThresholdsAreWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, l := range config.Thresholds() {
		assert.False(t, seen[l.Name], "%s stands twice", l.Name)
		seen[l.Name] = true
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$`, l.Name)
		assert.Contains(t, []string{"s", "ms", "%", "1", "dBm", "MB"}, l.Unit, l.Name)
		assert.LessOrEqual(t, l.Least, l.Value, l.Name)
		assert.LessOrEqual(t, l.Value, l.Most, l.Name)
		assert.Less(t, l.Least, l.Most, l.Name)
		assert.NotEmpty(t, l.What, l.Name)
	}
}

// shown is a threshold's value as a file has it.
func shown(l config.Threshold, v float64) string {
	scale, isTime := map[string]time.Duration{"s": time.Second, "ms": time.Millisecond}[l.Unit]
	if !isTime {
		return fmt.Sprintf("%g", v)
	}
	d := (time.Duration(v) * scale).String()
	d = strings.TrimSuffix(d, "0s")
	if d == "" {
		return "0s"
	}
	if !strings.HasSuffix(d, "m") {
		return (time.Duration(v) * scale).String()
	}
	if strings.HasSuffix(d, "h0m") {
		return strings.TrimSuffix(d, "0m")
	}
	return d
}

// The commented example has each with its default, its bounds and its sentence.
func TestExampleShowsTheThresholds(t *testing.T) {
	text := string(config.Example())
	got, err := config.Parse("example.toml", uncomment(config.Example()))
	require.NoError(t, err)
	for _, l := range config.Thresholds() {
		assert.Equal(t, l.Value, got.Threshold[l.Name], l.Name)
		code, key, _ := strings.Cut(l.Name, ".")
		_, table, ok := strings.Cut(text, "\n[threshold."+code+"]\n")
		require.True(t, ok, code)
		before, _, ok := strings.Cut(table, "\n#"+key+" = ")
		require.True(t, ok, l.Name)
		sentence := before[strings.LastIndex("\n"+before, "\n# "):]
		first, size := utf8.DecodeRuneInString(l.What)
		want := strings.ToUpper(string(first)) + l.What[size:] + ". " + shown(l, l.Least) + " to " + shown(l, l.Most)
		assert.Contains(t, sentence, want, l.Name)
	}
	assert.Len(t, got.Threshold, len(config.Thresholds()))
}

// TestThresholdReference holds docs/reference/thresholds.md and the table together; -update rewrites it.
func TestThresholdReference(t *testing.T) {
	const file = "../docs/reference/thresholds.md"
	var b strings.Builder
	b.WriteString("# Thresholds\n\nThe numbers by which [findings](findings.md) are judged, and within which bounds a configuration may move each. Made from\n" +
		"the table in `config/thresholds.go`; `go test ./config -update` rewrites it. A configuration sets them by the finding's code:\n\n" +
		"```toml\n[threshold.reversal-pending]\nimminent = \"10m\"\n```\n\n" +
		"Times are texts with a unit, all else are numbers. Of one finding the milder number never lies beyond the graver. What is not set\n" +
		"is as below, also where a configuration came from afar.\n\n| Threshold | Default | From | To | |\n|---|---|---|---|---|\n")
	for _, l := range config.Thresholds() {
		unit := map[string]string{"%": " %", "dBm": " dBm", "MB": " MB"}[l.Unit]
		fmt.Fprintf(&b, "| `%s` | %s%s | %s | %s | %s |\n", l.Name, shown(l, l.Value), unit, shown(l, l.Least), shown(l, l.Most), l.What)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(got), "stale: go test ./config -update")
}
