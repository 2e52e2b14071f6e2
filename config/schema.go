package config

import (
	"fmt"
	"slices"
	"time"
)

const (
	version     = 1
	wantVersion = "1 (a file with another number needs another version of poshealth)"

	maxHosts   = 16 // each shows as a line on a small screen and costs its own connections
	maxSources = 8  // of time; a ninth vote changes nothing, and the clock's readings are bounded for eight
	maxServers = 4  // one more than a resolver ever asks
	maxBrokers = 4  // beside the first; each gets its share of the time of one attempt, and a share of less is no fair try
	maxSigners = 8  // the vendor's own key and those of the stores that sign again
	maxUIDs    = 16 // who may ask, or tell, over a socket: the payment app, its helpers and the vendor's tool are a handful

	maxRanges      = 8  // an acquirer lists a handful of addresses
	maxIssuers     = 32 // the banks whose cards a shop sees
	maxCodes       = 64 // an acquirer's own response codes fill half a page
	maxMaintenance = 16 // each a line in the configuration that somebody keeps up to date

	maxPermissions = 16 // the payment apps in the captures ask for some ten that a user can refuse

	// Less than 10 min between two echoes is more than an acquirer has been seen to agree to.
	leastEcho = 10 * time.Minute
	// A server may close a silent line after 20 min; below 60 s the pings alone eat a small data plan.
	leastKeepAlive, mostKeepAlive = 60 * time.Second, 20 * time.Minute
	// More terminals than any broker, or cluster of them, has been seen to serve.
	mostFleet = 10_000_000

	// A second between two batches is all that a poor network carries; in an hour each, a day's four take half a morning.
	leastHistory, mostHistory = time.Second, time.Hour

	// Below 10 s a pulse says nothing that a change would not; above a day a terminal looks gone.
	leastPulse, mostPulse = 10 * time.Second, 24 * time.Hour
	// Hosts read the clock to the second; a limit above a week is none.
	leastClock, mostClock = time.Second, 7 * 24 * time.Hour
	// Below 100 kB the standing connection alone does not fit; above 1 TB the figure is a slip.
	leastBytes, mostBytes = 100_000, 1_000_000_000_000
	lastStart             = 28 // the last day that every month has
	// Holds ten times as long outlast a business day.
	mostHoldScale = 10
)

