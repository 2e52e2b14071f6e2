package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// shop is a lab of which many can run at once: one terminal, a broker behind a door, names, and a payment host. The state folder
// holds nothing else, so that it can be broken.
type shop struct {
	*lab
	state  string
	listen string // the page's address
	door   *door
}

// shopOptions are what differs between shops.
type shopOptions struct {
	ntp    []string
	https  []string // sources of the time, with what the terminal believes of them
	roots  []byte
	also   string // a second broker
	budget int    // bytes of the data plan a month; 0: as shipped
	unset  string // a line of the configuration to leave out, by its beginning
}

// newShop makes everything but the daemon, which open starts.
func newShop(t *testing.T, binary string, o shopOptions) *shop {
	t.Helper()
	s := &shop{lab: &lab{t: t, dir: t.TempDir(), binary: binary}}
	s.state, s.listen = filepath.Join(s.dir, "state"), probetest.FreePorts(t, 1)[0]
	require.NoError(t, os.Mkdir(s.state, 0o750))
	var err error
	s.host, err = probetest.NewTLSHost("acquirer-a.lab")
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.host.Close() })
	broker := s.mosquitto()
	s.door = newDoor(t, broker[0])
	also := ""
	if o.also != "" {
		web := newDoor(t, broker[1])
		also = fmt.Sprintf("also = [\"%s%s\"]\n", o.also, port(t, web.Addr()))
		s.door.authorities = append(s.door.authorities, web.CA()...)
	}
	if o.roots != nil {
		require.NoError(t, os.WriteFile(filepath.Join(s.state, "roots.pem"), o.roots, 0o600))
	}
	dns := freePort(t, "udp")
	s.dns = newServer(t, "dnsmasq", probetest.Need(t, "dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
		"--pid-file=", "--user=", "--listen-address=127.0.0.1", "--bind-interfaces", "--port="+dns,
		"--address=/acquirer-a.lab/127.0.0.1", "--address=/broker.lab/127.0.0.1", "--local=/lab/")
	text := fmt.Sprintf(`[terminal]
id = "T0000001"
state_dir = %q
timezone = ""
[mqtt]
broker = "tls://broker.lab:%s"
%sca_file = %q
pulse = "10s"
fleet = 1
[[host]]
name = "acquirer-a"
address = "acquirer-a.lab:%s"
ca_file = %q
[clock]
ntp = [%s]
https = [%s]
[dns]
servers = ["127.0.0.1:%s"]
[local]
listen = %q
[diagnose]
hold_scale = 0.02
[probe]
dns = { every = "1s", timeout = "900ms" }
tcp = { every = "1s" }
tls = { every = "1s" }
clock = { every = "2s" }
report = { every = "1s", timeout = "1s" }
storage = { every = "1s", timeout = "1s" }
`, s.state, port(t, s.door.Addr()), also, s.write("broker-ca.pem", string(s.door.authorities)), port(t, s.host.Addr()),
		s.write("ca.pem", string(s.host.CA())), quoted(o.ntp), quoted(o.https), dns, s.listen)
	if o.budget != 0 {
		text += fmt.Sprintf("[budget]\nbytes_per_month = %d\n", o.budget)
	}
	if o.unset != "" {
		before, rest, found := strings.Cut(text, o.unset)
		require.True(t, found)
		_, after, _ := strings.Cut(rest, "\n")
		text = before + after
	}
	s.config = s.write("poshealth.toml", text)
	return s
}

func quoted(all []string) string {
	var words []string
	for _, s := range all {
		words = append(words, fmt.Sprintf("%q", s))
	}
	return strings.Join(words, ", ")
}

func port(t testing.TB, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// mosquitto starts a broker without TLS, with a listener for MQTT and one for websockets, and a subscriber to everything.
func (s *shop) mosquitto() []string {
	listeners := probetest.FreePorts(s.t, 2)
	conf := "allow_anonymous true\npersistence false\n"
	if os.Geteuid() == 0 {
		conf += "user root\n" // else it may not read the test's folder
	}
	conf += fmt.Sprintf("listener %s 127.0.0.1\nlistener %s 127.0.0.1\nprotocol websockets\n", port(s.t, listeners[0]), port(s.t, listeners[1]))
	newServer(s.t, "mosquitto", probetest.Need(s.t, "mosquitto"), "-c", s.write("mosquitto.conf", conf))
	for _, address := range listeners {
		require.Eventually(s.t, func() bool {
			c, err := net.Dial("tcp", address)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		}, patience, 20*time.Millisecond, "mosquitto does not listen")
	}
	s.heard = newHearing(s.t, probetest.Need(s.t, "mosquitto_sub"), "-h", "127.0.0.1", "-p", port(s.t, listeners[0]), "-q", "1", "-F", "%t %x", "-t", "pos/v1/#", "-t", brokersOwn)
	return listeners
}

// open starts the daemon.
func (s *shop) open(wrapped ...string) *daemon {
	d := &daemon{t: s.t, client: status.NewClient(filepath.Join(s.state, "poshealth.sock"))}
	d.server = newServer(s.t, "poshealth", append(wrapped, s.binary, "run", "--config", s.config)...)
	return d
}

// kill ends the daemon as a power cut does.
func (d *daemon) kill() {
	require.NoError(d.t, syscall.Kill(-d.server.cmd.Process.Pid, syscall.SIGKILL))
	_ = d.server.cmd.Wait() // killed: that is no news
}

// door is what ends TLS before a broker, as a balancer does. It can be shut, show another certificate, and cut what stands.
type door struct {
	*probetest.TLSHost
	authorities []byte

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newDoor(t testing.TB, broker string) *door {
	t.Helper()
	d := &door{conns: make(map[net.Conn]bool)}
	var err error
	d.TLSHost, err = probetest.NewTLSHostAt(probetest.TLSHostOptions{Names: []string{"broker.lab"}, Serve: func(conn net.Conn) { d.pass(conn, broker) }})
	require.NoError(t, err)
	d.authorities = d.CA()
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func (d *door) pass(conn net.Conn, broker string) {
	to, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{}) // a link to a broker may be silent for long
	d.mu.Lock()
	d.conns[to] = true
	d.mu.Unlock()
	go func() {
		_, _ = io.Copy(to, conn)
		_ = to.Close()
	}()
	_, _ = io.Copy(conn, to)
	_ = to.Close()
	d.mu.Lock()
	delete(d.conns, to)
	d.mu.Unlock()
}

// shut refuses connections, and cuts those that stand.
func (d *door) shut(t testing.TB) {
	t.Helper()
	require.NoError(t, d.SetMode(probetest.HostClosed))
	d.cut()
}

func (d *door) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		_ = c.Close()
	}
}

