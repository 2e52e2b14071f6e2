package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/probes/probetest"
)

// run runs a command and returns what it says on stdout, on stderr, and its exit code.
func run(args ...string) (out, errors string, code int) {
	var o, e bytes.Buffer
	code = Run(context.Background(), args, Streams{Out: &o, Err: &e}, Build{Version: "1"})
	return o.String(), e.String(), code
}

// leaves are the commands, as they are called.
func leaves(t *testing.T) [][]string {
	t.Helper()
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
	require.Greater(t, len(all), 8)
	return all
}

// TestOverviewStaysOnOneScreen: 24 lines of 80 columns, with every command.
func TestOverviewStaysOnOneScreen(t *testing.T) {
	out, errors, code := run("help")
	assert.Zero(t, code)
	assert.Empty(t, errors)
	whole := manual.New(manualText, func(string) bool { return true }).Overview() // with what is told of and cannot run yet
	assert.LessOrEqual(t, strings.Count(whole, "\n"), 24)
	inWidth(t, whole)
	inWidth(t, out)
	for _, l := range leaves(t) {
		assert.Regexp(t, `(?m)^  `+strings.Join(l, " ")+` .*\p{Han}`, out, "a line with both languages")
	}
	again, _, _ := run("--help")
	assert.Equal(t, out, again)
	assert.Contains(t, out, "exit codes: 0 ready 可用, 1 at risk 有风险, 2 not ready 不可用, 3 unknown 未知\n")
}

func inWidth(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		assert.LessOrEqual(t, width(line), 80, "a line that is too long: %s", line)
		assert.Equal(t, strings.TrimRight(line, " "), line, "blanks at the end")
	}
}

// TestEachCommandHasHelp: usage, flags, exit codes and examples that can be run, wherever one asks for it.
func TestEachCommandHasHelp(t *testing.T) {
	for _, l := range leaves(t) {
		t.Run(strings.Join(l, " "), func(t *testing.T) {
			out, errors, code := run(append([]string{"help"}, l...)...)
			assert.Zero(t, code)
			assert.Empty(t, errors)
			assert.Regexp(t, `^usage: poshealth `+strings.Join(l, " ")+`( |\n)`, out)
			assert.Contains(t, out, "\nexit codes: 0")
			assert.NotContains(t, out, "@", "all that is shared is filled in")
			inWidth(t, out)
			_, examples, found := strings.Cut(out, "\nexamples:\n")
			assert.True(t, found)
			for line := range strings.Lines(examples) {
				assert.True(t, strings.HasPrefix(line, "  poshealth "+strings.Join(l, " ")), line)
				for word := range strings.FieldsSeq(line) {
					if flag, ok := strings.CutPrefix(word, "--"); ok {
						assert.Contains(t, out, "\n  --"+flag, "what an example uses is explained")
					}
				}
			}
			for _, ask := range []string{"--help", "-h", "-help"} {
				if l[0] != "completion" {
					again, _, code := run(append(slices.Clone(l), "--config", "x", ask)...)
					assert.Zero(t, code)
					assert.Equal(t, out, again)
				}
			}
		})
	}
	out, _, code := run("help", "config")
	assert.Zero(t, code)
	assert.Equal(t, 2, strings.Count(out, "usage: "), "a group's help is that of all of it")
}

// TestHelpKnowsTheFlags: those of the flag set, each in the help of its command, and no others.
func TestHelpKnowsTheFlags(t *testing.T) {
	met := 0
	for _, l := range leaves(t) {
		t.Run(strings.Join(l, " "), func(t *testing.T) {
			var want, got []string
			var out bytes.Buffer
			in := &invocation{Streams: Streams{Out: &out, Err: &out}, met: func(f *flag.FlagSet) {
				met++
				f.VisitAll(func(x *flag.Flag) { want = append(want, x.Name) })
			}}
			handler(l[0])(in, t.Context(), append(slices.Clone(l[1:]), "--no-such-flag"))
			help, _, _ := run(append([]string{"help"}, l...)...)
			for line := range strings.Lines(help) {
				if name, ok := strings.CutPrefix(line, "  --"); ok {
					got = append(got, strings.Fields(name)[0])
				}
			}
			slices.Sort(got)
			assert.Equal(t, want, got, "in manual.txt, and in the flag set of the command")
		})
	}
	assert.GreaterOrEqual(t, met, 5, "commands with flags were met")
}

func TestUnknownCommand(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"chekc"}, "poshealth: there is no command \"chekc\": did you mean check?\nhint: `poshealth help` lists the commands\n"},
		{[]string{"enroll"}, "poshealth: there is no command \"enroll\": did you mean enrol?\nhint: `poshealth help` lists the commands\n"},
		{[]string{"help", "statsu"}, "poshealth: there is no command \"statsu\": did you mean status?\nhint: `poshealth help` lists the commands\n"},
		{[]string{"settle"}, "poshealth: there is no command \"settle\"\nhint: `poshealth help` lists the commands\n"},
		{[]string{"check", "--colour"}, "poshealth: check: flag provided but not defined: -colour\nhint: `poshealth help check` shows its flags and examples\n"},
		{[]string{"completion", "mksh"}, "poshealth: completion: want bash, zsh or fish (Android's own shell, mksh, cannot complete)\nhint: `poshealth help completion` shows its flags and examples\n"},
	} {
		out, errors, code := run(row.args...)
		assert.Equal(t, exitUnknown, code)
		assert.Empty(t, out)
		assert.Equal(t, row.want, errors)
	}
}

// TestWhatCannotRunIsNotTold: an entry without a handler is in no help and no completion.
func TestWhatCannotRunIsNotTold(t *testing.T) {
	m := manual.New("head\n\nCOMMANDS\n\n= one  does one  一\nusage: x one\n\n= two  does two  二\nusage: x two\n", func(word string) bool { return word == "one" })
	assert.Equal(t, "head\n\n  one  does one  一\n", m.Overview())
	assert.Empty(t, m.Help([]string{"two"}))
	assert.Equal(t, "one\tdoes one\n", m.Complete([]string{""}))
}

// TestManPage holds docs/man/poshealth.1 and the help together, and mandoc finds nothing wrong with it; -update rewrites it.
func TestManPage(t *testing.T) {
	const file = "../../docs/man/poshealth.1"
	want := theManual().Man(manual.Page{
		Name: "poshealth", Date: "2026-11-28", SeeAlso: "poshealth-fleet(1), docs/technician.md, docs/install.md",
		Files: [][2]string{
			{"/etc/poshealth/poshealth.toml", "The configuration; on Android poshealth.toml in the state folder."},
			{"/data/local/poshealth", "The state folder on Android, terminal.state_dir: what waits for the fleet, what is unsettled, the identity, the socket."},
		},
	})
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "stale: go generate ./agent/cli")

	mandoc := probetest.Need(t, "mandoc")
	said, err := exec.CommandContext(t.Context(), mandoc, "-K", "utf-8", "-T", "lint", "-W", "warning", file).CombinedOutput()
	assert.NoError(t, err, "%s", said)
	shown, err := exec.CommandContext(t.Context(), mandoc, "-K", "utf-8", "-T", "utf8", "-O", "width=100", file).Output()
	require.NoError(t, err)
	for _, l := range leaves(t) {
		assert.Contains(t, string(shown), "poshealth "+strings.Join(l, " "))
	}
	assert.Contains(t, string(shown), "这台终端现在能否收款")
}