// walk goes over every key there is. It is the one place that knows them: names, types, bounds.
func walk(root *table, c *Config) {
	integer(root, "version", &c.Version, version, version, wantVersion)
	terminal(root.section("terminal"), &c.Terminal)
	mqtt(root.section("mqtt"), &c.MQTT)
	enrol := root.section("enrol")
	enrol.text("url", &c.Enrol.URL, optional(enrolServer))
	enrol.text("token_file", &c.Enrol.TokenFile, optional(filePath))
	enrol.text("ca_file", &c.Enrol.CAFile, optional(filePath))
	probes(root.section("probe"), c)
	thresholds(root, c)
	hosts(root, c)
	maintenance(root, c)

	clock := root.section("clock")
	clock.texts("ntp", &c.Clock.NTP, maxSources, ntpSource)
	clock.texts("https", &c.Clock.HTTPS, maxSources, httpsSource)
	if n := len(c.Clock.NTP) + len(c.Clock.HTTPS); n > maxSources && clock.sound("ntp", "https") {
		clock.refuse("https", asAny(c.Clock.HTTPS), fmt.Sprintf("at most %d sources, ntp and https together (these are %d)", maxSources, n))
	}
	root.section("dns").texts("servers", &c.DNS.Servers, maxServers, dnsServer)

	network := root.section("network")
	network.flag("private", &c.Network.Private)
	network.text("sim", &c.Network.SIM, oneOf("expected", "none", "either"))
	network.text("portal", &c.Network.Portal, optional(portal))
	network.text("plan_ends", &c.Network.PlanEnds, optional(date))

	app(root.section("app"), &c.App)

	intake := root.section("intake")
	intake.flag("enabled", &c.Intake.Enabled)
	intake.flag("auto_sign_on", &c.Intake.AutoSignOn)
	intake.text("slip", &c.Intake.Slip, oneOf("paper", "electronic"))
	intake.text("capture", &c.Intake.Capture, oneOf("host", "terminal"))
	intake.text("day_cut", &c.Intake.DayCut, optional(timeOfDay))
	intake.texts("issuers", &c.Intake.Issuers, maxIssuers, issuer)
	intake.text("params", &c.Intake.Params, optional(dotted))
	intake.text("capk", &c.Intake.CAPK, optional(dotted))
	intake.text("aid", &c.Intake.AID, optional(dotted))
	intake.text("lines", &c.Intake.Lines, optional(linesAddress))
	intake.uids("uids", &c.Intake.UIDs, maxUIDs)
	intake.text("token_file", &c.Intake.TokenFile, optional(filePath))
	intake.flag("needs_paper", &c.Intake.NeedsPaper)

	root.section("support").text("phone", &c.Support.Phone, optional(phone))
	downlink(root.section("downlink"), &c.Downlink)
	budget := root.section("budget")
	integer(budget, "bytes_per_month", &c.Budget.BytesPerMonth, leastBytes, mostBytes,
		"a whole number of bytes from 100_000 to 1_000_000_000_000")
	integer(budget, "period_starts", &c.Budget.PeriodStarts, 1, lastStart, "a day of the month from 1 to 28")
	root.section("diagnose").number("hold_scale", &c.Diagnose.HoldScale, 0, mostHoldScale)

	local := root.section("local")
	local.text("listen", &c.Local.Listen, optional(loopback))
	local.uids("uids", &c.Local.UIDs, maxUIDs)
}

func terminal(t *table, c *Terminal) {
	t.text("id", &c.ID, optional(terminalID))
	t.text("tenant", &c.Tenant, topicLevel)
	t.text("root", &c.Root, filePath)
	t.text("state_dir", &c.StateDir, filePath)
	t.text("lang", &c.Lang, oneOf("zh", "en"))
	t.text("timezone", &c.Timezone, optional(zone))
	t.text("trading_hours", &c.TradingHours, optional(hours))
}

func mqtt(t *table, c *MQTT) {
	t.text("broker", &c.Broker, optional(broker))
	t.texts("also", &c.Also, maxBrokers, broker)
	if t.sound("broker", "also") && len(c.Also) > 0 && c.Broker == "" {
		t.missing("broker", "also", "the broker that is tried first")
	}
	if i := slices.Index(c.Also, c.Broker); t.sound("broker", "also") && i >= 0 {
		t.refuseElement("also", i, c.Also[i], "each only once (this one is broker)")
	}
	t.text("proxy", &c.Proxy, optional(proxy))
	t.text("proxy_password_file", &c.ProxyPasswordFile, optional(filePath))
	if t.sound("proxy", "proxy_password_file") && c.ProxyPasswordFile != "" && c.Proxy == "" {
		t.missing("proxy", "proxy_password_file", "the proxy that proxy_password_file belongs to")
	}
	t.text("ca_file", &c.CAFile, optional(filePath))
	t.text("cert_file", &c.CertFile, optional(filePath))
	t.text("key_file", &c.KeyFile, optional(filePath))
	if t.sound("cert_file", "key_file") && (c.CertFile == "") != (c.KeyFile == "") {
		if c.CertFile == "" {
			t.missing("cert_file", "key_file", "the certificate of key_file: both or neither")
		} else {
			t.missing("key_file", "cert_file", "the key of cert_file: both or neither")
		}
	}
	t.text("username", &c.Username, optional(username))
	t.text("password_file", &c.PasswordFile, optional(filePath))
	if t.sound("username", "password_file") && c.PasswordFile != "" && c.Username == "" {
		t.missing("username", "password_file", "the name that password_file belongs to: MQTT has no password without one")
	}
	t.duration("keepalive", &c.KeepAlive, leastKeepAlive, mostKeepAlive, false)
	t.duration("pulse", &c.Pulse, leastPulse, mostPulse, false)
	t.text("encoding", &c.Encoding, oneOf("packed", "json"))
	t.duration("history", &c.History, leastHistory, mostHistory, false)
	integer(t, "fleet", &c.Fleet, 1, mostFleet, "1 to 10000000 terminals")
}

