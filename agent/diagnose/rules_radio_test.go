package diagnose_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// saying is an observation with facts: name and value by turns.
func saying(o probes.Observation, facts ...string) probes.Observation {
	for i := 0; i+1 < len(facts); i += 2 {
		o.Facts = append(o.Facts, probes.Fact{Name: facts[i], Value: facts[i+1]})
	}
	return o
}

// by is a link that is up, by a bearer.
func by(bearer string) seen {
	return seen{"link", saying(passed(reading("ethernet", 0)), "bearer", bearer)}
}

// noLink is a terminal without one, and with so many sockets for a cable.
func noLink(sockets float64) seen { return fails("link", "no-carrier", reading("ethernet", sockets)) }

// switches are some that are told, in the order airplane, Wi-Fi, mobile data; -1: not told.
func switches(airplane, wifi, data float64) seen {
	var all []probes.Reading
	for i, name := range []string{"airplane", "wifi", "mobile_data"} {
		if value := []float64{airplane, wifi, data}[i]; value >= 0 {
			all = append(all, reading(name, value))
		}
	}
	return seen{"switches", passed(all...)}
}

func sim(facts ...string) seen { return seen{"mobile", saying(passed(), facts...)} }

func signal(kind probes.ID, dbm float64) seen { return seen{kind, passed(reading("signal", dbm))} }

