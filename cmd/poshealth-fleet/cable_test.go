package main

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// echo is a server that says what it hears.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

// speak says a word by a cable and returns what comes back.
func speak(c net.Conn) (string, error) {
	_ = c.SetDeadline(time.Now().Add(longest))
	if _, err := c.Write([]byte("hello")); err != nil {
		return "", err
	}
	b := make([]byte, 5)
	_, err := io.ReadFull(c, b)
	return string(b), err
}

func TestCableCanBePulledAndPluggedIn(t *testing.T) {
	c, err := newCable(echo(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	dial := func(within time.Duration) (net.Conn, error) { return net.DialTimeout("tcp", c.Addr(), within) }
	for range 2 {
		before, err := dial(longest)
		require.NoError(t, err)
		got, err := speak(before)
		require.NoError(t, err)
		assert.Equal(t, "hello", got)

		require.NoError(t, c.set(silent))
		_, err = speak(before)
		require.Error(t, err, "what stood has ended")
		_ = before.Close()
		for range 3 {
			_, err = dial(200 * time.Millisecond)
			var fault net.Error
			require.ErrorAs(t, err, &fault)
			require.True(t, fault.Timeout(), "no answer, and no refusal either: %v", err)
		}
		require.NoError(t, c.set(silent), "pulled already")

		require.NoError(t, c.set(broken))
		if conn, err := dial(longest); err == nil {
			_, err = speak(conn)
			require.Error(t, err)
			_ = conn.Close()
		}
		require.NoError(t, c.set(plugged))
	}
	require.NoError(t, c.set(silent))
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.set(plugged), net.ErrClosed)
}

func TestCableEndsWithWhatPassesByIt(t *testing.T) {
	c, err := newCable(echo(t))
	require.NoError(t, err)
	conn, err := net.Dial("tcp", c.Addr())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = speak(conn)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestCableToNowhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	c, err := newCable(l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	conn, err := net.Dial("tcp", c.Addr())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = speak(conn)
	require.Error(t, err)
}
