package dump_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseDevicePolicy(t *testing.T) {
	for _, row := range []struct {
		file string
		want dump.DevicePolicy
		read int // lines
	}{
		{"dumpsys_device_policy/11-SUNMI-qssi-deviceowner.txt", dump.DevicePolicy{HasOwner: new(true), Owner: "com.example.android.deviceowner"}, 3},
		{"made/device_policy-5.1.txt", dump.DevicePolicy{HasOwner: new(true), Owner: "com.mdm.agent"}, 5},
		{"made/device_policy-13-none.txt", dump.DevicePolicy{HasOwner: new(false)}, 12},
	} {
		t.Run(row.file, func(t *testing.T) {
			read := 0
			got, err := dump.ParseDevicePolicy(counted(sample(t, row.file), &read))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.read, read)
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseDevicePolicy))
		})
	}
}

func TestParseDevicePolicyOddities(t *testing.T) {
	const begin = "Current Device Policy Manager state:\n"
	for _, row := range []struct {
		name, in string
		want     dump.DevicePolicy
	}{
		{"cut before the owner could stand", begin, dump.DevicePolicy{}},
		{"cut behind the heading", begin + "  Device Owner: \n", dump.DevicePolicy{HasOwner: new(true)}},
		{"an owner without a name", begin + "  Device Owner: \n    admin=null\n    package=null x\n  Enabled Device Admins (User 0):\n", dump.DevicePolicy{HasOwner: new(true)}},
		{"an owner whose name imitates", begin + "  Device Owner: \n    admin=ComponentInfo{com.a/com.a.R}\n    name=\n    package=com.evil\n", dump.DevicePolicy{HasOwner: new(true), Owner: "com.a"}},
		{"a word before the heading", "Device Owner:\n" + begin + "  Enabled Device Admins (User 0):\n", dump.DevicePolicy{HasOwner: new(false)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseDevicePolicy(dump.Lines([]byte(row.in)))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	_, err := dump.ParseDevicePolicy(dump.Lines([]byte("Can't find service: device_policy\n")))
	assert.EqualError(t, err, `dumpsys device_policy: no line "Current Device Policy Manager state:"`)
}

func FuzzParseDevicePolicy(f *testing.F) {
	for _, file := range []string{"dumpsys_device_policy/11-SUNMI-qssi-deviceowner.txt", "made/device_policy-5.1.txt", "made/device_policy-13-none.txt"} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _ := dump.ParseDevicePolicy(dump.Lines(in))
		if got.Owner != "" && (got.HasOwner == nil || !*got.HasOwner) || len(got.Owner) > 200 {
			t.Errorf("impossible: %+v", got)
		}
	})
}
