package mqtt

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// stream is what MQTT is spoken on: a TCP connection, TLS, or a websocket.
type stream interface {
	io.ReadWriter
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
}

// wsStream makes a stream of the messages of a websocket. One may read and one may write at a time.
type wsStream struct {
	*websocket.Conn
	message io.Reader // the rest of the message begun; nil: none
}

// Read gives what is left of a message, or of the next one.
func (s *wsStream) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			kind, r, err := s.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, fmt.Errorf("%w: a websocket message that is not binary", ErrProtocol)
			}
			s.message = r
		}
		n, err := s.message.Read(p)
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Write sends p as one message.
func (s *wsStream) Write(p []byte) (int, error) {
	if err := s.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// upgradeLimit bounds what is read while the websocket is being made: the HTTP reader takes headers without end. One reads.
type upgradeLimit struct {
	net.Conn
	left int // bytes; below 0: no limit any more
}

// Read reads until the limit is used up.
func (u *upgradeLimit) Read(p []byte) (int, error) {
	switch {
	case u.left < 0:
		return u.Conn.Read(p)
	case u.left == 0:
		return 0, fmt.Errorf("%w: more than %d bytes before the websocket was up", ErrProtocol, mostUpgrade)
	}
	n, err := u.Conn.Read(p[:min(len(p), u.left)])
	u.left -= n
	return n, err
}
