package device

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// firstSpan is what the first look measures over. Half a second is fifty of the kernel's ticks: two percent resolution,
	// and still within a one-shot check's patience.
	firstSpan = 500 * time.Millisecond

	// leastSpan, in seconds of processor time over all cores, is the least to compute a share of: below ten ticks one tick
	// more or less makes ten percent.
	leastSpan = 0.1

	// mostTime, in seconds of processor time, is more than a thousand cores spend in a thousand years.
	mostTime = 1e14
)

// CPU looks at the processor.
type CPU struct {
	t    *terminal.Terminal
	last *cpu.TimesStat // of the last look; nil before it
}

var _ probes.Probe = (*CPU)(nil)

// NewCPU returns the probe "cpu".
func NewCPU(t *terminal.Terminal) *CPU { return &CPU{t: t} }

// ID is "cpu".
func (p *CPU) ID() probes.ID { return "cpu" }

// Observe measures how busy the processor was since the last look; the first look measures over half a second. A recorded
// terminal's counters stand still: there it gives the mean since that terminal's boot. Readings: busy and stolen (%, of
// all cores together), load1 and count ("1"), pressure (%); each where it can be known. Android 8 and later denies the
// counters to apps; load1 and count are there all the same.
func (p *CPU) Observe(ctx context.Context) probes.Observation {
	if o, over := called(ctx, "/proc/stat"); over {
		return o
	}
	ctx = hosted(ctx, p.t)
	around := append(p.around(ctx), pressure(p.t, "cpu")...)
	before, now, err := p.span(ctx)
	p.t.Note("processor", "/proc/stat", err)
	if err != nil {
		o := terminal.Unknown(err)
		o.Readings = around
		return o.Bounded()
	}
	all, idle, stolen := spent(now)
	if before != nil {
		allBefore, idleBefore, stolenBefore := spent(*before)
		all, idle, stolen = all-allBefore, idle-idleBefore, stolen-stolenBefore
	}
	if all <= 0 {
		return terminal.Unknown(malformed("/proc/stat", "its counters stand still"))
	}
	busy := share(all-idle, all)
	return probes.Observation{
		Outcome: probes.Pass,
		Detail:  fmt.Sprintf("processor %.0f %% busy", busy),
		Readings: append([]probes.Reading{
			{Name: "busy", Value: busy, Unit: probes.Percent},
			{Name: "stolen", Value: share(stolen, all), Unit: probes.Percent},
		}, around...),
	}.Bounded()
}

// span takes the counters at both ends of the time to report on. before is nil for the time since boot.
func (p *CPU) span(ctx context.Context) (before *cpu.TimesStat, now cpu.TimesStat, err error) {
	now, err = p.times(ctx)
	if err != nil {
		return nil, now, err
	}
	before = p.last
	if before != nil && elapsed(*before, now) < leastSpan {
		before = nil // it is too soon, or the terminal has booted since
	}
	if before == nil && p.t.Here() {
		start := now
		if err := pause(ctx, firstSpan); err != nil {
			return nil, now, err
		}
		if now, err = p.times(ctx); err != nil {
			return nil, now, err
		}
		before = &start
	}
	p.last = &now
	return before, now, nil
}

func (p *CPU) times(ctx context.Context) (cpu.TimesStat, error) {
	const what = "/proc/stat"
	if _, err := p.t.ReadFile(what); err != nil { // gopsutil tells neither denied from absent nor a file from a pipe
		return cpu.TimesStat{}, err
	}
	times, err := guarded(what, func() ([]cpu.TimesStat, error) { return cpu.TimesWithContext(ctx, false) })
	if err != nil {
		return cpu.TimesStat{}, err
	}
	if len(times) != 1 {
		return cpu.TimesStat{}, malformed(what, "no line of processor times in it")
	}
	all, idle, stolen := spent(times[0])
	if math.IsNaN(all) || all <= 0 || all > mostTime || idle < 0 || idle > all || stolen < 0 {
		return cpu.TimesStat{}, malformed(what, "impossible processor times in it")
	}
	return times[0], nil
}

// around is what can be told without the counters: the load, and how many cores there are.
func (p *CPU) around(ctx context.Context) []probes.Reading {
	var all []probes.Reading
	if load, ok := p.load(); ok {
		all = append(all, probes.Reading{Name: "load1", Value: load, Unit: probes.One})
	}
	if _, err := p.t.ReadFile("/proc/cpuinfo"); err == nil {
		count, err := guarded("/proc/cpuinfo", func() (int, error) { return cpu.CountsWithContext(ctx, true) })
		if err == nil && count > 0 {
			all = append(all, probes.Reading{Name: "count", Value: float64(count), Unit: probes.One})
		}
	}
	return all
}

// load is the mean number of runnable tasks over a minute. Where the file is denied, the kernel tells it by sysinfo(2).
func (p *CPU) load() (float64, bool) {
	line, err := p.t.ReadLine("/proc/loadavg")
	if err == nil {
		text, _, _ := strings.Cut(line, " ")
		load, err := strconv.ParseFloat(text, 64)
		return load, err == nil && load >= 0 && load < 1e6
	}
	var info unix.Sysinfo_t
	if !p.t.Here() || unix.Sysinfo(&info) != nil {
		return 0, false
	}
	return float64(info.Loads[0]) / (1 << 16), true // SI_LOAD_SHIFT
}

// spent splits the counters, in seconds. Time given to guests is in user time already.
func spent(t cpu.TimesStat) (all, idle, stolen float64) {
	idle = t.Idle + t.Iowait
	return t.User + t.Nice + t.System + t.Irq + t.Softirq + t.Steal + idle, idle, t.Steal
}

func elapsed(before, now cpu.TimesStat) float64 {
	allBefore, _, _ := spent(before)
	all, _, _ := spent(now)
	return all - allBefore
}

// share in percent, within 0 and 100: the kernel's iowait may count backwards.
func share(part, all float64) float64 { return max(0, min(100, 100*part/all)) }

// pause waits for d, or half of what ctx leaves if that is less.
func pause(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, time.Until(deadline)/2)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
