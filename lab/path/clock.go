package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/lab/netns"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
)

// The line of the clock's part, and what the probe must make of it.
const (
	clockDelay = 50 * time.Millisecond // each way: 100 ms
	sntpWithin = 10.0                  // ms, of the stated error beyond half of the round trip; the servers' own root distance is 0
	dateWithin = 400.0                 // ms, of the stated error of dates alone
	clockTries = 2                     // of each offset
	beginsIn   = 30 * time.Second      // a server of time answers by then
)

// aheads are how far the servers of time are ahead of this machine. A chronyd under faketime that is off by a second or less
// believes the kernel's time of arrival, which is no other than this machine's: it takes ten milliseconds more.
func aheads() []time.Duration {
	const year, second = 365 * 24 * time.Hour, 1010 * time.Millisecond
	return []time.Duration{-year, -301 * time.Second, -61 * time.Second, -second, 0, second, 61 * time.Second, 301 * time.Second, year}
}

// times is a line of 100 ms with servers behind it that live in another time.
type times struct {
	near, far *netns.Namespace
	line      *netns.Line
	dir       string
	running   []*exec.Cmd
	servers   []*http.Server
}

// clocks holds the probe "clock" to servers whose time is known.
func (o *options) clocks(ctx context.Context) (page string, err error) {
	for _, name := range []string{"chronyd", "faketime"} {
		if _, err := exec.LookPath(name); err != nil {
			return "", fmt.Errorf("%w (make lab installs it)", err)
		}
	}
	t := &times{dir: filepath.Join(o.dir, "clock")}
	defer func() { err = errors.Join(err, t.close()) }() //nolint:contextcheck // what was made is taken away, whatever has ended since
	if err := t.open(ctx); err != nil {
		return "", err
	}
	all := aheads()
	lines, faults := make([]string, len(all)), make([]error, len(all))
	var wg sync.WaitGroup
	for i, ahead := range all {
		wg.Go(func() { lines[i], faults[i] = t.measure(ctx, i, ahead) })
	}
	wg.Wait()
	cost, err := t.count(ctx)
	faults = append(faults, err)
	return "\n## What time it is, over a line of 100 ms\n\nOffsets of the terminal's clock, the worst of " + strconv.Itoa(clockTries) +
		" looks each; UDP 123 is dropped where dates are asked.\n\n| the servers are ahead by | SNTP (chronyd): wrong by, states | dates alone (HTTPS): wrong by, states |\n|---|---|---|\n" +
		strings.Join(lines, "") + "\n" + cost, errors.Join(faults...)
}

// open makes the line and starts all servers.
func (t *times) open(ctx context.Context) error {
	var err error
	if err = os.MkdirAll(t.dir, 0o755); err != nil {
		return err
	}
	if t.near, err = netns.New(ctx, "near"); err != nil {
		return err
	}
	if t.far, err = netns.New(ctx, "far"); err != nil {
		return err
	}
	t.line, err = netns.NewLine(ctx, netns.Plug{In: t.near, Name: "wan0", Address: "10.9.0.1/30"}, netns.Plug{In: t.far, Name: "wan0", Address: "10.9.0.2/30"}, 1)
	if err != nil {
		return err
	}
	if _, err := t.far.Filter(ctx, "input", "udp dport 123 drop"); err != nil {
		return err
	}
	_, chain, key, err := probetest.Certificate("10.9.0.2")
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return err
	}
	for i, ahead := range aheads() {
		if err := t.serve(ctx, pair, i, ahead); err != nil {
			return err
		}
	}
	// All of them answer before the line becomes slow.
	for i := range aheads() {
		for deadline := time.Now().Add(beginsIn); ; time.Sleep(100 * time.Millisecond) {
			a, b := t.look(ctx, clock.Options{NTP: []string{sntpAt(i)}, Once: true}), t.look(ctx, clock.Options{HTTPS: []string{dateAt(i)}, Once: true})
			if a.Outcome == probes.Pass && b.Outcome == probes.Pass {
				break
			}
			if time.Now().After(deadline) || ctx.Err() != nil {
				return fmt.Errorf("servers %d do not answer: %s; %s", i, a.Detail, b.Detail)
			}
		}
	}
	t.line.Shape(netns.Shape{Delay: clockDelay}, netns.Shape{Delay: clockDelay})
	return nil
}

func sntpAt(i int) string { return "10.9.0.2:" + strconv.Itoa(11123+i) }
func dateAt(i int) string { return "https://10.9.0.2:" + strconv.Itoa(11443+i) + "/" }

