package mqtt

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport"
)

func TestWhyAConnectionEnded(t *testing.T) {
	onSocket := func(op string, err error) error { return &net.OpError{Op: op, Net: "tcp", Err: err} }
	for _, row := range []struct {
		name  string
		err   error
		kind  error // nil: none of the known
		words string
	}{
		{"hung up", io.EOF, transport.ErrClosed, "closed"},
		{"hung up within a packet", io.ErrUnexpectedEOF, transport.ErrClosed, "closed"},
		{"reset", onSocket("read", os.NewSyscallError("read", syscall.ECONNRESET)), transport.ErrClosed, "reset"},
		{"reset while writing", onSocket("write", os.NewSyscallError("write", syscall.EPIPE)), transport.ErrClosed, "pipe"},
		{"websocket closed", &websocket.CloseError{Code: websocket.CloseGoingAway}, transport.ErrClosed, "1001"},
		{"nothing acknowledged by TCP", onSocket("read", os.NewSyscallError("read", syscall.ETIMEDOUT)), nil, "the network no longer answers"},
		{"deadline", os.ErrDeadlineExceeded, nil, "no answer in time"},
		{"certificate refused", onSocket("remote error", errors.New("tls: unknown certificate authority")), transport.ErrCredentials, "unknown certificate authority"},
		{"another alert", onSocket("remote error", errors.New("tls: internal error")), nil, "internal error"},
		{"unreachable", onSocket("read", os.NewSyscallError("read", syscall.ENETUNREACH)), nil, "unreachable"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := sortRead(row.err)
			require.ErrorIs(t, got, row.err)
			require.ErrorContains(t, got, row.words)
			for _, kind := range []error{transport.ErrClosed, transport.ErrCredentials, transport.ErrUnavailable} {
				assert.Equal(t, kind == row.kind, errors.Is(got, kind), "%v", kind) //nolint:errorlint // the very one
			}
		})
	}
}

func TestDialErrorWithoutAHint(t *testing.T) {
	err := &DialError{Stage: StageConnect, Broker: "tcp://b:1883", Err: fmt.Errorf("odd: %w", syscall.ENETUNREACH)}
	assert.Equal(t, "broker tcp://b:1883: cannot connect: odd: network is unreachable", err.Error())
}