// probes fills in every kind. Where a file shortens a period below the timeout that it leaves alone, the timeout follows:
// nobody wrote an impossible value.
func probes(t *table, c *Config) {
	all := make(map[string]Timing)
	for _, k := range kinds() {
		s, timing := t.section(k.name), c.Probe[k.name]
		s.duration("every", &timing.Every, leastEvery, mostEvery, false)
		if s.has("every") && !s.has("timeout") {
			timing.Timeout = min(timing.Timeout, timing.Every)
		}
		s.duration("timeout", &timing.Timeout, leastTimeout, mostTimeout, false)
		if s.sound("every", "timeout") && timing.Timeout > timing.Every {
			s.refuse("timeout", short(timing.Timeout), fmt.Sprintf("at most %s (its every)", short(timing.Every)))
		}
		all[k.name] = timing
	}
	c.Probe = all
}

func hosts(root *table, c *Config) {
	tables := root.list("host", len(c.Hosts), maxHosts)
	if root.has("host") {
		c.Hosts = make([]Host, len(tables))
	}
	names := make(map[string]string) // to the host that has it
	asked := make(map[string]string) // addresses that are sent echoes, to their hosts
	for i, t := range tables {
		h := c.Hosts[i] // a copy: Validate must not write into its caller's list
		if h.Kind == "" {
			h.Kind = "tls" // what nearly every acquirer speaks now; a wrong guess shows at the first look
		}
		host(t, &h, c.Probe["tcp"].Every)
		if first, taken := names[h.Name]; taken && t.sound("name") {
			t.refuse("name", h.Name, "a name of its own ("+first+" has this one)")
		} else {
			names[h.Name] = t.path
		}
		if h.Echo.Dialect != "" && t.sound("address") {
			if first, taken := asked[h.Address]; taken {
				t.refuse("address", h.Address, "another address, or no echo ("+first+" has one there, and a host is asked by one of them)")
			}
			asked[h.Address] = t.path
		}
		if root.has("host") {
			c.Hosts[i] = h
		}
	}
}

func host(t *table, h *Host, every time.Duration) {
	t.text("name", &h.Name, hostName)
	t.text("address", &h.Address, hostAddress)
	t.text("kind", &h.Kind, oneOf("tcp", "tls", "https", "iso8583"))
	t.text("group", &h.Group, optional(hostName))
	t.text("server_name", &h.ServerName, optional(serverName))
	t.text("ca_file", &h.CAFile, optional(filePath))
	t.duration("every", &h.Every, leastEvery, mostEvery, true)
	t.duration("timeout", &h.Timeout, leastTimeout, mostTimeout, true)
	whose := "its every"
	if h.Every != 0 {
		every = h.Every
	} else {
		whose = "probe.tcp.every"
	}
	if t.sound("every", "timeout") && h.Timeout > every {
		t.refuse("timeout", short(h.Timeout), fmt.Sprintf("at most %s (%s)", short(every), whose))
	}
	t.duration("clock_early", &h.ClockEarly, leastClock, mostClock, true)
	t.duration("clock_late", &h.ClockLate, leastClock, mostClock, true)
	t.text("request", &h.Request, optional(requestPath))
	t.texts("ranges", &h.Ranges, maxRanges, addressRange)
	integer(t, "terminals", &h.Terminals, 0, mostFleet, "0 to 10000000 terminals")
	echo(t, h)
}

