package clock

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/beevik/ntp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// canned is a connected socket on which one reply waits: the query's own transmit time is copied into it, as a server must.
type canned struct {
	net.Conn
	reply []byte
}

func (c *canned) Write(b []byte) (int, error) {
	if len(b) >= 48 && len(c.reply) >= 48 {
		copy(c.reply[24:32], b[40:48])
	}
	return len(b), nil
}
func (c *canned) Read(b []byte) (int, error)  { return copy(b, c.reply), nil }
func (c *canned) Close() error                { return nil }
func (c *canned) SetDeadline(time.Time) error { return nil }

func exchangeInMemory(t *testing.T, reply []byte) answer {
	t.Helper()
	start := time.Now()
	s, err := newServer("192.0.2.1", Options{Boottime: func() time.Duration { return time.Hour + time.Since(start) }, Dial: func(context.Context, string, string) (net.Conn, error) {
		return &canned{reply: reply}, nil
	}})
	require.NoError(t, err)
	return s.query(t.Context(), netip.MustParseAddr("192.0.2.1"), 1)
}

func TestServerNames(t *testing.T) {
	for _, row := range []struct{ server, host, port string }{
		{"ntp.example", "ntp.example", "123"},
		{"ntp.example:1123", "ntp.example", "1123"},
		{"192.0.2.1", "192.0.2.1", "123"},
		{"192.0.2.1:1123", "192.0.2.1", "1123"},
		{"[2001:db8::1]:1123", "2001:db8::1", "1123"},
		{"[2001:db8::1]", "2001:db8::1", "123"},
		{"2001:db8::1", "2001:db8::1", "123"},
	} {
		s, err := newServer(row.server, Options{})
		require.NoError(t, err, row.server)
		assert.Equal(t, [2]string{row.host, row.port}, [2]string{s.host, s.port}, row.server)
	}
	for _, bad := range []string{"", ":123", "ntp.example:0", "ntp.example:ntp", "ntp.example:99999", "u@ntp.example", "https://ntp.example"} {
		_, err := newServer(bad, Options{})
		assert.Error(t, err, bad)
	}
}

func TestKissCodesAreShownOnlyIfSane(t *testing.T) {
	assert.Equal(t, "RATE", kissCode("RATE"))
	assert.Equal(t, "?", kissCode("\x00\x1b[2"))
	assert.Equal(t, "?", kissCode(""))
}

// TestUpstream: an address is somebody, a kind of clock and one's own machine are nobody.
func TestUpstream(t *testing.T) {
	id := func(b string) uint32 { return binary.BigEndian.Uint32([]byte(b)) }
	for _, row := range []struct {
		stratum uint8
		id      uint32
		want    string
	}{
		{2, 0x0a89_2656, "10.137.38.86"},
		{3, 0xc0a8_0101, "192.168.1.1"},
		{1, id("GPS\x00"), ""},
		{1, id("PPS\x00"), ""},
		{3, 0x7f7f_0101, ""},
		{2, id("LOCL"), ""},
		{2, 0, ""},
	} {
		assert.Equal(t, row.want, upstream(&ntp.Response{Stratum: row.stratum, ReferenceID: row.id}))
	}
}

// FuzzReply: whatever a server says, the probe gives a legal answer within bounds.
func FuzzReply(f *testing.F) {
	f.Add(uint8(0x24), uint8(2), uint32(0), uint64(0xe0000000_00000000), uint64(0xe0000000_00000000), int8(-20))
	f.Add(uint8(0x24), uint8(0), uint32(0x52415445), uint64(0), uint64(0), int8(127))
	f.Fuzz(func(t *testing.T, head, stratum uint8, reference uint32, received, transmitted uint64, precision int8) {
		packet := make([]byte, 48)
		packet[0], packet[1], packet[3] = head, stratum, byte(precision)
		binary.BigEndian.PutUint32(packet[12:], reference)
		binary.BigEndian.PutUint64(packet[32:], received)
		binary.BigEndian.PutUint64(packet[40:], transmitted)
		a := exchangeInMemory(t, packet)
		if a.state == answered {
			assert.Less(t, a.span.Lo, a.span.Hi)
			assert.LessOrEqual(t, (a.span.Middle() - time.Duration(base().UnixNano())).Abs(), furthest)
		}
		assert.NotEmpty(t, a.state)
	})
}
