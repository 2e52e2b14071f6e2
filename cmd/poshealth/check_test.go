package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// answer is what one call of the program came to.
type answer struct {
	code        int
	out, errors string
}

func call(t *testing.T, name string, args ...string) answer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	require.NotNil(t, cmd.ProcessState, "%s did not start", name)
	return answer{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// namespaces returns the program that makes network namespaces, where this user may make them.
func namespaces(t *testing.T) string {
	t.Helper()
	unshare := probetest.Need(t, "unshare")
	if out, err := exec.CommandContext(t.Context(), unshare, "-n", "true").CombinedOutput(); err != nil {
		probetest.Unable(t, "this user may not make a network namespace: "+string(out))
	}
	return unshare
}

// TestCheckWithoutAnyNetwork: no configuration, no network at all. It ends soon, exits 2, blames the link, and what only
// follows from that is no root.
func TestCheckWithoutAnyNetwork(t *testing.T) {
	unshare, binary := namespaces(t), buildAgent(t)
	start := time.Now()
	a := call(t, unshare, "-n", binary, "check", "--format", "json")
	assert.Less(t, time.Since(start), patience/3, "it waits for nobody who cannot be there")
	assert.Equal(t, 2, a.code, a.out+a.errors)
	conforms(t, "health", a.out)
	s, err := wire.Decode[wire.Snapshot]([]byte(a.out))
	require.NoError(t, err)
	assert.Equal(t, wire.NotReady, s.Verdict.TakeCard.Level)
	assert.Equal(t, &wire.Ref{Code: "link-down"}, s.Verdict.TakeCard.Root)
	require.NotEmpty(t, symptomsOf(s, "link-down"))
	for _, f := range s.Findings {
		assert.True(t, f.Unconfirmed, "one look cannot last")
	}
	assertOneRoot(t, s)
	text := call(t, unshare, "-n", binary, "check", "--lang", "zh")
	assert.Contains(t, text.out, "不能收款")
	assert.Contains(t, text.out, "无网络连接")
}

// TestCheckWithoutAHost: with a network and nothing configured, nobody knows whether a card can be taken, and that is said.
func TestCheckWithoutAHost(t *testing.T) {
	ip, unshare, binary := probetest.Need(t, "ip"), namespaces(t), buildAgent(t)
	network := `set -e; "$1" link add eth0 type veth peer name far0; "$1" link set far0 up; "$1" link set eth0 up
n=0; until "$1" -o link show eth0 | grep -q "state UP"; do n=$((n+1)); [ $n -lt 200 ] || exit 9; sleep 0.05; done
"$1" addr add 10.7.0.2/24 dev eth0; "$1" route add default via 10.7.0.1; shift; exec "$@"`
	a := call(t, unshare, "-n", "sh", "-c", network, "sh", ip, binary, "check", "--lang", "en")
	assert.Equal(t, 3, a.code, a.out+a.errors)
	assert.Contains(t, a.out, "unknown")
	assert.Contains(t, a.out, "no payment host is configured: add a [[host]]")
	assert.NotContains(t, a.out, "can take cards")
}

// TestWrongUse: exit 3, one line that says what is wrong and one that says where to look; nothing on stdout.
func TestWrongUse(t *testing.T) {
	binary := buildAgent(t)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	require.NoError(t, os.WriteFile(bad, []byte("[mqtt]\nbroker = 5\n[[host]]\nname = \"a\"\nadress = \"x\"\n"), 0o600))
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "poshealth: no command given\nhint: `poshealth help` lists the commands\n"},
		{"no such command", []string{"chekc"}, "poshealth: there is no command \"chekc\": did you mean check?\nhint: `poshealth help` lists the commands\n"},
		{"no such flag", []string{"check", "--colour"}, "poshealth: check: flag provided but not defined: -colour\nhint: `poshealth help check` shows its flags and examples\n"},
		{"no such language", []string{"check", "--lang", "fr"}, "poshealth: check: --lang \"fr\": want zh or en\nhint: `poshealth help check` shows its flags and examples\n"},
		{"no such file", []string{"check", "--config", dir + "/none.toml"}, "none.toml"},
		{"no such root", []string{"check", "--root", dir + "/none"}, "poshealth: --root " + dir + "/none: not a folder\n"},
		{"a wrong configuration", []string{"config", "check", bad}, "bad.toml:5: host[0].adress: got an unknown key, want a known one: did you mean host[0].address?"},
		{"nobody to ask", []string{"status", "--config", write(t, dir, "ok.toml", "[terminal]\nstate_dir = \""+dir+"\"\n")}, "poshealth run"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := call(t, binary, row.args...)
			assert.Equal(t, 3, a.code)
			assert.Empty(t, a.out, "answers go to stdout, and this is none")
			assert.Contains(t, a.errors, row.want)
		})
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func TestHelpVersionExample(t *testing.T) {
	binary := buildAgent(t)
	a := call(t, binary, "--help")
	assert.Zero(t, a.code)
	assert.Contains(t, a.out, "examples:")
	a = call(t, binary, "version")
	assert.Zero(t, a.code)
	assert.Regexp(t, `^poshealth \S+ \(linux/\w+, go1\.\S+.*\)\n$`, a.out)
	example := call(t, binary, "config", "example")
	assert.Zero(t, example.code)
	a = call(t, binary, "config", "check", write(t, t.TempDir(), "poshealth.toml", example.out))
	assert.Zero(t, a.code, a.errors)
	assert.Contains(t, a.out, "is good")
}
