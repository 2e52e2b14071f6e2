package clock

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
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
	s, err := newSource("192.0.2.1", Options{Now: time.Now, elapsed: time.Since, Dial: func(context.Context, string, string) (net.Conn, error) {
		return &canned{reply: reply}, nil
	}})
	require.NoError(t, err)
	return s.query(t.Context(), netip.MustParseAddr("192.0.2.1"), time.Now(), 1)
}

func TestClockSetDuringTheLook(t *testing.T) {
	server, err := probetest.NewNTPServer()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	for _, row := range []struct {
		name string
		step time.Duration
		want probes.Reason
	}{
		{"not at all", 0, ""},
		{"by an hour", time.Hour, Stepped},
		{"back by an hour", -time.Hour, Stepped},
	} {
		t.Run(row.name, func(t *testing.T) {
			first := true
			p, err := New(Options{Servers: []string{server.Addr()}, elapsed: time.Since, Now: func() time.Time {
				if first {
					first = false
					return time.Now()
				}
				return time.Now().Add(row.step)
			}})
			require.NoError(t, err)
			o := p.Observe(t.Context())
			assert.Equal(t, row.want, o.Reason)
			_, told := o.Reading("offset")
			assert.Equal(t, row.want == "", told)
			assert.Empty(t, probetest.Faults(o))
		})
	}
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
		s, err := newSource(row.server, Options{})
		require.NoError(t, err, row.server)
		assert.Equal(t, [2]string{row.host, row.port}, [2]string{s.host, s.port}, row.server)
	}
	for _, bad := range []string{"", ":123", "ntp.example:0", "ntp.example:ntp", "ntp.example:99999", "u@ntp.example", "https://ntp.example"} {
		_, err := newSource(bad, Options{})
		assert.Error(t, err, bad)
	}
}

func TestKissCodesAreShownOnlyIfSane(t *testing.T) {
	assert.Equal(t, "RATE", kissCode("RATE"))
	assert.Equal(t, "?", kissCode("\x00\x1b[2"))
	assert.Equal(t, "?", kissCode(""))
}
