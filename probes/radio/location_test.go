package radio_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

// located makes a terminal of an API level with switches that can be read.
func located(t *testing.T, sdk string) string {
	t.Helper()
	root := t.TempDir()
	prints(t, root, "getprop", "[ro.build.version.sdk]: ["+sdk+"]\n[ro.product.model]: [X]\n")
	put(t, root, settingsFile, "<settings>\n<setting id=\"1\" name=\"airplane_mode_on\" value=\"0\" />\n</settings>\n")
	return root
}

func secureXML(name, value string) string {
	return "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<settings version=\"170\">\n" +
		"  <setting id=\"7\" name=\"android_id\" value=\"0123456789abcdef\" package=\"android\" />\n" +
		"  <setting id=\"8\" name=\"" + name + "\" value=\"" + value + "\" package=\"android\" />\n</settings>\n"
}

// Up to Android 9 the providers count, from 10 on the mode; each by whatever way answers. What nobody can tell is left out.
func TestLocation(t *testing.T) {
	const (
		secureFile = "data/system/users/0/settings_secure.xml"
		mode       = "get secure location_mode"
		providers  = "get secure location_providers_allowed"
	)
	off, on := 0.0, 1.0
	for _, row := range []struct {
		name, sdk string
		make      func(root string)
		want      *float64
	}{
		{"the file of Android 7, on", "25", func(root string) { put(t, root, secureFile, secureXML("location_providers_allowed", "gps,network")) }, &on},
		{"off", "25", func(root string) { put(t, root, secureFile, secureXML("location_providers_allowed", "")) }, &off},
		{"listening only", "25", func(root string) { put(t, root, secureFile, secureXML("location_providers_allowed", "passive")) }, &off},
		{"a mode that somebody wrote, which does not count there", "25", func(root string) { put(t, root, secureFile, secureXML("location_mode", "0")) }, nil},
		{"the file of Android 10, off", "29", func(root string) { put(t, root, secureFile, secureXML("location_mode", "0")) }, &off},
		{"on", "29", func(root string) { put(t, root, secureFile, secureXML("location_mode", "3")) }, &on},
		{"providers, which do not count there", "29", func(root string) { put(t, root, secureFile, secureXML("location_providers_allowed", "")) }, nil},
		{"a binary file, and cmd", "31", func(root string) {
			put(t, root, secureFile, "ABX\x00\x01\n")
			answers(t, root, "cmd", "settings "+mode, "0\n")
		}, &off},
		{"cmd before settings", "30", func(root string) {
			answers(t, root, "cmd", "settings "+mode, "3\n")
			answers(t, root, "settings", mode, "0\n")
		}, &on},
		{"settings of Android 5", "22", func(root string) { answers(t, root, "settings", providers, "network\n") }, &on},
		{"none of them allowed", "22", func(root string) { answers(t, root, "settings", providers, "\n") }, &off},
		{"never set", "22", func(root string) { answers(t, root, "settings", providers, "null\n") }, nil},
		{"never set, Android 10", "29", func(root string) { answers(t, root, "settings", mode, "null\n") }, nil},
		{"nothing printed", "22", func(root string) { answers(t, root, "settings", providers, "") }, nil},
		{"something else", "22", func(root string) {
			answers(t, root, "settings", providers, "Error: Could not access the Package Manager\n")
		}, nil},
		{"no mode", "29", func(root string) { answers(t, root, "settings", mode, "4\n") }, nil},
		{"a level that nobody tells", "", func(root string) { put(t, root, secureFile, secureXML("location_mode", "0")) }, nil},
		{"nothing at all", "29", func(string) {}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := located(t, row.sdk)
			row.make(root)
			got := radio.NewSwitches(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			want := numbers{"airplane": 0}
			if row.want != nil {
				want["location"] = *row.want
			}
			probetest.Told(t, got, want, nil)
			assert.NotContains(t, got.Detail, "0123456789abcdef")
		})
	}
}

// An app's feed tells the mode as Java has it, on every Android, and where nothing else may be read.
func TestLocationByFeed(t *testing.T) {
	for _, row := range []struct {
		settings string
		want     numbers
	}{
		{`"location_mode":"0"`, numbers{"airplane": 0, "location": 0}},
		{`"location_mode":"2"`, numbers{"airplane": 0, "location": 1}},
		{`"location_mode":"7"`, numbers{"airplane": 0}},
		{`"wifi_on":"1"`, numbers{"airplane": 0, "wifi": 1}},
	} {
		term := terminal.Open(t.TempDir())
		facts, err := terminal.ParseFacts([]byte(`{"version":1,"settings":{"airplane_mode_on":"0",` + row.settings + `}}`))
		require.NoError(t, err)
		term.Feed().Tell(facts)
		probetest.Told(t, radio.NewSwitches(term).Observe(t.Context()), row.want, nil)
	}
}
