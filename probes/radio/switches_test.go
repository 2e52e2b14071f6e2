package radio_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/radio"
	"github.com/poshealth/poshealth/probes/terminal"
)

const settingsFile = "data/system/users/0/settings_global.xml"

// Each Android has its own way to the settings; the first that answers counts.
func TestSwitchesWays(t *testing.T) {
	const xml = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<settings version=\"170\">\n" +
		"  <setting id=\"1\" name=\"airplane_mode_on\" value=\"1\" package=\"android\" />\n</settings>\n"
	for _, row := range []struct {
		name     string
		make     func(root string)
		source   string
		readings numbers
	}{
		{"the file", func(root string) {
			put(t, root, settingsFile, xml)
			answers(t, root, "cmd", "settings list global", "airplane_mode_on=0\n")
		}, "/" + settingsFile, numbers{"airplane": 1}},
		{"a binary file, and cmd", func(root string) {
			put(t, root, settingsFile, "ABX\x00\x01\n")
			answers(t, root, "cmd", "settings list global", "airplane_mode_on=0\nwifi_on=1\n")
		}, "cmd settings list global", numbers{"airplane": 0, "wifi": 1}},
		{"a file without any of them, and cmd", func(root string) {
			put(t, root, settingsFile, "<settings>\n<setting id=\"1\" name=\"x\" value=\"1\" />\n</settings>\n")
			answers(t, root, "cmd", "settings list global", "airplane_mode_on=0\n")
		}, "cmd settings list global", numbers{"airplane": 0}},
		{"settings, where cmd knows none", func(root string) {
			put(t, root, "system/bin/cmd", "#!/bin/sh\necho \"Can't find service: settings\" >&2\nexit 20\n")
			answers(t, root, "settings", "list global", "airplane_mode_on=0\nmobile_data=1\n")
		}, "settings list global", numbers{"airplane": 0, "mobile_data": 1}},
		{"content, where there is no list", func(root string) {
			prints(t, root, "settings", "usage: settings [--user NUM] get namespace key\n")
			answers(t, root, "content", "query --uri content://settings/global", "Row: 0 _id=1, name=airplane_mode_on, value=0\nRow: 1 _id=2, value=0, name=wifi_on\n")
		}, "content query --uri content://settings/global", numbers{"airplane": 0, "wifi": 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			row.make(root)
			term := terminal.Open(root)
			got := radio.NewSwitches(term).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			probetest.Told(t, got, row.readings, nil)
			all := term.Capabilities()
			at := slices.IndexFunc(all, func(c terminal.Capability) bool { return c.Datum == "switches" })
			require.GreaterOrEqual(t, at, 0)
			assert.Equal(t, row.source, all[at].Source)
		})
	}
}

func TestSwitchesByFeed(t *testing.T) {
	term := terminal.Open(t.TempDir())
	facts, err := terminal.ParseFacts([]byte(`{"version":1,"settings":{"airplane_mode_on":"1","wifi_on":"3"}}`))
	require.NoError(t, err)
	term.Feed().Tell(facts)
	got := radio.NewSwitches(term).Observe(t.Context())
	require.Equal(t, probes.Pass, got.Outcome, got.Detail)
	probetest.Told(t, got, numbers{"airplane": 1, "wifi": 0}, nil)
	assert.Equal(t, "on: airplane", got.Detail)
}

func TestSwitchesValues(t *testing.T) {
	for _, row := range []struct {
		name, list string
		want       numbers
	}{
		{"on", "airplane_mode_on=1\n", numbers{"airplane": 1}},
		{"off", "airplane_mode_on=0\n", numbers{"airplane": 0}},
		{"Wi-Fi on in airplane mode", "airplane_mode_on=1\nwifi_on=2\n", numbers{"airplane": 1, "wifi": 1}},
		{"Wi-Fi off by airplane mode", "airplane_mode_on=1\nwifi_on=3\n", numbers{"airplane": 1, "wifi": 0}},
		{"mobile data of one of two SIMs", "airplane_mode_on=0\nmobile_data=0\nmobile_data1=0\nmobile_data2=1\n", numbers{"airplane": 0, "mobile_data": 1}},
		{"mobile data of neither", "airplane_mode_on=0\nmobile_data1=0\nmobile_data2=0\n", numbers{"airplane": 0, "mobile_data": 0}},
		{"not set", "airplane_mode_on=0\nauto_time=null\n", numbers{"airplane": 0}},
		{"what nobody understands", "airplane_mode_on=0\nwifi_on=yes\nadb_enabled=-1\nauto_time=\n", numbers{"airplane": 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			answers(t, root, "cmd", "settings list global", row.list)
			probetest.Told(t, radio.NewSwitches(terminal.Open(root)).Observe(t.Context()), row.want, nil)
		})
	}
}
