package agent

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

// traits are what makes one healthy shop another than the next. Each is drawn by the shop's number, so that shop 17 is the same shop
// whenever and wherever it is simulated.
type traits struct {
	number     int
	open       time.Duration // after midnight
	close      time.Duration // after the same midnight; more than 24 h: past the next one
	hoursSet   bool          // the configuration tells them
	night      string        // what the terminal does then: on, off, suspended, dozing (suspended, and awake for some seconds each hour)
	sunday     bool          // closed
	reboots    bool          // at four in the morning, as PCI wants it; those that are switched off start each morning anyway
	bearer     string        // mobile, wi-fi, ethernet
	walks      bool          // taken off its base, and carried to the table
	basement   bool
	private    bool   // a private APN: no internet, no public time
	kind       string // of the payment host: tcp, tls, https, echo (iso8583)
	hosts      int
	level      int    // what the payment app tells: 0 to 2; -1: nothing, and intake is off; -2: nothing, and the acquirer tells
	autoSignOn bool   // else somebody does it each morning
	capture    string // host or terminal
	settles    string // closing (by hand), automatic (at 23:00, or at the next start), forgetful (on Wednesday)
	electronic bool
	sales      int     // a day
	technical  float64 // share of sales
	declined   float64
	qr         float64
	broker     bool
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

// shopOf draws the shop of a number.
func shopOf(number int) traits {
	r := rand.New(rand.NewPCG(uint64(number), 1))
	s := traits{
		number: number, open: time.Duration(7+r.IntN(4)) * time.Hour, hoursSet: r.IntN(4) > 0,
		night: pick(r, "on", "on", "off", "off", "suspended", "dozing"), sunday: r.IntN(3) == 0, reboots: r.IntN(2) == 0,
		bearer: pick(r, "mobile", "mobile", "wi-fi", "wi-fi", "ethernet"), basement: r.IntN(4) == 0,
		kind: pick(r, "tls", "tls", "https", "tcp", "echo"), hosts: 1 + r.IntN(2), level: pick(r, 2, 2, 1, 0, -1, -2),
		autoSignOn: r.IntN(3) > 0, capture: pick(r, "host", "host", "terminal"), settles: pick(r, "closing", "closing", "automatic"),
		electronic: r.IntN(3) == 0, sales: pick(r, 5, 12, 30, 60, 100, 180, 300), technical: 0.002 + 0.006*r.Float64(),
		declined: 0.06 + 0.06*r.Float64(), qr: pick(r, 0, 0.2, 0.6), broker: r.IntN(3) > 0,
	}
	s.close = time.Duration(18+r.IntN(6)) * time.Hour
	if r.IntN(10) == 0 { // a bar
		s.open, s.close = 17*time.Hour, 25*time.Hour+30*time.Minute
	}
	s.walks = s.bearer == "ethernet" && r.IntN(3) > 0
	s.private = s.bearer == "mobile" && r.IntN(3) == 0
	if s.capture == "host" && r.IntN(4) == 0 {
		s.settles = "forgetful"
	}
	if s.sunday && !s.hoursSet && !s.autoSignOn && s.night != "off" {
		s.night = "off" // where nobody tells the days, a terminal that is left on through one on which nobody signs on is told to be late
	}
	return s
}

// names are the traits of a shop in words, so that a sample can hold each of them.
func (s traits) names() []string {
	all := []string{
		"night " + s.night, s.bearer, "host " + s.kind, fmt.Sprintf("level %d", s.level), "capture " + s.capture, "settles " + s.settles,
	}
	for name, is := range map[string]bool{
		"hours set": s.hoursSet, "hours not set": !s.hoursSet, "closed on Sunday": s.sunday, "reboots": s.reboots && s.night != "off",
		"walks": s.walks, "basement mobile": s.basement && s.bearer == "mobile", "basement wi-fi": s.basement && s.bearer == "wi-fi",
		"private": s.private, "two hosts": s.hosts > 1, "by hand": !s.autoSignOn, "electronic": s.electronic, "small": s.sales <= 12,
		"large": s.sales >= 180, "past midnight": s.close > 24*time.Hour, "wallets": s.qr > 0.3, "broker": s.broker,
	} {
		if is {
			all = append(all, name)
		}
	}
	return all
}

func clockWords(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours())%24, int(d.Minutes())%60)
}

// config is what the shop's terminal is told.
func (s traits) config(t *testing.T) config.Config {
	t.Helper()
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("[terminal]\nid = \"S%07d\"", s.number)
	if s.hoursSet {
		hours := clockWords(s.open) + "-" + clockWords(s.close)
		if s.sunday {
			hours = "Mo-Sa " + hours
		}
		say("trading_hours = %q", hours)
	}
	for i := range s.hosts {
		say("[[host]]\nname = \"acquirer-%c\"", 'a'+i)
		address := fmt.Sprintf("pos-%d.acquirer.example:9443", i)
		if s.private {
			address = fmt.Sprintf("203.0.113.%d:9443", 10+i)
		}
		say("address = %q", address)
		if s.hosts > 1 {
			say("group = \"acquirer\"")
		}
		if kind := s.kind; kind == "echo" {
			say("kind = \"iso8583\"\n[host.echo]\ndialect = \"unionpay\"\ntpdu = \"6000030000\"\nheader = \"603100311208\"\nterminal_id = \"T0000001\"\nmerchant_id = \"898310058120001\"")
		} else {
			say("kind = %q", kind)
		}
	}
	if !s.private {
		say("[clock]\nntp = [\"a.example\", \"b.example\", \"c.example\"]")
	}
	say("[network]\nprivate = %t\nsim = \"either\"", s.private)
	say("[app]\npackage = \"com.example.pay\"\nminimum = \"3.2.0\"\ntarget = \"3.4.1\"\nalways_running = true")
	say("[[maintenance]]\ndaily = \"22:40-23:05\"\nkind = \"day-cut\"")
	slip := "paper"
	if s.electronic {
		slip = "electronic"
	}
	say("[intake]\nenabled = %t\nauto_sign_on = %t\nslip = %q\ncapture = %q", s.level != -1, s.autoSignOn, slip, s.capture)
	c, err := config.Parse("poshealth.toml", []byte(b.String()))
	require.NoError(t, err)
	return c
}
