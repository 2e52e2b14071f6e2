package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/probes/probetest"
)

// lines are what is offered, without what it does.
func lines(text string) []string {
	var words []string
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		words = append(words, word)
	}
	return words
}

func TestComplete(t *testing.T) {
	for _, row := range []struct {
		name  string
		words []string
		want  []string
	}{
		{"a command", []string{"co"}, []string{"confirm", "config", "completion"}},
		{"a command of a group", []string{"config", ""}, []string{"check", "example"}},
		{"a command that is begun", []string{"config", "ex"}, []string{"example"}},
		{"a flag", []string{"check", "--c"}, []string{"--capabilities", "--config"}},
		{"a flag where nothing is typed", []string{"run", ""}, []string{"--config", "--root"}},
		{"a flag behind others", []string{"check", "--lang", "zh", "--f"}, []string{"--format"}},
		{"a choice", []string{"check", "--lang", ""}, []string{"zh", "en"}},
		{"a choice on the line below its flag", []string{"confirm", "000123", "--result", "re"}, []string{"reversed", "refunded"}},
		{"a choice behind =, as bash parts words", []string{"check", "--lang", "=", "z"}, []string{"zh"}},
		{"nothing behind =, as bash parts words", []string{"check", "--lang", "="}, []string{"zh", "en"}},
		{"a file of a flag", []string{"check", "--config", "/e"}, []string{":FILE"}},
		{"a folder of a flag", []string{"check", "--root", ""}, []string{":DIR"}},
		{"a file of a command", []string{"config", "check", "p"}, []string{":FILE"}},
		{"a choice of a command", []string{"completion", ""}, []string{"bash", "zsh", "fish"}},
		{"nobody knows a number", []string{"confirm", "--batch", ""}, nil},
		{"nothing follows", []string{"version", ""}, nil},
		{"a command that is none", []string{"chekc", ""}, nil},
		{"help is no request for help", []string{"check", "--help", "--la"}, []string{"--lang"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, errors, code := run(append([]string{"completion", "words"}, row.words...)...)
			assert.Zero(t, code)
			assert.Empty(t, errors)
			assert.Equal(t, row.want, lines(out))
		})
	}
	out, _, _ := run("completion", "words", "sta")
	assert.Equal(t, "status\task the daemon\n", out)
}

// shelled is a folder in which poshealth is a script that says what this program would, and a configuration lies.
func shelled(t *testing.T, shell string) (dir, script string) {
	t.Helper()
	dir = t.TempDir()
	// The program itself is not built here: what it says of these words is written down for it.
	var answers strings.Builder
	for _, words := range [][]string{{"co"}, {"config", ""}, {"check", "--lang", ""}, {"check", "--config", "poshealth."}, {"check", "--root", "da"}, {"check", "--lang", "=", "z"}} {
		out, _, _ := run(append([]string{"completion", "words"}, words...)...)
		answers.WriteString("'" + strings.Join(words, "|") + "') cat <<'EOF'\n" + out + "EOF\n;;\n")
	}
	program := "#!/bin/sh\nshift 2\nkey=$1; shift\nfor w; do key=\"$key|$w\"; done\ncase $key in\n" + answers.String() + "esac\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "poshealth"), []byte(program), 0o700)) //nolint:gosec // a program
	require.NoError(t, os.WriteFile(filepath.Join(dir, "poshealth.toml"), nil, 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data", "a b"), 0o700))
	script = filepath.Join(dir, "completion."+shell)
	require.NoError(t, os.WriteFile(script, []byte(manual.Script("poshealth", shell)), 0o600))
	return dir, script
}

// shell runs text in a real shell in dir, with its poshealth.
func shell(t *testing.T, program, dir, text string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append(args, text)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir, "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

func TestBashCompletes(t *testing.T) {
	bash := probetest.Need(t, "bash")
	dir, script := shelled(t, "bash")
	for words, want := range map[string]string{
		"co": "confirm|config|completion|", "config ''": "check|example|", "check --lang ''": "zh|en|", "check --config poshealth.": "poshealth.toml|",
		"check --root da": "data|", "check --lang = z": "zh|",
	} {
		got := shell(t, bash, dir, `. `+script+`; COMP_WORDS=(poshealth `+words+`); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _poshealth; printf '%s|' "${COMPREPLY[@]}"; complete -p poshealth >/dev/null`, "--norc", "-c")
		assert.Equal(t, want, got, words)
	}
}

// TestZshCompletes: in a real zsh, whose own helpers say what they were asked for.
func TestZshCompletes(t *testing.T) {
	zsh := probetest.Need(t, "zsh")
	dir, script := shelled(t, "zsh")
	for words, want := range map[string]string{
		"co": "poshealth: confirm:say what became of a sale in doubt|config:check, example|completion:teach your shell to complete|", "config ''": "poshealth: check:all that is wrong with a file|example:every key, explained|",
		"check --lang ''": "poshealth: zh:|en:|", "check --config poshealth.": "files", "check --root da": "files -/",
	} {
		got := shell(t, zsh, dir, `compdef() { :; }; _files() { print -r -- files $*; }; _describe() { print -rn -- "$1: "; printf '%s|' "${(@P)2}"; }
. `+script+`; words=(poshealth `+words+`); CURRENT=$#words; _poshealth`, "-f", "-c")
		assert.Equal(t, want, got, words)
	}
}

func TestFishCompletes(t *testing.T) {
	fish := probetest.Need(t, "fish")
	dir, script := shelled(t, "fish")
	for words, want := range map[string][]string{
		"co": {"completion", "config", "confirm"}, "config ": {"check", "example"}, "check --lang ": {"en", "zh"},
		"check --config poshealth.": {"poshealth.toml"}, "check --root da": {"data/"},
	} {
		got := shell(t, fish, dir, `source `+script+`; complete -C 'poshealth `+words+`'`, "--no-config", "-c")
		assert.ElementsMatch(t, want, lines(got), words)
	}
}
