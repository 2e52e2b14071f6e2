package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseUevent(t *testing.T) {
	for _, row := range []struct {
		file string
		want map[string]string
	}{
		{"made/uevent-battery.txt", map[string]string{
			"POWER_SUPPLY_NAME": "battery", "POWER_SUPPLY_TYPE": "Battery", "POWER_SUPPLY_STATUS": "Charging", "POWER_SUPPLY_CAPACITY": "87",
			"POWER_SUPPLY_VOLTAGE_NOW": "4012000", "POWER_SUPPLY_TEMP": "301",
		}},
		{"made/uevent-pax-12.txt", map[string]string{
			"AUTHINFO_SUPPLY_SECMODE": "3", "AUTHINFO_SUPPLY_TAMPERCLEAR": "1", "AUTHINFO_SUPPLY_LASTBBLSTATUS": "0",
			"AUTHINFO_SUPPLY_APPDEBUGSTATUS": "1", "AUTHINFO_SUPPLY_CUSTOMER": "255",
		}},
	} {
		assert.Equal(t, row.want, dump.ParseUevent(sample(t, row.file)), row.file)
		cutEverywhere(t, sampleBytes(t, row.file), dump.ParseUevent)
	}
	assert.Empty(t, dump.ParseUevent(dump.Lines([]byte("POWER_SUPPLY_A\nPOWER_SUPPLY_B=\x1b[2J\nPOWER_SUPPLY_ C=1\nPOWER_SUPPLY_D="+strings.Repeat("1", 129)+"\n"))))
	assert.Len(t, dump.ParseUevent(dump.Lines([]byte(strings.Join(numbered("POWER_SUPPLY_A=1\nPOWER_SUPPLY_B", 100), "=1\n")+"=1\n"))), 64)
}

func FuzzParseUevent(f *testing.F) {
	f.Add(sampleBytes(f, "made/uevent-battery.txt"))
	f.Add(sampleBytes(f, "made/uevent-pax-12.txt"))
	f.Fuzz(func(t *testing.T, in []byte) {
		all := dump.ParseUevent(dump.Lines(in))
		if len(all) > 64 {
			t.Error("unbounded")
		}
		for key, value := range all {
			if len(key) > 64 || value == "" || len(value) > 128 || strings.Contains(key, "SERIAL") {
				t.Errorf("impossible: %q=%q", key, value)
			}
		}
	})
}
