package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

func TestParseRemote(t *testing.T) {
	machine := config.Default()
	machine.Terminal.ID, machine.Terminal.Tenant, machine.Terminal.StateDir, machine.Terminal.Lang = "T1", "shop", "/state", "en"
	machine.MQTT.Broker, machine.MQTT.CAFile = "tls://old.example:8883", "/ca.pem"
	machine.MQTT.Username, machine.MQTT.PasswordFile = "T1", "/password"
	machine.Local.UIDs = []int{1000}
	machine.Downlink.Keys = []string{"a key"}

	got, err := config.ParseRemote("desired", []byte("[mqtt]\nbroker = \"tls://new.example:8883\"\npulse = \"5m\"\n[threshold.batch-full]\ninfo = 70\n"), machine)
	require.NoError(t, err)
	want := machine
	want.Terminal.Lang = config.Default().Terminal.Lang
	want.MQTT.Broker, want.MQTT.Pulse = "tls://new.example:8883", 300e9
	want.Threshold = map[string]float64{"batch-full.info": 70}
	assert.Equal(t, want, got)

	for _, row := range []struct{ name, data, want string }{
		{"who it is", "[terminal]\nid = \"T2\"", `desired:2: terminal.id: got "T2", want nothing: it belongs to the machine`},
		{"where its files lie", "[terminal]\nstate_dir = \"/\"", "terminal.state_dir"},
		{"whose files it reads", "[terminal]\nroot = \"/\"", "terminal.root"},
		{"a file to read out", "[mqtt]\nusername = \"x\"\npassword_file = \"/etc/shadow\"", "mqtt.password_file: got a text (not shown"},
		{"a file for a proxy", "[mqtt]\nproxy = \"http://a.example:3128\"\nproxy_password_file = \"/etc/shadow\"", "mqtt.proxy_password_file: got"},
		{"another server for its identity", "[enrol]\nurl = \"https://a.example\"\ntoken_file = \"/etc/shadow\"", "enrol: got a table"},
		{"in one line", "mqtt = { cert_file = \"/x\", key_file = \"/x\" }", "mqtt.cert_file"},
		{"by a dotted key", "mqtt.ca_file = \"/x\"", "mqtt.ca_file"},
		{"who may act on it", "[local]\nuids = [0]", "local: got a table"},
		{"who may tell of sales", "[intake]\nuids = [0]", "intake.uids: got"},
		{"a file to be given away", "[intake]\ntoken_file = \"/etc/shadow\"", "intake.token_file: got"},
		{"another door", "[intake]\nlines = \"127.0.0.1:1\"", "intake.lines: got"},
		{"whom it obeys", "[downlink]\nkeys = []", "downlink: got a table"},
		{"how it judges", "[diagnose]\nhold_scale = 0.0", "diagnose"},
		{"no broker", "[mqtt]\npulse = \"5m\"", "mqtt.broker: got nothing, want a broker"},
		{"a broker in clear", "[mqtt]\nbroker = \"tcp://a.example\"", "mqtt.broker: got \"tcp://a.example:1883\", want tls:// or wss://"},
		{"a wrong value", "[mqtt]\npulse = \"1s\"", "mqtt.pulse"},
		{"a threshold out of its bounds", "[threshold.batch-full]\ninfo = 5", "threshold.batch-full.info: got 5, want a number from 10 to 100"},
		{"an unknown key", "[payments]\nx = 1", "payments"},
		{"no TOML", "{", "not TOML"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := config.ParseRemote("desired", []byte(row.data), machine)
			require.ErrorContains(t, err, row.want)
			assert.Equal(t, config.Config{}, c)
		})
	}
}

// TestParseRemoteOfAnEnrolledTerminal: its broker may have come with its identity, which stays; and what is set goes by TLS.
func TestParseRemoteOfAnEnrolledTerminal(t *testing.T) {
	machine := config.Default()
	machine.Enrol.URL = "https://fleet.example"
	got, err := config.ParseRemote("desired", []byte("version = 1\n"), machine)
	require.NoError(t, err)
	assert.Equal(t, machine.Enrol, got.Enrol)
	_, err = config.ParseRemote("desired", []byte("[mqtt]\nbroker = \"tcp://a.example\"\n"), machine)
	require.ErrorContains(t, err, "want tls:// or wss://")
}

func TestParseRemoteTakesNoFileAsItIs(t *testing.T) {
	data, err := os.ReadFile("testdata/good-typical.toml")
	require.NoError(t, err)
	_, err = config.ParseRemote("desired", data, config.Default())
	require.Error(t, err)
	assert.Equal(t, 4, strings.Count(err.Error(), "belongs to the machine"), "%s", err)
}
