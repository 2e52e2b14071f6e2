package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestVisitText: what a technician reads of a visit that is open, that has ended and that nobody ended, in both languages; -update
// rewrites it. The how-to shows the one that has ended.
func TestVisitText(t *testing.T) {
	for _, name := range []string{"event-07", "event-08", "event-09"} {
		body, err := os.ReadFile("../../transport/wire/testdata/v1/" + name + ".json")
		require.NoError(t, err)
		e, err := wire.Decode[wire.Event](body)
		require.NoError(t, err)
		file := filepath.Join("testdata", "visit", e.Visit.State+".txtar")
		shown := &txtar.Archive{}
		for _, lang := range []string{"zh", "en"} {
			got := visitText(e.Visit, style{lang: lang})
			shown.Files = append(shown.Files, txtar.File{Name: lang, Data: []byte(got)})
			for line := range strings.Lines(got) {
				assert.LessOrEqual(t, width(strings.TrimSuffix(line, "\n")), screen, line)
			}
			coloured := visitText(e.Visit, style{lang: lang, colour: true})
			assert.Contains(t, coloured, "\x1b[")
			assert.Equal(t, got, plain(coloured), "colour adds nothing but itself")
		}
		if *update {
			require.NoError(t, os.WriteFile(file, txtar.Format(shown), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(txtar.Format(shown)))
		if e.Visit.State == wire.VisitDone {
			page, err := os.ReadFile("../../docs/how-to/visit.md")
			require.NoError(t, err)
			assert.Contains(t, string(page), "```\n"+string(shown.Files[1].Data)+"```\n", "docs/how-to/visit.md shows it as it is")
		}
	}
}

// TestFit: a cell is cut to its column by what a screen shows, and keeps its colour to itself.
func TestFit(t *testing.T) {
	assert.Equal(t, "短", fit("短", 2))
	assert.Equal(t, "无网络…", fit("无网络连接", 8))
	assert.Equal(t, "\x1b[31mabc…\x1b[0m", fit("\x1b[31mabcdef\x1b[0m", 4))
}

// TestVisiting: a status says that somebody is at work, and since which day.
func TestVisiting(t *testing.T) {
	s := wire.Snapshot{Session: wire.Session{At: "2026-11-24T08:00:00.000+08:00"}}
	assert.Empty(t, visiting(nil, s, style{lang: "en"}))
	open := &wire.OpenVisit{Since: "2026-11-23T12:02:01.000+08:00", By: "4711"}
	assert.Equal(t, "Visit       open since 2026-11-23 12:02  by 4711\n", visiting(open, s, style{lang: "en"}))
	s.Session.At = "2026-11-23T13:00:00.000+08:00"
	assert.Equal(t, "上门        进行中，始于 12:02  4711\n", visiting(open, s, style{lang: "zh"}))
}
