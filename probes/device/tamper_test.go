package device_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func removeAll(root, name string) error { return os.RemoveAll(filepath.Join(root, name)) }

func TestTamper(t *testing.T) {
	const pax, file = "[ro.product.brand]: [PAX]\n[ro.product.manufacturer]: [PAX]\n", "sys/class/authinfo/sp_authinfo/uevent"
	for _, row := range []struct {
		name, props, record string
		outcome             probes.Outcome
		reason              probes.Reason
		readings            numbers
		facts               words
		detail              string
	}{
		{"intact", pax, "AUTHINFO_SUPPLY_TAMPERCLEAR=1\nAUTHINFO_SUPPLY_LASTBBLSTATUS=0\n", probes.Pass, "", numbers{"past_tamper": 0}, words{"vendor": "PAX"}, "PAX shows no tampering"},
		{"intact again after something", pax, "AUTHINFO_SUPPLY_TAMPERCLEAR=1\nAUTHINFO_SUPPLY_LASTBBLSTATUS=16\n", probes.Pass, "", numbers{"past_tamper": 1}, words{"vendor": "PAX"}, "PAX shows no tampering"},
		{"no word of the past", pax, "AUTHINFO_SUPPLY_TAMPERCLEAR=1\n", probes.Pass, "", nil, words{"vendor": "PAX"}, "PAX shows no tampering"},
		{"tampered with", pax, "AUTHINFO_SUPPLY_TAMPERCLEAR=0\nAUTHINFO_SUPPLY_LASTBBLSTATUS=16\n", probes.Fail, device.Tampered, numbers{"past_tamper": 1}, words{"vendor": "PAX"}, "tampered with (AUTHINFO_SUPPLY_TAMPERCLEAR)"},
		{"a value that the table does not know", pax, "AUTHINFO_SUPPLY_TAMPERCLEAR=2\n", probes.Unknown, probes.Malformed, nil, nil, "does not know what that means"},
		{"no value", pax, "AUTHINFO_SUPPLY_SECMODE=3\n", probes.Unknown, probes.Malformed, nil, nil, "does not know what that means"},
		{"an empty record", pax, "", probes.Unknown, probes.Malformed, nil, nil, "does not know what that means"},
		{"a maker that shows none", "[ro.product.brand]: [SUNMI]\n[ro.product.manufacturer]: [SUNMI]\n", "AUTHINFO_SUPPLY_TAMPERCLEAR=0\n", probes.Unknown, probes.Absent, nil, nil, "no file is known"},
		{"a maker that nobody knows", "[ro.product.brand]: [NoName]\n", "AUTHINFO_SUPPLY_TAMPERCLEAR=0\n", probes.Unknown, probes.Absent, nil, nil, "no file is known"},
		{"no properties", "rubbish\n", "AUTHINFO_SUPPLY_TAMPERCLEAR=0\n", probes.Unknown, probes.Malformed, nil, nil, "getprop"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			prints(t, root, "getprop", row.props)
			put(t, root, file, row.record)
			got := device.NewTamper(terminal.Open(root)).Observe(t.Context())
			assert.Equal(t, row.outcome, got.Outcome)
			require.Equal(t, row.reason, got.Reason, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
			assert.Contains(t, got.Detail, row.detail)
		})
	}
	root := t.TempDir()
	prints(t, root, "getprop", pax)
	assert.Equal(t, probes.Absent, device.NewTamper(terminal.Open(root)).Observe(t.Context()).Reason, "a PAX whose kernel has no such file")
	put(t, root, file, "AUTHINFO_SUPPLY_TAMPERCLEAR=0\n")
	for _, got := range probetest.DeniedTo(t, filepath.Join(root, filepath.Dir(file)), func() []probes.Observation {
		return []probes.Observation{device.NewTamper(terminal.Open(root)).Observe(t.Context())}
	}) {
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
	}
}
