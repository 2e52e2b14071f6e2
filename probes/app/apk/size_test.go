package apk_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// memory is what one Read may allocate in bytes, whatever the app's size. The decompressor takes 48 KiB of it, the buffer
// for the directory 16 KiB, and the search for the end record before the longest comment 72 KiB.
const memory = 160 << 10

// big writes an APK of 100 MiB with ten thousand files and the longest comment; most of it is a hole.
func big(t testing.TB, name string) *os.File {
	t.Helper()
	const hole = 100 << 20
	b := fixture(t, name)
	if name == "v1-two" {
		b = many(t, 10_000, name)
	}
	end := endOf(b)
	binary.LittleEndian.PutUint32(b[endOf(b)+16:], uint32(directoryOf(b)+hole))
	for at := directoryOf(b) - hole; at < end; {
		header := binary.LittleEndian.Uint32(b[at+42:])
		binary.LittleEndian.PutUint32(b[at+42:], header+hole)
		next := at + 46
		for _, length := range []int{28, 30, 32} { // of the name, what is behind it, and the comment
			next += int(binary.LittleEndian.Uint16(b[at+length:]))
		}
		at = next
	}
	b = comment(b, strings.Repeat("x", math.MaxUint16))
	f, err := os.Create(filepath.Join(t.TempDir(), "base.apk"))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.WriteAt(b, hole)
	require.NoError(t, err)
	return f
}

func readFile(t testing.TB, f *os.File, sdk int) apk.Signers {
	t.Helper()
	info, err := f.Stat()
	require.NoError(t, err)
	got, err := apk.Read(f, info.Size(), sdk)
	require.NoError(t, err)
	return got
}

func TestReadTakesLittleMemory(t *testing.T) {
	for _, name := range []string{"v1-two", "v2-two", "rotated-33"} {
		t.Run(name, func(t *testing.T) {
			f := big(t, name)
			want, err := read(fixture(t, name), 0)
			require.NoError(t, err)
			assert.Equal(t, want, readFile(t, f, 0))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			readFile(t, f, 0)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(memory))
		})
	}
}

// The budget is that of TestReadTakesLittleMemory; the time is told for comparison.
func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"v1-two", "v2-two", "rotated-33"} {
		b.Run(name, func(b *testing.B) {
			f := big(b, name)
			info, err := f.Stat()
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := apk.Read(f, info.Size(), 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
