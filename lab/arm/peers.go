//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes/probetest"
)

// brokerWithin: mosquitto listens some milliseconds after its start.
const brokerWithin = 10 * time.Second

// peers are what the terminal reports to and is paid through, on this machine's loopback, and who listens to the reports.
type peers struct {
	brokerAddr string
	brokerCA   []byte
	brokerEnds time.Time // of the broker's certificate
	host       *probetest.TLSHost
	page       *http.Server // tells the date, over HTTPS
	pageAddr   string
	pageCA     []byte
	reports    chan report
	running    []*exec.Cmd
	console    *console // where they complain
}

// report is one message as the fleet gets it.
type report struct {
	topic string // behind the terminal's id: state, health or event
	body  []byte
}

func startPeers(ctx context.Context, work string, c *console) (*peers, error) {
	p := &peers{reports: make(chan report, 1024), console: c}
	if err := p.start(ctx, work); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *peers) start(ctx context.Context, work string) error {
	inside, _, err := net.SplitHostPort(hostAddress)
	if err != nil {
		return err
	}
	if p.host, err = probetest.NewTLSHost(inside); err != nil {
		return err
	}
	inside, _, err = net.SplitHostPort(brokerAddress)
	if err != nil {
		return err
	}
	ca, chain, key, err := probetest.Certificate(inside, "localhost")
	if err != nil {
		return err
	}
	p.brokerCA = ca
	if p.brokerEnds, err = ends(chain); err != nil {
		return err
	}
	if err := p.tellTime(); err != nil {
		return err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.brokerAddr = free.Addr().String()
	_, port, err := net.SplitHostPort(p.brokerAddr)
	if err = errors.Join(err, free.Close()); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(work, name) }
	conf := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\nuser root\ncafile %s\ncertfile %s\nkeyfile %s\npersistence false\nlog_type error\nlog_type warning\n",
		port, file("broker-ca.pem"), file("broker.pem"), file("broker.key"))
	for name, content := range map[string][]byte{"broker-ca.pem": ca, "broker.pem": chain, "broker.key": key, "mosquitto.conf": []byte(conf)} {
		if err := os.WriteFile(file(name), content, 0o600); err != nil {
			return err
		}
	}
	if err := p.run(exec.CommandContext(ctx, program("mosquitto"), "-c", file("mosquitto.conf"))); err != nil {
		return err
	}
	for deadline := time.Now().Add(brokerWithin); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", p.brokerAddr)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("mosquitto does not listen: %w", err)
		}
	}
	return p.subscribe(exec.CommandContext(ctx, program("mosquitto_sub"), "-h", "localhost", "-p", port, "--cafile", file("broker-ca.pem"),
		"-q", "1", "-F", "%t %x", "-t", "pos/v1/demo/"+terminalID+"/#"))
}

// ends is when the first certificate in PEM ends.
func ends(chain []byte) (time.Time, error) {
	block, _ := pem.Decode(chain)
	if block == nil {
		return time.Time{}, errors.New("no certificate in the broker's chain")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, err
	}
	return cert.NotAfter, nil
}

// tellTime starts the server of which the terminal learns the time: the emulator lets no datagram out, and a page tells the date.
func (p *peers) tellTime() error {
	inside, _, err := net.SplitHostPort(pageAddress)
	if err != nil {
		return err
	}
	ca, chain, key, err := probetest.Certificate(inside)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return err
	}
	p.pageCA, p.pageAddr = ca, listener.Addr().String()
	p.page = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go func() { _ = p.page.Serve(listener) }()
	return nil
}

// subscribe hands on what a subscriber of the broker hears.
func (p *peers) subscribe(cmd *exec.Cmd) error {
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.run(cmd); err != nil {
		return err
	}
	go func() {
		defer close(p.reports)
		s := bufio.NewScanner(output)
		s.Buffer(nil, 1<<20) // a snapshot is one line of some kilobytes
		for s.Scan() {
			topic, digits, _ := strings.Cut(s.Text(), " ")
			body, err := hex.DecodeString(digits)
			if err != nil {
				continue // a warning of the subscriber's own
			}
			p.reports <- report{topic: topic[strings.LastIndex(topic, "/")+1:], body: body}
		}
	}()
	return nil
}

func (p *peers) run(cmd *exec.Cmd) error {
	cmd.Stderr = lineWriter{c: p.console, who: filepath.Base(cmd.Path)}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	p.running = append(p.running, cmd)
	return nil
}

// program finds a server that is not in every user's PATH.
func program(name string) string {
	if _, err := exec.LookPath(name); err != nil {
		return "/usr/sbin/" + name
	}
	return name
}

// close stops what was started here, the subscriber first.
func (p *peers) close() {
	for _, cmd := range slices.Backward(p.running) {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone
		_ = cmd.Wait()
	}
	if p.host != nil {
		_ = p.host.Close()
	}
	if p.page != nil {
		_ = p.page.Close()
	}
}
