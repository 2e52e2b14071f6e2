package fleet_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/probes/probetest"
)

// watching is a Watch under way.
type watching struct {
	t    *testing.T
	stop context.CancelFunc
	done chan error

	mu    sync.Mutex
	lines []string
}

// watch begins to watch, and ends with the test.
func watch(t *testing.T, o fleet.Options) *watching {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{t: t, stop: stop, done: make(chan error, 1)}
	go func() {
		w.done <- fleet.Watch(ctx, o, func(l fleet.Line) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lines = append(w.lines, strings.TrimPrefix(l.String(), l.At.Format("15:04:05")+"  "))
		})
	}()
	t.Cleanup(stop)
	return w
}

func (w *watching) count(part string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, line := range w.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

// told waits until a line with this part has been told n times.
func (w *watching) told(n int, part string) {
	w.t.Helper()
	if !assert.Eventually(w.t, func() bool { return w.count(part) >= n }, patience, tick) {
		w.mu.Lock()
		defer w.mu.Unlock()
		require.FailNow(w.t, "not told", "%d times %q in:\n%s", n, part, strings.Join(w.lines, "\n"))
	}
}

// end stops it and waits for its end.
func (w *watching) end() {
	w.t.Helper()
	w.stop()
	select {
	case err := <-w.done:
		require.NoError(w.t, err)
	case <-time.After(patience):
		require.FailNow(w.t, "it does not stop")
	}
}

// publish says one thing as a terminal would.
func publish(t *testing.T, broker, topic string, retained bool, body string) {
	t.Helper()
	o := paho.NewClientOptions().AddBroker(broker).SetClientID("terminal").SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience)
	client := paho.NewClient(o)
	for _, token := range []func() paho.Token{
		client.Connect,
		func() paho.Token { return client.Publish(topic, 1, retained, body) },
	} {
		tk := token()
		require.True(t, tk.WaitTimeout(patience))
		require.NoError(t, tk.Error())
	}
	client.Disconnect(100)
}

const readyEvent = `{"schema":1,"session":{"boot_id":"b","seq":2,"boot_s":2},"verdict":{"take_card":{"level":"ready"},"settle":{"level":"unknown"}}}`

// brokers are the two kinds that every terminal and watcher must get along with; restart ends one and starts it anew.
func brokers(t *testing.T) map[string]func(t *testing.T) (url string, restart func()) {
	t.Helper()
	return map[string]func(t *testing.T) (string, func()){
		"mosquitto": func(t *testing.T) (string, func()) {
			m := startMosquitto(t, "")
			return "tcp://" + m.tcp, func() { m.kill(); m.start() }
		},
		"mochi": func(t *testing.T) (string, func()) {
			b, err := fleet.NewBroker(fleet.BrokerOptions{})
			require.NoError(t, err)
			t.Cleanup(func() { _ = b.Close() })
			return b.URL(), func() {
				require.NoError(t, b.Close())
				again, err := fleet.NewBroker(fleet.BrokerOptions{Addr: b.Addr()})
				require.NoError(t, err)
				b = again
			}
		},
	}
}

func TestWatchTellsAndComesBack(t *testing.T) {
	for name, start := range brokers(t) {
		t.Run(name, func(t *testing.T) {
			url, restart := start(t)
			publish(t, url, "pos/v1/demo/POS-0001/state", true, birth)
			w := watch(t, fleet.Options{Broker: url, Tenant: "demo"})
			w.told(1, "watching "+url)
			w.told(1, "POS-0001  ● online")

			publish(t, url, "pos/v1/demo/POS-0001/event", false, readyEvent)
			w.told(1, "POS-0001  ✓ can take cards")
			publish(t, url, "pos/v1/demo/POS-0002/health", false, "\x00\xff rubbish \x1b[2J")
			w.told(1, "POS-0002  ✗ unreadable")
			publish(t, url, "pos/v1/other/POS-0003/state", false, birth)

			restart()
			w.told(1, "lost the broker, trying again")
			w.told(1, "back after")
			publish(t, url, "pos/v1/demo/POS-0001/state", true, `{"schema":1,"online":false,"epoch":1}`)
			w.told(1, "POS-0001  ○ offline  last known: can take cards")
			w.end()
			assert.Zero(t, w.count("POS-0003"), "of another tenant")
			assert.Equal(t, 1, w.count("● online"))
		})
	}
}