func (d *door) reopen(t testing.TB) {
	t.Helper()
	require.NoError(t, d.SetMode(probetest.HostOK))
}

// resultOf is the last look of a probe.
func resultOf(s wire.Snapshot, probe string) wire.Result {
	for _, r := range s.Results {
		if r.Probe == probe {
			return r
		}
	}
	return wire.Result{}
}

func hasFinding(s []wire.Finding, code string) bool {
	for _, f := range s {
		if f.Code == code {
			return true
		}
	}
	return false
}

// reports tells whether the probe of the reporting says these words.
func reports(outcome string, words ...string) func(wire.Snapshot) bool {
	return func(s wire.Snapshot) bool {
		r := resultOf(s, "report")
		for _, w := range words {
			if !strings.Contains(r.Detail, w) {
				return false
			}
		}
		return r.Outcome == outcome
	}
}

// reportFact is a word that the probe of the reporting has seen.
func reportFact(s wire.Snapshot, name string) string {
	for _, f := range resultOf(s, "report").Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// changesOf is the ledger of the changes of this start.
func changesOf(s wire.Snapshot) (l wire.Ledger) {
	if s.Report == nil {
		return l
	}
	for _, one := range s.Report.Ledger {
		if one.Kind == "change" {
			l = one // the last of them is this start's
		}
	}
	return l
}

// stored counts the records that lie in the folder of a spool.
func (s *shop) stored(spool string) int {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.state, "spool", "*-"+spool, "*"))
	require.NoError(s.t, err)
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(s.t, err)
		n += bytes.Count(data, []byte("PHPS")) // each record begins with it
	}
	return n
}

// isStored waits until all that is pending lies on flash.
func (s *shop) isStored(l wire.Ledger) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.stored(l.Spool) >= l.Pending }, patience, 20*time.Millisecond, "it is not on flash")
}

// hearsOf waits until the subscriber has heard of a finding, by a change or by how the terminal stands.
func (s *shop) hearsOf(codes ...string) {
	s.t.Helper()
	missing := make(map[string]bool)
	for _, c := range codes {
		missing[c] = true
	}
	s.heard.until(strings.Join(codes, ", "), func(topic string, body []byte) bool {
		for _, f := range toldOf(s.t, topic, body) {
			delete(missing, f.Code)
		}
		return len(missing) == 0
	})
}

// toldOf are the findings that a message tells of.
func toldOf(t testing.TB, topic string, body []byte) []wire.Finding {
	t.Helper()
	switch {
	case strings.HasSuffix(topic, "/event"):
		e, err := wire.Decode[wire.Event](body)
		require.NoError(t, err)
		return e.Findings
	case strings.HasSuffix(topic, "/health"):
		p, err := wire.Decode[wire.Snapshot](body)
		require.NoError(t, err)
		return p.Findings
	}
	return nil
}

// hearsPulse waits until a pulse is as wanted.
func (s *shop) hearsPulse(what string, wanted func(wire.Snapshot) bool) {
	s.t.Helper()
	s.heard.until("a pulse: "+what, func(topic string, body []byte) bool {
		if !strings.HasSuffix(topic, "/health") {
			return false
		}
		p, err := wire.Decode[wire.Snapshot](body)
		require.NoError(s.t, err)
		return wanted(p)
	})
}

// calm holds what must be true of every daemon, whatever happened to it: it has not panicked, and it stops when it is asked to.
func (s *shop) calm(d *daemon) {
	s.t.Helper()
	d.stop()
	assert.NotContains(s.t, d.server.log(), "panic")
	assert.NotContains(s.t, d.server.log(), "goroutine ")
}

// atOnce runs rows of a test all at the same time: they wait for their servers, and not for each other. -parallel would run as
// many as there are processors.
func atOnce(t *testing.T, rows map[string]func(t *testing.T)) {
	t.Helper()
	var all sync.WaitGroup
	for name, row := range rows {
		all.Go(func() { t.Run(name, row) })
	}
	all.Wait()
}
