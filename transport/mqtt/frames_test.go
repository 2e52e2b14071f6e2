package mqtt

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var greeting = []byte{0x20, 2, 0, 0}

func TestFrames(t *testing.T) {
	publish := append([]byte{0x30, 0x80, 0x80, 0x08}, make([]byte, mostPacket)...)
	for _, row := range []struct {
		name   string
		in     []byte
		bad    bool
		topics int
	}{
		{name: "an answer to a subscription of two", in: append(bytes.Clone(greeting), 0x90, 4, 0, 2, 1, 0x80), topics: 2},
		{name: "one that is too long", in: append(bytes.Clone(greeting), 0x90, 5), topics: 2, bad: true},
		{name: "one that is too short", in: append(bytes.Clone(greeting), 0x90, 3), topics: 2, bad: true},
		{name: "a second one", in: append(bytes.Clone(greeting), 0x90, 3, 0, 2, 1, 0x90), topics: 1, bad: true},
		{name: "one that nobody asked for", in: append(bytes.Clone(greeting), 0x90), bad: true},
		{name: "one before CONNACK", in: []byte{0x90}, topics: 1, bad: true},
		{name: "nothing", in: nil},
		{name: "a CONNACK", in: greeting},
		{name: "half a CONNACK", in: greeting[:3]},
		{name: "CONNACK, acknowledgement, answer to a ping", in: append(bytes.Clone(greeting), 0x40, 2, 0, 1, 0xd0, 0)},
		{name: "the largest publish", in: append(bytes.Clone(greeting), publish...)},
		{name: "a publish that is one byte too large", in: append(bytes.Clone(greeting), 0x30, 0x81, 0x80, 0x08), bad: true},
		{name: "a length of four bytes that is small", in: append(bytes.Clone(greeting), 0x30, 0x82, 0x80, 0x80, 0, 0, 0)},
		{name: "a length of five bytes", in: append(bytes.Clone(greeting), 0x30, 0x80, 0x80, 0x80, 0x80), bad: true},
		{name: "an acknowledgement before CONNACK", in: []byte{0x40}, bad: true},
		{name: "two CONNACKs", in: append(bytes.Clone(greeting), greeting...), bad: true},
		{name: "an empty acknowledgement", in: append(bytes.Clone(greeting), 0x40, 0), bad: true},
		{name: "kind 0", in: append(bytes.Clone(greeting), 0), bad: true},
		{name: "an answer to a ping with a body", in: append(bytes.Clone(greeting), 0xd0, 1), bad: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := frames{topics: row.topics}
			err := f.scan(row.in)
			if row.bad {
				require.ErrorIs(t, err, ErrProtocol)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestConnackCode(t *testing.T) {
	var f frames
	require.NoError(t, f.scan([]byte{0x20, 2, 1}))
	_, ok := f.connack()
	assert.False(t, ok, "the last byte is still to come")
	require.NoError(t, f.scan([]byte{5, 0x40, 2, 0, 7}))
	code, ok := f.connack()
	assert.True(t, ok)
	assert.Equal(t, byte(5), code)
}

// However the bytes come, the verdict is the same; and it is the one of a reader that takes whole packets.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{}, uint8(1), uint8(0))
	f.Add([]byte{0x20, 2, 0, 0, 0x40, 2, 0, 1}, uint8(3), uint8(0))
	f.Add([]byte{0x20, 2, 0, 5}, uint8(1), uint8(0))
	f.Add([]byte{0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f}, uint8(2), uint8(0))
	f.Add([]byte{0x20, 2, 0, 0, 0x30, 0x80, 0x80, 0x80, 0x80, 1}, uint8(5), uint8(0))
	f.Add([]byte{0x20, 0x82, 0, 0, 0, 0x31, 3, 'a', 'b', 'c', 0xd0, 0}, uint8(4), uint8(0))
	f.Add([]byte{0x20, 2, 0, 0, 0x90, 4, 0, 2, 1, 0x80, 0x90, 4}, uint8(4), uint8(2))
	f.Add([]byte("HTTP/1.1 400 Bad Request"), uint8(7), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, piece, topics uint8) {
		topics %= mostTopics + 1
		whole, pieces := frames{topics: int(topics)}, frames{topics: int(topics)}
		got := whole.scan(in)
		var inPieces error
		for rest := in; len(rest) > 0 && inPieces == nil; {
			n := min(int(piece)+1, len(rest))
			inPieces = pieces.scan(rest[:n])
			rest = rest[n:]
		}
		if (got == nil) != (inPieces == nil) {
			t.Fatalf("whole: %v, in pieces of %d: %v", got, piece+1, inPieces)
		}
		if want := acceptable(in, int(topics)); (got == nil) != want {
			t.Fatalf("got %v, want acceptable: %v", got, want)
		}
		code, ok := whole.connack()
		piecesCode, piecesOK := pieces.connack()
		if code != piecesCode || ok != piecesOK {
			t.Fatalf("return code %d, %v; in pieces %d, %v", code, ok, piecesCode, piecesOK)
		}
	})
}

// acceptable reads packet by packet, as plainly as it can be written.
func acceptable(in []byte, topics int) bool {
	for first := true; len(in) > 0; first = false {
		kind := in[0] >> 4
		in = in[1:]
		if first != (kind == 2) || (!first && kind != 3 && kind != 4 && kind != 13 && (kind != 9 || topics == 0)) {
			return false
		}
		length, more := 0, true
		for i := 0; more; i++ {
			if len(in) == 0 {
				return true // not known yet
			}
			length += int(in[0]&0x7f) << (7 * i)
			more = in[0] >= 0x80
			in = in[1:]
			if more && i == 3 {
				return false
			}
		}
		if length > 128*1024 || (kind == 13 && length != 0) || ((kind == 2 || kind == 4) && length != 2) || (kind == 9 && length != 2+topics) {
			return false
		}
		if kind == 9 {
			topics = 0
		}
		in = in[min(length, len(in)):]
	}
	return true
}
