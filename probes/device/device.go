// Package device looks at the terminal itself: processor, memory, storage, battery, and what terminal it is.
//
// Its probes report numbers and know no threshold. They pass when the thing could be measured: how much is too little is
// for diagnosis. What this terminal, or a recorded one, does not show is Unknown, never zero.
package device

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/common"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// hosted tells gopsutil where the terminal's /proc and /sys are, whatever the agent's environment says.
func hosted(ctx context.Context, t *terminal.Terminal) context.Context {
	return context.WithValue(ctx, common.EnvKey, common.EnvMap{
		common.HostProcEnvKey: t.Path("proc"),
		common.HostSysEnvKey:  t.Path("sys"),
	})
}

// guarded runs a reader of gopsutil, whose parsers index into lines that they expect: on a file that was cut or made up,
// v3.24.5 panics (/proc/zoneinfo with an empty line).
func guarded[T any](what string, read func() (T, error)) (got T, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = &terminal.Error{What: what, Reason: probes.Malformed, Err: fmt.Errorf("its parser gave up: %v", broken)}
		}
	}()
	return read()
}

// pressure is the share of the last minute in which some task waited for a resource ("cpu", "memory", "io"), in percent,
// from the kernel's pressure stall information (Linux 4.20, Android 10, where it is switched on).
func pressure(t *terminal.Terminal, resource string) []probes.Reading {
	content, err := t.Head("/proc/pressure/"+resource, 1024)
	if err != nil {
		return nil
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		rest, ok := strings.CutPrefix(line, "some ")
		if !ok {
			continue
		}
		for word := range strings.FieldsSeq(rest) {
			text, ok := strings.CutPrefix(word, "avg60=")
			if value, err := strconv.ParseFloat(text, 64); ok && err == nil && value >= 0 && value <= 100 {
				return []probes.Reading{{Name: "pressure", Value: value, Unit: probes.Percent}}
			}
		}
	}
	return nil
}

func malformed(what, format string, args ...any) error {
	return &terminal.Error{What: what, Reason: probes.Malformed, Err: fmt.Errorf(format, args...)}
}

func absent(what, why string) error {
	return &terminal.Error{What: what, Reason: probes.Absent, Err: errors.New(why)}
}

// called reports the end of ctx as the observation that says so.
func called(ctx context.Context, what string) (probes.Observation, bool) {
	if err := ctx.Err(); err != nil {
		return terminal.Unknown(&terminal.Error{What: what, Reason: terminal.ReasonOf(err), Err: err}), true
	}
	return probes.Observation{}, false
}

// human is a size in bytes for people, in the decimal units that shops and data plans use: "2.1 GB".
func human(size float64) string {
	for _, unit := range []struct {
		bytes float64
		name  string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if size >= unit.bytes {
			return strconv.FormatFloat(math.Round(10*size/unit.bytes)/10, 'f', -1, 64) + " " + unit.name
		}
	}
	return strconv.FormatFloat(size, 'f', 0, 64) + " B"
}
