package device

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Kills looks at how often the terminal ended apps for want of memory.
type Kills struct {
	t    *terminal.Terminal
	last map[string]float64 // of the last look, by reading
}

var _ probes.Probe = (*Kills)(nil)

// NewKills returns the probe "kills".
func NewKills(t *terminal.Terminal) *Kills { return &Kills{t: t} }

// ID is "kills".
func (p *Kills) ID() probes.ID { return "kills" }

// Observe counts what was ended for want of memory since the terminal started. Readings: killed (count, by Android's low memory
// killer, Android 11 on), oom (count, by the kernel, Linux 4.13 on), and killed_new, oom_new (count since the last look); each
// where it is told.
func (p *Kills) Observe(ctx context.Context) probes.Observation {
	killed, killedErr := terminal.First(ctx, p.t, "kills", terminal.Way[float64]{Source: "dumpsys activity lmk", Read: p.android})
	oom, oomErr := terminal.First(ctx, p.t, "oom-kills", terminal.Way[float64]{Source: "/proc/vmstat", Read: p.kernel})
	if killedErr != nil && oomErr != nil {
		return terminal.Unknown(killedErr).Bounded()
	}
	o := probes.Observation{Outcome: probes.Pass}
	now := make(map[string]float64, 2)
	for _, count := range [...]struct {
		name  string
		value float64
		err   error
	}{{"killed", killed, killedErr}, {"oom", oom, oomErr}} {
		if count.err != nil {
			continue
		}
		now[count.name] = count.value
		o.Readings = append(o.Readings, probes.Reading{Name: count.name, Value: count.value, Unit: probes.One})
		if before, seen := p.last[count.name]; seen && count.value >= before { // a count that fell is another start's
			o.Readings = append(o.Readings, probes.Reading{Name: count.name + "_new", Value: count.value - before, Unit: probes.One})
		}
	}
	p.last = now
	o.Detail = fmt.Sprintf("%.0f apps ended for want of memory since the start", now["killed"]+now["oom"])
	return o.Bounded()
}

func (p *Kills) android(ctx context.Context) (float64, error) {
	var total int64
	err := p.t.Stream(ctx, func(lines iter.Seq[string]) error {
		got, err := dump.ParseLMK(lines)
		total = got.Total
		return err
	}, "dumpsys", "activity", "lmk")
	return float64(total), err
}

func (p *Kills) kernel(context.Context) (float64, error) {
	const file = "/proc/vmstat"
	var count *int64
	err := p.t.Lines(file, func(lines iter.Seq[string]) error {
		count = dump.ParseOOMKills(lines)
		return nil
	})
	switch {
	case err != nil:
		return 0, err
	case count == nil:
		return 0, &terminal.Error{What: file, Reason: probes.Absent, Err: errors.New("this kernel does not count them")}
	}
	return float64(*count), nil
}
