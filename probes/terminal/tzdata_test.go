package terminal

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tzFile makes a file of Android's form with these zones, in the order given: name, data, name, data.
func tzFile(zones ...string) []byte {
	header := []byte("tzdata2023c\x00")
	data := tzHeader + tzEntry*len(zones)/2
	for _, at := range []int{tzHeader, data, data} {
		header = binary.BigEndian.AppendUint32(header, uint32(at))
	}
	var index, contents []byte
	for i := 0; i < len(zones); i += 2 {
		entry := make([]byte, tzEntry)
		copy(entry, zones[i])
		binary.BigEndian.PutUint32(entry[tzName:], uint32(len(contents)))
		binary.BigEndian.PutUint32(entry[tzName+4:], uint32(len(zones[i+1])))
		index = append(index, entry...)
		contents = append(contents, zones[i+1]...)
	}
	return append(append(header, index...), contents...)
}

// zone8 is a zone of eight hours east, as zic writes it in its first, shortest form.
const zone8 = "TZif\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x04" +
	"\x00\x00\x70\x80\x00\x00" + "CST\x00"

func TestTZData(t *testing.T) {
	good := tzFile("Asia/Shanghai", zone8, "Asia/Kolkata", "other")
	moved := func(at int, to uint32) string {
		b := bytes.Clone(good)
		binary.BigEndian.PutUint32(b[at:], to)
		return string(b)
	}
	for _, row := range []struct{ name, file, zone, want, says string }{
		{"the first", string(good), "Asia/Shanghai", zone8, ""},
		{"the last", string(good), "Asia/Kolkata", "other", ""},
		{"none of that name", string(good), "Asia/Tokyo", "", "no such time zone in it"},
		{"part of a name", string(good), "Asia", "", "no such time zone in it"},
		{"another file", "TZif2 and a long text behind it", "Asia/Shanghai", "", "does not begin as Android's tzdata"},
		{"an empty file", "", "Asia/Shanghai", "", "it ends early"},
		{"an index before its header's end", moved(12, 8), "Asia/Shanghai", "", "its index is said to lie from 8"},
		{"data before the index", moved(16, 20), "Asia/Shanghai", "", "from 24 to 20"},
		{"an index without end", moved(16, 0x7fffffff), "Asia/Shanghai", "", "from 24 to 2147483647"},
		{"a zone beyond the file", moved(tzHeader+tzName, 0x7fffffff), "Asia/Shanghai", "", "it ends early"},
		{"a zone without end", moved(tzHeader+tzName+4, 0xffffffff), "Asia/Shanghai", "", "said to have 4294967295 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := readTZData(strings.NewReader(row.file), row.zone)
			if row.says != "" {
				assert.ErrorContains(t, err, row.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, string(got))
		})
	}
	for cut := range len(good) - len("other") { // within the header, the index and the first zone
		_, err := readTZData(bytes.NewReader(good[:cut]), "Asia/Shanghai")
		require.ErrorContains(t, err, "it ends early", "cut after %d bytes", cut)
	}
}

func FuzzTZData(f *testing.F) {
	f.Add(tzFile("Asia/Shanghai", zone8, "Asia/Kolkata", "other"), "Asia/Shanghai")
	f.Add(tzFile(), "UTC")
	f.Fuzz(func(t *testing.T, file []byte, zone string) {
		data, err := readTZData(bytes.NewReader(file), zone)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(data), maxTZZone)
		if found, err := time.LoadLocationFromTZData(zone, data); err == nil {
			_ = time.Unix(1_800_000_000, 0).In(found).String()
		}
	})
}

func TestZone8IsOne(t *testing.T) {
	found, err := time.LoadLocationFromTZData("Asia/Shanghai", []byte(zone8))
	require.NoError(t, err)
	assert.Equal(t, "08:00 CST", time.Unix(0, 0).In(found).Format("15:04 MST"))
}
