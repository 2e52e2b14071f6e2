package device_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// unit is a terminal that starts when a test says so, with a folder in which starts are kept.
type unit struct {
	t         *testing.T
	root, dir string
	wall      time.Time     // the wall clock
	up        time.Duration // since the start
	starts    int
	writes    int
	probe     *device.Reboots
}

func newUnit(t *testing.T) *unit {
	t.Helper()
	u := &unit{t: t, root: t.TempDir(), dir: t.TempDir(), wall: noon}
	u.start("")
	return u
}

// start starts the terminal for a reason that Android tells, and the agent with it.
func (u *unit) start(reason string) {
	u.starts++
	u.up = 0
	put(u.t, u.root, "proc/sys/kernel/random/boot_id", fmt.Sprintf("0b1c2d3e-4f50-4a61-8b72-%012x\n", u.starts))
	prints(u.t, u.root, "getprop", "[ro.product.brand]: [PAX]\n[ro.build.version.sdk]: [28]\n[sys.boot.reason]: ["+reason+"]\n")
	u.restart()
}

// restart is the agent's.
func (u *unit) restart() {
	u.probe = device.NewReboots(device.RebootsOptions{
		Terminal: terminal.Open(u.root), StateDir: u.dir, Now: func() time.Time { return u.wall },
		Write: func(file, content string) error {
			u.writes++
			return os.WriteFile(file, []byte(content+"\n"), 0o600)
		},
	})
}

func (u *unit) later(d time.Duration) {
	u.wall, u.up = u.wall.Add(d), u.up+d
}

func (u *unit) look() probes.Observation {
	u.t.Helper()
	put(u.t, u.root, "proc/uptime", fmt.Sprintf("%.2f 1.00\n", u.up.Seconds()))
	return u.probe.Observe(u.t.Context())
}

// counts asserts the starts of the last day.
func (u *unit) counts(starts, unplanned float64, why ...any) probes.Observation {
	u.t.Helper()
	got := u.look()
	require.Equal(u.t, probes.Pass, got.Outcome, got.Detail)
	assert.InDelta(u.t, starts, reading(u.t, got, "starts"), 0, why...)
	assert.InDelta(u.t, unplanned, reading(u.t, got, "unplanned"), 0, why...)
	return got
}

func TestRebootsAreKept(t *testing.T) {
	u := newUnit(t)
	u.counts(1, 0)
	u.later(time.Hour)
	u.counts(1, 0, "the same start")
	u.restart()
	u.counts(1, 0, "and the agent started again")
	assert.Equal(t, 1, u.writes)

	u.later(time.Hour)
	u.start("kernel_panic")
	first := u.wall
	u.later(time.Minute)
	got := u.counts(2, 1)
	assert.Equal(t, "unplanned", got.Fact("kind"))
	assert.Equal(t, "kernel_panic", got.Fact("cause"))
	assert.InDelta(t, first.Unix(), reading(t, got, "unplanned_1"), 1)

	u.later(time.Hour)
	u.start("reboot,userrequested")
	got = u.counts(3, 1, "one that was asked for counts as a start")
	assert.Equal(t, "planned", got.Fact("kind"))
	u.later(time.Hour)
	u.start("watchdog")
	got = u.counts(4, 2)
	assert.InDelta(t, u.wall.Unix(), reading(t, got, "unplanned_1"), 1, "the newest first")
	assert.InDelta(t, first.Unix(), reading(t, got, "unplanned_2"), 1)
	u.start("wdt_by_pass_pwk")
	u.counts(5, 2, "a word with two meanings is no fault")
	assert.Equal(t, 5, u.writes, "one a start")

	u.wall = first.Add(24 * time.Hour)
	u.up = u.wall.Sub(first.Add(2 * time.Hour))
	u.counts(4, 2, "24 h later the first start has gone by, the panic not yet")
	u.later(time.Second)
	u.counts(3, 1)
	u.later(24 * time.Hour)
	u.counts(0, 0, "up for longer than a day")
	assert.Equal(t, 5, u.writes, "that time passes is nothing to keep")
}

