package mqtt_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// tick is how often tests look at what they wait for, patience how long they wait before they call it lost: far more than a
// busy machine needs.
const (
	tick     = 5 * time.Millisecond
	patience = 30 * time.Second
)

// mosquitto is a broker of our own in a process of its own. Its listeners keep their ports over a restart.
type mosquitto struct {
	t       *testing.T
	conf    string
	tcp     string // host:port of each listener
	tls     string
	ws      string
	wss     string
	process *exec.Cmd
	exited  chan struct{}
}

// brokerOptions vary the broker.
type brokerOptions struct {
	certs    certs    // of the tls and wss listeners; zero: no such listeners
	password string   // of user "terminal"; empty: everybody may come
	lines    []string // further configuration, global
	tlsLines []string // further configuration of the tls listener
}

// startMosquitto starts a broker and stops it with the test.
func startMosquitto(t *testing.T, o brokerOptions) *mosquitto {
	t.Helper()
	probetest.Need(t, "mosquitto")
	dir := t.TempDir()
	ports := probetest.FreePorts(t, 4)
	m := &mosquitto{t: t, conf: filepath.Join(dir, "mosquitto.conf"), tcp: ports[0], ws: ports[1]}

	conf := []string{"per_listener_settings false", "persistence false", "log_dest stderr", "log_type all"}
	if os.Geteuid() == 0 {
		conf = append(conf, "user root") // else it may not read the test's folder
	}
	if o.password == "" {
		conf = append(conf, "allow_anonymous true")
	} else {
		probetest.Need(t, "mosquitto_passwd")
		file := filepath.Join(dir, "passwords")
		out, err := exec.CommandContext(t.Context(), "mosquitto_passwd", "-b", "-c", file, "terminal", o.password).CombinedOutput()
		require.NoError(t, err, "%s", out)
		conf = append(conf, "allow_anonymous false", "password_file "+file)
	}
	conf = append(conf, o.lines...)
	conf = append(conf, listener(m.tcp), listener(m.ws), "protocol websockets")
	if o.certs.ca != "" {
		m.tls, m.wss = ports[2], ports[3]
		keys := []string{"cafile " + o.certs.ca, "certfile " + o.certs.cert, "keyfile " + o.certs.key}
		conf = append(conf, listener(m.tls))
		conf = append(conf, keys...)
		conf = append(conf, o.tlsLines...)
		conf = append(conf, listener(m.wss), "protocol websockets")
		conf = append(conf, keys...)
	}
	require.NoError(t, os.WriteFile(m.conf, []byte(strings.Join(conf, "\n")+"\n"), 0o600))
	t.Cleanup(m.kill)
	m.start()
	return m
}

// start runs the broker, after a kill too.
func (m *mosquitto) start() {
	m.t.Helper()
	logs := &strings.Builder{}
	m.process = exec.Command("mosquitto", "-c", m.conf) // ends with kill, not with a context: a cleanup may still need it
	m.process.Stderr = logs
	require.NoError(m.t, m.process.Start())
	exited, process := make(chan struct{}), m.process
	m.exited = exited
	go func() {
		defer close(exited)
		_ = process.Wait()
	}()
	for _, addr := range []string{m.tcp, m.tls, m.ws, m.wss} {
		if addr == "" {
			continue
		}
		require.Eventually(m.t, func() bool {
			select {
			case <-exited:
				require.FailNow(m.t, "mosquitto did not start", "%s", logs)
			default:
			}
			c, err := net.Dial("tcp", addr)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		}, patience, tick, "mosquitto does not listen on %s", addr)
	}
}

// kill ends the broker as a power cut does.
func (m *mosquitto) kill() {
	if m.exited == nil {
		return
	}
	_ = m.process.Process.Kill() // it may have ended by itself
	<-m.exited
}

func listener(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("listener %s %s", port, host)
}
