package device_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func TestWear(t *testing.T) {
	type files map[string]string
	const emmc = "mmcblk0/device/"
	for _, row := range []struct {
		name     string
		files    files
		reason   probes.Reason
		readings numbers
		facts    words
		detail   string
	}{
		{"as new", files{emmc + "life_time": "0x01 0x01\n", emmc + "pre_eol_info": "0x01\n"}, "", numbers{"life_used": 0}, words{"pre_eol": "normal"}, "flash, at least 0 % of its life used, spare blocks: normal"},
		{"the worse of two", files{emmc + "life_time": "0x02 0x0a\n", emmc + "pre_eol_info": "02\n"}, "", numbers{"life_used": 90}, words{"pre_eol": "warning"}, "flash, at least 90 % of its life used, spare blocks: warning"},
		{"one area alone", files{emmc + "life_time": "0x00 0x03\n"}, "", numbers{"life_used": 20}, nil, "flash, at least 20 % of its life used"},
		{"beyond its life", files{emmc + "life_time": "0x0b 0x0b\n", emmc + "pre_eol_info": "0x03\n"}, "", numbers{"life_used": 100}, words{"pre_eol": "urgent"}, "flash, at least 100 % of its life used, spare blocks: urgent"},
		{"spare blocks alone", files{emmc + "pre_eol_info": "0x02\n"}, "", nil, words{"pre_eol": "warning"}, "flash, spare blocks: warning"},
		{"a card in front, which tells nothing", files{"mmcblk0/device/name": "SD16G\n", "mmcblk1/device/life_time": "0x04 0x04\n"}, "", numbers{"life_used": 30}, nil, "flash, at least 30 % of its life used"},
		{"its parts are not disks", files{"mmcblk0boot0/device/life_time": "0x09 0x09\n", "mmcblk0rpmb/device/life_time": "0x09 0x09\n"}, probes.Absent, nil, nil, "no eMMC that tells its wear"},
		{"another kind of disk", files{"sda/device/life_time": "0x09 0x09\n"}, probes.Absent, nil, nil, "no eMMC that tells its wear"},
		{"not defined", files{emmc + "life_time": "0x00 0x00\n", emmc + "pre_eol_info": "0x00\n"}, probes.Malformed, nil, nil, "tells anything"},
		{"text", files{emmc + "life_time": "worn\n"}, probes.Malformed, nil, nil, "tells anything"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range row.files {
				put(t, root, "sys/block/"+name, text)
			}
			got := device.NewWear(terminal.Open(root)).Observe(t.Context())
			require.Equal(t, row.reason, got.Reason, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
			assert.Contains(t, got.Detail, row.detail)
		})
	}
}
