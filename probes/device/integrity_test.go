package device_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/device"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func TestIntegrity(t *testing.T) {
	for _, row := range []struct {
		name, props, enforce string
		readings             numbers
		facts                words
	}{
		{
			"a terminal for development", "[ro.boot.verifiedbootstate]: [orange]\n[ro.boot.flash.locked]: [0]\n[ro.debuggable]: [1]\n[ro.secure]: [0]\n[ro.build.tags]: [test-keys]\n", "0\n",
			numbers{"debuggable": 1, "secure": 0},
			words{"verified_boot": "orange", "bootloader": "unlocked", "build_tags": "test-keys", "selinux": "permissive"},
		},
		{"a kernel that tells against the boot loader", "[ro.boot.selinux]: [permissive]\n", "1\n", numbers{}, words{"selinux": "enforcing"}},
		{"a kernel that may not be asked", "[ro.boot.selinux]: [permissive]\n", "", numbers{}, words{"selinux": "permissive"}},
		{"words that mean nothing", "[ro.boot.verifiedbootstate]: [purple]\n[ro.boot.flash.locked]: [yes]\n[ro.debuggable]: []\n[ro.boot.selinux]: [maybe]\n", "7\n", numbers{}, words{}},
		{"upper case", "[ro.boot.verifiedbootstate]: [GREEN]\n", "", numbers{}, words{"verified_boot": "green"}},
		{"a patch of today", "[ro.build.version.security_patch]: [2026-03-02]\n", "", numbers{"patch_age": 0}, words{"patch": "2026-03-02"}},
		{"a patch of a month ago", "[ro.build.version.security_patch]: [2026-02-01]\n", "", numbers{"patch_age": 29}, words{"patch": "2026-02-01"}},
		{"a clock that is before the patch", "[ro.build.version.security_patch]: [2030-01-01]\n", "", numbers{}, words{"patch": "2030-01-01"}},
		{"a patch that is no day", "[ro.build.version.security_patch]: [soon]\n", "", numbers{}, words{"patch": "soon"}},
		{"a name that would paint the screen", "[ro.build.display.id]: [\x1b[31mred]\n", "", numbers{}, words{"build": "[31mred"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			prints(t, root, "getprop", row.props)
			if row.enforce != "" {
				put(t, root, "sys/fs/selinux/enforce", row.enforce)
			}
			got := device.NewIntegrity(terminal.Open(root), func() time.Time { return noon }).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)
			assert.NotEmpty(t, got.Detail)
		})
	}
}
