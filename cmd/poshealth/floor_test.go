package main_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// bare is a root folder with nothing in it but what a test puts there: to a Linux program an Android looks much the same.
// There is no /etc, /usr, /proc, /tmp or /dev/null, and nothing in the environment.
type bare struct {
	t    testing.TB
	root string
}

// newBare makes one with the program in it.
func newBare(t testing.TB, binary string) *bare {
	t.Helper()
	b := &bare{t: t, root: t.TempDir()}
	require.NoError(t, os.Chmod(b.root, 0o755))
	program, err := os.ReadFile(binary)
	require.NoError(t, err)
	b.put("poshealth", string(program), 0o755)
	return b
}

func (b *bare) put(path, content string, mode os.FileMode) {
	b.t.Helper()
	file := filepath.Join(b.root, path)
	require.NoError(b.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(b.t, os.WriteFile(file, []byte(content), mode))
}

// command is a call of the program within: by root as it is, by anybody else as the root of a user namespace.
func (b *bare) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.t.Context(), "/poshealth", args...)
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: b.root, Setpgid: true}
	if uid := os.Geteuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return cmd
}

// call runs it to its end.
func (b *bare) call(args ...string) answer {
	b.t.Helper()
	cmd := b.command(args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	require.NotNil(b.t, cmd.ProcessState, "the program did not start: %v", err)
	return answer{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// start runs it until it is stopped.
func (b *bare) start(args ...string) *server {
	b.t.Helper()
	output, err := os.CreateTemp(b.t.TempDir(), "poshealth")
	require.NoError(b.t, err)
	s := &server{t: b.t, name: "poshealth", cmd: b.command(args...), output: output}
	s.cmd.Stdout, s.cmd.Stderr = output, output
	require.NoError(b.t, s.cmd.Start())
	b.t.Cleanup(func() { s.stop(); _ = output.Close() })
	return s
}

func TestFloor(t *testing.T) {
	binary := buildAgent(t)
	for name, test := range map[string]func(*testing.T, *bare){
		"reports and checks": floorCarries, "no authorities": floorWithoutAuthorities, "time zone": floorTimeZone,
	} {
		t.Run(name, func(t *testing.T) { test(t, newBare(t, binary)) })
	}
}

// floorCarries: where nothing is but a terminal's resolver and its store of authorities, names resolve, the broker proves who
// it is, reports arrive, and a payment host is seen to be ready.
func floorCarries(t *testing.T, b *bare) {
	l := &lab{t: t, dir: t.TempDir()}
	broker, brokerCA := l.broker("broker.lab")
	host, err := probetest.NewTLSHost("acquirer-a.lab")
	require.NoError(t, err)
	t.Cleanup(func() { _ = host.Close() })
	_, hostPort, err := net.SplitHostPort(host.Addr())
	require.NoError(t, err)
	here := netip.MustParseAddr("127.0.0.1")
	netd, err := probetest.ListenDNSProxy(filepath.Join(b.root, "dev/socket/dnsproxyd"), map[string][]netip.Addr{"acquirer-a.lab": {here}, "broker.lab": {here}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, netd.Close()) })

	ca, err := os.ReadFile(brokerCA)
	require.NoError(t, err)
	b.put("system/etc/security/cacerts/01234567.0", string(ca), 0o644)
	b.put("system/etc/security/cacerts/89abcdef.0", string(host.CA()), 0o644)
	b.put("poshealth.toml", fmt.Sprintf(`
[terminal]
id = "T0000001"
state_dir = "/state"
lang = "en"
[mqtt]
broker = %q
pulse = "10s"
[[host]]
name = "acquirer-a"
address = "acquirer-a.lab:%s"
[local]
listen = "127.0.0.1:0"
[diagnose]
hold_scale = 0.05
[probe]
dns = { every = "1s" }
tcp = { every = "1s" }
tls = { every = "1s" }
`, broker, hostPort), 0o644)

	a := b.call("check", "--config", "/poshealth.toml", "--format", "json")
	assert.Empty(t, a.errors, "nothing to warn of")
	s, err := wire.Decode[wire.Snapshot]([]byte(a.out))
	require.NoError(t, err, a.out)
	assert.True(t, ready(s), a.out)
	assert.Equal(t, map[string]int{wire.Ready: 0, wire.AtRisk: 1}[s.Verdict.TakeCard.Level], a.code, a.out)
	for _, r := range s.Results {
		switch r.Probe {
		case "dns/acquirer-a":
			assert.Contains(t, r.Facts, wire.Fact{Name: "server", Value: "netd"})
		case "tls/acquirer-a":
			assert.Contains(t, r.Readings, wire.Reading{Name: "verified", Value: 1, Unit: "1"}, "the terminal's own authorities vouch for it")
		}
	}

	run := b.start("run", "--config", "/poshealth.toml")
	d := &daemon{t: t, server: run, client: status.NewClient(filepath.Join(b.root, "state/poshealth.sock"))}
	d.until("a report is out and the host is ready", func(s wire.Snapshot) bool {
		return ready(s) && s.Report != nil && s.Report.Sent > 0
	})
	l.heard.until("a pulse", func(topic string, body []byte) bool {
		return topic == "pos/v1/demo/T0000001/health" && strings.Contains(string(body), `"tls/acquirer-a"`)
	})
	for _, name := range []string{"acquirer-a.lab", "broker.lab"} {
		assert.Contains(t, netd.Commands(), "getaddrinfo "+name+" ^ 1024 0 1 0 0")
	}
	d.stop()
	l.hearsState(false)
	_, err = os.Stat(filepath.Join(b.root, "tmp"))
	assert.ErrorIs(t, err, os.ErrNotExist, "it made no /tmp")
	_, err = os.Stat(filepath.Join(b.root, "state/tmp"))
	assert.NoError(t, err, "its own folder serves instead")
}

// floorWithoutAuthorities: who cannot be believed is not reported to, and what to do is said.
func floorWithoutAuthorities(t *testing.T, b *bare) {
	l := &lab{t: t, dir: t.TempDir()}
	broker, _ := l.broker("localhost")
	broker = strings.Replace(broker, "localhost", "127.0.0.1", 1)
	b.put("poshealth.toml", fmt.Sprintf("[terminal]\nid = \"T0000001\"\nstate_dir = \"/state\"\n[mqtt]\nbroker = %q\n[local]\nlisten = \"\"\n[probe]\nreport = { every = \"1s\", timeout = \"1s\" }\n", broker), 0o644)
	d := &daemon{t: t, server: b.start("run", "--config", "/poshealth.toml"), client: status.NewClient(filepath.Join(b.root, "state/poshealth.sock"))}
	d.until("why nothing is reported", func(s wire.Snapshot) bool {
		for _, r := range s.Results {
			if r.Probe == "report" && strings.Contains(r.Detail, "no certificate authority found in the terminal's store and /state/roots.pem: set mqtt.ca_file") {
				return true
			}
		}
		return false
	})
	d.stop()
}

// floorTimeZone: the zone is the terminal's own setting, and what it means is read from the terminal's own data.
func floorTimeZone(t *testing.T, b *bare) {
	source := write(t, t.TempDir(), "main.go", `package main

import "os"

func main() { os.Stdout.WriteString("[persist.sys.timezone]: [Asia/Kolkata]\n") }
`)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(b.root, "system/bin/getprop"), source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	b.put("poshealth.toml", "[terminal]\nid = \"T0000001\"\nstate_dir = \"/state\"\n", 0o644)
	a := b.call("check", "--config", "/poshealth.toml", "--format", "json")
	s, err := wire.Decode[wire.Snapshot]([]byte(a.out))
	require.NoError(t, err, a.errors)
	assert.True(t, strings.HasSuffix(s.Session.At, "+05:30"), s.Session.At)
}
