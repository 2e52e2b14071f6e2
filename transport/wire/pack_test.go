package wire_test

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestDictionariesNeverChange: a message packed with one cannot be read with another that merely has its number.
func TestDictionariesNeverChange(t *testing.T) {
	for id, want := range map[int]string{
		1: "7c9c0d3664b3e8485d7b4cb00c2928d544ecd6d6664c29d5708748eb05e21ac2",
	} {
		text := wire.Dictionary(id)
		assert.LessOrEqual(t, len(text), 8<<10, "a dictionary is part of the terminal's program")
		assert.Equal(t, want, sumOf(text), "dictionary %d was changed. Messages that are packed with it lie in spools and stores: "+
			"take the change back, and put what should be better into a dictionary of the next number", id)
	}
	for id := range 16 {
		assert.Equal(t, id == 1, wire.Dictionary(id) != nil, "a dictionary without its sum in this test: %d", id)
	}
}

// TestPackPays: what real messages of testdata/v1 may cost on the wire, in bytes, with room for other hosts and names.
func TestPackPays(t *testing.T) {
	for name, most := range map[string]int{
		"snapshot-05.json": 2000, // a whole pulse of an Android, 10,824 B
		"snapshot-06.json": 700,  // a partial one with much moved and a host down, 4,418 B
		"snapshot-07.json": 270,  // a partial one, 1,341 B
		"event-03.json":    320,  // two findings, 1,651 B
		"event-05.json":    120,  // the first verdict, 538 B
		"state-02.json":    110,  // a birth, 167 B
	} {
		body := golden(t, "v1/"+name)
		packed := wire.Pack(body)
		t.Logf("%s: %d B plain, %d B with deflate alone, %d B packed", name, len(body), len(deflate(t, body, nil)), len(packed))
		assert.LessOrEqual(t, len(packed), most, name)
		assert.Equal(t, byte(0xA1), packed[0])
	}
}

// TestPackNeverLengthens: what deflate cannot shorten, and what is no message, stays as it is.
func TestPackNeverLengthens(t *testing.T) {
	random := make([]byte, 3000)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(random)
	for name, body := range map[string][]byte{
		"nothing": nil, "the smallest": []byte("{}"), "no object": []byte(`"text"`), "packed already": wire.Pack(golden(t, "event.json")),
		"noise": append([]byte("{"), random...), "too long": slices.Concat([]byte(`{"x":"`), bytes.Repeat([]byte("x"), wire.MaxMessage), []byte(`"}`)),
	} {
		assert.Equal(t, body, wire.Pack(body), name)
	}
}

func TestUnpackRefuses(t *testing.T) {
	event := golden(t, "event.json")
	packed := wire.Pack(event)
	bomb := append([]byte{0xA1}, deflate(t, append([]byte("{"), make([]byte, 16<<20)...), wire.Dictionary(1))...)
	require.Less(t, len(bomb), wire.MaxMessage)
	for _, row := range []struct {
		name, want string
		body       []byte
	}{
		{"nothing", "it is empty", nil},
		{"only white space", "it is empty", []byte(" \n")},
		{"garbage", "neither a JSON object nor packed, it begins with 0x00", []byte{0, 1, 2}},
		{"a list", "neither a JSON object nor packed, it begins with 0x5b", []byte("[]")},
		{"no dictionary", "it begins with 0xa0", []byte{0xA0, 1}},
		{"a dictionary of tomorrow", "it needs dictionary 2, and this reader knows 1 to 1; update it", append([]byte{0xA2}, packed[1:]...)},
		{"only the first byte", "its end is missing", packed[:1]},
		{"cut", "its end is missing", packed[:len(packed)-1]},
		{"more than one", "3 bytes follow its end", append(slices.Clone(packed), "abc"...)},
		{"no deflate", "it is damaged", []byte{0xA1, 0xFF, 0xFF, 0xFF}},
		{"packed, but no message", "it holds no JSON object", append([]byte{0xA1}, deflate(t, []byte("[1,2,3]"), wire.Dictionary(1))...)},
		{"packed twice", "it holds no JSON object", append([]byte{0xA1}, deflate(t, packed, wire.Dictionary(1))...)},
		{"a bomb", "it holds more than 262144 bytes", bomb},
		{"too long", "more than 262144", append([]byte("{"), make([]byte, wire.MaxMessage)...)},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := wire.Unpack(row.body)
			assert.ErrorContains(t, err, row.want)
			_, err = wire.Decode[wire.Event](row.body)
			assert.ErrorContains(t, err, row.want, "Decode goes the same way")
		})
	}
	got, err := wire.Unpack(append([]byte("\r\n\t "), event...))
	require.NoError(t, err, "a plain message may begin with white space")
	assert.Equal(t, string(event), string(got))
}

