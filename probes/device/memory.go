package device

import (
	"context"
	"fmt"
	"strings"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Memory looks at the main memory.
type Memory struct {
	t *terminal.Terminal
}

var _ probes.Probe = (*Memory)(nil)

// NewMemory returns the probe "memory".
func NewMemory(t *terminal.Terminal) *Memory { return &Memory{t: t} }

// ID is "memory".
func (p *Memory) ID() probes.ID { return "memory" }

// Observe reads what the kernel believes that apps can still have. Readings: available and total (B), used (%, of the
// total not available), pressure (%, where the kernel tells it). Kernels before 3.14 give no MemAvailable: there,
// available is gopsutil's estimate, and the detail says so.
func (p *Memory) Observe(ctx context.Context) probes.Observation {
	const what = "/proc/meminfo"
	if o, over := called(ctx, what); over {
		return o
	}
	content, err := p.t.ReadFile(what) // gopsutil takes a missing file for a terminal without memory
	p.t.Note("memory", what, err)
	if err != nil {
		return terminal.Unknown(err)
	}
	seen, err := guarded(what, func() (*mem.VirtualMemoryStat, error) {
		return mem.VirtualMemoryWithContext(hosted(ctx, p.t))
	})
	if err != nil {
		return terminal.Unknown(malformed(what, "%w", err))
	}
	if seen.Total == 0 || seen.Total > 1<<50 {
		return terminal.Unknown(malformed(what, "MemTotal is %d bytes", seen.Total))
	}
	available, how := seen.Available, ""
	if !strings.Contains(string(content), "MemAvailable:") {
		how = " (estimated: this kernel gives no MemAvailable)"
		if available > seen.Total { // its estimate wraps round below zero
			available = seen.Free
		}
	}
	if available > seen.Total {
		return terminal.Unknown(malformed(what, "more memory available (%d bytes) than there is (%d)", available, seen.Total))
	}
	total, free := float64(seen.Total), float64(available)
	return probes.Observation{
		Outcome: probes.Pass,
		Detail:  fmt.Sprintf("%s of %s available%s", human(free), human(total), how),
		Readings: append([]probes.Reading{
			{Name: "available", Value: free, Unit: probes.Bytes},
			{Name: "total", Value: total, Unit: probes.Bytes},
			{Name: "used", Value: share(total-free, total), Unit: probes.Percent},
		}, pressure(p.t, "memory")...),
	}.Bounded()
}
