package intake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of the door for bare lines. Any app on the terminal can reach it, and may be slow, silent or hostile.
const (
	// greetTimeout: an app sends the token with its first line. Who has not shown one by then makes room for others.
	greetTimeout = 5 * time.Second
	// idleTimeout outlasts the ten minutes in which every app tells its state.
	idleTimeout = 15 * time.Minute
	// sayTimeout: a reply has some bytes, and goes into a buffer that is empty unless nobody reads.
	sayTimeout = time.Second
	// maxStrangers who have not shown a token; one more, and the first of them must go, so that silence keeps nobody out.
	maxStrangers = 8
	// maxApps who have: one payment app, its helpers, and what they forgot to close.
	maxApps = 16
	// acceptAgain: where the terminal has no descriptors left, others' connections must end first.
	acceptAgain = time.Second
)

// Lines is the door for apps that speak no HTTP. The first line is the token; each line after it is a request of one event, and is
// answered by one line of JSON, in order. Empty lines are nothing. A connection that the kernel vouches for may leave the token out.
type Lines struct {
	Hear  func(request []byte) Reply
	Token string                   // "": none is right
	Known func(conn net.Conn) bool // who needs no token; nil: nobody
}

// Serve answers at a listener until ctx ends, then returns nil. It closes the listener.
func (l Lines) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { listener.Close() })
	var talks sync.WaitGroup
	defer talks.Wait()
	defer cancel()
	var hall hall
	for {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			talks.Go(func() {
				hangUp := context.AfterFunc(ctx, func() { conn.Close() })
				defer hangUp()
				defer conn.Close()
				l.talk(conn, &hall)
			})
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			select {
			case <-time.After(acceptAgain):
			case <-ctx.Done():
			}
		}
	}
}

// talk is one connection, until it ends or breaks a limit.
func (l Lines) talk(conn net.Conn, hall *hall) {
	say := func(r Reply) bool {
		_ = conn.SetWriteDeadline(time.Now().Add(sayTimeout))
		_, err := conn.Write(append(r.Body, '\n'))
		return err == nil
	}
	hall.come(conn)
	defer hall.leave(conn)
	in := bufio.NewReaderSize(conn, 2*MaxLine)
	known := l.Known != nil && l.Known(conn)
	_ = conn.SetReadDeadline(time.Now().Add(greetTimeout))
	for first := true; ; first = false {
		if known && !hall.enter(conn) {
			say(reply{Retry: 1, Error: "too many apps are connected: close what is not used"}.with(http.StatusServiceUnavailable))
			return
		}
		if known {
			_ = conn.SetReadDeadline(time.Now().Add(idleTimeout))
		}
		line, err := next(in)
		switch {
		case errors.Is(err, errTooLong):
			if !known || !say(Refused(http.StatusRequestEntityTooLarge, "a line has at most 1024 bytes")) {
				return
			}
		case err != nil:
			return
		case first && l.right(line):
			known = true
		case !known:
			say(Refused(http.StatusUnauthorized, "want the token as the first line: it lies in intake.token"))
			return
		default:
			if !say(l.Hear(line)) {
				return
			}
		}
	}
}

// right compares in a time that tells nothing of the token.
func (l Lines) right(token []byte) bool {
	return l.Token != "" && subtle.ConstantTimeCompare(token, []byte(l.Token)) == 1
}

// errTooLong is a line that was passed over.
var errTooLong = errors.New("the line is too long")

// next reads a line that is not empty; the last may lack its line feed. The line is good until the next one is read. What is too
// long is read to its end and forgotten, unless it is longer than a request may be: that is no app of the contract.
func next(in *bufio.Reader) ([]byte, error) {
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			for passed := len(line); errors.Is(err, bufio.ErrBufferFull); passed += len(line) {
				if passed > MaxRequest {
					return nil, bufio.ErrTooLong
				}
				line, err = in.ReadSlice('\n')
			}
			return nil, errTooLong // where the connection has ended too, the next line says it
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
