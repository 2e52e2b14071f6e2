package dump_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseThermalService(t *testing.T) {
	for _, row := range []struct {
		file string
		want dump.Thermal
	}{
		{"made/thermalservice-10.txt", dump.Thermal{Status: new(1), Temperatures: []dump.Temperature{
			{Name: "battery", Kind: "battery", C: 31.6, Status: new(0)},
			{Name: "cpu0", Kind: "cpu", C: 58.25, Status: new(1)},
			{Name: "board", C: 36},
		}}},
		{"made/thermalservice-11-no-hal.txt", dump.Thermal{Temperatures: []dump.Temperature{{Name: "battery", Kind: "battery", C: 30, Status: new(0)}}}},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, err := dump.ParseThermalService(sample(t, row.file))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			cutEverywhere(t, sampleBytes(t, row.file), told(dump.ParseThermalService))
		})
	}
	got, err := dump.ParseThermalService(dump.Lines([]byte("Thermal Status: 7\n")))
	require.NoError(t, err)
	assert.Nil(t, got.Status)

	_, err = dump.ParseThermalService(dump.Lines([]byte("Can't find service: thermalservice\n")))
	assert.EqualError(t, err, `dumpsys thermalservice: neither "Thermal Status:" nor temperatures`)
}

func TestParseThermalServiceKinds(t *testing.T) {
	for typ, want := range map[string]string{
		"0": "cpu", "1": "gpu", "2": "battery", "3": "skin", "4": "usb", "5": "power-amplifier", "9": "npu", "12": "modem",
		"13": "soc", "14": "wifi", "19": "pogo", "20": "", "-1": "",
	} {
		got, err := dump.ParseThermalService(dump.Lines([]byte("Current temperatures from HAL:\nTemperature{mValue=31.6, mType=" + typ + ", mName=x, mStatus=0}\nCurrent cooling devices from HAL:\n")))
		require.NoError(t, err)
		require.Len(t, got.Temperatures, 1, typ)
		assert.Equal(t, want, got.Temperatures[0].Kind, typ)
	}
	for _, line := range []string{
		"Temperature{mValue=31.6, mType=7, mName=ibat, mStatus=0}", "Temperature{mValue=31.6, mType=x, mName=a, mStatus=0}",
		"Temperature{mValue=150.5, mType=0, mName=a, mStatus=0}", "Temperature{mType=0, mName=a, mStatus=0}", "Temperature{mValue=31.6, mType=0",
		"Temperature{mValue=31.6, mType=0, mName=a b, mStatus=0}", "Temperature{mValue=31.6, mType=0, mStatus=0}", "Temperature{mValue=Infinity, mType=0, mName=a}",
	} {
		got, err := dump.ParseThermalService(dump.Lines([]byte("Current temperatures from HAL:\n" + line + "\nCurrent cooling devices from HAL:\n")))
		require.NoError(t, err)
		assert.Empty(t, got.Temperatures, line)
	}
}

func TestParseHardwareProperties(t *testing.T) {
	got, err := dump.ParseHardwareProperties(sample(t, "made/hardware_properties-7.txt"))
	require.NoError(t, err)
	assert.Equal(t, []dump.Temperature{
		{Name: "cpu0", Kind: "cpu", C: 41.5},
		{Name: "cpu3", Kind: "cpu", C: 43},
		{Name: "battery0", Kind: "battery", C: 30.4},
		{Name: "skin0", Kind: "skin", C: 33.25},
	}, got)
	cutEverywhere(t, sampleBytes(t, "made/hardware_properties-7.txt"), told(dump.ParseHardwareProperties))

	_, err = dump.ParseHardwareProperties(dump.Lines([]byte("CPU temperatures: [41.5]\n")))
	assert.EqualError(t, err, "dumpsys hardware_properties: no heading of HardwarePropertiesManagerService")
}

// The capture is a shell's transcript: a prompt with the file's name, then what the file says.
func TestParseZoneOfARealTerminal(t *testing.T) {
	var said []string
	for line := range sample(t, "sys_class_thermal/10-Allwinner-A133.txt") {
		if line != "" && !strings.Contains(line, "$ cat ") {
			said = append(said, line)
		}
	}
	require.Len(t, said, 6)
	for i, want := range []dump.Temperature{
		{Name: "cpu_thermal_zone", Kind: "cpu", C: 41.299},
		{Name: "gpu_thermal_zone", Kind: "gpu", C: 42.907},
		{Name: "ddr_thermal_zone", Kind: "memory", C: 43.443},
	} {
		got, ok := dump.ParseZone(said[2*i], said[2*i+1])
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
}

func TestParseZone(t *testing.T) {
	for _, row := range []struct {
		name, typ, temp string
		want            dump.Temperature
		ok              bool
	}{
		{"thousandths", "mtktscpu\n", "41299\n", dump.Temperature{Name: "mtktscpu", Kind: "cpu", C: 41.299}, true},
		{"degrees", "tsens_tz_sensor0", "41", dump.Temperature{Name: "tsens_tz_sensor0", C: 41}, true},
		{"cold", "battery", "-12500", dump.Temperature{Name: "battery", Kind: "battery", C: -12.5}, true},
		{"a board of Rockchip", "soc-thermal", "50000", dump.Temperature{Name: "soc-thermal", Kind: "soc", C: 50}, true},
		{"boiling over", "cpu", "150000", dump.Temperature{Name: "cpu", Kind: "cpu", C: 150}, true},
		{"beyond", "cpu", "150001", dump.Temperature{}, false},
		{"maybe tenths", "battery", "305", dump.Temperature{}, false},
		{"dead: 0", "cpu", "0", dump.Temperature{}, false},
		{"dead: -40", "cpu", "-40000", dump.Temperature{}, false},
		{"dead: -40 in degrees", "cpu", "-40", dump.Temperature{}, false},
		{"dead: absolute zero", "cpu", "-273200", dump.Temperature{}, false},
		{"a battery's charge", "soc", "87", dump.Temperature{}, false},
		{"volts", "pm660-vbat-lvl0", "3900", dump.Temperature{}, false},
		{"no number", "cpu", "Invalid argument", dump.Temperature{}, false},
		{"no name", "", "41299", dump.Temperature{}, false},
		{"too big for 32 bits", "cpu", "4294967296", dump.Temperature{}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := dump.ParseZone(row.typ, row.temp)
			assert.Equal(t, row.ok, ok)
			assert.Equal(t, row.want, got)
		})
	}
}

func FuzzParseThermal(f *testing.F) {
	for _, file := range []string{"made/thermalservice-10.txt", "made/thermalservice-11-no-hal.txt", "made/hardware_properties-7.txt", "sys_class_thermal/10-Allwinner-A133.txt"} {
		f.Add(sampleBytes(f, file))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		service, _ := dump.ParseThermalService(dump.Lines(in))
		properties, _ := dump.ParseHardwareProperties(dump.Lines(in))
		zone, ok := dump.ParseZone("cpu", string(in))
		if len(service.Temperatures) > 64 || len(properties) > 64 {
			t.Error("unbounded")
		}
		all := append(service.Temperatures, properties...)
		if ok {
			all = append(all, zone)
		}
		for _, one := range all {
			if !(one.C > -40 && one.C <= 150 && one.C != 0) || one.Name == "" || len(one.Name) > 64 || one.Status != nil && (*one.Status < 0 || *one.Status > 6) {
				t.Errorf("impossible: %+v", one)
			}
		}
	})
}
