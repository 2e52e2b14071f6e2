package diagnose_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/findings"
)

func TestLimitsAreOfTheCatalogue(t *testing.T) {
	for _, l := range diagnose.Limits() {
		code, what, ok := strings.Cut(l.Name, ".")
		assert.True(t, ok && what != "", l.Name)
		assert.NotNil(t, findings.Lookup(findings.Code(code)), l.Name)
	}
}

// A name that is misspelt in a rule would be a limit of 0.
func TestRulesAskForLimitsThatThereAre(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	asked := regexp.MustCompile(`\.(?:limit|lasts)\("([a-z.-]+)"( *\+)?`)
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			n++
			assert.True(t, slices.ContainsFunc(diagnose.Limits(), func(l diagnose.Limit) bool {
				return l.Name == m[1] || m[2] != "" && strings.HasPrefix(l.Name, m[1])
			}), "%s asks for %s", file, m[1])
		}
	}
	assert.Greater(t, n, 50)
}

// Each row is judged by its limits, and not by the usual ones, under which it would stand as was or not at all.
func TestProfilesMoveLimits(t *testing.T) {
	const day = 24 * time.Hour
	with := func(limits map[string]float64) func(*diagnose.Profile) {
		return func(p *diagnose.Profile) { p.Limits = limits }
	}
	latency := func(ms float64) []seen { return times(3, seen{"tcp/a", passed(reading("rtt", ms))}) }
	slow := func(ms float64) []seen { return times(3, seen{"https/a", passed(reading("host_time", ms))}) }
	lossy := []seen{
		{"counters", passed(reading("segments", 60), reading("retransmitted", 2))}, packets("path/a", 50, 40), packets("path/b", 50, 50),
	}
	restarted := []seen{{"reboots", saying(passed(reading("starts", 2), reading("unplanned", 1), reading("unplanned_1", float64(epoch.Unix()-60))))}}
	valid := func(left time.Duration) []seen {
		return one("tls/a", reading("cert_not_before", float64(epoch.Add(-200*day).Unix())), reading("cert_not_after", float64(epoch.Add(left).Unix())))
	}
	for name, row := range map[string]struct {
		limits     map[string]float64
		looks      []seen
		was, moved []string
	}{
		"a battery":              {map[string]float64{"battery-low.info": 50}, one("battery", reading("level", 45), reading("charging", 0)), nil, []string{"battery-low info"}},
		"a battery that is bad":  {map[string]float64{"battery-low.imminent": 9}, one("battery", reading("level", 8), reading("charging", 0)), []string{"battery-low degraded"}, []string{"battery-low imminent"}},
		"storage":                {map[string]float64{"storage-low.degraded": 500}, one("storage", reading("free", 400e6), reading("free_share", 50)), nil, []string{"storage-low degraded"}},
		"a share of storage":     {map[string]float64{"storage-low.share": 10}, one("storage", reading("free", 400e6), reading("free_share", 8)), nil, []string{"storage-low degraded"}},
		"storage that blocks":    {map[string]float64{"storage-low.blocking": 2}, one("storage", reading("free", 1.5e6)), []string{"storage-low imminent"}, []string{"storage-low blocking"}},
		"starts":                 {map[string]float64{"unexpected-reboot.degraded": 1}, restarted, []string{"unexpected-reboot info"}, []string{"unexpected-reboot degraded"}},
		"the clock":              {map[string]float64{"clock-skew.info": 100, "clock-skew.degraded": 120}, clockAt(-90*time.Second, 0), []string{"clock-skew degraded"}, nil},
		"the clock, imminently":  {map[string]float64{"clock-skew.imminent": 80}, clockAt(-90*time.Second, 0), []string{"clock-skew degraded"}, []string{"clock-skew imminent"}},
		"a mobile signal":        {map[string]float64{"weak-signal.mobile-info": -100}, []seen{by("mobile"), signal("mobile", -105)}, nil, []string{"weak-signal info"}},
		"a Wi-Fi signal":         {map[string]float64{"weak-signal.wifi-info": -85}, []seen{by("wi-fi"), signal("wifi", -80)}, []string{"weak-signal info"}, nil},
		"a round trip":           {map[string]float64{"high-latency.degraded": 300}, latency(400), nil, []string{"high-latency/a degraded"}},
		"a round trip that ends": {map[string]float64{"high-latency.imminent": 900}, latency(1000), []string{"high-latency/a degraded"}, []string{"high-latency/a imminent"}},
		"loss":                   {map[string]float64{"packet-loss.imminent": 50}, lossy, []string{"packet-loss/a imminent"}, []string{"packet-loss/a degraded"}},
		"loss that is usual":     {map[string]float64{"packet-loss.degraded": 30, "packet-loss.imminent": 50}, lossy, []string{"packet-loss/a imminent"}, nil},
		"order": {
			map[string]float64{"packet-reordering.share": 3},
			[]seen{packets("path/a", 50, 50, reading("reordered", 2), reading("train_received", 300))},
			[]string{"packet-reordering/a info"},
			nil,
		},
		"a certificate":              {map[string]float64{"cert-expiring.info": 30 * 86_400}, valid(20 * day), nil, []string{"cert-expiring/a info"}},
		"a certificate that ends":    {map[string]float64{"cert-expiring.imminent": 7 * 86_400}, valid(5 * day), []string{"cert-expiring/a info"}, []string{"cert-expiring/a imminent"}},
		"a host":                     {map[string]float64{"host-slow.degraded": 1000}, slow(2000), nil, []string{"host-slow/a degraded"}},
		"a host that is too slow":    {map[string]float64{"host-slow.imminent": 5000}, slow(6000), []string{"host-slow/a degraded"}, []string{"host-slow/a imminent"}},
		"a link that comes and goes": {map[string]float64{"link-flapping.degraded": 5}, []seen{{"link", passed(reading("changes", 4))}}, []string{"link-flapping degraded"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			looks := slices.Clone(row.looks)
			judged{looks: looks, want: row.was}.try(t)
			judged{looks: looks, want: row.moved, profile: with(row.limits)}.try(t)
		})
	}
}
