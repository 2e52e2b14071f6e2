package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// textsOf is one of the snapshots in testdata, with its texts.
func textsOf(t *testing.T, name, lang string) wire.Snapshot {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	require.NoError(t, err)
	s, err := wire.Decode[wire.Snapshot](archive.Files[0].Data)
	require.NoError(t, err)
	return status.Texts(s, lang)
}

// TestCardFitsATerminal: text and code on 80 columns, the code's two shapes of the same modules.
func TestCardFitsATerminal(t *testing.T) {
	for _, name := range []string{"in-doubt", "cable-pulled", "ready", "no-host"} {
		s := textsOf(t, name, "zh")
		dark, err := card(s, style{})
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(dark, status.Support(s)+"\n"))
		for line := range strings.Lines(dark) {
			assert.LessOrEqual(t, width(strings.TrimRight(line, "\n")), 80)
		}
		light, err := card(s, style{colour: true})
		require.NoError(t, err)
		swap := strings.NewReplacer("█", " ", " ", "█", "▀", "▄", "▄", "▀")
		_, onDark, _ := strings.Cut(dark, "\n\n")
		_, onLight, _ := strings.Cut(plain(light), "\n\n")
		onDark, onLight = strings.TrimRight(onDark, "\n"), swap.Replace(strings.TrimRight(onLight, "\n"))
		last := strings.LastIndex(onDark, "\n") // an odd last row has no lower half
		assert.Equal(t, onDark[:last], onLight[:strings.LastIndex(onLight, "\n")])
	}
}
