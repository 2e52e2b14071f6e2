package terminal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The answers below were put together by hand from what bionic's getaddrinfo.c reads and netd's DnsProxyListener.cpp writes,
// on a terminal whose processor is little-endian, as all are.
const (
	answer6 = "222\x00" +
		"\x00\x00\x00\x01" + "\x00\x00\x04\x00" + "\x00\x00\x00\x02" + "\x00\x00\x00\x01" + "\x00\x00\x00\x06" +
		"\x00\x00\x00\x10" + "\x02\x00\x00\x00\xc0\x00\x02\x07\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x05" + "pos.\x00" +
		"\x00\x00\x00\x01" + "\x00\x00\x04\x00" + "\x00\x00\x00\x0a" + "\x00\x00\x00\x01" + "\x00\x00\x00\x06" +
		"\x00\x00\x00\x1c" + "\x0a\x00\x00\x00\x00\x00\x00\x00\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" +
		"\x00\x00\x00\x00"
	answer5 = "222\x00" +
		"\x00\x00\x00\x20" + "\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x06\x00\x00\x00\x10\x00\x00\x00" + "\xb6\x00\x10\x40\xb6\x00\x10\x60\x00\x00\x00\x00" +
		"\x00\x00\x00\x10" + "\x02\x00\x00\x00\xc0\x00\x02\x07\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" +
		"\x00\x00\x00\x00"
	answer5x64 = "222\x00" +
		"\x00\x00\x00\x30" + "\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x06\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00" +
		"\x7f\x00\x00\x00\x7f\x00\x00\x40\x7f\x00\x00\x00\x7f\x00\x00\x60\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x10" + "\x02\x00\x00\x00\xc0\x00\x02\x07\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" +
		"\x00\x00\x00\x00"
	answerNoData = "401\x00" + "\x00\x00\x00\x04" + "\x07\x00\x00\x00"
)

func read(answer string) ([]netip.Addr, error) {
	return readAnswer(bufio.NewReaderSize(strings.NewReader(answer), 16))
}

func TestAnswersByTheByte(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Fatal("these answers are those of a little-endian terminal")
	}
	v4, v6 := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	for _, row := range []struct {
		name, answer string
		want         []netip.Addr
		says         string
	}{
		{"Android 6 and later", answer6, []netip.Addr{v4, v6}, ""},
		{"Android 5", answer5, []netip.Addr{v4}, ""},
		{"Android 5 with a 64-bit netd", answer5x64, []netip.Addr{v4}, ""},
		{"an address for each kind of socket", "222\x00" + strings.Repeat(answer5[4:len(answer5)-4], 3) + "\x00\x00\x00\x00", []netip.Addr{v4}, ""},
		{"more than anybody needs", "222\x00" + strings.Repeat(answer5[4:len(answer5)-4], 100), []netip.Addr{v4}, ""},
		{"another family", answer5[:40] + "\x00\x00\x00\x02" + "\x01\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00", nil, ""},
		{"none", "222\x00\x00\x00\x00\x00", nil, ""},
		{"no such name", answerNoData, nil, "EAI_NODATA"},
		{"a failure that is no number", "401\x00\x00\x00\x00\x02\x07\x00", nil, "a failure of 2 bytes"},
		{"a failure without end", "401\x00\xff\xff\xff\xff", nil, "a field of 4294967295 bytes"},
		{"netd did not understand", "500 0 Invalid number of arguments to getaddrinfo: 7\x00", nil, `netd answers "500 0 Inval`},
		{"an entry of another world", "222\x00\x00\x00\x00\x07", nil, "an entry begins with 7"},
		{"an address without end", answer5[:40] + "\x7f\xff\xff\xff", nil, "a field of 2147483647 bytes"},
		{"an address too short for its family", answer5[:40] + "\x00\x00\x00\x08" + answer5[44:52] + "\x00\x00\x00\x00", nil, "family 2 in 8 bytes"},
		{"an address without a family", answer5[:40] + "\x00\x00\x00\x01\x02", nil, "a socket address of 1 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(row.answer)
			assert.Equal(t, row.want, got)
			if row.says == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, row.says)
			}
		})
	}
	for _, answer := range []string{answer6, answer5, answer5x64, answerNoData} {
		for cut := range answer {
			got, err := read(answer[:cut])
			require.Empty(t, got)
			require.ErrorContains(t, err, "the answer ends early", "cut after %d bytes", cut)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, answer := range []string{answer6, answer5, answer5x64, answerNoData, "500 0 what\x00", ""} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := readAnswer(bufio.NewReader(bytes.NewReader(answer)))
		if err != nil {
			require.Empty(t, got)
			require.LessOrEqual(t, len(err.Error()), 200)
		}
		require.LessOrEqual(t, len(got), maxEntries)
		for _, addr := range got {
			require.True(t, addr.IsValid())
		}
	})
}
