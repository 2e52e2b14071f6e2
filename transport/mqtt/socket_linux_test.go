package mqtt_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestSocket(t *testing.T) {
	_, ways := wayBroker(t)
	for name, o := range ways {
		t.Run(name, func(t *testing.T) {
			tcp, ok := dial(t, o).Socket().(*net.TCPConn)
			require.True(t, ok)
			raw, err := tcp.SyscallConn()
			require.NoError(t, err)
			option := func(level, name int) (value int) {
				require.NoError(t, raw.Control(func(fd uintptr) {
					v, err := unix.GetsockoptInt(int(fd), level, name)
					assert.NoError(t, err)
					value = v
				}))
				return value
			}
			assert.Zero(t, option(unix.SOL_SOCKET, unix.SO_KEEPALIVE), "TCP keep-alive costs 18 MB in 30 days")
			assert.Equal(t, 60_000, option(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT), "in ms")
		})
	}
}
