package shop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// Holds is what the lab multiplies hold times, and the gaps between looks at what is doubted, by: 10 s become half a second.
// Periods are shortened in [Shop.Config]; timeouts are the product's own, since lines are as slow here as they are there.
const Holds = 0.05

// Config writes the configuration of the shop's terminal, with hold times multiplied by holds, and gives its file.
func (s *Shop) Config(holds float64) (string, error) {
	return s.write("poshealth.toml", fmt.Sprintf(`
[terminal]
id = "T0000001"
state_dir = "%[1]s"
lang = "en"
[mqtt]
broker = "tls://broker.lab:8883"
ca_file = "%[1]s/broker-ca.pem"
%[6]s[[host]]
name = "a"
address = "acquirer-a.lab:443"
kind = "https"
ca_file = "%[1]s/a-ca.pem"
ranges = ["198.51.100.0/26"]
[[host]]
name = "b"
address = "acquirer-b.lab:443"
kind = "https"
ca_file = "%[1]s/b-ca.pem"
[[host]]
name = "c"
address = "acquirer-c.lab:6000"
kind = "iso8583"
[host.echo]
dialect = "generic"
[clock]
ntp = ["time.lab"]
[dns]
servers = ["%[2]s", "%[3]s"]
[network]
portal = "http://portal.lab/generate_204"
[local]
listen = ""
[diagnose]
hold_scale = %[4]g
%[5]s`, s.Dir, DNS1, DNS2, holds, s.periods(), s.keepAlive()))
}

// periods are those of the product's own, or short ones: a scenario has a minute.
func (s *Shop) periods() string {
	if s.Unhurried {
		return ""
	}
	return `[probe]
link = { every = "2s" }
route = { every = "2s" }
dns = { every = "10s" }
tcp = { every = "10s" }
tls = { every = "10s" }
https = { every = "15s", timeout = "15s" }
gateway = { every = "10s" }
path = { every = "15s" }
counters = { every = "5s" }
portal = { every = "10s" }
resolvers = { every = "10s" }
standby = { every = "15s" }
clock = { every = "30s" }
report = { every = "2s" }
cpu = { every = "1h" }
memory = { every = "1h" }
storage = { every = "1h" }
battery = { every = "1h" }
`
}

// Agent is the daemon as shipped, running in the terminal.
type Agent struct {
	shop    *Shop
	client  *status.Client
	version uint64
	newest  wire.Snapshot
	stop    context.CancelFunc
}

// Agent starts binary with a configuration, and tells it that the payment app is idle for as long as it runs.
func (s *Shop) Agent(ctx context.Context, binary, config string) (*Agent, error) {
	if err := s.start(ctx, s.Terminal, "poshealth", "", binary, "run", "--config", config); err != nil {
		return nil, err
	}
	a := &Agent{shop: s, client: status.NewClient(s.Dir + "/poshealth.sock")}
	ctx, a.stop = context.WithCancel(ctx)
	go a.idle(ctx)
	s.closers = append(s.closers, func() error { a.stop(); return nil })
	return a, nil
}

// End kills the daemon.
func (a *Agent) End() {
	a.stop()
	a.shop.servers["poshealth"].stop()
}

