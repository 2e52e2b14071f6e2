package dial_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/dial"
)

func TestSplit(t *testing.T) {
	host, port, err := dial.Split("[2001:db8::1]:443")
	require.NoError(t, err)
	assert.Equal(t, [2]string{"2001:db8::1", "443"}, [2]string{host, port})
	for _, bad := range []string{"", "a", ":443", "a:0", "a:65536", "a:https", "https://a:443", "u@a:443", "a b:443"} {
		_, _, err := dial.Split(bad)
		assert.Error(t, err, bad)
	}
}

func TestStatus(t *testing.T) {
	for text, want := range map[string]int{"HTTP/1.1 204 No Content\r\nA: b": 204, "HTTP/1.0 302\n": 302, "HTTP/1.1 20": 0, "HT": 0, "": 0} {
		status, _, err := dial.Status([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, status, text)
	}
	for _, bad := range []string{"SSH-2.0", "HTTP/2 200\r\n", "HTTP/1.1 099\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1\r\n", "HTTP/1.1 -20\r\n"} {
		_, _, err := dial.Status([]byte(bad))
		assert.ErrorIs(t, err, dial.ErrNotHTTP, bad)
	}
}

// An answer that lay in a store tells the time of then.
func TestHead(t *testing.T) {
	date := "Date: Mon, 02 Mar 2026 09:00:00 GMT\r\n"
	for head, aged := range map[string]bool{"": false, "Age: 0\r\n": false, "Age: 00\r\n": false, "age: 12\r\n": true, "Age: x\r\n": true} {
		got, whole, err := dial.ParseHead([]byte("HTTP/1.1 200 OK\r\n" + date + head + "\r\nbody"))
		require.NoError(t, err)
		assert.True(t, whole)
		assert.Equal(t, aged, got.Aged, head)
		assert.Equal(t, int64(1772442000), got.Date.Unix())
	}
	_, whole, err := dial.ParseHead([]byte("HTTP/1.1 200 OK\r\n" + date))
	require.NoError(t, err)
	assert.False(t, whole)
}

// TestDiscard: who is discarded hears a reset, and the kernel knew of the connection until then.
func TestDiscard(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	far, err := listener.Accept()
	require.NoError(t, err)
	defer far.Close()
	assert.True(t, dial.KernelOf(near).Told)
	assert.Positive(t, dial.KernelOf(near).RoundTrip(time.Second, dial.Kernel{}))
	dial.Discard(near)
	require.NoError(t, far.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = far.Read(make([]byte, 1))
	assert.ErrorContains(t, err, "reset")
	assert.False(t, dial.KernelOf(near).Told, "it is closed")
}
