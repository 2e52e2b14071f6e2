package dns

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/poshealth/poshealth/probes"
)

// FuzzAnswer: no message from the network breaks the reader, and only one that answers the question is taken.
func FuzzAnswer(f *testing.F) {
	name := dnsmessage.MustNewName("pos.acquirer.example.")
	good := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 0x1234, Response: true},
		Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		Answers: []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("x.example.")}},
			{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 7}}},
		},
	}
	packed, err := good.Pack()
	require.NoError(f, err)
	f.Add(packed)
	f.Add(packed[:len(packed)-2])
	f.Add([]byte{0x12, 0x34, 0x80, 0, 0, 1})
	f.Fuzz(func(t *testing.T, msg []byte) {
		q := query{id: 0x1234, family: dnsmessage.TypeA}
		if !q.take(msg, name) {
			assert.False(t, q.done)
			assert.Empty(t, q.answers)
			return
		}
		assert.Equal(t, []byte{0x12, 0x34}, msg[:2])
		assert.NotZero(t, msg[2]&0x80, "a question is no answer")
	})
}

func TestPlatformTables(t *testing.T) {
	folder := t.TempDir()
	p := &Platform{hosts: filepath.Join(folder, "hosts"), conf: filepath.Join(folder, "resolv.conf"), port: "53"}
	assert.Empty(t, p.fixed("pos.acquirer.example"))
	servers, configured := p.servers()
	assert.False(t, configured)
	assert.Equal(t, []string{"127.0.0.1:53"}, servers, "as libc has it")

	require.NoError(t, os.WriteFile(p.hosts, []byte("# 192.0.2.1 pos.acquirer.example\n192.0.2.7\tother Pos.Acquirer.Example # the test host\nnonsense pos.acquirer.example\n2001:db8::7 pos.acquirer.example.\n"), 0o600))
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}, p.fixed("pos.acquirer.example."))
	assert.Empty(t, p.fixed("acquirer.example."))

	require.NoError(t, os.WriteFile(p.conf, []byte("; by hand\nsearch example\nnameserver 192.0.2.53\nnameserver nonsense\nnameserver 2001:db8::53 # second\nnameserver 192.0.2.54\nnameserver 192.0.2.55\n"), 0o600))
	servers, configured = p.servers()
	assert.True(t, configured)
	assert.Equal(t, []string{"192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"}, servers)
}

// closedPort is one where nobody listens on loopback.
func closedPort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(conn.LocalAddr().String())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return port
}

func TestPlatformNobodyCanBeAsked(t *testing.T) {
	platform := platformIn(t)
	platform.port = closedPort(t)
	c, err := NewClient(nil, platform, nil)
	require.NoError(t, err)
	p := &Probe{id: "dns/a", name: "pos.acquirer.example", client: c}
	o := p.Observe(t.Context())
	assert.Equal(t, probes.Unknown, o.Outcome, "our blindness is no fault of the terminal")
	assert.Equal(t, NoServer, o.Reason)
	assert.Contains(t, o.Detail, "set dns.servers")

	require.NoError(t, os.WriteFile(platform.conf, []byte("nameserver 127.0.0.1\n"), 0o600))
	o = p.Observe(t.Context())
	assert.Equal(t, probes.Fail, o.Outcome, "what is configured and not there is one")
	assert.Equal(t, Unreachable, o.Reason)
}

func TestReasons(t *testing.T) {
	assert.Equal(t, probes.Denied, failure(fs.ErrPermission))
	assert.Equal(t, ServFail, failure(errNoUsefulAnswer))
	assert.Equal(t, Unreachable, failure(errors.New("something new")))
	assert.Equal(t, NXDomain, reasonOf(worse(&Error{Reason: Timeout}, &Error{Reason: NXDomain})))
}
