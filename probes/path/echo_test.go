package path_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/path"
)

func TestChecksum(t *testing.T) {
	assert.Equal(t, uint16(0x220d), path.Checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), "the example of RFC 1071")
	assert.Equal(t, uint16(0xffff), path.Checksum(nil))
	assert.Equal(t, uint16(0xfeff), path.Checksum([]byte{1}))
}

func FuzzReadReply(f *testing.F) {
	reply := []byte{0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8}
	f.Add(append(append([]byte{0x45}, make([]byte, 19)...), reply...), true)
	f.Add([]byte{129, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8}, false)
	f.Add([]byte{0x4f}, true)
	f.Fuzz(func(t *testing.T, m []byte, raw bool) {
		seq, ok := path.ReadReply(m, raw)
		if !ok {
			assert.Zero(t, seq)
			return
		}
		// Whatever is taken for a reply holds the token and the number.
		assert.Contains(t, string(m), string(binary.BigEndian.AppendUint16(nil, seq))+"\x01\x02\x03\x04\x05\x06\x07\x08")
	})
}
