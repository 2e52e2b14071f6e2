package terminal_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

func capture(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return content
}

func TestParseProps(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     terminal.Props
	}{
		{"one", "[ro.serialno]: [T0000001]\n", terminal.Props{"ro.serialno": "T0000001"}},
		{"without a last line end", "[a]: [1]\n[b]: [2]", terminal.Props{"a": "1", "b": "2"}},
		{"an empty value", "[a]: []\n", terminal.Props{"a": ""}},
		{"brackets in a value", "[a]: [x]: [y]]\n", terminal.Props{"a": "x]: [y]"}},
		{"a value of several lines", "[a]: [1\n\n2\n]\n[b]: [3]\n", terminal.Props{"a": "1\n\n2\n", "b": "3"}},
		{"a value that is cut short", "[a]: [1\n[b]: [2]\n", terminal.Props{"b": "2"}},
		{"an end that never comes", "[b]: [2]\n[a]: [1\n", terminal.Props{"b": "2"}},
		{"lines as adb on Android 6 ends them", "[a]: [1]\r\n[b]: [2\r\n3]\r\n", terminal.Props{"a": "1", "b": "2\n3"}},
		{"stray characters before the first bracket", "000[a]: [1]\n[b]: [2]\n", terminal.Props{"a": "1", "b": "2"}},
		{"a warning between", "[a]: [1]\nWARNING: linker: [x]\n[b]: [2]\n", terminal.Props{"a": "1", "b": "2"}},
		{"what names a SIM or a radio", "[ro.ril.oem.imei1]: [0]\n[persist.radio.iccid]: [0,\n1]\n[gsm.IMSI]: [2]\n[wlan.driver.macaddr]: [3]\n[ro.ril.oem.btmac]: [3]\n[ril.uim.subscriberid.1]: [4]\n[wifi.ssid]: [5]\n[b]: [2]\n", terminal.Props{"b": "2"}},
		{"nothing", "", terminal.Props{}},
		{"no properties", "getprop: not found\n", terminal.Props{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, terminal.ParseProps([]byte(row.in)))
		})
	}
}

func TestParsePropsOfRealTerminals(t *testing.T) {
	got := terminal.ParseProps(capture(t, "getprop-6.0.1.txt"))
	assert.Len(t, got, 511)
	assert.Equal(t, "0d4b8fbd38a73463ff5bf87b9215d740\n", got["persist.radio.hash_info"])
	assert.Equal(t, 2, strings.Count(got["persist.radio.ver_info"], "\n"))
	assert.Equal(t, "ZTE A2017", got["ro.product.model"])

	assert.Len(t, terminal.ParseProps(capture(t, "getprop-multiline.txt")), 4)
}

func TestPropsWithoutAny(t *testing.T) {
	root := t.TempDir()
	_, err := terminal.Open(root).Props(t.Context())
	assert.Equal(t, probes.Absent, terminal.ReasonOf(err))

	put(t, root, "system/bin/getprop", "#!/bin/sh\necho nothing of use\n", 0o755)
	_, err = terminal.Open(root).Props(t.Context())
	assert.Equal(t, probes.Malformed, terminal.ReasonOf(err))
}

func FuzzParseProps(f *testing.F) {
	f.Add(capture(f, "getprop-multiline.txt"))
	f.Add([]byte("[a]: [1\n2]\n[b]: []\n"))
	f.Add([]byte("000[a]: [x]: [y]]\r\n[a]: ["))
	f.Fuzz(func(t *testing.T, in []byte) {
		props := terminal.ParseProps(in)
		if len(props) > len(in)/6+1 {
			t.Errorf("%d properties out of %d bytes", len(props), len(in))
		}
		for name := range props {
			if name == "" || strings.Contains(strings.ToLower(name), "imei") {
				t.Errorf("property %q must not be there", name)
			}
		}
		id := terminal.Open("/").IdentityOf(props)
		if len(id.ID) > 36 || strings.Trim(id.ID, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Errorf("id %q does not fit a topic", id.ID)
		}
	})
}
