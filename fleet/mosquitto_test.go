package fleet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
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

// tick is how often tests look at what they wait for, patience how long they wait before they call it lost.
const (
	tick     = 5 * time.Millisecond
	patience = 30 * time.Second
)

// mosquitto is a broker in a process of its own, with a plain, a TLS and a websocket listener that keep their ports.
type mosquitto struct {
	t            *testing.T
	program      string
	conf, ca     string
	tcp, tls, ws string
	process      *exec.Cmd
	exited       chan struct{}
}

// startMosquitto starts one and stops it with the test. With a password only the user "ops" may come.
func startMosquitto(t *testing.T, password string) *mosquitto {
	t.Helper()
	program := probetest.Need(t, "mosquitto")
	dir := t.TempDir()
	ports := probetest.FreePorts(t, 3)
	m := &mosquitto{t: t, program: program, conf: filepath.Join(dir, "mosquitto.conf"), tcp: ports[0], tls: ports[1], ws: ports[2]}
	cert, key := certificate(t, dir)
	m.ca = cert
	lines := []string{"per_listener_settings false", "persistence false", "log_dest stderr"}
	if os.Geteuid() == 0 {
		lines = append(lines, "user root") // else it may not read the test's folder
	}
	if password == "" {
		lines = append(lines, "allow_anonymous true")
	} else {
		file := filepath.Join(dir, "passwords")
		out, err := exec.CommandContext(t.Context(), probetest.Need(t, "mosquitto_passwd"), "-b", "-c", file, "ops", password).CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines = append(lines, "allow_anonymous false", "password_file "+file)
	}
	lines = append(lines, listener(m.tcp), listener(m.ws), "protocol websockets",
		listener(m.tls), "certfile "+cert, "keyfile "+key)
	require.NoError(t, os.WriteFile(m.conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	t.Cleanup(m.kill)
	m.start()
	return m
}

// start runs the broker, after a kill too.
func (m *mosquitto) start() {
	m.t.Helper()
	m.process = exec.Command(m.program, "-c", m.conf) // ends with kill, not with a context: a cleanup may still need it
	require.NoError(m.t, m.process.Start())
	exited, process := make(chan struct{}), m.process
	m.exited = exited
	go func() {
		defer close(exited)
		_ = process.Wait()
	}()
	for _, addr := range []string{m.tcp, m.tls, m.ws} {
		require.Eventually(m.t, func() bool {
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
	return "listener " + port + " " + host
}

// certificate writes a self-signed one for 127.0.0.1, and its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	return cert, key
}
