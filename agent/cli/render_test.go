package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

var update = flag.Bool("update", false, "rewrite what the command line shows")

// TestRender: what a technician reads, in both languages, for the snapshots in testdata. -update rewrites it; read it then.
func TestRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.Len(t, archive.Files, 3)
			s, err := wire.Decode[wire.Snapshot](archive.Files[0].Data)
			require.NoError(t, err)
			for i, lang := range []string{"zh", "en"} {
				part := &archive.Files[i+1]
				require.Equal(t, lang, part.Name)
				got := render(status.Texts(s, lang), style{lang: lang})
				if *update {
					part.Data = []byte(got)
				}
				assert.Equal(t, string(part.Data), got)
				for line := range strings.Lines(got) {
					assert.LessOrEqual(t, width(strings.TrimRight(line, "\n")), screen+8, "a line that no screen shows: %s", line)
				}
				coloured := render(status.Texts(s, lang), style{lang: lang, colour: true})
				assert.Contains(t, coloured, "\x1b[", "colour where it may be")
				assert.Equal(t, got, plain(coloured), "colour adds nothing but itself")
			}
			if *update {
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
		})
	}
}

// TestKeptInMemoryAlone: that nothing is kept on flash, and why, is for people too.
func TestKeptInMemoryAlone(t *testing.T) {
	s := wire.Snapshot{Report: &wire.Report{Ledger: []wire.Ledger{{Held: "memory", Fault: "mkdir spool: no space left on device"}}}}
	assert.Contains(t, render(s, style{lang: "en"}), "\n            Kept in memory alone: mkdir spool: no space left on device\n")
	assert.Contains(t, render(s, style{lang: "zh"}), "仅存于内存：mkdir spool: no space left on device")
	s.Report.Ledger[0].Held, s.Report.Ledger[0].Fault = "flash", ""
	assert.NotContains(t, render(s, style{lang: "en"}), "memory alone")
}

// plain takes the colour out.
func plain(text string) string {
	var b strings.Builder
	escape := false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestExitCode(t *testing.T) {
	for _, row := range []struct {
		name             string
		takeCard, settle wire.Answer
		want             int
	}{
		{"all is well", wire.Answer{Level: wire.Ready}, wire.Answer{Level: wire.Ready}, 0},
		{"settlement is not asked for", wire.Answer{Level: wire.Ready}, wire.Answer{Level: wire.Unknown, Lacks: wire.LacksIntake}, 0},
		{"settlement is asked for and not known", wire.Answer{Level: wire.Ready}, wire.Answer{Level: wire.Unknown, Lacks: wire.LacksNews}, 3},
		{"settlement in danger", wire.Answer{Level: wire.Ready}, wire.Answer{Level: wire.NotReady}, 2},
		{"at risk is worse than not knowing", wire.Answer{Level: wire.AtRisk}, wire.Answer{Level: wire.Unknown, Lacks: wire.LacksNews}, 1},
		{"nothing known", wire.Answer{Level: wire.Unknown}, wire.Answer{Level: wire.Unknown, Lacks: wire.LacksIntake}, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, exitCode(wire.Snapshot{Verdict: wire.Verdict{TakeCard: row.takeCard, Settle: row.settle}}))
		})
	}
}

func TestWidth(t *testing.T) {
	assert.Equal(t, 4, width("刷卡"))
	assert.Equal(t, 5, width("a ✓ b"))
	assert.Equal(t, 2, width("\x1b[31mab\x1b[0m"))
	assert.Equal(t, "刷卡  |", pad("刷卡", 6)+"|")
}
