//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// reportWithin: a first report comes some seconds after the start, on an idle core.
const reportWithin = 2 * time.Minute

// story is what happens to the terminal, and what must be seen of it from outside.
type story struct {
	options
	peers   *peers
	console *console
	boot    func(context.Context) (*machine, error)
	machine *machine
	born    wire.State // the agent's last birth
	tell    func(format string, args ...any)
}

// play tells the whole of it; the first thing that is not as it must be ends it.
func (s *story) play(ctx context.Context) error {
	var err error
	if s.machine, err = s.boot(ctx); err != nil {
		return err
	}
	s.tell("boots: %s", s.machine.bootID)
	first, err := s.system(ctx)
	if err != nil {
		return fmt.Errorf("first boot: %w", err)
	}
	again, err := s.reboot(ctx, first)
	if err != nil {
		return fmt.Errorf("reboot: %w", err)
	}
	s.tell("rebooted: %s; the count of starts went from %d to %d", again.BootID, starts(first), starts(again))
	if err := s.stop(ctx); err != nil {
		return err
	}
	if err := s.bites(ctx); err != nil {
		return err
	}
	for _, version := range []string{"8", "11", "12", "13", "15"} {
		start := time.Now()
		if err := s.app(ctx, version); err != nil {
			return fmt.Errorf("as an app of Android %s: %w", version, err)
		}
		s.tell("as an app under the filter of Android %s: a full round, reported, stopped clean (%.0f s)", version, time.Since(start).Seconds())
	}
	if _, err := s.machine.order(ctx, "off"); err != nil {
		return err
	}
	return s.machine.end(ctx)
}

// system is the agent as a service of the system: a round, its memory, a clock that is set, an end by force. It returns the
// agent's last birth.
func (s *story) system(ctx context.Context) (wire.State, error) {
	started := time.Now()
	born, err := s.start(ctx, "/system/bin/poshealth", "run", "--config", "/data/lab/system.toml")
	if err != nil {
		return born, err
	}
	s.tell("a full round is done and reported over TLS after %.0f s", time.Since(started).Seconds())

	if err := pause(ctx, s.settle-time.Since(started)); err != nil {
		return born, err
	}
	words, err := s.machine.order(ctx, "memory")
	if err != nil {
		return born, err
	}
	if err := s.weigh(words); err != nil {
		return born, err
	}

	if err := s.wrongClock(ctx); err != nil {
		return born, err
	}

	if _, err := s.machine.order(ctx, "kill"); err != nil {
		return born, err
	}
	next, err := s.state(ctx, "a birth in the same boot with a higher count of starts", func(n wire.State) bool {
		return n.Online && n.BootID == born.BootID && starts(n) > starts(born)
	})
	if err != nil {
		return born, err
	}
	s.born = next
	s.tell("killed, it is started again: start %d after %d", starts(next), starts(born))
	return next, s.rightClock(ctx)
}

func (s *story) event(ctx context.Context, what string, wanted func(wire.Event) bool) error {
	return s.hear(ctx, what, func(r report) (bool, error) {
		if r.topic != "event" {
			return false, nil
		}
		e, err := wire.Decode[wire.Event](r.body)
		return err == nil && wanted(e), err
	})
}

// weigh says how much memory the agent takes, and fails when it is more than allowed.
func (s *story) weigh(words string) error {
	m := regexp.MustCompile(`VmRSS: (\d+) kB`).FindStringSubmatch(words)
	if m == nil {
		return fmt.Errorf("no VmRSS in %q", words)
	}
	rss, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	s.tell("RSS on emulated Cortex-A7: %d kB, %s after its start (%s)", rss, s.settle, words)
	if rss > s.most {
		return fmt.Errorf("the agent has outgrown its memory: VmRSS %d kB, at most %d", rss, s.most)
	}
	return nil
}

// reboot is a real one: the machine goes off and on with the same disk, and the agent must know who it is.
func (s *story) reboot(ctx context.Context, before wire.State) (wire.State, error) {
	if _, err := s.machine.order(ctx, "reboot"); err != nil {
		return before, err
	}
	if err := s.goodbye(ctx); err != nil {
		return before, err
	}
	if err := s.machine.end(ctx); err != nil {
		return before, err
	}
	var err error
	if s.machine, err = s.boot(ctx); err != nil {
		return before, err
	}
	born, err := s.start(ctx, "/system/bin/poshealth", "run", "--config", "/data/lab/system.toml")
	switch {
	case err != nil:
		return born, err
	case born.BootID == before.BootID:
		return born, errors.New("the boot id is that of before")
	case starts(born) <= starts(before):
		return born, fmt.Errorf("start %d follows start %d: the count was not kept", starts(born), starts(before))
	}
	return born, nil
}

// bites shows that the filters are no empty promise here: the mildest of them ends a Go program that looks another one up,
// as the sandbox does before it puts itself under one.
func (s *story) bites(ctx context.Context) error {
	const sandbox = "/system/bin/sandbox --android 15 -- "
	how, err := s.machine.order(ctx, "run", sandbox+sandbox+"/system/bin/poshealth version")
	if err == nil && !strings.Contains(how, "bad system call") {
		err = fmt.Errorf("under a filter a program that calls faccessat2 ends with %q, want a bad system call", how)
	}
	return err
}

