package config

import (
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Bounds of every period and timeout of a probe.
const (
	leastEvery = time.Second    // below it a probe costs more than it tells
	mostEvery  = 24 * time.Hour // terminals restart once a day; a rarer probe would never run

	leastTimeout = 100 * time.Millisecond // one round trip over a poor mobile link
	mostTimeout  = 60 * time.Second       // a sale's own timeout: what is slower is no longer news
)

// LearnKeepAlive is the keep-alive of a file that sets none: with it the agent begins, and learns what each network bears. The
// shortest NAT idle time known of a carrier is a little over 4.5 min; a ping more often costs data.
const LearnKeepAlive = 240 * time.Second

// defaultBudget is the smallest data plan sold for terminals, in bytes a month.
const defaultBudget = 10_000_000

// kind is a probe's kind with its timing where the file is silent.
type kind struct {
	name           string
	every, timeout time.Duration
}

// kinds lists every probe kind that the file may set, in the order in which a sale depends on them.
func kinds() []kind {
	return []kind{
		// Reads the terminal's own state and sends nothing: 15 s finds a lost link before the next customer.
		{"link", 15 * time.Second, 5 * time.Second},
		// Neighbour state and counters first, so it is nearly free; 30 s halves the wake-ups of link.
		{"route", 30 * time.Second, 5 * time.Second},
		// The next four ask Android's services, a program each that may take 12 s when the terminal is busy. A minute apart they
		// make a median of three in the time that diagnosis wants for a signal.
		{"network", time.Minute, 15 * time.Second},
		{"mobile", time.Minute, 15 * time.Second},
		{"wifi", time.Minute, 15 * time.Second},
		// Switches are thrown by people; before Android 8 each look starts a Java machine, so it is rare.
		{"switches", 10 * time.Minute, 15 * time.Second},
		// As rare as the connection it serves; 10 s are a resolver's own wait for each of two servers.
		{"dns", 10 * time.Minute, 10 * time.Second},
		// 300,000 terminals at 600 s are 500 connects a second at one acquirer, which must agree or be spared.
		// 10 s: a sale waits 45 to 70 s for its answer, so a slower connection is a fault already.
		{"tcp", 10 * time.Minute, 10 * time.Second},
		// A full handshake costs kilobytes on both sides, and certificates change by the day, not by the minute.
		{"tls", 6 * time.Hour, 10 * time.Second},
		// As dear as tls. A sale waits at least 30 s for its answer, so a host that takes longer has not answered.
		{"https", 6 * time.Hour, 30 * time.Second},
		// Each host says its own every: this one is for the timeout.
		{"iso8583", 10 * time.Minute, 30 * time.Second},
		// Fifty small packets in a second, within the shop: they cost the data plan nothing, and the router little.
		{"gateway", time.Hour, 8 * time.Second},
		// The same to each host costs 6.6 kB of the data plan, so once a day; in doubt it looks at once.
		{"path", 24 * time.Hour, 15 * time.Second},
		// Two files of the kernel.
		{"counters", time.Minute, 5 * time.Second},
		// Half a kilobyte; a sign-in page comes with a new network, which is looked at at once, or when a stay has run out.
		{"portal", 3 * time.Hour, 10 * time.Second},
		// Each name server by itself: one of two that died is found before the other does. The first of them each lookup asks.
		{"resolvers", 3 * time.Hour, 5 * time.Second},
		// A SIM that waits beside Wi-Fi is tried a few times a day, on its own data plan.
		{"standby", 4 * time.Hour, 15 * time.Second},
		// A bad crystal drifts 0.4 s an hour, far from the 30 s that are worth a word; 20 s hold a burst, or the
		// dates of a page, over a slow link.
		{"clock", time.Hour, 20 * time.Second},
		// Asks the package manager, which takes seconds on an old terminal under load.
		{"app", 10 * time.Minute, 15 * time.Second},
		// Three crashes in ten minutes are a fault: two looks see them.
		{"crashes", 5 * time.Minute, 15 * time.Second},
		// Three readings make a lasting load, so that it is known in three minutes; reading takes milliseconds.
		{"cpu", time.Minute, 5 * time.Second},
		{"memory", time.Minute, 5 * time.Second},
		// Flash fills over days.
		{"storage", 10 * time.Minute, 5 * time.Second},
		// From a fifth to empty takes an hour of sales.
		{"battery", 5 * time.Minute, 5 * time.Second},
		// What Android ended for want of memory is counted since the start: between two looks it is news.
		{"kills", 10 * time.Minute, 15 * time.Second},
		// Heat builds up over minutes.
		{"thermal", 5 * time.Minute, 15 * time.Second},
		// Flash wears out over years.
		{"wear", 6 * time.Hour, 5 * time.Second},
		// A terminal that was opened stays so: it is found within the time of one sale and the next.
		{"tamper", 10 * time.Minute, 5 * time.Second},
		// Counts the starts of the last day, which change with a start and as the day goes on.
		{"reboots", time.Hour, 5 * time.Second},
		// What the system is, and whether it may be trusted: changes with an update, or when somebody meddles.
		{"integrity", 6 * time.Hour, 15 * time.Second},
		// Model, system and time zone: they change when somebody changes them.
		{"terminal", time.Hour, 5 * time.Second},
		// Looks at the agent's own link and spool, without traffic.
		{"report", time.Minute, 10 * time.Second},
	}
}

// Default is the configuration where there is no file, and what every key is that a file leaves out.
//
// It looks at the platform for one field, Terminal.StateDir: the environment (ANDROID_ROOT, XDG_STATE_HOME, HOME), the
// user id and whether the folder /system is an Android one. All else is the same everywhere.
func Default() Config {
	c := Config{
		Version: 1,
		Terminal: Terminal{
			Tenant:   "demo",
			Root:     "/",
			StateDir: stateDir(onAndroid(), os.Geteuid() == 0, os.Getenv),
			Lang:     "zh",
		},
		MQTT: MQTT{
			KeepAlive: LearnKeepAlive,
			// A change is sent at once; the pulse only proves life, and every one costs some 450 bytes.
			Pulse: 15 * time.Minute,
			// A whole snapshot is 0.6 kB so, and 4 kB in plain JSON.
			Encoding: "packed",
			// A batch is some 2 kB: a day without a network is told in a minute, and nobody's sale notices.
			History: 10 * time.Second,
			// A single shop's; a fleet says its own size, or its broker suffers when it comes back.
			Fleet: 1,
		},
		Network:  Network{SIM: "either"},
		Intake:   Intake{AutoSignOn: true, Slip: "paper", Capture: "host", DayCut: "22:40", Lines: "127.0.0.1:7312"},
		Budget:   Budget{BytesPerMonth: defaultBudget, PeriodStarts: 1},
		Probe:    make(map[string]Timing),
		Diagnose: Diagnose{HoldScale: 1},
		Local:    Local{Listen: "127.0.0.1:7311"},
	}
	for _, k := range kinds() {
		c.Probe[k.name] = Timing{Every: k.every, Timeout: k.timeout}
	}
	return c
}

// onAndroid asks the running system, for the same linux binary serves Android too.
func onAndroid() bool {
	if runtime.GOOS == "android" || os.Getenv("ANDROID_ROOT") != "" {
		return true
	}
	_, err := os.Stat("/system/build.prop") // a service started with an empty environment still sees this
	return err == nil
}

// stateDir is where the agent keeps what must survive a restart. A relative XDG_STATE_HOME is ignored, as its
// specification demands.
func stateDir(android, root bool, getenv func(string) string) string {
	if android {
		return "/data/local/poshealth"
	}
	if root {
		return "/var/lib/poshealth"
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "poshealth")
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "poshealth")
	}
	return "/var/lib/poshealth" // no home: fails with a clear "permission denied", where a shared /tmp would be unsafe
}
