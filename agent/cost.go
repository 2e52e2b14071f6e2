package agent

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/transport/wire"
)

// cost is what the agent itself takes from the terminal, up for so long by the boot clock, with so many programs started. What
// cannot be read is 0.
func cost(uptime time.Duration, children int64) *wire.Cost {
	c := &wire.Cost{UptimeS: seconds(uptime), Children: children}
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(statm); len(fields) > 1 {
			pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
			c.RSSBytes = pages * int64(os.Getpagesize())
		}
	}
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) == nil {
		c.CPUS = seconds(time.Duration(ru.Utime.Nano() + ru.Stime.Nano()))
	}
	return c
}

// costEvery: a snapshot is made at each look, some 20,000 times a day, and to ask the kernel what we take costs more than to judge.
// Whoever reads one wants to know whether we grow.
const costEvery = 30 * time.Second

// costs is what the agent takes, no older than costEvery, and no older than a tenth of its life.
func (a *Agent) costs() *wire.Cost {
	boot := a.options.Boottime()
	if every := min(costEvery, (boot-a.started)/10); a.weighed == nil || boot-a.weighing >= every {
		a.weighed, a.weighing = cost(boot-a.started, a.catalog.terminal.Children()), boot
	}
	c := *a.weighed
	return &c
}
