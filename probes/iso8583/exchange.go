package iso8583

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes"
)

// exchange writes a frame and reads the one that answers it, without its length. Answer is the time from the write to the
// first byte; 0 where none came.
func exchange(ctx context.Context, conn net.Conn, request []byte) (frame []byte, answer time.Duration, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, 0, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	start := time.Now()
	if _, err := conn.Write(request); err != nil {
		return nil, 0, err
	}
	var length [2]byte
	n, err := conn.Read(length[:])
	answer = time.Since(start)
	if n == 0 {
		return nil, 0, err
	}
	if _, err := io.ReadFull(conn, length[n:]); err != nil {
		return nil, answer, halfway{err}
	}
	size := int(binary.BigEndian.Uint16(length[:]))
	if size == 0 || size > MaxFrame {
		return nil, answer, malformed("it begins with a length of %d bytes, want 1 to %d", size, MaxFrame)
	}
	frame = make([]byte, size)
	if _, err := io.ReadFull(conn, frame); err != nil {
		return nil, answer, halfway{err}
	}
	return frame, answer, nil
}

// halfway marks what ended a reply that had begun.
type halfway struct{ error }

// Unwrap is what ended it.
func (h halfway) Unwrap() error { return h.error }

// exchangeFailure says what it means that an echo that was sent has no sound reply.
func exchangeFailure(err error) (probes.Outcome, probes.Reason, string) {
	begun := "any"
	if _, ok := errors.AsType[halfway](err); ok {
		begun = "the whole"
	}
	remote, _ := errors.AsType[*net.OpError](err)
	_, garbage := errors.AsType[tls.RecordHeaderError](err)
	timeout, _ := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, ErrMalformed):
		return probes.Fail, MalformedReply, err.Error()
	case garbage, errors.Is(err, errFlood):
		return probes.Fail, MalformedReply, "the host answers, and not in TLS any more"
	case remote != nil && remote.Op == "remote error":
		// TLS 1.3 refuses a client that has no certificate only after the handshake.
		return probes.Unknown, NoHandshake, "the host ended TLS: the tls probe judges that"
	case errors.Is(err, context.DeadlineExceeded), timeout != nil && timeout.Timeout():
		return probes.Fail, Timeout, fmt.Sprintf("the host took the echo and did not send %s reply in time", begun)
	}
	if errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN) {
		return probes.Unknown, NoConnection, "the way to the host was lost meanwhile: the tcp probe judges that"
	}
	return probes.Fail, Closed, fmt.Sprintf("the host took the echo and closed the connection before %s reply", begun)
}
