package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
)

var update = flag.Bool("update", false, "write the messages of testdata/bad-*.toml anew")

// Every wrong file has its whole message beside it: who changes a message sees here what a technician will read.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad-*.toml")
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)

			c, err := config.Parse(filepath.Base(file), data)

			require.Error(t, err)
			assert.Equal(t, config.Config{}, c, "nothing of a wrong file may be used")
			var faults config.Faults
			require.ErrorAs(t, err, &faults)
			assert.NotEmpty(t, faults)
			inOrder := slices.IsSortedFunc(faults, func(a, b config.FieldError) int { return a.Line - b.Line })
			assert.True(t, inOrder, "faults in the order of lines")
			got := err.Error() + "\n"
			assert.NotContains(t, got, "hunter2", "a secret in a message")
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
	messages, err := filepath.Glob("testdata/bad-*.txt")
	require.NoError(t, err)
	assert.Len(t, messages, len(files), "messages without a file")
}

func TestGoodFiles(t *testing.T) {
	tests := []struct {
		file string
		set  func(*config.Config) // what the file changes
	}{
		{"empty", func(*config.Config) {}},
		{"windows-editor", func(c *config.Config) { c.Terminal.ID = "T0000001" }},
		{"typical", func(c *config.Config) {
			c.Terminal.ID, c.Terminal.Tenant, c.Terminal.Lang = "T0000001", "shop-42", "en"
			c.Terminal.Timezone, c.Terminal.TradingHours = "Asia/Shanghai", "18:00-02:00"
			c.MQTT.Broker = "tls://broker.example:8883"
			c.MQTT.Username, c.MQTT.PasswordFile = "T0000001", "/data/local/poshealth/broker-password"
			c.Hosts = []config.Host{{
				Name: "acquirer-a", Address: "pos.acquirer.example:9443", Kind: "tls", Group: "acquirer",
				Timeout: 5 * time.Second, ClockEarly: 5 * time.Minute,
			}, {
				Name: "acquirer-b", Address: "[2001:db8::10]:9443", Kind: "tcp", Group: "acquirer", Every: 5 * time.Second,
			}}
			c.App.Package, c.App.Minimum, c.App.Target = "com.example.pay", "3.9.0", "3.10"
			c.App.SignerSHA256 = []string{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
		}},
		{"other-ways-to-write-it", func(c *config.Config) {
			c.Terminal.ID = "T0000001"
			c.Hosts = []config.Host{{Name: "a", Address: "192.0.2.1:9443", Kind: "iso8583"}}
			c.MQTT.Broker, c.MQTT.KeepAlive = "ws://192.0.2.2:80/mqtt", time.Minute
			c.Clock.NTP = []string{"ntp.example:123", "192.0.2.3:123", "[2001:db8::3]:123", "ntp.example:1123"}
			c.DNS.Servers = []string{"192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.53:5353"}
			c.Diagnose.HoldScale = 0
			c.Local = config.Local{UIDs: []int{0, 1000}}
			c.Budget.BytesPerMonth = 100_000
		}},
		{"path", func(c *config.Config) {
			c.Hosts = []config.Host{{
				Name: "a", Address: "pos.example:9443", Kind: "https", Request: "/health", Terminals: 300_000,
				Ranges: []string{"203.0.113.7/32", "198.51.100.0/24"},
			}, {
				Name: "b", Address: "192.0.2.1:6000", Kind: "iso8583", Echo: config.Echo{
					Dialect: "unionpay", Every: 10 * time.Minute, TPDU: "6000030000", Header: "603100311208", Codes: []string{"Z1=technical"},
				},
			}}
			c.Maintenance = []config.Maintenance{
				{Host: "a", From: "2026-12-01T01:30:00+08:00", To: "2026-12-01T04:00:00+08:00", Kind: "maintenance"},
				{Daily: "22:40-00:05", Kind: "day-cut"},
			}
			c.Network.Portal = "http://connect.example/generate_204"
		}},
		{"brokers", func(c *config.Config) {
			c.MQTT.Broker, c.MQTT.Also = "tls://broker.example:8883", []string{"tls://broker.example:443", "wss://broker.example:443/mqtt"}
			c.MQTT.Proxy, c.MQTT.ProxyPasswordFile = "http://proxy.example:3128", "/data/local/poshealth/proxy-password"
		}},
		{"thresholds", func(c *config.Config) {
			c.Threshold = map[string]float64{
				"batch-full.info": 70, "batch-full.over": 0, "reversal-pending.imminent": 90, "reversal-pending.before-cut": 5400,
				"offline-queue-pending.degraded": 43_200, "offline-queue-pending.imminent": 43_200, "technical-decline-rate.share": 0.5,
			}
		}},
		{"short-periods", func(c *config.Config) {
			c.Probe["link"] = config.Timing{Every: time.Second, Timeout: time.Second}
			c.Probe["tcp"] = config.Timing{Every: 2 * time.Second, Timeout: 1500 * time.Millisecond}
			c.Probe["clock"] = config.Timing{Every: time.Hour, Timeout: 2 * time.Second}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			want := config.Default()
			tt.set(&want)

			got, err := config.Load("testdata/good-" + tt.file + ".toml")

			require.NoError(t, err)
			assert.Equal(t, want, got)
			require.NoError(t, got.Validate())
		})
	}
	files, err := filepath.Glob("testdata/good-*.toml")
	require.NoError(t, err)
	assert.Len(t, files, len(tests), "a good file that no test asserts")
}

// uncomment takes the # from every example, and leaves the prose, which has a space behind it.
func uncomment(data []byte) []byte {
	return regexp.MustCompile(`(?m)^#([^ \n#])`).ReplaceAll(data, []byte("$1"))
}

func TestExampleAsItIsChangesNothing(t *testing.T) {
	got, err := config.Parse("example.toml", config.Example())
	require.NoError(t, err)
	assert.Equal(t, config.Default(), got)
}

func TestExampleUncommentedLoads(t *testing.T) {
	got, err := config.Parse("example.toml", uncomment(config.Example()))
	require.NoError(t, err)
	require.NoError(t, got.Validate())
	assert.Len(t, got.Hosts, 3)
	assert.Len(t, got.Maintenance, 2)
	assert.Equal(t, "T0000001", got.Terminal.ID)

	want := config.Default()
	assert.Equal(t, want.Probe, got.Probe, "the example says that these are the defaults")
	assert.Equal(t, want.MQTT.KeepAlive, got.MQTT.KeepAlive)
	assert.Equal(t, want.MQTT.Pulse, got.MQTT.Pulse)
	assert.Equal(t, want.Budget, got.Budget)
	assert.Equal(t, want.Diagnose, got.Diagnose)
	assert.Equal(t, want.Local.Listen, got.Local.Listen)
}

func TestExampleHoldsEveryKey(t *testing.T) {
	whichever := func(key string) string { return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(key, "[]") } // one of the hosts has it
	var shown []string
	for key := range config.Lines(uncomment(config.Example())) {
		shown = append(shown, whichever(key))
	}
	known := config.Known()
	require.Greater(t, len(known), 60)
	for _, key := range known {
		assert.True(t, slices.Contains(shown, whichever(key)), key)
	}
}

func TestExampleIsACopy(t *testing.T) {
	config.Example()[0] = 'x'
	assert.Equal(t, byte('#'), config.Example()[0])
}

func TestDefaultIsValidAndSilent(t *testing.T) {
	require.NoError(t, config.Default().Validate())
	assert.Empty(t, config.Default().Warnings())
}

func TestStateDir(t *testing.T) {
	tests := []struct {
		name          string
		android, root bool
		env           map[string]string
		want          string
	}{
		{"android, whoever runs it", true, false, map[string]string{"HOME": "/root"}, "/data/local/poshealth"},
		{"root", false, true, map[string]string{"HOME": "/root"}, "/var/lib/poshealth"},
		{"a user", false, false, map[string]string{"HOME": "/home/u"}, "/home/u/.local/state/poshealth"},
		{"a user with a state folder", false, false, map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "/s"}, "/s/poshealth"},
		{"a relative state folder is ignored", false, false, map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "s"}, "/home/u/.local/state/poshealth"},
		{"a user without a home", false, false, nil, "/var/lib/poshealth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := config.StateDir(tt.android, tt.root, func(k string) string { return tt.env[k] })
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestHostTiming(t *testing.T) {
	c := config.Default()
	tests := []struct {
		name string
		host config.Host
		want config.Timing
	}{
		{"nothing set: as the kind", config.Host{}, config.Timing{Every: 10 * time.Minute, Timeout: 10 * time.Second}},
		{"both set", config.Host{Every: time.Minute, Timeout: time.Second}, config.Timing{Every: time.Minute, Timeout: time.Second}},
		{"a period below the kind's timeout", config.Host{Every: time.Second}, config.Timing{Every: time.Second, Timeout: time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, c.HostTiming(tt.host, "tcp"))
		})
	}
	eager := config.Host{Every: time.Minute, Timeout: time.Second}
	assert.Equal(t, config.Timing{Every: 6 * time.Hour, Timeout: time.Second}, c.HostTiming(eager, "tls"), "a period is the connection's")
	assert.Equal(t, c.Probe["dns"], c.HostTiming(eager, "dns"), "looking up is not connecting")
}

func TestWarnings(t *testing.T) {
	tests := []struct {
		name, file, want string
	}{
		{"an iso8583 host", "[[host]]\nname = \"a\"\naddress = \"a.example:1\"\nkind = \"iso8583\"", "host[0].kind: without host.echo.dialect an iso8583 host is looked at up to TCP, and no echo is sent"},
		{"a certificate without TLS", "[[host]]\nname = \"a\"\naddress = \"a.example:1\"\nkind = \"tcp\"\nca_file = \"/ca\"", "host[0].server_name, host[0].ca_file: not used, for a host of kind tcp is looked at without TLS"},
		{"too few to outvote one", "[clock]\nntp = [\"a.example\", \"b.example\"]", "clock.ntp: of fewer than three servers none outvotes one that is wrong; add servers, or pages to clock.https"},
		{"permissions of no app", "[app]\npermissions = [\"android.permission.CAMERA\"]", "app: nothing of it is used without app.package"},
		{"no app", "[app]\nalways_running = true", "app: nothing of it is used without app.package"},
		{"a deadline for nothing", "[app]\npackage = \"a.b\"\ndeadline = \"2026-12-31\"", "app.deadline: not used without app.minimum"},
		{"a broker certificate without TLS", "[mqtt]\nbroker = \"tcp://a.example\"\nca_file = \"/ca\"", "mqtt.ca_file, mqtt.cert_file: not used, for mqtt.broker is reached without TLS"},
		{"a token for nobody", "[enrol]\ntoken_file = \"/t\"", "enrol.token_file, enrol.ca_file: not used without enrol.url"},
		{"a password in clear", "[mqtt]\nbroker = \"ws://a.example\"\nusername = \"u\"\npassword_file = \"/p\"", "mqtt.password_file: the password crosses the network in clear, for mqtt.broker is reached without TLS"},
		{"a password in clear to a second broker", "[mqtt]\nbroker = \"tls://a.example\"\nalso = [\"tls://b.example\", \"tcp://c.example\"]\nusername = \"u\"\npassword_file = \"/p\"", "mqtt.password_file: the password crosses the network in clear, for mqtt.also[1] is reached without TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := config.Parse("", []byte(tt.file))
			require.NoError(t, err)
			assert.Equal(t, []string{tt.want}, c.Warnings())
		})
	}
}

