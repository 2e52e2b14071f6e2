package fleet

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// mostConnections at a time: each may hold 8 kB of a request, and TLS 40 kB.
	mostConnections = 1024
	// requestWithin: a request of 8 kB over GPRS, after a handshake of twelve slow round trips.
	requestWithin = 60 * time.Second
	goodbyeWithin = 2 * time.Second

	// What one address may do wrong in a minute. Carriers put many terminals behind one address, so it is no small number.
	mostWrong   = 30
	wrongWithin = time.Minute
	// mostSuspects are addresses that are remembered; beyond that all are forgotten, which lets a guesser of 128 bits go on guessing.
	mostSuspects = 4096
)

// Serve answers over TLS with the server's certificate until ctx ends. Terminals show their own certificates; who may do what, the
// answers say.
func (e *Enrolment) Serve(ctx context.Context, l net.Listener, cert tls.Certificate) error {
	server := &http.Server{
		Handler: e.Handler(), ReadHeaderTimeout: requestWithin, ReadTimeout: requestWithin, WriteTimeout: requestWithin, IdleTimeout: requestWithin / 2,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(e.o.Log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert},
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeWithin)
		defer cancel()
		if server.Shutdown(last) != nil {
			_ = server.Close() // who is still talking will ask again
		}
	})
	err := server.ServeTLS(&fewListener{Listener: l, room: make(chan struct{}, mostConnections)}, "", "")
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// fewListener takes no more connections than there is room for; the others wait in the kernel's queue.
type fewListener struct {
	net.Listener

	room chan struct{}
}

// Accept waits for room, and then for a connection.
func (l *fewListener) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &fewConn{Conn: c, leave: sync.OnceFunc(func() { <-l.room })}, nil
}

// fewConn gives its room back when it is closed, once.
type fewConn struct {
	net.Conn

	leave func()
}

// Close closes the connection and gives its room back.
func (c *fewConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// suspects are addresses from which tokens came that nobody made, within the minute.
type suspects struct {
	since time.Time
	wrong map[string]int
}

func (e *Enrolment) turnedAway(from string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.o.Now().Sub(e.suspects.since) < wrongWithin && e.suspects.wrong[from] >= mostWrong
}

func (e *Enrolment) suspect(from string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.o.Now(); now.Sub(e.suspects.since) >= wrongWithin || len(e.suspects.wrong) >= mostSuspects {
		e.suspects.since, e.suspects.wrong = now, make(map[string]int)
	}
	e.suspects.wrong[from]++
	if e.suspects.wrong[from] == mostWrong {
		e.o.Log.Warn("many tokens that nobody made come from one address", slog.String("from", from))
	}
}
