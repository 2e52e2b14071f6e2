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
	Version     int // of this file's language; 1
	Terminal    Terminal
	MQTT        MQTT
	Enrol       Enrol
	Hosts       []Host        // at most 16, each with a name of its own
	Maintenance []Maintenance // at most 16
	Clock       Clock
	DNS         DNS
	Network     Network
	App         App
	Intake      Intake
	Support     Support
	Downlink    Downlink
	Budget      Budget
	Probe       map[string]Timing  // by kind of probe; after Parse and Load every known kind is there
	Threshold   map[string]float64 // by name and in the unit of [Thresholds]; what is not there is as it stands there
	Diagnose    Diagnose
	Local       Local
}

// Terminal says which terminal this is, and how to read it.
type Terminal struct {
	ID           string // 1 to 36 of [A-Za-z0-9_-]; empty: the agent finds one
	Tenant       string // same characters; a level of every MQTT topic
	Root         string // "/", or a folder that holds another terminal's proc, sys, data and system
	StateDir     string
	Lang         string // zh or en
	Timezone     string // IANA name that the terminal should have; empty: not compared
	TradingHours string // what [ParseHours] takes, local time; empty: always open
}

// MQTT says where reports go.
type MQTT struct {
	Broker            string   // scheme://host:port, port filled in; empty: no reporting
	Also              []string // brokers that are tried after it, in order, as Broker; at most 4
	Proxy             string   // http://host:port of an HTTP proxy that leads to all of them; empty: none
	ProxyPasswordFile string   // its first line is user:password for the proxy
	CAFile            string   // PEM; empty: the terminal's own, and roots.pem in StateDir
	CertFile          string   // PEM; set exactly when KeyFile is; empty: what Enrol brought, where it did
	KeyFile           string
	Username          string
	PasswordFile      string        // its first line is the password; the configuration never holds one
	KeepAlive         time.Duration // 60 s to 20 min; [LearnKeepAlive]: it is where the agent begins to learn
	Pulse             time.Duration // 10 s to 24 h
	Encoding          string        // packed (deflate with a dictionary) or json
	History           time.Duration // between two batches of pulses that could not be sent in their time; 1 s to 1 h
	Fleet             int           // terminals behind this broker: they must not come back all at once; 1 to 10,000,000
}

// Enrol says where this terminal gets an identity of its own: a certificate, and with it what else is not set here.
type Enrol struct {
	URL       string // https://host[:port][/folder]; empty: no enrolment
	TokenFile string // holds the token on a line; removed when it has been used; empty: it is given by hand
	CAFile    string // PEM; who vouches for the server; empty: the terminal's own, and roots.pem in StateDir
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
	Request    string        // what a host of kind https is asked for: the path of a URL; empty: /
	Ranges     []string      // address ranges (CIDR) that its name may resolve to; empty: not compared
	Terminals  int           // terminals that look at this host, which all of them together must not flood; 0: few
	Echo       Echo          // network management messages of a host of kind iso8583
}

// Echo is the echo of ISO 8583 network management. It is sent only where Dialect is set, at most every 10 minutes, and only
// while the payment app is known to be idle.
type Echo struct {
	Dialect    string        // generic or unionpay; empty: no echo
	Every      time.Duration // 10 min to 24 h
	TLS        bool          // over TLS; false: in plain TCP
	TerminalID string        // DE41, 8 of [A-Za-z0-9]; unionpay only
	MerchantID string        // DE42, 15 of [A-Za-z0-9]; unionpay only
	TPDU       string        // 10 digits; unionpay only
	Header     string        // 12 digits; unionpay only
	Codes      []string      // "Z1=technical": what response codes mean at this acquirer, beside the table
}

// Maintenance is a time in which a host is expected to be away or to refuse: once, or every day.
type Maintenance struct {
	Host     string // name of the host; empty: all of them
	From, To string // RFC 3339 times of an announced window; empty where Daily is set
	Daily    string // "22:40-23:05" in the terminal's local time, may pass midnight
	Kind     string // maintenance or day-cut
}

// Clock names sources of time besides the hosts; eight at most, both lists together.
type Clock struct {
	NTP   []string // host:port
	HTTPS []string // https:// addresses whose answers carry a date; asked where the servers do not do, and once a day
}

// DNS names the resolvers to ask; none: the terminal's own.
type DNS struct {
	Servers []string // ip:port
}