// Without a good clock a terminal starts in 1970. When network time comes, the start is where it belongs.
func TestRebootsWhenTheClockIsSet(t *testing.T) {
	u := newUnit(t)
	u.counts(1, 0)
	right := u.wall
	u.wall = time.Date(1970, 1, 1, 0, 0, 5, 0, time.UTC)
	u.start("kernel_panic")
	u.later(10 * time.Second)
	u.counts(1, 1, "the start before lies in the future, for all one knows")
	require.Equal(t, 2, u.writes)
	u.wall = right.Add(time.Minute)
	got := u.counts(2, 1)
	assert.InDelta(t, u.wall.Add(-u.up).Unix(), reading(t, got, "unplanned_1"), 1)
	assert.Equal(t, 3, u.writes, "moved by years")
	u.restart()
	u.counts(2, 1)
	assert.Equal(t, 3, u.writes)

	u.wall = u.wall.Add(2 * time.Minute)
	u.counts(2, 1)
	assert.Equal(t, 3, u.writes, "a clock that drifts or is set by two minutes writes nothing")
	u.wall = u.wall.Add(2 * time.Second)
	u.counts(2, 1)
	assert.Equal(t, 4, u.writes, "by more than that it does")
	u.wall = u.wall.Add(-time.Hour)
	u.counts(1, 1, "the start before is to come, by this clock")
	assert.Equal(t, 5, u.writes, "back as well")
}

func TestRebootsKeepsEight(t *testing.T) {
	u := newUnit(t)
	for range 20 {
		u.later(time.Minute)
		u.start("watchdog")
		u.look()
	}
	got := u.counts(8, 8)
	_, told := got.Reading("unplanned_4")
	assert.True(t, told)
	_, told = got.Reading("unplanned_5")
	assert.False(t, told)
	content, err := os.ReadFile(filepath.Join(u.dir, "boots"))
	require.NoError(t, err)
	assert.Len(t, strings.Split(strings.TrimSpace(string(content)), "\n"), 8)
	assert.Less(t, len(content), 1024)
}

func TestRebootsFileDamaged(t *testing.T) {
	good := func(id byte, at time.Time) string {
		return fmt.Sprintf("0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6%02x %d unplanned kernel_panic\n", id, at.Unix())
	}
	for _, row := range []struct {
		name, content     string
		starts, unplanned float64
	}{
		{"whole", good(1, noon) + good(2, noon.Add(-time.Hour)), 3, 2},
		{"empty", "", 1, 0},
		{"text", "what\nis this\n", 1, 0},
		{"one line cut", good(1, noon) + good(2, noon)[:44], 2, 1},
		{"a time that is none", good(1, noon) + strings.Replace(good(2, noon), "17", "x7", 1), 2, 1},
		{"a time to come", good(1, noon.Add(time.Hour)), 1, 0},
		{"a kind that nobody knows", strings.Replace(good(1, noon), "unplanned", "unlucky", 1), 2, 0},
		{"blank lines and more words", "\n\n" + strings.TrimSpace(good(1, noon)) + " and more\n" + good(2, noon), 2, 1},
		{"zeros", strings.Repeat("\x00", 512), 1, 0},
		{"much too long", strings.Repeat(good(1, noon), 100), 1, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := newUnit(t)
			require.NoError(t, os.WriteFile(filepath.Join(u.dir, "boots"), []byte(row.content), 0o600))
			u.later(time.Minute)
			u.counts(row.starts, row.unplanned)
			u.restart()
			u.counts(row.starts, row.unplanned, "and is good again")
			assert.Equal(t, 1, u.writes)
		})
	}
	t.Run("a folder", func(t *testing.T) {
		u := newUnit(t)
		require.NoError(t, os.Mkdir(filepath.Join(u.dir, "boots"), 0o755))
		u.counts(1, 0)
	})
}

