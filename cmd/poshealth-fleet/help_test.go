package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/probes/probetest"
)

var update = flag.Bool("update", false, "rewrite the man page")

// says is what a command prints.
func says(t *testing.T, code int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	assert.Equal(t, code, run(t.Context(), args, streams{out: &o, err: &e}, self{version: "1"}))
	return o.String(), e.String()
}

// leaves are the commands, as they are called.
func leaves() [][]string {
	var all [][]string
	for _, word := range theManual().Words("") {
		seconds := theManual().Words(word)
		for _, second := range seconds {
			all = append(all, []string{word, second})
		}
		if len(seconds) == 0 {
			all = append(all, []string{word})
		}
	}
	return all
}

// TestHelp: the overview stays on a screen, and each command has its flags, as its flag set has them, exit codes and examples.
func TestHelp(t *testing.T) {
	whole, _ := says(t, exitDone, "help")
	assert.LessOrEqual(t, strings.Count(whole, "\n"), 24)
	met := 0
	for _, l := range leaves() {
		t.Run(strings.Join(l, " "), func(t *testing.T) {
			help, _ := says(t, exitDone, append([]string{"help"}, l...)...)
			if l[0] != "completion" {
				again, _ := says(t, exitDone, append(slices.Clone(l), "-h")...)
				assert.Equal(t, help, again)
			}
			assert.Regexp(t, `^usage: poshealth-fleet `+strings.Join(l, " "), help)
			assert.Contains(t, help, "\nexit codes: 0")
			assert.Contains(t, help, "\nexamples:\n  poshealth-fleet "+strings.Join(l, " "))
			for line := range strings.Lines(whole + help) {
				assert.LessOrEqual(t, columns(strings.TrimSuffix(line, "\n")), 80, line)
			}
			var want, got []string
			in := &invocation{streams: streams{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, met: func(f *flag.FlagSet) {
				met++
				f.VisitAll(func(x *flag.Flag) { want = append(want, x.Name) })
			}}
			in.dispatch(t.Context(), append(slices.Clone(l), "--no-such-flag"))
			for line := range strings.Lines(help) {
				if name, ok := strings.CutPrefix(line, "  --"); ok {
					got = append(got, strings.Fields(name)[0])
				}
			}
			slices.Sort(got)
			assert.Equal(t, want, got, "in manual.txt, and in the flag set of the command")
		})
	}
	assert.Equal(t, 7, met, "commands with flags were met")
}

func TestUnknownCommandIsAnsweredWithTheNearest(t *testing.T) {
	_, errs := says(t, exitMisuse, "wacth")
	assert.Equal(t, "poshealth-fleet: there is no command \"wacth\": did you mean watch?\nhint: `poshealth-fleet help` lists the commands\n", errs)
	_, errs = says(t, exitMisuse, "enrol", "serve", "--no")
	assert.Contains(t, errs, "hint: `poshealth-fleet help enrol serve` shows its flags and examples\n")
}

func TestComplete(t *testing.T) {
	out, errs := says(t, exitDone, "completion", "words", "enrol", "")
	assert.Equal(t, "serve\tgive certificates for tokens\ntokens\tmake tokens\n", out)
	assert.Empty(t, errs)
	out, _ = says(t, exitDone, "completion", "words", "keygen", "--for", "")
	assert.Equal(t, "cmd\t\ndesired\t\nnotice\t\n", out)
	out, _ = says(t, exitDone, "completion", "words", "version", "")
	assert.Empty(t, out)
	out, _ = says(t, exitDone, "completion", "bash")
	assert.Contains(t, out, "complete -F _poshealth_fleet poshealth-fleet\n")
	_, errs = says(t, exitMisuse, "completion", "mksh")
	assert.Contains(t, errs, "want bash, zsh or fish")
}

// TestManPage holds docs/man/poshealth-fleet.1 and the help together, and mandoc finds nothing wrong with it; -update rewrites it.
func TestManPage(t *testing.T) {
	const file = "../../docs/man/poshealth-fleet.1"
	want := theManual().Man(manual.Page{
		Name: "poshealth-fleet", Date: "2026-11-28", SeeAlso: "poshealth(1), docs/how-to/command-a-terminal.md, docs/how-to/enrol-terminals.md",
		Files: [][2]string{{"FILE.seq", "Beside a private key: the number of the newest command that it signed."}},
	})
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "stale: go generate ./cmd/poshealth-fleet")
	said, err := exec.CommandContext(t.Context(), probetest.Need(t, "mandoc"), "-K", "utf-8", "-T", "lint", "-W", "warning", file).CombinedOutput()
	assert.NoError(t, err, "%s", said)
}