// Network says what this terminal's network is expected to be.
type Network struct {
	Private  bool   // a private APN: the payment hosts are the only reference, the internet is never expected
	SIM      string // expected, none or either
	Portal   string // http:// address that answers 204 with nothing in it; something else there is a sign-in page; empty: not asked
	PlanEnds string // RFC 3339 date, the last day of the SIM's data plan; empty: not known
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
	// LocationRequired: the host refuses a terminal that does not tell its place.
	LocationRequired bool
}

// Intake is the payment app's own news, and the acquirer's: what was sold, what is unsettled.
type Intake struct {
	Enabled    bool
	AutoSignOn bool     // the app signs on by itself
	Slip       string   // paper or electronic
	NeedsPaper bool     // the app refuses to sell without
	Capture    string   // host or terminal: who settles, where the app does not say
	DayCut     string   // "22:40", local time: from then on a reversal is of another day; empty: there is none
	Issuers    []string // "01020000=ICBC": institution codes, and what to call them; others are not kept; 32 at most
	Params     string   // dotted numbers; what the app should sell by, at least; empty: not compared
	CAPK       string   // the same of the list of CA public keys
	AID        string   // and of the list of applications

	Lines     string // loopback ip:port of the door for bare lines, port 0 for any free one; empty: no such port
	UIDs      []int  // users who need no token over a unix socket, besides root and the agent's own; the first gets the token's file
	TokenFile string // empty: intake.token in the state folder
}

// Support is whom advice says to call.
type Support struct {
	Phone string
}

// Downlink is whom the terminal obeys, beside those who may act on it itself.
type Downlink struct {
	// Keys are public keys as `poshealth-fleet keygen` prints them, "id:base64 purpose"; at most two a purpose (cmd, desired,
	// notice), the one in use before the next. Empty: nobody commands it from afar.
	Keys []string
}

// Budget is what the agent may use of the data plan.
type Budget struct {
	BytesPerMonth int64 // in a billing period
	PeriodStarts  int   // day of the month on which one begins, at 00:00 in Terminal.Timezone; 1 to 28
}

// Timing says how often a probe looks and how long one look may take; Timeout is at most Every.
type Timing struct {
	Every   time.Duration // 1 s to 24 h
	Timeout time.Duration // 100 ms to 60 s
}

// Diagnose bends the judgement for tests and demonstrations.
type Diagnose struct {
	HoldScale float64 // 0 to 10; multiplies every hold and clear time
	// EchoScale multiplies the time between two echoes to a host, up to 1; 0 means 1. No file can set it: a lab's build alone
	// asks its own hosts more often than acquirers may be asked.
	EchoScale float64
}

// Local is the terminal's own way in.
type Local struct {
	Listen string // loopback ip:port of the page, port 0 for any free one; empty: no page
	UIDs   []int  // who besides root and the agent itself may act over the unix socket
}

// HostTiming returns when h is looked at by probes of kind ("dns", "tcp", "tls"): what the host says, else what the kind
// says. A host's every is about its connection: a certificate changes by the day, whatever the host's connection is worth.
// Where many terminals look at one host, each looks as rarely as all of them together may connect. The timeout is never
// longer than the period.
func (c Config) HostTiming(h Host, kind string) Timing {
	t := c.Probe[kind]
	if h.Every != 0 && kind == "tcp" {
		t.Every = h.Every
	}
	if kind == "iso8583" && h.Echo.Every != 0 {
		t.Every = h.Echo.Every
	}
	if h.Timeout != 0 && kind != "dns" && kind != "path" {
		t.Timeout = h.Timeout
	}
	if kind == "tcp" || kind == "tls" || kind == "https" || kind == "iso8583" {
		t.Every = max(t.Every, h.Share())
	}
	t.Timeout = min(t.Timeout, t.Every)
	return t
}

// SpeaksTLS tells whether a host is looked at through TLS.
func (h Host) SpeaksTLS() bool {
	return h.Kind == "tls" || h.Kind == "https" || h.Echo.Dialect != "" && h.Echo.TLS
}

// connectsPerSecond is what a payment host must bear of all terminals that look at it: a hundredth of what one of 300,000
// terminals' sales brings at noon.
const connectsPerSecond = 50

// Share is how long one terminal must leave a host alone so that all of them together open at most 50 connections a second;
// at most a day.
func (h Host) Share() time.Duration {
	return min(time.Duration(h.Terminals)*time.Second/connectsPerSecond, mostEvery)
}