func TestRulesOfTheRadio(t *testing.T) {
	const down = "link-down blocking"
	refused := func(state string) seen { return sim("sim", state) }
	expects := func(s diagnose.SIM) func(*diagnose.Profile) { return func(p *diagnose.Profile) { p.SIM = s } }
	absent := sim("sim", "absent")
	another := seen{"mobile", saying(passed(reading("sim_changed", 1)), "sim", "ready")}
	registered := func(connection string) seen {
		return sim("sim", "ready", "registration", "in-service", "connection", connection)
	}
	denied := seen{"link", probes.Observation{Reason: probes.Denied}}
	noNetwork := seen{"network", passed(reading("default", 0))}
	onWiFi := seen{"network", saying(passed(reading("default", 1)), "bearer", "wi-fi")}
	slow := seen{"tcp/a", passed(reading("connect", 801))}
	for _, tc := range []judged{
		{name: "airplane mode, and nothing carries", looks: []seen{noLink(0), switches(1, 0, 0)}, want: []string{"radio-off blocking", down}},
		{name: "airplane mode on a terminal with a socket", looks: []seen{noLink(1), switches(1, 0, 0)}, want: []string{"radio-off blocking", down}},
		{name: "airplane mode, and a cable carries", looks: []seen{by("ethernet"), switches(1, 0, 0)}, want: []string{"radio-off info"}},
		{name: "airplane mode with Wi-Fi switched on again", looks: []seen{by("wi-fi"), switches(1, 1, 0)}, want: []string{"radio-off info"}},
		{name: "airplane mode, and a link of no name carries", looks: []seen{pass("link"), switches(1, 0, 0)}, want: []string{"radio-off info"}},
		{name: "airplane mode, and the link cannot be seen", looks: []seen{denied, switches(1, 0, 0)}},
		{name: "airplane mode, the link cannot be seen, and Android has no network", looks: []seen{denied, noNetwork, switches(1, 0, 0)}, want: []string{"radio-off blocking", down}},
		{name: "Android has no network, and the link cannot be seen", looks: []seen{denied, noNetwork}, want: []string{down}},
		{name: "airplane mode, the link cannot be seen, and Android has Wi-Fi", looks: []seen{denied, onWiFi, switches(1, 1, 0)}, want: []string{"radio-off info"}},
		{name: "a locked SIM, the link cannot be seen, and Android has no network", looks: []seen{denied, noNetwork, refused("pin-required")}, want: []string{"sim-not-ready blocking", down}},
		{name: "Android has no network, and the kernel shows a link", looks: []seen{by("wi-fi"), noNetwork}},
		{name: "both switched off", looks: []seen{noLink(0), switches(0, 0, 0)}, want: []string{"radio-off blocking", down}},
		{name: "both switched off, and the link cannot be seen", looks: []seen{denied, switches(0, 0, 0)}},
		{name: "both switched off on a terminal with a socket, unplugged", looks: []seen{noLink(1), switches(0, 0, 0)}, want: []string{down}},
		{name: "both switched off, and a cable carries", looks: []seen{{"link", saying(passed(reading("ethernet", 1)), "bearer", "ethernet")}, switches(0, 0, 0)}},
		{name: "both switched off, and a base carries", looks: []seen{by("other"), switches(0, 0, 0)}},
		{name: "one of them on", looks: []seen{noLink(0), switches(0, 0, 1)}, want: []string{down}},
		{name: "the other on", looks: []seen{noLink(0), switches(0, 1, 0)}, want: []string{down}},
		{name: "mobile data not told", looks: []seen{noLink(0), switches(0, 0, -1)}, want: []string{down}},
		{name: "Wi-Fi not told", looks: []seen{noLink(0), switches(0, -1, 0)}, want: []string{down}},
		{name: "Wi-Fi off, and data without a SIM", looks: []seen{noLink(0), absent, switches(0, 0, 1)}, want: []string{"radio-off blocking", down}},
		{name: "the switches cannot be read", looks: []seen{noLink(0), {"switches", probes.Observation{Reason: probes.Denied}}}, want: []string{down}},

		{name: "no SIM where there may be none", looks: []seen{noLink(0), absent}, want: []string{down}},
		{name: "no SIM where one is expected", profile: expects(diagnose.SIMExpected), looks: []seen{noLink(0), absent}, want: []string{"sim-not-ready blocking", down}},
		{name: "no SIM where one is expected, and Wi-Fi carries", profile: expects(diagnose.SIMExpected), looks: []seen{by("wi-fi"), absent}, want: []string{"sim-not-ready info"}},
		{name: "no SIM where one is expected, and the link cannot be seen", profile: expects(diagnose.SIMExpected), looks: []seen{denied, absent}},
		{name: "no SIM where none belongs", profile: expects(diagnose.SIMNone), looks: []seen{noLink(0), absent}, want: []string{down}},
		{name: "a locked SIM where none belongs", profile: expects(diagnose.SIMNone), looks: []seen{noLink(0), refused("pin-required")}, want: []string{down}},
		{name: "a locked SIM", looks: []seen{noLink(0), refused("pin-required")}, want: []string{"sim-not-ready blocking", down}},
		{name: "a SIM locked for good", looks: []seen{noLink(0), refused("puk-required")}, want: []string{"sim-not-ready blocking", down}},
		{name: "a SIM of another carrier", looks: []seen{noLink(0), refused("network-locked")}, want: []string{"sim-not-ready blocking", down}},
		{name: "a broken SIM", looks: []seen{by("wi-fi"), refused("card-io-error")}, want: []string{"sim-not-ready info"}},
		{name: "a SIM that starts", looks: []seen{noLink(0), refused("not-ready")}, want: []string{down}},
		{name: "a SIM that is good", profile: expects(diagnose.SIMExpected), looks: []seen{noLink(0), refused("ready")}, want: []string{down}},
		{name: "a SIM whose state is not told", profile: expects(diagnose.SIMExpected), looks: []seen{noLink(0), sim("registration", "in-service")}, want: []string{down}},
		{name: "another SIM, and nothing carries", looks: []seen{noLink(0), another}, want: []string{"sim-not-ready blocking", down}},
		{name: "another SIM, which carries", looks: []seen{by("mobile"), another}, want: []string{"sim-not-ready info"}},
		{name: "another SIM where none belongs", profile: expects(diagnose.SIMNone), looks: []seen{by("wi-fi"), another}},

		{name: "registered, and no data session", looks: []seen{noLink(0), switches(0, 0, 1), registered("disconnected")}, want: []string{"sim-data-suspended blocking", down}},
		{name: "suspended", looks: []seen{noLink(0), registered("suspended")}, want: []string{"sim-data-suspended blocking", down}},
		{name: "connecting", looks: []seen{noLink(0), registered("connecting")}, want: []string{down}},
		{name: "no session, and Wi-Fi carries: Android took it down", looks: []seen{by("wi-fi"), switches(0, 1, 1), registered("disconnected")}},
		{name: "no session, and the link cannot be seen", looks: []seen{denied, registered("disconnected")}},
		{name: "data is switched off", looks: []seen{noLink(0), switches(0, 1, 0), registered("disconnected")}, want: []string{down}},
		{name: "not registered", looks: []seen{noLink(0), sim("sim", "ready", "registration", "out-of-service", "connection", "disconnected")}, want: []string{down}},
		{name: "no SIM, no session", looks: []seen{noLink(0), sim("sim", "absent", "registration", "in-service", "connection", "disconnected")}, want: []string{down}},

		{name: "mobile above the limit", looks: []seen{by("mobile"), signal("mobile", -109)}},
		{name: "mobile at the limit", looks: []seen{by("mobile"), signal("mobile", -110)}, want: []string{"weak-signal info"}},
		{name: "very weak by level alone", looks: []seen{by("mobile"), signal("mobile", -125)}, want: []string{"weak-signal info"}},
		{name: "Wi-Fi above the limit", looks: []seen{by("wi-fi"), signal("wifi", -74)}},
		{name: "Wi-Fi at the limit", looks: []seen{by("wi-fi"), signal("wifi", -75)}, want: []string{"weak-signal info"}},
		{name: "Wi-Fi is weak, and mobile carries", looks: []seen{by("mobile"), signal("wifi", -90), signal("mobile", -80)}},
		{name: "mobile is weak, and a cable carries", looks: []seen{by("ethernet"), signal("wifi", -90), signal("mobile", -125)}},
		{name: "weak, and the link cannot be seen", looks: []seen{denied, signal("mobile", -125)}},
		{name: "weak, and a host fails", looks: []seen{by("mobile"), fails("tcp/a", "timeout"), signal("mobile", -117)}, want: []string{"weak-signal degraded", "host-unreachable/a blocking"}},
		{name: "very weak, and a host fails", looks: []seen{by("mobile"), fails("tcp/a", "timeout"), signal("mobile", -118)}, want: []string{"weak-signal imminent", "host-unreachable/a blocking"}},
		{name: "Wi-Fi weak, and a host fails", looks: []seen{by("wi-fi"), fails("tcp/a", "timeout"), signal("wifi", -81)}, want: []string{"weak-signal degraded", "host-unreachable/a blocking"}},
		{name: "Wi-Fi very weak, and a host fails", looks: []seen{by("wi-fi"), fails("tcp/a", "timeout"), signal("wifi", -82)}, want: []string{"weak-signal imminent", "host-unreachable/a blocking"}},
		{name: "weak, and a host is slow", looks: []seen{by("mobile"), slow, signal("mobile", -110)}, want: []string{"weak-signal degraded"}},
		{name: "weak, and a look was lost", looks: []seen{by("mobile"), pass("tcp/a"), fails("tcp/a", "timeout"), pass("tcp/a"), signal("mobile", -110)}, want: []string{"weak-signal info"}},
		{name: "weak, and a host failed twice and is back", looks: []seen{by("mobile"), pass("tcp/a"), fails("tcp/a", "timeout"), pass("tcp/a"), fails("tcp/a", "timeout"), pass("tcp/a"), signal("mobile", -110)}, want: []string{"weak-signal degraded", "host-unreachable/a degraded"}},
		{name: "weak, and a host failed while there was no link", looks: []seen{noLink(0), fails("tcp/a", "unreachable"), by("mobile"), pass("tcp/a"), signal("mobile", -110)}, want: []string{"weak-signal info"}},
		{name: "good, and a host fails", looks: []seen{by("mobile"), fails("tcp/a", "timeout"), signal("mobile", -80)}, want: []string{"host-unreachable/a blocking"}},
		{name: "one weak look of three", looks: []seen{by("mobile"), signal("mobile", -100), signal("mobile", -120), signal("mobile", -101)}},
		{name: "two weak looks of three", looks: []seen{by("mobile"), signal("mobile", -100), signal("mobile", -120), signal("mobile", -111)}, want: []string{"weak-signal info"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

// Whatever cannot be seen any more stands as it was, until it is seen again; and what was never seen is not raised.
func TestLocationServiceOff(t *testing.T) {
	required := func(p *diagnose.Profile) { p.NeedsLocation = true }
	location := func(on float64) []seen { return one("switches", reading("airplane", 0), reading("location", on)) }
	for _, tc := range []judged{
		{name: "on", looks: location(1), profile: required},
		{name: "off", looks: location(0), want: []string{"location-service-off degraded"}},
		{name: "off, and the host wants it", looks: location(0), profile: required, want: []string{"location-service-off imminent"}},
		{name: "on again", looks: append(location(0), location(1)...)},
		{name: "not told", looks: one("switches", reading("airplane", 0)), profile: required},
		{name: "a look that came to nothing leaves it as it was", looks: append(location(0), seen{"switches", unseen("denied")}), want: []string{"location-service-off degraded"}},
	} {
		t.Run(tc.name, tc.try)
	}
}

func TestUnknownNeitherRaisesNorClears(t *testing.T) {
	const pkg = "/com.example.pay"
	asIs := func(*diagnose.Profile) {}
	appWith := func(readings ...probes.Reading) probes.Observation {
		return saying(passed(append(readings, reading("running", 1), reading("signers", 1))...), "signer", "aaaa", "version", "3.4.1")
	}
	for _, tc := range []struct {
		code      string
		profile   func(*diagnose.Profile)
		before    []seen
		id        probes.ID
		bad, good probes.Observation
		untold    []probes.Observation // passes that do not tell what it rests on
	}{
		{"radio-off", asIs, []seen{by("ethernet")}, "switches", passed(reading("airplane", 1)), passed(reading("airplane", 0)), nil},
		{"sim-not-ready", asIs, []seen{by("wi-fi")}, "mobile", sim("sim", "puk-required").o, sim("sim", "ready").o, []probes.Observation{sim("registration", "out-of-service").o}},
		{
			"sim-data-suspended", asIs,
			[]seen{noLink(0)},
			"mobile", sim("sim", "ready", "registration", "in-service", "connection", "disconnected").o,
			sim("sim", "ready", "registration", "in-service", "connection", "connected").o,
			[]probes.Observation{sim("sim", "ready").o, sim("registration", "in-service", "connection", "connected").o},
		},
		{"weak-signal", asIs, []seen{by("wi-fi")}, "wifi", passed(reading("signal", -80)), passed(reading("signal", -50)), []probes.Observation{passed(reading("enabled", 1))}},
		{"local-network-fault", asIs, nil, "network", passed(reading("captive", 1)), passed(reading("captive", 0)), nil},
		{"storage-wearing-out", asIs, nil, "wear", passed(reading("life_used", 90)), passed(reading("life_used", 10)), nil},
		{"security-module-fault", asIs, nil, "tamper", probes.Observation{Outcome: probes.Fail, Reason: "tampered"}, passed(), nil},
		{"unexpected-reboot", asIs, nil, "reboots", passed(reading("unplanned_1", float64(epoch.Unix()))), passed(), nil},
		{"resource-pressure", asIs, nil, "thermal", passed(reading("throttling", 3)), passed(reading("throttling", 0)), nil},
		{"payment-app-crashing" + pkg, asIs, nil, "crashes", probes.Observation{Outcome: probes.Fail, Reason: "crashed", Readings: []probes.Reading{reading("crashes_10m", 3)}}, passed(reading("crashes_10m", 0)), nil},
		{
			"payment-app-signer-changed" + pkg, func(p *diagnose.Profile) { p.AppSigners = []string{"bbbb"} }, nil, "app", appWith(),
			saying(passed(reading("running", 1), reading("signers", 1)), "signer", "bbbb", "version", "3.4.1"),
			[]probes.Observation{saying(passed(reading("running", 1)), "version", "3.4.1")},
		},
		{
			"permission-missing" + pkg, func(p *diagnose.Profile) { p.Permissions = true }, nil, "app",
			appWith(reading("permissions_known", 2), reading("permissions_denied", 1)), appWith(reading("permissions_known", 2), reading("permissions_denied", 0)),
			[]probes.Observation{appWith(), appWith(reading("permissions_known", 0), reading("permissions_denied", 0))},
		},
		{"power-restricted" + pkg, asIs, nil, "app", appWith(reading("background_restricted", 1)), appWith(reading("background_restricted", 0)), []probes.Observation{appWith()}},
	} {
		t.Run(tc.code, func(t *testing.T) {
			p := shop()
			p.Hosts = nil
			tc.profile(&p)
			s := newStory(t, diagnose.Rules(p), diagnose.Terms{})
			s.every = time.Hour
			stands := func() bool { return slices.Contains(standingCodes(s.last), tc.code) }
			for _, l := range tc.before {
				s.look(l.id, l.o)
			}
			unseen := append([]probes.Observation{{Reason: probes.Denied}, {Reason: "timeout"}, {Reason: probes.Malformed}}, tc.untold...)
			look := func(o probes.Observation) {
				s.now += time.Second
				s.look(tc.id, o)
			}
			for _, o := range unseen {
				look(o)
				require.False(t, stands(), "%+v raises it", o)
			}
			look(tc.bad)
			require.True(t, stands(), "%q", standingCodes(s.last))
			for _, o := range unseen {
				look(o)
				require.True(t, stands(), "%+v clears it", o)
			}
			look(tc.bad)
			for _, l := range tc.before { // so that what it rests on is fresh, and it is not
				s.every = 24 * time.Hour
				s.look(l.id, l.o)
			}
			s.jump(s.now.Seconds() + 4*3600)
			require.True(t, stands(), "to grow stale clears it")
			look(tc.good)
			require.False(t, stands())
		})
	}
}

// What took the link down is the root, the link and what lies beyond it are symptoms.
func TestCausesOfALinkThatIsDown(t *testing.T) {
	for _, tc := range []struct {
		root string
		look seen
	}{
		{"radio-off", switches(1, 0, 0)},
		{"sim-not-ready", sim("sim", "pin-required")},
		{"sim-data-suspended", sim("sim", "ready", "registration", "in-service", "connection", "disconnected")},
	} {
		t.Run(tc.root, func(t *testing.T) {
			s := newStory(t, diagnose.Rules(diagnose.Profile{}), diagnose.Terms{})
			s.until(1)
			for _, l := range []seen{noLink(0), tc.look, fails("route", "no-route"), fails("dns/a", "unreachable"), fails("tcp/a", "unreachable")} {
				s.look(l.id, l.o)
			}
			require.ElementsMatch(t, []string{tc.root, "link-down", "local-network-fault", "dns-failed", "host-unreachable/a"}, standingCodes(s.last))
			for _, f := range s.last.Findings {
				want := tc.root
				if string(f.Code) == tc.root {
					want = ""
				}
				assert.Equal(t, want, name(f.ExplainedBy), f.Code)
			}
		})
	}
	t.Run("airplane mode comes before the SIM", func(t *testing.T) {
		s := newStory(t, diagnose.Rules(diagnose.Profile{SIM: diagnose.SIMExpected}), diagnose.Terms{})
		s.until(1)
		for _, l := range []seen{noLink(0), sim("sim", "absent"), switches(1, 0, 0)} {
			s.look(l.id, l.o)
		}
		f, ok := find(s.last, diagnose.Ref{Code: findings.SIMNotReady})
		require.True(t, ok)
		assert.Equal(t, "radio-off", name(f.ExplainedBy))
	})
}

func TestSignInPage(t *testing.T) {
	page := seen{"network", passed(reading("captive", 1))}
	private := func(p *diagnose.Profile) { p.Private = true }
	const fault = "local-network-fault blocking"
	for _, tc := range []judged{
		{name: "a sign-in page", looks: []seen{page}, want: []string{fault}},
		{name: "none", looks: one("network", reading("captive", 0))},
		{name: "not told", looks: one("network")},
		{name: "a payment host shows its certificate", looks: []seen{page, pass("tls/a")}},
		{name: "before the page was there", looks: append(append([]seen{pass("tls/a")}, one("network", reading("captive", 0))...), page), want: []string{fault}},
		{name: "before and after", looks: append(append([]seen{pass("tls/a")}, one("network", reading("captive", 0))...), page, pass("tls/a"))},
		{name: "one of two hosts does", looks: []seen{page, fails("tls/a", "timeout"), pass("tls/b")}, want: []string{"host-no-answer/a blocking"}},
		{name: "somebody else's certificate", looks: []seen{page, fails("tls/a", "untrusted")}, want: []string{fault, "tls-untrusted/a blocking"}},
		{name: "a connection proves nothing where certificates are looked at", looks: []seen{page, pass("tcp/a"), fails("tls/a", "untrusted")}, want: []string{fault, "tls-untrusted/a blocking"}},
		{name: "a connection proves it where none is", looks: []seen{page, pass("tcp/a")}},
		{name: "a private network is none of the internet", profile: private, looks: []seen{page}},
	} {
		t.Run(tc.name, tc.try)
	}
}
