package fleet_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
)

// fakeBroker listens on loopback and lets serve have each connection, which it closes afterwards.
func fakeBroker(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	ended := t.Context()
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer func() { _ = c.Close() }()
				go func() { // a serve that reads or writes ends with the test
					<-ended.Done()
					_ = c.Close()
				}()
				serve(c)
			})
		}
	})
	return "tcp://" + l.Addr().String()
}

// readPacket reads one packet of less than 128 bytes or 16 KiB, whole.
func readPacket(c io.Reader) {
	var b [1]byte
	_, _ = io.ReadFull(c, b[:])
	length, shift := 0, 0
	for {
		if _, err := io.ReadFull(c, b[:]); err != nil {
			return
		}
		length |= int(b[0]&0x7f) << shift
		shift += 7
		if b[0]&0x80 == 0 {
			break
		}
	}
	_, _ = io.CopyN(io.Discard, c, int64(length))
}

// TestWatchSurvivesItsBroker: whatever is at the other end, the watcher says that it has no broker, goes on trying, and stops
// when it is told to.
func TestWatchSurvivesItsBroker(t *testing.T) {
	greeted := func(then ...byte) func(net.Conn) {
		return func(c net.Conn) {
			readPacket(c)
			_, _ = c.Write([]byte{0x20, 2, 0, 0})
			readPacket(c)
			_, _ = c.Write(then)
			_, _ = io.Copy(io.Discard, c)
		}
	}
	for _, row := range []struct {
		name  string
		serve func(net.Conn)
		want  string
	}{
		{"hangs up", func(net.Conn) {}, "the broker closed the connection"},
		{"speaks HTTP", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, "is not CONNACK"},
		{"announces 256 MiB", greeted(0x30, 0xff, 0xff, 0xff, 0x7f), "the limit is"},
		{"announces without end", greeted(0x30, 0xff, 0xff, 0xff, 0xff), "length of more than 4 bytes"},
		{"acknowledges more than was asked", greeted(0x90, 6, 0, 1, 1, 1, 1, 1), "with 6 bytes instead of 5"},
		{"sends a second greeting", greeted(0x20, 2, 0, 0), "packet of kind 2"},
		{"sends quality 3", greeted(0x36, 2, 0, 0), "quality 3"},
		{"sends a topic longer than its packet", greeted(0x90, 5, 0, 1, 1, 1, 1, 0x32, 4, 0xff, 0xff, 'a', 'b'), "trying again"},
		{"is busy", func(c net.Conn) { readPacket(c); _, _ = c.Write([]byte{0x20, 2, 0, 3}) }, "code 3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := watch(t, fleet.Options{Broker: fakeBroker(t, row.serve)})
			w.told(1, "trying again")
			if !strings.Contains("trying again", row.want) {
				w.told(1, row.want)
			}
			w.end()
		})
	}
}

// TestWatchStopsWhileABrokerIsSilent: nobody waits for an answer that may never come.
func TestWatchStopsWhileABrokerIsSilent(t *testing.T) {
	heard := make(chan struct{}, 1)
	w := watch(t, fleet.Options{Broker: fakeBroker(t, func(c net.Conn) {
		readPacket(c)
		heard <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})})
	<-heard
	w.end()
}

func TestClean(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain text", "No network 无网络", "No network 无网络"},
		{"a colour", "a\x1b[31mb\x1b[0mc", "abc"},
		{"a window title", "a\x1b]0;owned\ab", "ab"},
		{"a string with its terminator", "a\x1bPq\x1b\\b", "ab"},
		{"a string without one", "a\x1b]0;owned", "a"},
		{"a sequence cut off", "a\x1b[12;", "a"},
		{"an escape at the end", "a\x1b", "a"},
		{"an escape before a wide sign", "a\x1b无b", "ab"},
		{"one sign that begins a sequence", "a\u009b31mb", "ab"},
		{"lines and tabs", " a\r\n\tb ", "a   b"},
		{"bells and backspaces", "a\a\b\x00\x7fb", "ab"},
		{"writing turned round", "a\u202eb\u2066c", "abc"},
		{"broken UTF-8", "a\xff\xfeb", "a��b"},
		{"too long", strings.Repeat("a", 50), strings.Repeat("a", 29) + "…"},
		{"too long, cut between signs", strings.Repeat("无", 20), strings.Repeat("无", 9) + "…"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, fleet.Clean(row.in, 32)) })
	}
}

// FuzzClean: what is clean can be shown, keeps to its limit, and stays as it is when cleaned again.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"a\x1b[31mb", "\x1b]0;x\a", "\u009b", "无线\x00", "\x1b", "\x1b\x1b\x1b"} {
		f.Add(seed, 16)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = min(max(limit, 3), 1<<16)
		got := fleet.Clean(text, limit)
		require.LessOrEqual(t, len(got), limit)
		for _, r := range got {
			require.True(t, unicode.IsPrint(r), "%q in %q", r, got)
		}
	})
}

// FuzzFrames: whatever a broker sends, in whatever pieces, no more room is made than for the largest packet.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0x20, 2, 0, 0, 0x90, 5, 0, 1, 1, 1, 1, 0xd0, 0}, byte(3))
	f.Add([]byte{0x20, 2, 0, 0, 0x32, 0xff, 0xff, 0xff, 0x7f}, byte(1))
	f.Add([]byte{0x20, 2, 0, 0, 0x32, 4, 0, 1, 'a', 'b', 0x30}, byte(200))
	f.Fuzz(func(t *testing.T, data []byte, piece byte) {
		var whole, pieces fleet.Frames
		want := whole.Scan(data)
		require.LessOrEqual(t, whole.Left(), uint32(fleet.MostPacket))
		var got error
		for rest := data; len(rest) > 0 && got == nil; {
			n := min(int(piece)+1, len(rest))
			got = pieces.Scan(rest[:n])
			rest = rest[n:]
		}
		require.Equal(t, want, got, "the same however it is cut")
	})
}