// idle is the payment app, which does nothing.
func (a *Agent) idle(ctx context.Context) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", a.shop.Dir+"/poshealth.sock")
	}}
	defer transport.CloseIdleConnections()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range 1 << 20 {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/v1/feed", bytes.NewReader([]byte(`{"version":1,"payment":{"busy":false}}`)))
		if err != nil {
			return
		}
		if answer, err := transport.RoundTrip(request); err == nil {
			_ = answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Next waits for a status newer than the last one that it gave, at most for wait; false: there is none.
func (a *Agent) Next(ctx context.Context, wait time.Duration) (wire.Snapshot, bool) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for ctx.Err() == nil {
		next, version, err := a.client.Status(ctx, "en", a.version, min(wait, time.Second))
		if err != nil {
			time.Sleep(20 * time.Millisecond) // it has not begun to listen
			continue
		}
		if version != a.version {
			a.version, a.newest = version, next
			return next, true
		}
	}
	return a.newest, false
}

// Until follows the status until it is as wanted, and tells how long that took; false: it was not so in time.
func (a *Agent) Until(ctx context.Context, limit time.Duration, wanted func(wire.Snapshot) bool) (wire.Snapshot, time.Duration, bool) {
	begin := time.Now()
	for time.Since(begin) < limit && ctx.Err() == nil {
		if s, news := a.Next(ctx, limit-time.Since(begin)); news && wanted(s) {
			return s, time.Since(begin), true
		}
	}
	return a.newest, time.Since(begin), false
}

// Said is what the daemon logged.
func (a *Agent) Said() string {
	text, _ := os.ReadFile(a.shop.servers["poshealth"].log)
	return string(text)
}

// Shown is what a technician reads on the terminal now, in both languages.
func (a *Agent) Shown(ctx context.Context, binary string) string {
	var all []byte
	for _, lang := range []string{"en", "zh"} {
		// Its exit code is the verdict's.
		text, _ := exec.CommandContext(ctx, binary, "status", "--config", a.shop.Dir+"/poshealth.toml", "--lang", lang).CombinedOutput()
		all = append(append(all, text...), '\n')
	}
	return string(all)
}

// keepAlive is the one that a terminal learns where no network takes a silent line back: the longest.
func (s *Shop) keepAlive() string {
	if !s.Learned {
		return ""
	}
	return "keepalive = \"20m\"\n"
}

// Own is what is wrong with the lab itself, whatever is broken in it: its machine is busier than a terminal, and its periods
// are as short as timeouts, so that a look can be three periods old before it has ended.
func Own(f wire.Finding) bool { return f.Code == "resource-pressure" || f.Code == "probe-stale" }

// Healthy starts the agent with hold times multiplied by holds, and waits until it has looked at everything and says that a
// card can be taken, with nothing at all to complain of.
func (s *Shop) Healthy(ctx context.Context, binary string, holds float64, limit time.Duration) (*Agent, error) {
	file, err := s.Config(holds)
	if err != nil {
		return nil, err
	}
	a, err := s.Agent(ctx, binary, file)
	if err != nil {
		return nil, err
	}
	last, _, ok := a.Until(ctx, limit, func(w wire.Snapshot) bool {
		return !slices.ContainsFunc(w.Findings, func(f wire.Finding) bool { return !Own(f) }) && looked(w, holds < 1)
	})
	if !ok {
		return nil, fmt.Errorf("a shop without a fault is not healthy in %s: %s\n%s", limit, Complaints(last), a.Said())
	}
	return a, nil
}

// Complaints are what a status says that is not as it should be, in one line.
func Complaints(w wire.Snapshot) string {
	var all []string
	for _, f := range w.Findings {
		all = append(all, fmt.Sprintf("%s/%s %s (%s)", f.Code, f.Subject, f.Severity, f.Detail))
	}
	for _, r := range w.Results {
		if r.Outcome != "pass" {
			all = append(all, fmt.Sprintf("%s %s %s (%s)", r.Probe, r.Outcome, r.Reason, r.Detail))
		}
	}
	return fmt.Sprintf("take_card %s; %s", w.Verdict.TakeCard.Level, strings.Join(all, "; "))
}

// looked tells whether each stage has passed at least once. An echo comes each ten minutes, where that is not shortened.
func looked(w wire.Snapshot, echo bool) bool {
	for _, id := range []string{"https/a", "https/b", "iso8583/c", "path/a", "path/b", "gateway", "standby", "resolvers", "portal", "clock", "report"} {
		if id == "iso8583/c" && !echo {
			continue
		}
		if !slices.ContainsFunc(w.Results, func(r wire.Result) bool { return r.Probe == id && r.Outcome == "pass" }) {
			return false
		}
	}
	return true
}
