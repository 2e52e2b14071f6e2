package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// patience is how long a step may take on a slow machine. Nothing waits for it when all goes well.
const patience = 90 * time.Second

// TestADayOfFaults runs the daemon against real servers and breaks them one after another: the resolver (dnsmasq), the
// payment host's port, its certificate, the time that all sources agree on (chrony). Each time exactly one root stands, a
// subscriber of a real broker hears of it, the command line gives the right exit code, and all clears when it is mended.
func TestADayOfFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	lab := newLab(t)
	daemon := lab.start()

	healthy := daemon.until("all is well", func(s wire.Snapshot) bool {
		return s.Verdict.TakeCard.Level == wire.Ready && len(s.Findings) == 0 && s.Report != nil && s.Report.Sent > 0 && s.Session.ClockOffsetMS != nil
	})
	assert.InDelta(t, 0, *healthy.Session.ClockOffsetMS, 5000, "chrony serves this machine's own time")
	lab.expectCheck(0, "")

	t.Log("the resolver dies")
	lab.dns.stop()
	s := daemon.until("dns-failed is the root", rootIs("dns-failed", ""))
	assert.Equal(t, wire.AtRisk, s.Verdict.TakeCard.Level, "the hosts still answer at their last good addresses")
	assertOneRoot(t, s)
	lab.hears("raised", "dns-failed")
	check := lab.expectCheck(2, "dns-failed")
	assert.Contains(t, symptomsOf(check, "dns-failed"), "clock-unverified", "the time servers have names too")
	lab.dns.start()
	daemon.until("the resolver is back", allClear)
	lab.hears("cleared", "dns-failed")

	t.Log("the host's port closes")
	require.NoError(t, lab.host.SetMode(probetest.HostClosed))
	s = daemon.until("host-unreachable is the root", rootIs("host-unreachable", "acquirer-a"))
	assert.Equal(t, wire.NotReady, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	lab.hears("raised", "host-unreachable")
	lab.expectCheck(2, "host-unreachable")
	require.NoError(t, lab.host.SetMode(probetest.HostOK))
	daemon.until("the port is open again", allClear)
	lab.hears("cleared", "host-unreachable")

	t.Log("the host's certificate expires")
	require.NoError(t, lab.host.SetLeaf(probetest.LeafExpired))
	s = daemon.until("cert-expired is the root", rootIs("cert-expired", "acquirer-a"))
	assert.Equal(t, wire.NotReady, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	lab.hears("raised", "cert-expired")
	lab.expectCheck(2, "cert-expired")
	require.NoError(t, lab.host.SetLeaf(probetest.LeafValid))
	daemon.until("the certificate is renewed", allClear)
	lab.hears("cleared", "cert-expired")

	t.Log("all time servers agree on another time")
	lab.setTime(10 * time.Minute)
	s = daemon.until("clock-skew is the root", rootIs("clock-skew", ""))
	assert.Equal(t, wire.AtRisk, s.Verdict.TakeCard.Level)
	assertOneRoot(t, s)
	assert.InDelta(t, -600_000, *s.Session.ClockOffsetMS, 5000, "this terminal is ten minutes behind what all agree on")
	lab.hears("raised", "clock-skew")
	lab.expectCheck(1, "clock-skew")
	lab.setTime(0)
	daemon.until("the time is right", allClear)
	lab.hears("cleared", "clock-skew")
	lab.expectCheck(0, "")

	daemon.stop()
	lab.hearsState(false)
}

func allClear(s wire.Snapshot) bool {
	return len(s.Findings) == 0 && s.Verdict.TakeCard.Level == wire.Ready
}

func rootIs(code, subject string) func(wire.Snapshot) bool {
	return func(s wire.Snapshot) bool {
		root := s.Verdict.TakeCard.Root
		return root != nil && *root == wire.Ref{Code: code, Subject: subject}
	}
}

// assertOneRoot: whatever stands beside the root is explained by it.
func assertOneRoot(t *testing.T, s wire.Snapshot) {
	t.Helper()
	for _, f := range s.Findings {
		ref := wire.Ref{Code: f.Code, Subject: f.Subject}
		if ref == *s.Verdict.TakeCard.Root {
			assert.Nil(t, f.ExplainedBy, "the root is nobody's symptom")
			continue
		}
		if assert.NotNil(t, f.ExplainedBy, "%v stands beside the root", ref) {
			assert.Equal(t, *s.Verdict.TakeCard.Root, *f.ExplainedBy)
		}
	}
}

func symptomsOf(s wire.Snapshot, root string) []string {
	var codes []string
	for _, f := range s.Findings {
		if f.ExplainedBy != nil && f.ExplainedBy.Code == root {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// lab is everything around the terminal, all of it real: names, a payment host, three time servers, a broker with TLS and
// a subscriber.
type lab struct {
	t      *testing.T
	dir    string
	binary string
	config string
	dns    *server
	host   *probetest.TLSHost
	times  [3]*server
	ntp    [3]string
	heard  *hearing
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), binary: buildAgent(t)}
	var err error
	l.host, err = probetest.NewTLSHost("acquirer-a.lab")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.host.Close() })
	ca := l.write("ca.pem", string(l.host.CA()))

	dnsPort := freePort(t, "udp")
	l.dns = newServer(t, "dnsmasq", probetest.Need(t, "dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
		"--pid-file=", "--user=", "--listen-address=127.0.0.1", "--bind-interfaces", "--port="+dnsPort,
		"--address=/acquirer-a.lab/127.0.0.1", "--address=/ntp.lab/127.0.0.1", "--address=/broker.lab/127.0.0.1", "--local=/lab/")
	for i := range l.ntp {
		l.ntp[i] = freePort(t, "udp")
	}
	l.setTime(0)
	broker, brokerCA := l.broker()

	_, hostPort, err := net.SplitHostPort(l.host.Addr())
	require.NoError(t, err)
	l.config = l.write("poshealth.toml", fmt.Sprintf(`
[terminal]
id = "T0000001"
state_dir = %q
lang = "en"
[mqtt]
broker = %q
ca_file = %q
pulse = "10s"
[[host]]
name = "acquirer-a"
address = "acquirer-a.lab:%s"
ca_file = %q
[clock]
ntp = ["a.ntp.lab:%s", "b.ntp.lab:%s", "c.ntp.lab:%s"]
[dns]
servers = ["127.0.0.1:%s"]
[local]
listen = "127.0.0.1:0"
[diagnose]
hold_scale = 0.05
[probe]
link = { every = "1s" }
route = { every = "1s" }
dns = { every = "1s", timeout = "900ms" }
tcp = { every = "1s" }
tls = { every = "1s" }
clock = { every = "2s" }
report = { every = "2s" }
`, l.dir, broker, brokerCA, hostPort, ca, l.ntp[0], l.ntp[1], l.ntp[2], dnsPort))
	return l
}

// setTime restarts the three time servers with a clock that is off by offset; this machine's own is never touched.
func (l *lab) setTime(offset time.Duration) {
	chronyd, faketime := probetest.Need(l.t, "chronyd"), probetest.Need(l.t, "faketime")
	for i, port := range l.ntp {
		if l.times[i] != nil {
			l.times[i].stop()
		}
		conf := l.write(fmt.Sprintf("chrony-%d.conf", i), fmt.Sprintf("port %s\nbindaddress 127.0.0.1\nlocal stratum 3\nallow 127.0.0.1\ncmdport 0\npidfile %s/chrony-%d.pid\n", port, l.dir, i))
		l.times[i] = newServer(l.t, "chronyd", faketime, "-f", fmt.Sprintf("%+ds", int(offset.Seconds())), chronyd, "-x", "-d", "-f", conf)
	}
}

// broker starts mosquitto with TLS and a subscriber to everything.
func (l *lab) broker() (url, ca string) {
	caPEM, chainPEM, keyPEM, err := probetest.Certificate("broker.lab", "localhost")
	require.NoError(l.t, err)
	ca = l.write("broker-ca.pem", string(caPEM))
	cert, key := l.write("broker.pem", string(chainPEM)), l.write("broker.key", string(keyPEM))
	port := freePort(l.t, "tcp")
	conf := l.write("mosquitto.conf", fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\nuser root\ncafile %s\ncertfile %s\nkeyfile %s\npersistence false\n", port, ca, cert, key))
	newServer(l.t, "mosquitto", probetest.Need(l.t, "mosquitto"), "-c", conf)
	require.Eventually(l.t, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, patience, 20*time.Millisecond, "mosquitto does not listen")
	l.heard = newHearing(l.t, probetest.Need(l.t, "mosquitto_sub"), "-h", "localhost", "-p", port, "--cafile", ca, "-q", "1", "-v", "-t", "pos/v1/#")
	return "tls://broker.lab:" + port, ca
}

func (l *lab) write(name, content string) string {
	file := filepath.Join(l.dir, name)
	require.NoError(l.t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// expectCheck runs `poshealth check` as a technician would, asserts on its exit code and root, and returns what it said.
func (l *lab) expectCheck(code int, root string) wire.Snapshot {
	l.t.Helper()
	cmd := exec.Command(l.binary, "check", "--config", l.config, "--format", "json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(l.t, err)
	}
	assert.Equal(l.t, code, cmd.ProcessState.ExitCode(), "exit code of check\n%s%s", out, stderr.String())
	s, err := wire.Decode[wire.Snapshot](out)
	require.NoError(l.t, err)
	if root == "" {
		assert.Nil(l.t, s.Verdict.TakeCard.Root)
		return s
	}
	if assert.NotNil(l.t, s.Verdict.TakeCard.Root) {
		assert.Equal(l.t, root, s.Verdict.TakeCard.Root.Code)
		assertOneRoot(l.t, s)
	}
	return s
}

// hears waits until the subscriber has heard of a change.
func (l *lab) hears(what, code string) {
	l.t.Helper()
	l.heard.until(what+" "+code, func(topic string, body []byte) bool {
		if topic != "pos/v1/demo/T0000001/event" {
			return false
		}
		e, err := wire.Decode[wire.Event](body)
		require.NoError(l.t, err)
		return slices.ContainsFunc(e.Changes, func(d wire.Delta) bool { return d.What == what && d.Code == code })
	})
}

func (l *lab) hearsState(online bool) {
	l.t.Helper()
	l.heard.until("the goodbye", func(topic string, body []byte) bool {
		if topic != "pos/v1/demo/T0000001/state" {
			return false
		}
		s, err := wire.Decode[wire.State](body)
		require.NoError(l.t, err)
		return s.Online == online
	})
}

// daemon is `poshealth run` as a process.
type daemon struct {
	t      *testing.T
	server *server
	client *status.Client
}

func (l *lab) start() *daemon {
	d := &daemon{t: l.t, client: status.NewClient(filepath.Join(l.dir, "poshealth.sock"))}
	l.t.Cleanup(d.client.Close)
	d.server = newServer(l.t, "poshealth", l.binary, "run", "--config", l.config)
	return d
}

// until follows the status as `poshealth status --watch` does, until it is as wanted.
func (d *daemon) until(what string, wanted func(wire.Snapshot) bool) wire.Snapshot {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	var s wire.Snapshot
	var version uint64
	for ctx.Err() == nil {
		next, v, err := d.client.Status(ctx, "en", version, time.Second)
		if err != nil {
			continue // it has not begun to listen, or the long poll was cut
		}
		if s, version = next, v; wanted(s) {
			return s
		}
	}
	shown, _ := json.MarshalIndent(s, "", " ")
	require.FailNow(d.t, "not seen in time: "+what, "%s\n%s", shown, d.server.log())
	return s
}

func (d *daemon) stop() {
	d.server.stop()
	assert.Equal(d.t, 0, d.server.cmd.ProcessState.ExitCode(), "a daemon that is asked to stop stops clean\n%s", d.server.log())
}

// hearing is a subscriber: what the fleet gets.
type hearing struct {
	t     *testing.T
	lines chan string
}

func newHearing(t *testing.T, program string, args ...string) *hearing {
	t.Helper()
	cmd := exec.Command(program, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	h := &hearing{t: t, lines: make(chan string, 4096)}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go func() {
		defer close(h.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			h.lines <- s.Text()
		}
	}()
	return h
}

func (h *hearing) until(what string, wanted func(topic string, body []byte) bool) {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-h.lines:
			require.True(h.t, ok, "the subscriber has ended")
			topic, body, _ := strings.Cut(line, " ")
			if wanted(topic, []byte(body)) {
				return
			}
		case <-deadline:
			require.FailNow(h.t, "the subscriber did not hear: "+what)
		}
	}
}

// server is a program that runs until it is stopped.
type server struct {
	t      *testing.T
	name   string
	args   []string
	cmd    *exec.Cmd
	output *os.File
}

func newServer(t *testing.T, name string, args ...string) *server {
	t.Helper()
	output, err := os.CreateTemp(t.TempDir(), name)
	require.NoError(t, err)
	s := &server{t: t, name: name, args: args, output: output}
	s.start()
	t.Cleanup(func() { s.stop(); _ = output.Close() })
	return s
}

func (s *server) start() {
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // faketime stands between us and its program: both must go
	require.NoError(s.t, s.cmd.Start(), s.name)
}

// stop ends it as a service manager would, and waits.
func (s *server) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	group := -s.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	timer := time.AfterFunc(10*time.Second, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	_ = s.cmd.Wait()
	require.Eventually(s.t, func() bool { return errors.Is(syscall.Kill(group, 0), syscall.ESRCH) }, patience, 5*time.Millisecond, "%s does not end", s.name)
	timer.Stop()
}

func (s *server) log() string {
	text, _ := os.ReadFile(s.output.Name())
	return s.name + " said:\n" + string(text)
}

// buildAgent builds the program that the tests run.
func buildAgent(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "poshealth")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

func freePort(t *testing.T, network string) string {
	t.Helper()
	var address net.Addr
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		address = c.LocalAddr()
		require.NoError(t, c.Close())
	} else {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address = l.Addr()
		require.NoError(t, l.Close())
	}
	_, port, err := net.SplitHostPort(address.String())
	require.NoError(t, err)
	return port
}