// echo is the network management of a host of kind iso8583. What the dialect needs must be there, so that nothing is sent
// that the host cannot understand.
func echo(host *table, h *Host) {
	t, e := host.section("echo"), &h.Echo
	t.text("dialect", &e.Dialect, optional(oneOf("generic", "unionpay")))
	if e.Dialect != "" && e.Every == 0 {
		e.Every = leastEcho
	}
	t.duration("every", &e.Every, leastEcho, mostEvery, true)
	t.flag("tls", &e.TLS)
	t.text("terminal_id", &e.TerminalID, optional(alphanumeric(8)))
	t.text("merchant_id", &e.MerchantID, optional(alphanumeric(15)))
	t.text("tpdu", &e.TPDU, optional(decimal(10, "60")))
	t.text("header", &e.Header, optional(decimal(12, "6")))
	t.texts("codes", &e.Codes, maxCodes, responseCode)
	if e.Dialect != "" && t.sound("dialect") {
		if host.sound("kind") && h.Kind != "iso8583" {
			t.refuse("dialect", e.Dialect, `kind = "iso8583": only such a host understands an echo`)
		}
		if e.Dialect == "unionpay" {
			if e.TPDU == "" && t.sound("tpdu") {
				t.missing("tpdu", "dialect", "what the acquirer assigned: a UnionPay host routes by it")
			}
			if e.Header == "" && t.sound("header") {
				t.missing("header", "dialect", "what the acquirer assigned: a UnionPay host refuses others")
			}
		}
	}
}

func maintenance(root *table, c *Config) {
	tables := root.list("maintenance", len(c.Maintenance), maxMaintenance)
	if root.has("maintenance") {
		c.Maintenance = make([]Maintenance, len(tables))
	}
	for i, t := range tables {
		m := c.Maintenance[i] // a copy: Validate must not write into its caller's list
		if m.Kind == "" {
			m.Kind = "maintenance"
		}
		window(t, &m, c.Hosts)
		if root.has("maintenance") {
			c.Maintenance[i] = m
		}
	}
}

func window(t *table, m *Maintenance, hosts []Host) {
	t.text("host", &m.Host, optional(hostName))
	if t.sound("host") && m.Host != "" && !slices.ContainsFunc(hosts, func(h Host) bool { return h.Name == m.Host }) {
		t.refuse("host", m.Host, `the name of a [[host]], or "" for all of them`)
	}
	t.text("kind", &m.Kind, oneOf("maintenance", "day-cut"))
	t.text("from", &m.From, optional(moment))
	t.text("to", &m.To, optional(moment))
	t.text("daily", &m.Daily, optional(span))
	switch once := m.From + m.To; {
	case !t.sound("from", "to", "daily"):
	case once == "" && m.Daily == "":
		t.refuse("from", "", `from and to, or daily: when it is`)
	case once != "" && m.Daily != "":
		t.refuse("daily", m.Daily, "either from and to, or daily")
	case once == "":
	case m.From == "":
		t.missing("from", "to", "when it begins")
	case m.To == "":
		t.missing("to", "from", "when it ends")
	case !before(m.From, m.To):
		t.refuse("to", m.To, "a time after "+m.From+" (from)")
	}
}

func app(t *table, c *App) {
	t.text("package", &c.Package, optional(packageName))
	t.text("minimum", &c.Minimum, optional(dotted))
	t.text("target", &c.Target, optional(dotted))
	if t.sound("minimum", "target") && c.Minimum != "" && c.Target != "" && older(c.Target, c.Minimum) {
		t.refuse("target", c.Target, "at least "+c.Minimum+" (minimum)")
	}
	t.text("deadline", &c.Deadline, optional(date))
	t.texts("signer_sha256", &c.SignerSHA256, maxSigners, fingerprint)
	t.texts("permissions", &c.Permissions, maxPermissions, permissionName)
	t.flag("always_running", &c.AlwaysRunning)
	t.flag("location_required", &c.LocationRequired)
}
