//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// broker is a mosquitto that keeps nothing over its death: what it had acknowledged and not passed on is gone with it.
type broker struct {
	config, addr string
	log          string // of all its lives
	process      *exec.Cmd
}

func newBroker(work string) (*broker, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	b := &broker{config: filepath.Join(work, "mosquitto.conf"), log: filepath.Join(work, "broker.log"), addr: addr}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return b, os.WriteFile(b.config, []byte("listener "+port+" 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type all\nlog_timestamp_format %H:%M:%S\nlog_dest stderr\nmax_queued_messages 0\n"), 0o600)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start returns when it answers.
func (b *broker) start(ctx context.Context) error {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		return fmt.Errorf("%w: scripts/peers.sh path installs it", err)
	}
	log, err := os.OpenFile(b.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	b.process = exec.Command(program, "-c", b.config)
	b.process.Stderr = log
	if err := b.process.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "tcp", b.addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("mosquitto does not answer"), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *broker) kill() {
	if b.process != nil {
		_ = b.process.Process.Kill()
		_ = b.process.Wait() // it was killed
	}
}
