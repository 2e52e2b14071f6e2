package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/lab/shop"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// A mobile data plan of 10 MB a month is 333 kB a day.
	dayGate = 333_000
	// begun is how long a start takes: the first look of every probe, and the second and third of what the first raised doubts about.
	begun = 2 * time.Minute
	// reconnects of a healthy day: operators of mobile networks end a session some ten times.
	reconnects = 10
	// closed is what a day of a shop that is open for 14 hours spares of what is looked at each ten minutes: two thirds of ten hours.
	closed = 2.0 / 3 * 10 / 24
	// pings of a day at 240 s, in bytes: but for those that a pulse each 15 min makes unnecessary. transport/mqtt has what one costs.
	pings = (360 - 96) * 218
	// answer is the share of the https look in what a host's start costs. The tls look beside it is not made again: the other shows it the
	// chain. 3.0 kB of 5.2 by the packets of this lab.
	answer = 0.6
	// learns: a full handshake, and the first that could go on with it, are what the next ones are chosen by.
	learns = 2
)

// spent is what a part of a day cost, in bytes of IP both ways, by kind.
type spent map[string]int64

// kinds are what a terminal spends bytes on, in the order of the table.
func kinds() []netns.Kind {
	to := func(name string, addresses ...string) netns.Kind {
		set := "{ " + strings.Join(addresses, ", ") + " }"
		return netns.Kind{Name: name, In: "ip saddr " + set, Out: "ip daddr " + set}
	}
	return []netns.Kind{
		to("telemetry", shop.Broker),
		{Name: "standby", In: `iifname "rmnet0"`, Out: `oifname "rmnet0"`},
		{Name: "way", In: "ip saddr != 10.0.0.0/8 meta l4proto icmp", Out: "ip daddr != 10.0.0.0/8 meta l4proto icmp"},
		to("host_a", shop.HostA), to("host_b", shop.HostB), to("host_c", shop.HostC),
		to("names", shop.DNS1, shop.DNS2), to("time", shop.Time), to("portal", shop.Page),
		{Name: "shop", In: "ip saddr 10.0.0.0/8", Out: "ip daddr 10.0.0.0/8"},
	}
}

// day measures what a healthy terminal costs its data plan: every probe, the product's own periods, 60 ms to everybody. A start, an
// hour, a connection that ends, and a look at everything are measured; the day is computed of them.
func (o *options) day(ctx context.Context) (page string, err error) {
	place, err := o.open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	place.Unhurried, place.Learned = true, true
	place.WAN.Shape(netns.Shape{Delay: 30 * time.Millisecond}, netns.Shape{Delay: 30 * time.Millisecond})
	place.CellWAN.Shape(netns.Shape{Delay: 30 * time.Millisecond}, netns.Shape{Delay: 30 * time.Millisecond})
	read, err := place.Terminal.Count(ctx, kinds())
	if err != nil {
		return "", err
	}
	binary, err := o.shipped(ctx)
	if err != nil {
		return "", err
	}
	agent, err := place.Healthy(ctx, binary, 1, 3*healthyIn)
	if err != nil {
		return "", err
	}
	m := &meter{read: read}
	if err := wait(ctx, begun); err != nil {
		return "", err
	}
	start := m.since(ctx)
	if err := wait(ctx, o.long); err != nil {
		return "", err
	}
	steady := m.since(ctx)
	for range learns { // it learns which handshake is the cheaper one
		if err := o.reconnect(ctx, place, agent); err != nil {
			return "", err
		}
	}
	learning := m.since(ctx)
	if err := o.reconnect(ctx, place, agent); err != nil {
		return "", err
	}
	again := m.since(ctx)
	if err := lookAgain(ctx, place.Dir); err != nil {
		return "", err
	}
	if err := wait(ctx, begun); err != nil {
		return "", err
	}
	look := m.since(ctx)
	last, _, _ := agent.Until(ctx, time.Minute, func(w wire.Snapshot) bool { return w.Cost != nil && w.Cost.Data != nil })
	return report(o.long, start, steady, learning, again, look, last, m.err)
}

// shipped is the agent as it ships, which asks for an echo as often as acquirers may be asked.
func (o *options) shipped(ctx context.Context) (string, error) {
	binary := filepath.Join(o.dir, "poshealth-shipped")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/poshealth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the agent: %w\n%s", err, out)
	}
	return binary, nil
}

// meter reads the counters from one moment to the next.
type meter struct {
	read func(context.Context) (map[string]int64, error)
	last spent
	err  error
}

