package main_test

import (
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
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// lab is everything around the terminal, all of it real: names, a payment host, three time servers, a broker with TLS and
// a subscriber.
type lab struct {
	t      testing.TB
	dir    string
	binary string
	config string
	dns    *server
	host   *probetest.TLSHost
	times  [3]*server
	ntp    [3]string
	heard  *hearing

	brokerPort, brokerCA string
}

func newLab(t testing.TB) *lab {
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
	broker, brokerCA := l.broker("broker.lab")

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
	probetest.SweepFaketime()
	for i, port := range l.ntp {
		if l.times[i] != nil {
			l.times[i].stop()
		}
		conf := l.write(fmt.Sprintf("chrony-%d.conf", i), fmt.Sprintf("port %s\nbindaddress 127.0.0.1\nlocal stratum 3\nallow 127.0.0.1\ncmdport 0\npidfile %s/chrony-%d.pid\n", port, l.dir, i))
		l.times[i] = newServer(l.t, "chronyd", append([]string{faketime, "-f", fmt.Sprintf("%+ds", int(offset.Seconds())), chronyd}, probetest.ChronyFlags(conf)...)...)
	}
}

// broker starts mosquitto with TLS and a subscriber to everything.
func (l *lab) broker(name string) (url, ca string) {
	url, ca, start := l.brokerLater(name)
	start()
	return url, ca
}

// brokerLater is a broker that is not there until it is started.
func (l *lab) brokerLater(name string) (url, ca string, start func()) {
	caPEM, chainPEM, keyPEM, err := probetest.Certificate("broker.lab", "localhost")
	require.NoError(l.t, err)
	ca = l.write("broker-ca.pem", string(caPEM))
	cert, key := l.write("broker.pem", string(chainPEM)), l.write("broker.key", string(keyPEM))
	port := freePort(l.t, "tcp")
	conf := l.write("mosquitto.conf", fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\nuser root\ncafile %s\ncertfile %s\nkeyfile %s\npersistence false\n", port, ca, cert, key))
	return "tls://" + name + ":" + port, ca, func() {
		newServer(l.t, "mosquitto", probetest.Need(l.t, "mosquitto"), "-c", conf)
		require.Eventually(l.t, func() bool {
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		}, patience, 20*time.Millisecond, "mosquitto does not listen")
		l.brokerPort, l.brokerCA = port, ca
		l.heard = newHearing(l.t, probetest.Need(l.t, "mosquitto_sub"), "-h", "localhost", "-p", port, "--cafile", ca, "-q", "1", "-F", "%t %x", "-t", "pos/v1/#", "-t", brokersOwn)
	}
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
	conforms(l.t, "health", string(out))
	s, err := wire.Decode[wire.Snapshot](out)
	require.NoError(l.t, err)
	if root == "" && s.Verdict.TakeCard.Root != nil && ready(s) {
		code, root = 1, overloaded
	}
	assert.Equal(l.t, code, cmd.ProcessState.ExitCode(), "exit code of check\n%s%s", out, stderr.String())
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
	t      testing.TB
	server *server
	client *status.Client
}

func (l *lab) start() *daemon {
	d := &daemon{t: l.t, client: status.NewClient(filepath.Join(l.dir, "poshealth.sock"))}
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
