package iso8583_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/iso8583"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/response"
)

// nodeHost starts the host that others wrote the message library of. Its address, and what it understood, line by line.
func nodeHost(t *testing.T, code, ahead string) (address string, lines *bufio.Reader) {
	t.Helper()
	node := probetest.Need(t, "node")
	modules, err := filepath.Abs("../../.tools/npm/node_modules")
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(modules, "iso_8583")); err != nil {
		probetest.Unable(t, "the npm package iso_8583 is not there: scripts/npm.sh installs it")
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/host.js", code, ahead)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines = bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	require.NoError(t, err)
	return "127.0.0.1:" + strings.TrimSpace(port), lines
}

// TestAgainstAHostOfOthers: what we send is understood by iso_8583, and what that sends by us.
func TestAgainstAHostOfOthers(t *testing.T) {
	for _, row := range []struct {
		name, code, ahead string
		outcome           probes.Outcome
		class             response.Class
		offset            float64
	}{
		{"yes", "00", "0", probes.Pass, response.Approved, 0},
		{"the switch is down, and its clock an hour ahead", "91", "3600000", probes.Fail, response.Technical, -3_600_000},
	} {
		t.Run(row.name, func(t *testing.T) {
			address, lines := nodeHost(t, row.code, row.ahead)
			p := probe(t, address, func(o *iso8583.Options) { o.Trace = func() uint32 { return 123 } })
			o := look(t, p)
			assert.Equal(t, row.outcome, o.Outcome, o.Detail)
			assert.Equal(t, row.code, o.Fact("response_code"))
			assert.Equal(t, string(row.class), o.Fact("response_class"))
			assert.InDelta(t, row.offset, reading(t, o, "clock_offset"), 1500)

			line, err := lines.ReadString('\n')
			require.NoError(t, err)
			understood := map[string]string{}
			require.NoError(t, json.Unmarshal([]byte(line), &understood), line)
			at, err := time.Parse("0102150405", understood["7"])
			require.NoError(t, err)
			now := time.Now().UTC()
			assert.InDelta(t, 0, now.Sub(at.AddDate(now.Year(), 0, 0)).Hours(), 24, "field 7 is now, in UTC")
			delete(understood, "7")
			assert.Equal(t, map[string]string{"0": "0800", "11": "000123", "70": "301"}, understood)
			assert.Equal(t, row.outcome, look(t, p).Outcome, "and again")
		})
	}
}

// dissected is what tshark's dissector of ISO 8583 prints of a frame.
func dissected(t *testing.T, frame []byte, options ...string) string {
	t.Helper()
	tshark := probetest.Need(t, "tshark")
	file := filepath.Join(t.TempDir(), "frame.pcap")
	require.NoError(t, os.WriteFile(file, capture(frame), 0o600))
	args := []string{"-r", file, "-d", "tcp.port==6000,iso8583", "-o", "iso8583.len_endian:Big endian", "-o", "iso8583.binencode:Bin data not encoded", "-O", "iso8583"}
	cmd := exec.CommandContext(t.Context(), tshark, append(args, options...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+t.TempDir())
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	require.NoError(t, err)
	_, told, ok := strings.Cut(string(out), "ISO 8583-1:")
	require.True(t, ok, string(out))
	return regexp.MustCompile(`(?m)^ +| +$`).ReplaceAllString(strings.TrimSpace(told), "")
}

// capture is a file of one packet: IPv4 and TCP to port 6000, link type 228 (raw IPv4).
func capture(payload []byte) []byte {
	packet := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1}
	binary.BigEndian.PutUint16(packet[2:], uint16(40+len(payload)))
	packet = append(packet, 0x9c, 0x40, 0x17, 0x70, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0)
	packet = append(packet, payload...)
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	file = binary.LittleEndian.AppendUint32(file, 1<<16)
	file = binary.LittleEndian.AppendUint32(file, 228)
	file = append(file, make([]byte, 8)...) // when
	file = binary.LittleEndian.AppendUint32(file, uint32(len(packet)))
	file = binary.LittleEndian.AppendUint32(file, uint32(len(packet)))
	return append(file, packet...)
}

// TestDissectedByOthers: tshark reads both echoes as we mean them.
func TestDissectedByOthers(t *testing.T) {
	assert.Equal(t, `Type 0800 - Network Management
Message length: 39
MTI: 0800
Bitmap 1: 8220000000000000
Bitmap 2: 0400000000000000
Bit 7: 0714040000
Bit 11: 000123
Bit 70: 301`, dissected(t, echo(t, generic).Bytes()))

	// The dissector knows neither TPDU nor header, and takes field 60 for text, so it reads up to field 42.
	whole := echo(t, unionpay).Bytes()
	got := dissected(t, frame(whole[2+5+6:]), "-o", "iso8583.charset:Digits represented in nibbles")
	assert.Equal(t, `Type 0820 - Network Management
Message length: 44
MTI: 0820
Bitmap 1: 0020000000c00010
Bit 11: 000123
Bit 41: 12345678
Bit 42: 898310058120001`, strings.TrimSpace(got[:strings.Index(got, "Bit 60:")]))
}

// TestRepliesDissectedByOthers: the replies that our tests are made of are such as others read.
func TestRepliesDissectedByOthers(t *testing.T) {
	got := dissected(t, frame(bytesOf(t, strings.ReplaceAll(genericLong, "%s", "00"))))
	for _, want := range []string{"Bit 12: 120001", "Bit 13: 0714", "Bit 32: 00010000", "Bit 37: 071412345678", "Bit 39: 00", "Bit 41: 12345678", "Bit 42: 898310058120001", "Bit 48: abcd", "Bit 70: 301", "Bit 128: 0102030405060708"} {
		assert.Contains(t, got, want)
	}
	got = dissected(t, frame(bytesOf(t, strings.ReplaceAll(unionpayReply, "%s", "00"))[5+6:]), "-o", "iso8583.charset:Digits represented in nibbles")
	for _, want := range []string{"Type 0830", "Bit 11: 000123", "Bit 12: 120001", "Bit 13: 0714", "Bit 32: 00010000", "Bit 37: 071412345678", "Bit 39: 00", "Bit 41: 12345678", "Bit 42: 898310058120001"} {
		assert.Contains(t, got, want)
	}
}
