package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/host"
	"github.com/poshealth/poshealth/probes/iso8583"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// TestRulesKnowTheProbesWords: diagnosis may not import the probes, so their words stand in it a second time. This holds
// the two lists together.
func TestRulesKnowTheProbesWords(t *testing.T) {
	for word, reasons := range map[string][]probes.Reason{
		"timeout":            {host.Timeout, dns.Timeout},
		"unreachable":        {host.Unreachable, dns.Unreachable},
		"refused":            {host.Refused, dns.Refused},
		"reset":              {host.Reset},
		"nxdomain":           {dns.NXDomain},
		"no-address":         {dns.NoAddress, host.NoAddress},
		"cert-not-yet-valid": {host.CertNotYetValid},
		"untrusted":          {host.Untrusted},
		"wrong-name":         {host.WrongName},
		"version":            {host.Version},
		"closed":             {host.Closed},
		"not-tls":            {host.NotTLS},
		"alert":              {host.Alert},
		"client-cert-wanted": {host.ClientCertWanted},
		"tlcp":               {host.TLCP},
		"large-stalls":       {host.LargeStalls},
		"not-http":           {host.NotHTTP},
		"server-error":       {host.ServerError},
		"malformed-reply":    {iso8583.MalformedReply},
		"some-silent":        {dns.SomeSilent},
		"all-silent":         {dns.AllSilent},
		"portal":             {path.Portal},
		"disagree":           {clock.Disagree},
		"no-source":          {clock.NoSource},
		"missing":            {app.Missing},
		"disabled":           {app.Disabled},
		"stopped":            {app.Stopped},
		"tampered":           {device.Tampered},
	} {
		assert.Contains(t, diagnose.Words(), probes.Reason(word))
		for _, r := range reasons {
			assert.Equal(t, word, string(r))
		}
	}
	assert.Len(t, diagnose.Words(), 28, "every word of the rules is some probe's")
}

// TestCatalogMatchesConfiguration: every kind of probe that a file can set exists, and every probe can be set.
func TestCatalogMatchesConfiguration(t *testing.T) {
	c, err := config.Parse("", []byte("[[host]]\nname = \"a\"\naddress = \"a.example:443\"\n[[host]]\nname = \"b\"\naddress = \"192.0.2.1:443\"\nkind = \"tcp\"\n[[host]]\nname = \"c\"\naddress = \"c.example:443\"\nkind = \"https\"\n[[host]]\nname = \"d\"\naddress = \"192.0.2.2:6000\"\nkind = \"iso8583\"\n[host.echo]\ndialect = \"generic\"\n[network]\nportal = \"http://portal.example/\"\n[app]\npackage = \"com.example\"\n"))
	require.NoError(t, err)
	android, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{}) // a plain Linux has not all of them
	require.NoError(t, err)
	cat, err := newCatalog(Options{Config: c, Boottime: Boottime}.withDefaults(), terminal.Open(android.Root()), nil)
	require.NoError(t, err)
	kinds := map[string]bool{"report": true}
	ids := map[probes.ID]bool{}
	for _, task := range cat.tasks {
		assert.False(t, ids[task.Probe.ID()], "%s stands twice", task.Probe.ID())
		ids[task.Probe.ID()] = true
		kinds[task.Probe.ID().Kind()] = true
		assert.Positive(t, task.Every, task.Probe.ID())
		assert.Positive(t, task.Timeout, task.Probe.ID())
	}
	for kind := range c.Probe {
		assert.True(t, kinds[kind], "the file can set %q, which no probe is", kind)
	}
	for kind := range kinds {
		assert.Contains(t, c.Probe, kind, "no file can set this probe")
	}
	assert.True(t, ids["tls/a"])
	assert.False(t, ids["dns/b"], "an address needs no looking up")
	assert.False(t, ids["tls/b"], "a host of kind tcp is not asked for TLS")
	_, err = diagnose.New(cat.rules, cat.terms)
	require.NoError(t, err)
}
