package apk_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/app/apk"
)

// comment puts a comment at the end of an archive that has none.
func comment(b []byte, text string) []byte {
	all := append(bytes.Clone(b), text...)
	binary.LittleEndian.PutUint16(all[endOf(b)+20:], uint16(len(text)))
	return all
}

func TestReadPastAComment(t *testing.T) {
	whole := fixture(t, "v1-v2-v3")
	want, err := read(whole, 0)
	require.NoError(t, err)
	for _, row := range []struct{ name, text string }{
		{"short", "x"},
		{"of some length", strings.Repeat("x", 2000)},
		{"as long as may be", strings.Repeat("x", math.MaxUint16)},
		{"with the mark of an end record in it", strings.Repeat("PK\x05\x06", 100)},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(comment(whole, row.text), 0)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

// many makes the archive of an app with so many files besides those of its signature.
func many(t testing.TB, count int, name string) []byte {
	t.Helper()
	signature := fixture(t, name)
	from, err := zip.NewReader(bytes.NewReader(signature), int64(len(signature)))
	require.NoError(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range count {
		_, err := w.CreateRaw(&zip.FileHeader{Name: "assets/" + strconv.Itoa(i)})
		require.NoError(t, err)
	}
	for _, f := range from.File {
		require.NoError(t, w.Copy(f))
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestReadAmongManyFiles(t *testing.T) {
	want, err := read(fixture(t, "v1-two"), 23)
	require.NoError(t, err)
	got, err := read(many(t, 10_000, "v1-two"), 23)
	require.NoError(t, err)
	assert.Equal(t, want, got)

	_, err = read(many(t, 70_000, "v1-two"), 23)
	assert.ErrorContains(t, err, "a ZIP64 archive, which Android takes for no APK")
}

// Without ZIP64 the end record has 16 bits for the number of files, and Android reads so many and no more.
func TestReadNoMoreFilesThanToldOf(t *testing.T) {
	some := archive(t, file{name: "a"})
	record := some[directoryOf(some):endOf(some)]
	hidden := app(t, file{"META-INF/A.SF", textOf("AndroidManifest.xml"), false}, file{"META-INF/A.RSA", blockOf("a"), false})
	all := join(hidden[:directoryOf(hidden)], bytes.Repeat(record, 200_000), hidden[directoryOf(hidden):])
	binary.LittleEndian.PutUint16(all[endOf(all)+10:], math.MaxUint16)
	binary.LittleEndian.PutUint32(all[endOf(all)+12:], uint32(endOf(all)-directoryOf(all)))
	_, got := read(all, 23)
	assert.ErrorIs(t, got, apk.ErrUnsigned)

	b := archive(t, file{name: "AndroidManifest.xml"}, file{name: "META-INF/A.SF"}, file{name: "META-INF/A.RSA"})
	binary.LittleEndian.PutUint16(b[endOf(b)+10:], 1)
	_, err := read(b, 23)
	assert.ErrorIs(t, err, apk.ErrUnsigned)

	binary.LittleEndian.PutUint16(b[endOf(b)+10:], 4)
	_, err = read(b, 23)
	assert.ErrorContains(t, err, "the central directory, file 4 of 4: the directory ends before")
}

func TestReadRefusesOtherFiles(t *testing.T) {
	v1 := fixture(t, "v1-ec")
	for _, row := range []struct {
		name string
		file []byte
		size int64
		err  string
	}{
		{"empty", nil, 0, "not an APK: no end of a ZIP archive in it"},
		{"a size below nothing", nil, -1, "not an APK"},
		{"shorter than an end record", make([]byte, 21), 21, "not an APK"},
		{"another file", make([]byte, 100_000), 100_000, "not an APK"},
		{"a size that it has not", v1, math.MaxInt64, "the end of the archive, 22 bytes at 9223372036854775785: the file ends before"},
		{"one byte less than the size", v1, int64(len(v1) + 1), "the end of the archive, 22 bytes at"},
		{"a directory behind its end", patch(v1, endOf(v1)+16, 0xff, 0xff, 0xff, 0xff), int64(len(v1)), " bytes at 4294967295, runs past the end record at"},
		{"no directory where it is told to be", patch(v1, endOf(v1)+16, 0, 0, 0, 0), int64(len(v1)), "file 1 of 4: it begins with 504b0304, not with 504b0102"},
		{"a long name", patch(v1, directoryOf(v1)+28, 0xff, 0xff), int64(len(v1)), "file 1 of 4: its name has 65535 bytes: more than 4096"},
		{"a name that runs past the directory", patch(v1, directoryOf(v1)+28, 0xff, 0x0f), int64(len(v1)), "file 1 of 4: the directory ends before"},
		{"a comment that runs past the directory", patch(v1, directoryOf(v1)+32, 0xff, 0xff), int64(len(v1)), "file 1 of 4: the directory ends before"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := apk.Read(bytes.NewReader(row.file), row.size, 23)
			require.ErrorContains(t, err, row.err)
			assert.Empty(t, got)
		})
	}
}

// patch is a copy with other bytes at a place.
func patch(b []byte, at int, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], with)
	return b
}

func TestReadRefusesAHugeDirectory(t *testing.T) {
	b := archive(t, file{name: "AndroidManifest.xml"})
	b = bytes.Join([][]byte{b[:endOf(b)], make([]byte, 17<<20), b[endOf(b):]}, nil)
	binary.LittleEndian.PutUint32(b[endOf(b)+12:], 17<<20)
	_, err := read(b, 23)
	assert.ErrorContains(t, err, "the central directory has 17825792 bytes: more than 16777216")
}

// failing is a file of which some bytes cannot be read.
type failing struct {
	*bytes.Reader
	from, to int64
}

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	if at < f.to && at+int64(len(b)) > f.from {
		return 0, &fs.PathError{Op: "read", Path: "base.apk", Err: fs.ErrPermission}
	}
	return f.Reader.ReadAt(b, at)
}

func TestReadSaysWhatTheReaderSaid(t *testing.T) {
	for name, b := range fixtures(t) {
		size := int64(len(b))
		for at := int64(0); at < size; at += size / 50 {
			got, err := apk.Read(failing{bytes.NewReader(b), at, at + 1}, size, 0)
			if err != nil {
				require.ErrorIs(t, err, fs.ErrPermission, "%s at %d", name, at)
				assert.Empty(t, got)
			}
		}
	}
}

// ended is a reader that says at once that the file ends, as io.ReaderAt allows it for the last byte.
type ended struct{ *bytes.Reader }

func (e ended) ReadAt(b []byte, at int64) (int, error) {
	n, err := e.Reader.ReadAt(b, at)
	if err == nil && at+int64(n) == e.Size() {
		err = io.EOF
	}
	return n, err
}

func TestReadToTheLastByte(t *testing.T) {
	b := fixture(t, "v2")
	got, err := apk.Read(ended{bytes.NewReader(b)}, int64(len(b)), 0)
	require.NoError(t, err)
	assert.Equal(t, "v2", got.Scheme)
}