// A configuration that is changed after it was read meets the same rules, without lines.
func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		set  func(*config.Config)
		want string
	}{
		{"the zero value", func(c *config.Config) { c.Probe = nil; c.Version = 0 }, "version: got 0, want 1"},
		{"a text", func(c *config.Config) { c.Terminal.Lang = "fr" }, `terminal.lang: got "fr", want one of zh, en`},
		{"a missing text", func(c *config.Config) { c.Terminal.Tenant = "" }, "terminal.tenant: got nothing, want 1 to 36"},
		{"an element", func(c *config.Config) { c.Clock.NTP = []string{"a.example:0"} }, `clock.ntp[0]: got "a.example:0", want`},
		{"a duration", func(c *config.Config) { c.MQTT.Pulse = time.Second }, `mqtt.pulse: got "1s", want`},
		{"a probe", func(c *config.Config) { delete(c.Probe, "dns") }, `probe.dns.every: got "0s", want`},
		{"a number", func(c *config.Config) { c.Diagnose.HoldScale = 11 }, "diagnose.hold_scale: got 11, want"},
		{"a user id", func(c *config.Config) { c.Local.UIDs = []int{-1} }, "local.uids[0]: got -1, want"},
		{"a threshold", func(c *config.Config) { c.Threshold = map[string]float64{"batch-full.info": 101} }, "threshold.batch-full.info: got 101, want a number from 10 to 100"},
		{"a threshold that nobody knows", func(c *config.Config) { c.Threshold = map[string]float64{"no-such.info": 1} }, "threshold.no-such.info: got 1, want the name"},
		{"a threshold beyond the next", func(c *config.Config) { c.Threshold = map[string]float64{"batch-full.info": 96} }, "threshold.batch-full.info: got 96, want at most 95 (its degraded)"},
		{"a host", func(c *config.Config) { c.Hosts = []config.Host{{Name: "a", Address: "a"}} }, `host[0].address: got "a", want`},
		{"too many hosts", func(c *config.Config) { c.Hosts = make([]config.Host, 17) }, "host: got a list, want at most 16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config.Default()
			tt.set(&c)
			err := c.Validate()
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), tt.want), "got %s", err)
			_, ok := errors.AsType[config.FieldError](err)
			require.True(t, ok, "each fault can be had by itself")
		})
	}
}

func TestValidateChangesNothing(t *testing.T) {
	c := config.Default()
	c.Hosts = []config.Host{{Name: "a", Address: "a.example:1"}}
	c.MQTT.Broker = "tls://broker.example"
	require.NoError(t, c.Validate())
	assert.Empty(t, c.Hosts[0].Kind)
	assert.Equal(t, "tls://broker.example", c.MQTT.Broker)
}
