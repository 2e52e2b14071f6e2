package terminal_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func TestIdentityID(t *testing.T) {
	for _, row := range []struct {
		name  string
		props terminal.Props
		want  string
	}{
		{"the system's serial number", terminal.Props{"ro.serialno": "V2P0012345", "ro.boot.serialno": "other"}, "V2P0012345"},
		{"the boot loader's", terminal.Props{"ro.serialno": "", "ro.boot.serialno": "V2P0012345"}, "V2P0012345"},
		{"Sunmi's, where apps may not read the system's", terminal.Props{"ro.sunmi.serial": "VS05210X00001"}, "VS05210X00001"},
		{"PAX's", terminal.Props{"ro.serialno": "unknown", "pax.sn": "1850001234"}, "1850001234"},
		{"a placeholder", terminal.Props{"ro.serialno": "0123456789ABCDEF"}, ""},
		{"zeros", terminal.Props{"ro.serialno": "000000000000"}, ""},
		{"too short to tell two apart", terminal.Props{"ro.serialno": "12"}, ""},
		{"what a topic cannot hold", terminal.Props{"ro.serialno": "18/50+00#1.2 3"}, "18-50-00-1-2-3"},
		{"longer than an id may be", terminal.Props{"ro.serialno": "PREFIX-0123456789-0123456789-0123456789-1"}, "X-0123456789-0123456789-0123456789-1"},
		{"none", terminal.Props{}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, terminal.Open("/").IdentityOf(row.props).ID)
		})
	}
}

func TestIdentityModel(t *testing.T) {
	for _, row := range []struct{ name, brand, manufacturer, model, want string }{
		{"maker and model", "SUNMI", "SUNMI", "V2 PRO", "SUNMI V2 PRO"},
		{"a model that names its maker", "vivo", "vivo", "vivo Y67A", "vivo Y67A"},
		{"the same in other letters", "Zte", "ZTE", "ZTE A2017", "ZTE A2017"},
		{"a reference design", "Android", "rockchip", "TV BOX", "rockchip TV BOX"},
		{"a model alone", "", "", "A920", "A920"},
		{"a maker alone", "PAX", "PAX", "", "PAX"},
		{"an unknown maker", "unknown", "unknown", "A920", "A920"},
	} {
		t.Run(row.name, func(t *testing.T) {
			props := terminal.Props{"ro.product.brand": row.brand, "ro.product.manufacturer": row.manufacturer, "ro.product.model": row.model}
			assert.Equal(t, row.want, terminal.Open("/").IdentityOf(props).Model)
		})
	}
}

func TestIdentityOS(t *testing.T) {
	for _, row := range []struct{ name, release, sdk, want string }{
		{"as it says", "7.1.2", "25", "Android 7.1.2"},
		{"8.1.0 is an 8.1", "8.1.0", "27", "Android 8.1.0"},
		{"12L", "12", "32", "Android 12"},
		{"a box that flatters itself", "9.1", "25", "Android 7.1 (calls itself 9.1)"},
		{"newer than this agent", "19", "41", "Android 19"},
		{"API level alone", "", "22", "Android 5.1"},
		{"nothing told", "", "", "Android"},
	} {
		t.Run(row.name, func(t *testing.T) {
			props := terminal.Props{"ro.build.version.release": row.release, "ro.build.version.sdk": row.sdk}
			assert.Equal(t, row.want, terminal.Open("/").IdentityOf(props).OS)
		})
	}
}

func TestIdentityOfASimulatedTerminal(t *testing.T) {
	sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{Serial: "T0000001"})
	require.NoError(t, err)
	got, err := terminal.Open(sim.Root()).Identity(t.Context())
	require.NoError(t, err)
	assert.Equal(t, terminal.Identity{
		ID: "T0000001", Model: "SUNMI V2 PRO", OS: "Android 7.1.2", SDK: 25,
		Build: "N2G47H", Patch: "2018-07-01", Timezone: "Asia/Shanghai",
	}, got)
}

func TestIdentityOfALinux(t *testing.T) {
	root := t.TempDir()
	put(t, root, "etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n", 0o644)
	require.NoError(t, os.Symlink("/usr/share/zoneinfo/Asia/Shanghai", filepath.Join(root, "etc/localtime")))
	got, err := terminal.Open(root).Identity(t.Context())
	require.NoError(t, err)
	assert.Equal(t, terminal.Identity{OS: "Debian GNU/Linux 13 (trixie)", Timezone: "Asia/Shanghai"}, got)

	put(t, root, "etc/timezone", "Asia/Urumqi\n", 0o644)
	got, err = terminal.Open(root).Identity(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Asia/Urumqi", got.Timezone)
}

func TestIdentityOfNothing(t *testing.T) {
	got, err := terminal.Open(t.TempDir()).Identity(t.Context())
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
	assert.Empty(t, got)
}

func ExampleOpen() {
	// Another terminal's files and programs, recorded or simulated, under a folder.
	t := terminal.Open("/srv/terminals/T0000001")
	if _, err := t.Identity(context.Background()); err != nil {
		_ = terminal.Unknown(err) // what a probe answers
	}
}