// TestABombStaysSmall: 16 MiB of zeros in 16 kB are refused after a quarter of one, long before they are there.
func TestABombStaysSmall(t *testing.T) {
	bomb := append([]byte{0xA1}, deflate(t, append([]byte("{"), make([]byte, 16<<20)...), wire.Dictionary(1))...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := wire.Unpack(bomb)
	runtime.ReadMemStats(&after)
	require.Error(t, err)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20), "bytes allocated")
}

// TestOthersUnpack: another's zlib reads what Pack makes, by the very program that the documentation gives.
func TestOthersUnpack(t *testing.T) {
	python := probetest.Need(t, "python3")
	page, err := os.ReadFile(reference + "telemetry.md")
	require.NoError(t, err)
	_, program, ok := strings.Cut(string(page), "```python\n")
	require.True(t, ok)
	program, _, _ = strings.Cut(program, "```")
	program += "import sys\njson.dump(read(bytes.fromhex(sys.stdin.read())), sys.stdout)\n"
	assert.Contains(t, string(page), sumOf(wire.Dictionary(1)), "the sum of dictionary 1")
	want := golden(t, "v1/snapshot-05.json")
	for _, body := range [][]byte{wire.Pack(want), want} {
		cmd := exec.CommandContext(t.Context(), python, "-c", program)
		cmd.Stdin = strings.NewReader(hex.EncodeToString(body))
		cmd.Stderr = os.Stderr
		got, err := cmd.Output()
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got))
	}
}

func FuzzUnpack(f *testing.F) {
	files, err := filepath.Glob("testdata/v1/*-*")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		if len(body) < 2<<10 { // what is longer the fuzzer spends its time on making short
			f.Add(body)
		}
	}
	f.Add([]byte{0xA0})
	f.Add([]byte{0xAF, 0x03, 0x00})
	f.Fuzz(func(t *testing.T, body []byte) {
		json, err := wire.Unpack(body)
		if err != nil {
			require.Nil(t, json)
			return
		}
		require.LessOrEqual(t, len(json), wire.MaxMessage)
		require.Equal(t, byte('{'), json[0])
		packed := wire.Pack(json)
		require.LessOrEqual(t, len(packed), len(json), "packing never lengthens")
		again, err := wire.Unpack(packed)
		require.NoError(t, err)
		require.Equal(t, json, again, "and loses nothing")
	})
}

// BenchmarkPack: the budget is 10 ms and 900 kB of garbage for a whole pulse, which a terminal makes four times a day; what the
// compressor takes is the same for all messages.
func BenchmarkPack(b *testing.B) {
	benchmark(b, func(json, _ []byte) { wire.Pack(json) }, 1<<20)
}

// BenchmarkUnpack: the budget is 60 kB beside the message itself; a fleet of 10^6 terminals has 1,100 messages a second to read.
func BenchmarkUnpack(b *testing.B) {
	benchmark(b, func(_, packed []byte) { _, _ = wire.Unpack(packed) }, 100<<10)
}

func benchmark(b *testing.B, once func(json, packed []byte), budget uint64) {
	for _, name := range []string{"snapshot-05", "snapshot-07", "event-03"} {
		json, packed := golden(b, "v1/"+name+".json"), golden(b, "v1/"+name+".packed")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(json)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				once(json, packed)
			}
			runtime.ReadMemStats(&after)
			if each := (after.TotalAlloc - before.TotalAlloc) / uint64(b.N); each > budget {
				b.Errorf("%d B allocated for a message, at most %d", each, budget)
			}
		})
	}
}

// deflate is what Pack does, by hand and without a bound.
func deflate(t testing.TB, body, dict []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriterDict(&out, flate.BestCompression, dict)
	require.NoError(t, err)
	_, err = w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return body
}
