package spool

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// filled is how large: two blocks, which the race detector can look at in seconds.
const filled = 2 * blockSize

// filledSegment is a segment full of records, and the bodies by number.
func filledSegment() (data []byte, bodies map[uint64]string) {
	data, bodies = make([]byte, 0, filled), map[uint64]string{}
	for n := uint64(1); ; n++ {
		body := fmt.Sprintf("%d %s", n, bytes.Repeat([]byte{byte(n)}, int(n*7%430)))
		if len(data)/blockSize != (len(data)+headSize+len(body)-1)/blockSize {
			data = append(data, make([]byte, blockSize-len(data)%blockSize)...)
		}
		if len(data)+headSize+len(body) > filled {
			return append(data, make([]byte, filled-len(data))...), bodies
		}
		data, bodies[n] = appendRecord(data, place{7, 1, uint32(len(data))}, n, []byte(body)), body
	}
}

// look holds a scan to what was written, and gives how many records it found.
func look(t *testing.T, data []byte, bodies map[uint64]string) int {
	t.Helper()
	found := scan(data, 7, 1)
	before := uint64(0)
	for _, r := range found.records {
		if bodies[r.number] != string(data[r.offset+headSize:r.offset+headSize+r.size]) || r.number <= before {
			require.FailNow(t, "a wrong record", "%+v", r)
		}
		before = r.number
	}
	for _, n := range found.damaged {
		require.Contains(t, bodies, n, "a number that nobody gave")
	}
	return len(found.records)
}

// TestScanOfDamage damages a full segment at every offset. What is read was written there, and no more is lost than was touched.
func TestScanOfDamage(t *testing.T) {
	whole, written := filledSegment()
	require.Equal(t, len(written), look(t, whole, written))
	touched := func(from, to int) (n int) { // records that lie in a range
		for _, r := range scan(whole, 7, 1).records {
			if r.offset < to && r.offset+headSize+r.size > from {
				n++
			}
		}
		return n
	}
	data := make([]byte, len(whole))
	for at := range whole {
		for _, length := range [...]int{0, 1, 512, blockSize, len(whole)} { // 0: one bit
			copy(data, whole)
			to := min(at+max(length, 1), len(whole))
			if length == 0 {
				data[at] ^= 1 << (at % 8)
			} else {
				clear(data[at:to])
			}
			if at%97 > 0 && length > 1 {
				continue
			}
			if lost := len(written) - look(t, data, written); lost > touched(at, to) {
				require.FailNow(t, "more is lost than was touched", "%d at %d of %d", lost, at, length)
			}
		}
		cut := look(t, whole[:at], written)
		require.LessOrEqual(t, len(written)-cut, touched(at, len(whole)))
	}
}

// Bytes of chance are no records, nor is a segment in another's place.
func TestScanOfOthers(t *testing.T) {
	whole, _ := filledSegment()
	assert.Empty(t, scan(whole, 8, 1).records, "of another journal")
	assert.Empty(t, scan(whole, 7, 2).records, "of another segment")
	assert.Empty(t, scan(append(make([]byte, 8), whole...), 7, 1).records, "of another offset")
	assert.Equal(t, scanned{}, scan(make([]byte, filled), 7, 1))
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, filled)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	assert.Empty(t, scan(noise, 7, 1).records)
}

// FuzzScan: whatever lies in a segment, scanning ends, and finds only what carries its sums.
func FuzzScan(f *testing.F) {
	whole, _ := filledSegment()
	f.Add(whole[:900])
	f.Add(append([]byte{'P', 'H', 'P', 'S'}, make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		found := scan(data, 7, 1)
		for _, r := range found.records {
			again := appendRecord(nil, place{7, 1, uint32(r.offset)}, r.number, data[r.offset+headSize:r.offset+headSize+r.size])
			require.Equal(t, again, data[r.offset:r.offset+len(again)])
		}
		require.LessOrEqual(t, found.end, len(data))
	})
}

// FuzzCursor: whatever lies in the cursor, reading it gives what was written there, or nothing.
func FuzzCursor(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0}, 2*slotSize))
	f.Add([]byte(`{"j":[{"i":"00000000000000aa","d":3,"l":5,"x":[[1,2,"damaged"]]}],"r":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _, err := readCursor(bytes.NewReader(data))
		if err != nil {
			require.Empty(t, c.Journals)
		}
	})
}