func TestWatchOverTLSAndWebsocket(t *testing.T) {
	m := startMosquitto(t, "open sesame")
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("open sesame\r\nnot this\n"), 0o600))
	for _, o := range []fleet.Options{
		{Broker: "tcp://" + m.tcp},
		{Broker: "tls://" + m.tls, CAFile: m.ca},
		{Broker: "ws://" + m.ws + "/mqtt"},
	} {
		t.Run(o.Broker[:3], func(t *testing.T) {
			o.Username, o.PasswordFile = "ops", password
			w := watch(t, o)
			w.told(1, "watching "+o.Broker)
			w.end()
		})
	}
}

func TestWatchFailsOnWhatOnlyAPersonCanMend(t *testing.T) {
	m := startMosquitto(t, "open sesame")
	wrong := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(wrong, []byte("guess"), 0o600))
	for _, row := range []struct {
		name string
		o    fleet.Options
		want string
	}{
		{"a wrong password", fleet.Options{Broker: "tcp://" + m.tcp, Username: "ops", PasswordFile: wrong}, "the broker refuses"},
		{"no password where one is wanted", fleet.Options{Broker: "tcp://" + m.tcp}, "the broker refuses"},
		{"a password without a user", fleet.Options{Broker: "tcp://" + m.tcp, PasswordFile: wrong}, "no user name"},
		{"a password file that is not there", fleet.Options{Broker: "tcp://" + m.tcp, Username: "ops", PasswordFile: wrong + "x"}, "cannot read the password file"},
		{"a CA file that is none", fleet.Options{Broker: "tls://" + m.tls, CAFile: wrong}, "no certificate in PEM form"},
		{"a CA file for a plain connection", fleet.Options{Broker: "tcp://" + m.tcp, CAFile: m.ca}, "not encrypted"},
		{"a tenant that could be a wildcard", fleet.Options{Broker: "tcp://" + m.tcp, Tenant: "#"}, `tenant "#"`},
		{"no address", fleet.Options{}, "cannot be understood"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := watch(t, row.o)
			select {
			case err := <-w.done:
				require.ErrorContains(t, err, row.want)
			case <-time.After(patience):
				require.FailNow(t, "it goes on")
			}
		})
	}
}

func TestWatchWaitsForABrokerThatIsNotThere(t *testing.T) {
	addr := probetest.FreePorts(t, 1)[0]
	w := watch(t, fleet.Options{Broker: "tcp://" + addr})
	w.told(1, "no broker at tcp://"+addr+", trying again")
	b, err := fleet.NewBroker(fleet.BrokerOptions{Addr: addr})
	require.NoError(t, err)
	defer func() { _ = b.Close() }()
	w.told(1, "watching")
	w.end()
	assert.Equal(t, 1, w.count("trying again"), "once an outage is enough")
}

func TestParseBroker(t *testing.T) {
	for _, row := range []struct{ in, want, wrong string }{
		{"tcp://broker", "tcp://broker:1883", ""},
		{"tls://[::1]", "tls://[::1]:8883", ""},
		{"wss://broker/mqtt?a=b", "wss://broker:443/mqtt?a=b", ""},
		{"tcp://user:secret@broker", "", "credentials"},
		{"mqtt://broker", "", `scheme "mqtt"`},
		{"tcp://broker/path", "", "path"},
		{"broker:1883", "", "cannot be understood"},
		{"tcp://%zz", "", "cannot be understood"},
	} {
		t.Run(row.in, func(t *testing.T) {
			got, err := fleet.ParseBroker(row.in, "")
			if row.wrong != "" {
				require.ErrorContains(t, err, row.wrong)
				require.NotContains(t, err.Error(), "secret")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestInboxNeverWaitsAndCountsWhatItDrops(t *testing.T) {
	inbox := fleet.NewInbox()
	for range fleet.MostWaiting + 7 {
		inbox.Put(fleet.Message{Topic: "t", Body: []byte("x")})
	}
	assert.Equal(t, fleet.MostWaiting, inbox.Waiting())
	assert.EqualValues(t, 7, inbox.Lost())
	inbox.Take()
	inbox.Put(fleet.Message{Topic: "t", Body: []byte("x")})
	assert.EqualValues(t, 7, inbox.Lost(), "there was room again")

	heavy := fleet.NewInbox()
	for range 200 {
		heavy.Put(fleet.Message{Body: make([]byte, 256<<10)})
	}
	assert.Equal(t, 128, heavy.Waiting(), "32 MiB may wait, whatever their number")
	assert.EqualValues(t, 72, heavy.Lost())
}
