package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/agent/status"
)

// shown is a place in a document for what the program shows: of which command, in which situation of testdata, in which language.
var shown = regexp.MustCompile("(?s)<!-- shown: (status|card) ([a-z-]+) (zh|en) -->\n```\n(.*?)```\n")

// TestTechnicianSeesWhatIsShown: what docs/technician.md shows of a screen is what the program prints today, in both languages;
// -update rewrites it.
func TestTechnicianSeesWhatIsShown(t *testing.T) {
	for _, file := range []string{"../../docs/technician.md", "../../docs/technician.zh.md"} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		places := 0
		want := shown.ReplaceAllStringFunc(string(content), func(place string) string {
			places++
			m := shown.FindStringSubmatch(place)
			s, st := textsOf(t, m[2], m[3]), style{lang: m[3]}
			text := render(s, st)
			if m[1] == "card" {
				text = status.Support(s) // its code, drawn for a dark screen, would be inside out on paper
			}
			return strings.TrimSuffix(place, m[4]+"```\n") + text + "```\n"
		})
		assert.Equal(t, 4, places)
		assert.Equal(t, places, strings.Count(want, "<!-- shown:"), "each place is one")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
			content = []byte(want)
		}
		assert.Equal(t, want, string(content), "stale: go test ./agent/cli -run Technician -update")
	}
}

// TestTechnicianIsToldOfWhatThereIs: each command line of the two documents is one that the help knows, with its flags, and both
// have the same.
func TestTechnicianIsToldOfWhatThereIs(t *testing.T) {
	whole := manual.New(manualText, func(string) bool { return true })
	var told [2][]string
	for i, file := range []string{"../../docs/technician.md", "../../docs/technician.zh.md"} {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		fence := ""
		for line := range strings.Lines(string(content)) {
			if strings.HasPrefix(line, "```") {
				fence = line
			}
			call, ok := strings.CutPrefix(line, "poshealth ")
			if !ok || fence != "```sh\n" {
				continue
			}
			call, _, _ = strings.Cut(call, "#")
			words := strings.Fields(call)
			help := whole.Help(words)
			if words[0] == "help" {
				help = whole.Help(words[1:])
			}
			assert.NotEmpty(t, help, line)
			command := words[0]
			for _, w := range words {
				if strings.HasPrefix(w, "--") {
					assert.Contains(t, help, "\n  "+w, line)
					command += " " + w
				}
			}
			told[i] = append(told[i], command)
		}
	}
	assert.Greater(t, len(told[0]), 8)
	assert.Equal(t, told[0], told[1], "both languages tell of the same commands")
}