// serve starts a chronyd whose clock is ahead, and an HTTPS server that writes such dates: Go's own, for faketime does not reach
// every server's clock.
func (t *times) serve(ctx context.Context, pair tls.Certificate, i int, ahead time.Duration) error {
	file := fmt.Sprintf("%s/chrony-%d", t.dir, i)
	conf := fmt.Sprintf("local stratum 3\nallow\nbindaddress 10.9.0.2\nport %d\ncmdport 0\npidfile %s.pid\n", 11123+i, file)
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return err
	}
	cmd := t.far.Command(ctx, append([]string{"faketime", "-f", fmt.Sprintf("%+.2fs", ahead.Seconds()), "chronyd"}, probetest.ChronyFlags(file)...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // faketime may stand between us and the server
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start chronyd under faketime: %w", err)
	}
	t.running = append(t.running, cmd)

	var listener net.Listener
	err := t.far.Do(func() (err error) {
		listener, err = tls.Listen("tcp", "10.9.0.2:"+strconv.Itoa(11443+i), &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		return err
	})
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	})}
	go func() { _ = server.Serve(listener) }()
	t.servers = append(t.servers, server)
	return nil
}

// probe is one that looks from the near side; every socket is opened there.
func (t *times) probe(o clock.Options) (*clock.Probe, error) {
	o.Dial = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = t.near.Do(func() error {
			conn, err = (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
	return clock.New(o)
}

// look looks once.
func (t *times) look(ctx context.Context, o clock.Options) probes.Observation {
	p, err := t.probe(o)
	if err != nil {
		return probes.Observation{Detail: err.Error()}
	}
	return p.Observe(ctx)
}

// measure looks at servers of one lead, by SNTP and, with UDP 123 dropped, by dates alone.
func (t *times) measure(ctx context.Context, i int, ahead time.Duration) (line string, err error) {
	words := [2]string{}
	for kind, o := range []clock.Options{{NTP: []string{sntpAt(i)}}, {NTP: []string{"10.9.0.2:123"}, HTTPS: []string{dateAt(i)}}} {
		worst, most := 0.0, 0.0
		for range clockTries {
			seen := t.look(ctx, o)
			offset, a := seen.Reading("offset")
			within, b := seen.Reading("error")
			if !a || !b {
				return "", fmt.Errorf("%v ahead: %s %s", ahead, seen.Outcome, seen.Detail)
			}
			wrong := math.Abs(offset + float64(ahead)/1e6)
			worst, most = max(worst, wrong), max(most, within)
			delay, _ := seen.Reading("delay_1")
			switch {
			case wrong > within:
				err = errors.Join(err, fmt.Errorf("%v ahead: wrong by %.1f ms, and says %.1f", ahead, wrong, within))
			case kind == 0 && within > delay/2+sntpWithin, kind == 1 && within > dateWithin:
				err = errors.Join(err, fmt.Errorf("%v ahead: states %.1f ms over a round trip of %.1f", ahead, within, delay))
			}
		}
		words[kind] = fmt.Sprintf("%.1f ms, ± %.1f ms", worst, most)
	}
	fmt.Fprintf(os.Stderr, "%-4s %-16v %s; %s\n", result{err: err}.mark(), ahead, words[0], words[1])
	return fmt.Sprintf("| %v | %s | %s |\n", ahead, words[0], words[1]), err
}

// count counts what looks cost, in bytes of IP both ways.
func (t *times) count(ctx context.Context) (string, error) {
	var said []string
	for _, c := range []struct {
		names []string
		o     clock.Options
	}{
		{[]string{"one exchange with a server"}, clock.Options{NTP: []string{sntpAt(4)}, Once: true}},
		{[]string{"a burst"}, clock.Options{NTP: []string{sntpAt(4)}}},
		{[]string{"a page", "the same again"}, clock.Options{HTTPS: []string{dateAt(4)}, Every: time.Nanosecond}},
	} {
		p, err := t.probe(c.o)
		if err != nil {
			return "", err
		}
		for _, name := range c.names {
			p.Ask()
			before := t.bytes()
			if o := p.Observe(ctx); o.Outcome != probes.Pass {
				return "", fmt.Errorf("%s: %s", name, o.Detail)
			}
			said = append(said, fmt.Sprintf("%s: %d B", name, t.bytes()-before))
		}
	}
	line := "On the wire, of IP, both ways: " + strings.Join(said, "; ") + ".\n"
	fmt.Fprint(os.Stderr, line)
	return line, nil
}

func (t *times) bytes() int64 {
	there, back := t.line.Count()
	return there.Bytes + back.Bytes
}

// close ends the servers, the line and the namespaces.
func (t *times) close() error {
	for _, cmd := range t.running {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // it may be gone
		_ = cmd.Wait()
	}
	var all error
	for _, s := range t.servers {
		all = errors.Join(all, s.Close())
	}
	if t.line != nil {
		all = errors.Join(all, t.line.Close())
	}
	for _, n := range []*netns.Namespace{t.near, t.far} {
		if n != nil {
			all = errors.Join(all, n.Close())
		}
	}
	return all
}