// app is the agent as an app may run it: an app's user, an app's filter, and a kernel that calls itself old where that
// Android has an old one.
func (s *story) app(ctx context.Context, version string) error {
	order := []string{"/system/bin/sandbox", "--android", version, "--uid", strconv.Itoa(appUID)}
	if slices.Contains([]string{"8", "11"}, version) {
		order = append(order, "--uname26")
	}
	if _, err := s.start(ctx, append(order, "--", "/system/bin/poshealth", "run", "--config", "/data/lab/app.toml")...); err != nil {
		return err
	}
	return s.stop(ctx)
}

// start starts the agent and waits for its birth and for a full round of looks.
func (s *story) start(ctx context.Context, command ...string) (wire.State, error) {
	if _, err := s.machine.order(ctx, append([]string{"start"}, command...)...); err != nil {
		return wire.State{}, err
	}
	born, err := s.state(ctx, "a birth", func(b wire.State) bool { return b.Online })
	if err != nil {
		return born, err
	}
	s.born = born
	if born.Terminal != terminalID || born.BootID != s.machine.bootID {
		return born, fmt.Errorf("it calls itself %s in boot %s, want %s in boot %s", born.Terminal, born.BootID, terminalID, s.machine.bootID)
	}
	seen := make(map[string]wire.Result)
	lacks := round()
	err = s.snapshot(ctx, "a full round of looks", func(h wire.Snapshot) bool {
		if h.Session.BootID != born.BootID {
			return false
		}
		for _, r := range h.Results { // a pulse tells what is new
			seen[r.Probe] = r
		}
		h.Results = slices.Collect(maps.Values(seen))
		lacks = missing(h)
		return len(lacks) == 0 && h.Verdict.TakeCard.Level == wire.Ready
	})
	if err != nil {
		err = fmt.Errorf("%w; not passed in any: %s", err, strings.Join(lacks, " "))
	}
	return born, err
}

// stop asks the agent to stop, which it must do clean and with a goodbye.
func (s *story) stop(ctx context.Context) error {
	how, err := s.machine.order(ctx, "stop")
	if err != nil {
		return err
	}
	if how != "exit 0" {
		return fmt.Errorf("asked to stop, it ends with %q, want exit 0", how)
	}
	return s.goodbye(ctx)
}

// round is what must pass in one: through the network, the kernel and the terminal's programs, which answer to an app here as
// they do to root, for no Android is there to deny it. Not in it: dns, for which the emulator's network has no server;
// wear and tamper, of which this machine shows nothing.
func round() []string {
	return []string{
		"link", "route", "tcp/acquirer-a", "tls/acquirer-a",
		"cpu", "memory", "storage", "battery", "thermal", "reboots", "terminal", "integrity",
		"clock", "network", "mobile", "wifi", "switches", "app", "crashes",
	}
}

// missing names what did not pass of a round.
func missing(h wire.Snapshot) []string {
	return slices.DeleteFunc(round(), func(probe string) bool {
		return slices.ContainsFunc(h.Results, func(r wire.Result) bool { return r.Probe == probe && r.Outcome == "pass" })
	})
}

// starts is the upper part of an epoch: which start of the agent on this terminal it was.
func starts(s wire.State) uint64 { return s.Epoch >> 32 }

// goodbye waits for the last word of the agent that was born last; the will of one that was killed may come late.
func (s *story) goodbye(ctx context.Context) error {
	_, err := s.state(ctx, "a goodbye", func(g wire.State) bool { return !g.Online && starts(g) == starts(s.born) })
	return err
}

func (s *story) state(ctx context.Context, what string, wanted func(wire.State) bool) (wire.State, error) {
	var got wire.State
	err := s.hear(ctx, what, func(r report) (bool, error) {
		if r.topic != "state" {
			return false, nil
		}
		var err error
		got, err = wire.Decode[wire.State](r.body)
		return err == nil && wanted(got), err
	})
	return got, err
}

func (s *story) snapshot(ctx context.Context, what string, wanted func(wire.Snapshot) bool) error {
	var got wire.Snapshot
	err := s.hear(ctx, what, func(r report) (bool, error) {
		if r.topic != "health" {
			return false, nil
		}
		var err error
		got, err = wire.Decode[wire.Snapshot](r.body)
		return err == nil && wanted(got), err
	})
	if err != nil && got.Schema != 0 {
		err = fmt.Errorf("%w; the last report: %s", err, outcomes(got))
	}
	return err
}

// outcomes is a report in a line, for whoever must find out what was missing.
func outcomes(h wire.Snapshot) string {
	words := []string{"take_card " + h.Verdict.TakeCard.Level}
	for _, r := range h.Results {
		words = append(words, strings.Join([]string{r.Probe, r.Outcome, r.Reason, r.Detail}, " "))
	}
	return strings.Join(words, ", ")
}

// hear waits for a report, and for nothing from an agent that has died.
func (s *story) hear(ctx context.Context, what string, wanted func(report) (bool, error)) error {
	timer := time.NewTimer(reportWithin)
	defer timer.Stop()
	said := s.machine.said
	for {
		select {
		case words, ok := <-said:
			if !ok {
				said = nil // it is off, and its last words may still be on their way
			} else if err := s.machine.note(words); err != nil {
				return err
			}
		case r, ok := <-s.peers.reports:
			if !ok {
				return errors.New("the subscriber has ended")
			}
			if found, err := wanted(r); found || err != nil {
				return err
			}
		case <-timer.C:
			return fmt.Errorf("not reported within %s: %s", reportWithin, what)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