func (m *meter) since(ctx context.Context) spent {
	now, err := m.read(ctx)
	m.err = errors.Join(m.err, err)
	part := spent{}
	for k, n := range now {
		part[k] = n - m.last[k]
	}
	m.last = now
	return part
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// reconnect ends the connection to the broker on its way, as a mobile network does, and waits until the terminal is back and has told
// how it is.
func (o *options) reconnect(ctx context.Context, place *shop.Shop, agent *shop.Agent) error {
	w, _, _ := agent.Until(ctx, time.Second, func(wire.Snapshot) bool { return false })
	if w.Report == nil {
		return errors.New("the terminal does not say whether it reports")
	}
	sent := w.Report.Sent
	if err := place.Terminal.Run(ctx, "ss", "-K", "dst", shop.Broker, "dport", "=", "8883"); err != nil {
		return err
	}
	if _, _, ok := agent.Until(ctx, 2*time.Minute, func(w wire.Snapshot) bool {
		return w.Report != nil && w.Report.State == "online" && w.Report.Sent > sent && w.Report.Queued == 0
	}); !ok {
		return errors.New("the connection to the broker did not end, or the terminal does not come back to it")
	}
	return wait(ctx, 20*time.Second)
}

// lookAgain has everything looked at once more.
func lookAgain(ctx context.Context, dir string) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", dir+"/poshealth.sock")
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/v1/check", bytes.NewReader(nil))
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// rest is how often a day has a rare look after the start: a healthy probe looks up to a tenth early.
func rest(kind string) float64 {
	return 24/(0.95*config.Default().Probe[kind].Every.Hours()) - 1
}

// report computes the day. In the hour lie what is looked at each hour and more often; what is rarer is in the start once, and the
// start is added for the rest of the day as often as it comes: a little too much, for what is looked at more often is in it too.
func report(long time.Duration, start, steady, learning, again, look spent, last wire.Snapshot, err error) (string, error) {
	hours := (24*time.Hour - begun).Hours() / long.Hours()
	more := map[string]float64{
		"host_a": rest("https") * answer, "host_b": rest("https") * answer, "names": rest("https"), "way": rest("path"), "standby": rest("standby"), "portal": rest("portal"),
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n## A healthy day on the wire\n\nBytes of IP, both ways, counted by nft at the terminal; 60 ms to everybody; every probe on, the product's own periods. %s were measured, "+
		"a start, a connection that ends, and one look again that somebody asks for; the day is a start, the rest at the measured rate, %d connections, and what is looked at more rarely than that.\n\n"+
		"| kind | start | %s | a reconnect | a look again | a day |\n|---|--:|--:|--:|--:|--:|\n", long, reconnects, long)
	whole, byNight := 0.0, 0.0
	for _, k := range append(kinds(), netns.Kind{Name: "other"}) {
		day := float64(start[k.Name]) + float64(steady[k.Name])*hours + more[k.Name]*float64(start[k.Name])
		day += reconnects * float64(again[k.Name])
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %.0f |\n", strings.ReplaceAll(k.Name, "_", " "), start[k.Name], steady[k.Name], again[k.Name], look[k.Name], day)
		if k.Name != "shop" { // it costs the data plan nothing
			whole += day
		}
		if strings.HasPrefix(k.Name, "host_") || k.Name == "names" {
			byNight += float64(steady[k.Name]) * hours * closed
		}
	}
	fmt.Fprintf(&b, "\n**%.0f kB a day** beyond the shop, of 333 kB that 10 MB a month allow, and 200 kB that are the goal.\n\n"+
		"That is a shop that never closes (`terminal.trading_hours` is not set), and a terminal that has learned that its line may be silent for longer than a pulse "+
		"(`mqtt.keepalive`). With trading hours from 08:00 to 22:00 hosts and names are looked at a third as often for ten hours: **%.0f kB**. On a network that takes "+
		"each longer silence back there is a ping of 218 B each 240 s between two pulses: **%.0f kB**, and %.0f with trading hours.\n",
		whole/1000, (whole-byNight)/1000, (whole+pings)/1000, (whole+pings-byNight)/1000)
	if last.Cost != nil && last.Cost.Data != nil {
		var seen int64
		for _, part := range []spent{start, steady, learning, again, look} {
			for _, n := range part {
				seen += n
			}
		}
		own := last.Cost.Data.UsedBytes + last.Cost.Data.FreeBytes
		fmt.Fprintf(&b, "\nThe agent's own meter says %d B where nft counted %d, both with what stays in the shop (%+.1f %%).\n", own, seen, 100*(float64(own)/float64(seen)-1))
	}
	if whole > dayGate {
		err = errors.Join(err, fmt.Errorf("a healthy day takes %.0f kB: more than %d", whole/1000, dayGate/1000))
	}
	fmt.Fprintf(os.Stderr, "%.0f kB a day\n", whole/1000)
	return b.String(), err
}
