// Package config reads the agent's configuration: one TOML file, strictly, against one table of what may stand in it.
//
// It refuses to guess. An unknown key, a wrong type or an impossible value is a fault with its file, line and key, what
// was found and what is wanted; all faults come at once, so that a technician makes one trip. It opens no other file,
// resolves no name and never prints a password or a token. It reads nothing of the terminal; only [Default] looks at
// the platform, to place the state folder.
package config

import "time"

// Config is all that can be set. The zero value is not usable: start from [Default].
type Config struct {
	Version  int // of this file's language; 1
	Terminal Terminal
	MQTT     MQTT
	Hosts    []Host // at most 16, each with a name of its own
	Clock    Clock
	DNS      DNS
	Network  Network
	App      App
	Intake   Intake
	Support  Support
	Budget   Budget
	Probe    map[string]Timing // by kind of probe; after Parse and Load every known kind is there
	Diagnose Diagnose
	Local    Local
}

// Terminal says which terminal this is, and how to read it.
type Terminal struct {
	ID           string // 1 to 36 of [A-Za-z0-9_-]; empty: the agent finds one
	Tenant       string // same characters; a level of every MQTT topic
	Root         string // "/", or a folder that holds another terminal's proc, sys, data and system
	StateDir     string
	Lang         string // zh or en
	Timezone     string // IANA name that the terminal should have; empty: not compared
	TradingHours string // "08:00-22:00", local time, may pass midnight; empty: always open
}

// MQTT says where reports go.
type MQTT struct {
	Broker       string // scheme://host:port, port filled in; empty: no reporting
	CAFile       string // PEM; empty: the terminal's own, and roots.pem in StateDir
	CertFile     string // PEM; set exactly when KeyFile is
	KeyFile      string
	Username     string
	PasswordFile string        // its first line is the password; the configuration never holds one
	KeepAlive    time.Duration // 60 s to 20 min
	Pulse        time.Duration // 10 s to 24 h
	Fleet        int           // terminals behind this broker: they must not come back all at once; 1 to 10,000,000
}

// Host is a payment host of an acquirer. A zero duration is not set: see [Config.HostTiming] for what holds then.
type Host struct {
	Name       string // 1 to 32 of [a-z0-9-], not starting with -
	Address    string // host:port
	Kind       string // tcp, tls, https or iso8583
	Group      string // hosts of one group are alternatives; empty: a group of its own
	ServerName string // for TLS; empty: the host of Address
	CAFile     string // PEM; empty: the platform's own
	Timeout    time.Duration
	Every      time.Duration
	ClockEarly time.Duration // how far the terminal's clock may be behind before this host refuses; 0: no known limit
	ClockLate  time.Duration // and how far ahead
}

// Clock names sources of time besides the hosts; eight at most, both lists together.
type Clock struct {
	NTP   []string // host:port
	HTTPS []string // https:// addresses; accepted, not used by this version
}

// DNS names the resolvers to ask; none: the terminal's own.
type DNS struct {
	Servers []string // ip:port
}

// Network says what this terminal's network is expected to be.
type Network struct {
	Private bool   // a private APN: the payment hosts are the only reference, the internet is never expected
	SIM     string // expected, none or either
}

// App is the payment app that must run for a sale.
type App struct {
	Package       string   // empty: no app is looked for
	Minimum       string   // dotted numbers; below it the acquirer refuses
	Target        string   // dotted numbers; what the terminal should run
	Deadline      string   // RFC 3339 date; until then below Minimum is imminent, blocking after; empty: not known, imminent
	SignerSHA256  []string // 64 lower-case hex digits each; empty: not compared
	Permissions   []string // Android permissions without which it cannot sell, 16 at most; empty: not compared
	AlwaysRunning bool     // a stopped app is a fault even when nobody sells
}

// Intake is the payment app's own news: what it sold, what is unsettled.
type Intake struct {
	Enabled    bool
	AutoSignOn bool   // the app signs on by itself
	Slip       string // paper or electronic
}

// Support is whom advice says to call.
type Support struct {
	Phone string
}

// Budget is what the agent may use of the data plan.
type Budget struct {
	BytesPerMonth int64
}

// Timing says how often a probe looks and how long one look may take; Timeout is at most Every.
type Timing struct {
	Every   time.Duration // 1 s to 24 h
	Timeout time.Duration // 100 ms to 60 s
}

// Diagnose bends the judgement for tests and demonstrations.
type Diagnose struct {
	HoldScale float64 // 0 to 10; multiplies every hold and clear time
}

// Local is the terminal's own way in.
type Local struct {
	Listen string // loopback ip:port of the page, port 0 for any free one; empty: no page
	UIDs   []int  // who besides root and the agent itself may act over the unix socket
}

// HostTiming returns when h is looked at by probes of kind ("dns", "tcp", "tls"): what the host says, else what the kind
// says. A host's every is about its connection: a certificate changes by the day, whatever the host's connection is worth.
// The timeout is never longer than the period.
func (c Config) HostTiming(h Host, kind string) Timing {
	t := c.Probe[kind]
	if h.Every != 0 && kind == "tcp" {
		t.Every = h.Every
	}
	if h.Timeout != 0 && kind != "dns" {
		t.Timeout = h.Timeout
	}
	t.Timeout = min(t.Timeout, t.Every)
	return t
}
