package path_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func capture(t testing.TB, kind string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/proc_net_" + kind + "/generic-linux-node_exporter.txt")
	require.NoError(t, err)
	return text
}

func TestColumns(t *testing.T) {
	tcp := path.Columns(capture(t, "snmp"), "Tcp")
	assert.Equal(t, uint64(54915039), tcp["OutSegs"])
	assert.Equal(t, uint64(227), tcp["RetransSegs"])
	assert.NotContains(t, tcp, "MaxConn", "-1 is no count")
	ext := path.Columns(capture(t, "netstat"), "TcpExt")
	assert.Equal(t, uint64(2), ext["SyncookiesFailed"])
	assert.Equal(t, uint64(388812), ext["TW"])
	assert.Contains(t, ext, "TCPTimeouts")
	assert.Contains(t, ext, "TCPSACKReorder")
	for _, row := range []struct{ name, text string }{
		{"empty", ""},
		{"names alone", "Tcp: OutSegs\n"},
		{"values of another", "Tcp: OutSegs\nUdp: 5\n"},
		{"another whose name begins alike", "TcpExt: OutSegs\nTcpExt: 5\n"},
	} {
		assert.Nil(t, path.Columns([]byte(row.text), "Tcp"), row.name)
	}
	assert.Equal(t, map[string]uint64{"A": 1}, path.Columns([]byte("Tcp: A B\nTcp: 1\n"), "Tcp"), "fewer values than names")
	assert.Equal(t, map[string]uint64{"A": 1}, path.Columns([]byte("Tcp: A\nTcp: 1 2\n"), "Tcp"), "more values than names")
}

func FuzzColumns(f *testing.F) {
	f.Add(capture(f, "snmp"), "Tcp")
	f.Add(capture(f, "netstat"), "TcpExt")
	f.Add([]byte("Tcp: A\nTcp: 18446744073709551616\n"), "Tcp")
	f.Fuzz(func(t *testing.T, text []byte, table string) {
		for name := range path.Columns(text, table) {
			assert.Contains(t, string(text), name)
		}
	})
}

// counted is a recorded terminal whose counters a test sets.
type counted struct{ root string }

func (c counted) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(c.root, "proc", "net", name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func (c counted) set(t *testing.T, out, again, ofo, sack, timeouts uint64) {
	t.Helper()
	c.write(t, "snmp", fmt.Sprintf("Ip: Forwarding\nIp: 1\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 %d %d\n", out, again))
	c.write(t, "netstat", fmt.Sprintf("TcpExt: TCPOFOQueue TCPSACKReorder TCPTimeouts\nTcpExt: %d %d %d\n", ofo, sack, timeouts))
}

func TestCounters(t *testing.T) {
	c := counted{t.TempDir()}
	p := path.NewCounters(terminal.Open(c.root))
	assert.Equal(t, probes.ID("counters"), p.ID())

	o := look(t, p)
	assert.Equal(t, probes.Unknown, o.Outcome)
	assert.Equal(t, probes.Absent, o.Reason)

	c.set(t, 1000, 10, 5, 1, 7)
	o = look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome)
	assert.Empty(t, o.Readings, "nothing to count from")
	assert.False(t, p.Suspicious())

	c.set(t, 1190, 20, 7, 2, 8)
	o = look(t, p)
	assert.Equal(t, 190.0, value(t, o, "segments"))
	assert.Equal(t, 10.0, value(t, o, "retransmitted"))
	assert.Equal(t, 5.0, value(t, o, "retransmission"))
	assert.Equal(t, 3.0, value(t, o, "out_of_order"))
	assert.Equal(t, 1.0, value(t, o, "timeouts"))
	assert.True(t, p.Suspicious())

	o = look(t, p)
	assert.Zero(t, value(t, o, "segments"))
	assert.Zero(t, value(t, o, "out_of_order"))
	_, share := o.Reading("retransmission")
	assert.False(t, share, "a share of nothing")
	assert.False(t, p.Suspicious())

	c.set(t, 1<<32-1, 20, 8, 2, 8)
	look(t, p)
	assert.True(t, p.Suspicious())
	c.set(t, 40, 20, 8, 2, 8)
	o = look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome)
	assert.Empty(t, o.Readings, "came round, or began anew")
	c.set(t, 50, 20, 8, 2, 8)
	assert.Equal(t, 10.0, value(t, look(t, p), "segments"))

	require.NoError(t, os.Remove(filepath.Join(c.root, "proc", "net", "netstat")))
	o = look(t, p)
	assert.Equal(t, probes.Pass, o.Outcome, "one file will do")
	assert.Len(t, o.Readings, 2, "segments and retransmitted: %+v", o.Readings)

	c.write(t, "snmp", "Tcp: MaxConn\nTcp: 1\n")
	assert.Equal(t, probes.Absent, look(t, p).Reason)
	c.write(t, "snmp", "no table\n")
	c.write(t, "netstat", strings.Repeat("x", 100))
	assert.Equal(t, probes.Malformed, look(t, p).Reason)
}

func TestCountersOfThisMachine(t *testing.T) {
	p := path.NewCounters(terminal.Open("/"))
	require.Equal(t, probes.Pass, look(t, p).Outcome)
	o := look(t, p)
	for _, name := range []string{"segments", "retransmitted", "out_of_order", "timeouts"} {
		assert.GreaterOrEqual(t, value(t, o, name), 0.0)
	}
	probetest.Contract(t, p)
}