func TestRebootsKeepsNothing(t *testing.T) {
	for name, change := range map[string]func(*device.RebootsOptions){
		"one look":     func(o *device.RebootsOptions) { o.Write = nil },
		"no folder":    func(o *device.RebootsOptions) { o.StateDir = "" },
		"a full flash": func(o *device.RebootsOptions) { o.Write = func(string, string) error { return os.ErrPermission } },
	} {
		t.Run(name, func(t *testing.T) {
			u := newUnit(t)
			u.start("kernel_panic")
			o := device.RebootsOptions{
				Terminal: terminal.Open(u.root), StateDir: u.dir, Now: func() time.Time { return u.wall },
				Write: func(string, string) error { t.Error("writes"); return nil },
			}
			change(&o)
			u.probe = device.NewReboots(o)
			u.later(time.Minute)
			u.counts(1, 1)
			left, err := os.ReadDir(u.dir)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

func TestRebootsThatCannotBeTold(t *testing.T) {
	for _, row := range []struct {
		name, bootID, uptime string
		want                 probes.Reason
	}{
		{"no boot id", "", "60.00 1.00\n", probes.Absent},
		{"a boot id that is none", "0b1c\n", "60.00 1.00\n", probes.Malformed},
		{"letters of another alphabet", "0B1C2D3E-4F50-4A61-8B72-8C93A4B5C6D7\n", "60.00 1.00\n", probes.Malformed},
		{"no uptime", "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7\n", "", probes.Absent},
		{"an uptime that is none", "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7\n", "NaN 1\n", probes.Malformed},
		{"less than nothing", "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7\n", "-1 1\n", probes.Malformed},
		{"a century", "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7\n", "3200000000 1\n", probes.Malformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			prints(t, root, "getprop", "[sys.boot.reason]: [kernel_panic]\n")
			if row.bootID != "" {
				put(t, root, "proc/sys/kernel/random/boot_id", row.bootID)
			}
			if row.uptime != "" {
				put(t, root, "proc/uptime", row.uptime)
			}
			got := device.NewReboots(device.RebootsOptions{Terminal: terminal.Open(root)}).Observe(t.Context())
			assert.Equal(t, probes.Unknown, got.Outcome)
			assert.Equal(t, row.want, got.Reason, got.Detail)
			probetest.Told(t, got, nil, nil)
		})
	}
	u := newUnit(t)
	u.look()
	for _, got := range probetest.DeniedTo(t, filepath.Join(u.root, "proc/sys/kernel/random"), func() []probes.Observation {
		u.restart()
		return []probes.Observation{u.probe.Observe(t.Context())}
	}) {
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
		assert.Contains(t, got.Detail, "boot_id")
	}
}

// The boot loader's word counts where Android has none of its own.
func TestRebootReason(t *testing.T) {
	for _, row := range []struct {
		name, props string
		facts       words
	}{
		{"Android 9 on has its own", "[ro.build.version.sdk]: [28]\n[ro.boot.bootreason]: [watchdog]\n[sys.boot.reason]: [reboot,userrequested]\n", words{"kind": "planned", "cause": "reboot,userrequested"}},
		{"Android 9 on, and it is not shown to us", "[ro.build.version.sdk]: [28]\n[ro.boot.bootreason]: [watchdog]\n", nil},
		{"Android 8.1 may have none", "[ro.build.version.sdk]: [27]\n[ro.boot.bootreason]: [watchdog]\n", words{"kind": "unplanned", "cause": "watchdog"}},
		{"Android 5.1 has none", "[ro.build.version.sdk]: [22]\n[ro.boot.bootreason]: [power_key]\n", words{"kind": "power-on", "cause": "power_key"}},
		{"an Android of which not that is known", "[ro.boot.bootreason]: [watchdog]\n", nil},
		{"a word with two meanings", "[ro.build.version.sdk]: [22]\n[ro.boot.bootreason]: [wdt_by_pass_pwk]\n", words{"cause": "wdt_by_pass_pwk"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			prints(t, root, "getprop", row.props)
			put(t, root, "proc/sys/kernel/random/boot_id", "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7\n")
			put(t, root, "proc/uptime", "60.00 1.00\n")
			unplanned := 0.0
			if row.facts["kind"] == "unplanned" {
				unplanned = 1
			}
			got := device.NewReboots(device.RebootsOptions{Terminal: terminal.Open(root)}).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			assert.InDelta(t, unplanned, reading(t, got, "unplanned"), 0)
			for _, name := range []string{"kind", "cause"} {
				assert.Equal(t, row.facts[name], got.Fact(name))
			}
		})
	}
}

// On the terminal itself the kernel is asked in person, not a file.
func TestRebootsHere(t *testing.T) {
	u := newUnit(t)
	o := device.RebootsOptions{Terminal: terminal.Open("/"), Boottime: func() time.Duration { return time.Hour }, StateDir: u.dir, Now: func() time.Time { return noon }}
	got := device.NewReboots(o).Observe(t.Context())
	if got.Outcome == probes.Unknown {
		assert.Equal(t, probes.Absent, got.Reason, "this machine has no getprop: %s", got.Detail)
		return
	}
	assert.InDelta(t, 1, reading(t, got, "starts"), 0)
}

func ExampleNewReboots() {
	_ = device.NewReboots(device.RebootsOptions{Terminal: terminal.Open("/"), StateDir: "/var/lib/poshealth"})
}
