package dump_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseLifeTime(t *testing.T) {
	for _, row := range []struct {
		name, in string
		a, b     *int
	}{
		{"a real terminal: new", string(sampleBytes(t, "sys_block_mmcblk0_device_life_time/10-Allwinner-A133.txt")), new(0), new(0)},
		{"in use", "0x02 0x0A", new(10), new(90)},
		{"lower case", "0x0a 0x0b", new(90), new(100)},
		{"beyond its life", "0x0B 0x01", new(100), new(0)},
		{"one type only", "0x03 0x00", new(20), nil},
		{"one word, as of a UFS", "0x03", new(20), nil},
		{"no statement", "0x00 0x00", nil, nil},
		{"reserved", "0x0C 0xFF", nil, nil},
		{"half a number", "0x0", nil, nil},
		{"too long", "0x001 0x100", nil, nil},
		{"words", "Permission denied", nil, nil},
		{"nothing", "", nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, b := dump.ParseLifeTime(row.in)
			assert.Equal(t, row.a, a)
			assert.Equal(t, row.b, b)
		})
	}
}

func TestParsePreEOL(t *testing.T) {
	assert.Equal(t, "normal", dump.ParsePreEOL(string(sampleBytes(t, "sys_block_mmcblk0_device_pre_eol_info/10-Allwinner-A133.txt"))))
	for in, want := range map[string]string{
		"0x01\n": "normal", "01": "normal", "0x02": "warning", "03": "urgent", "0x00": "", "0x04": "", "1": "", "0x": "", "": "", "x": "", "-01": "",
	} {
		assert.Equal(t, want, dump.ParsePreEOL(in), in)
	}
}

// Half a file never tells another number.
func TestWearCutAnywhere(t *testing.T) {
	for _, whole := range []string{"0x01 0x0B\n", "0x0A 0x01\n", "0x0B 0x0B\n"} {
		wantA, wantB := dump.ParseLifeTime(whole)
		for n := range whole {
			a, b := dump.ParseLifeTime(whole[:n])
			if a != nil {
				assert.Equal(t, wantA, a, whole[:n])
			}
			if b != nil {
				assert.Equal(t, wantB, b, whole[:n])
			}
		}
	}
}

func FuzzParseWear(f *testing.F) {
	f.Add("0x01 0x01\n")
	f.Add("01")
	f.Fuzz(func(t *testing.T, in string) {
		a, b := dump.ParseLifeTime(in)
		for _, used := range []*int{a, b} {
			if used != nil && (*used < 0 || *used > 100 || *used%10 != 0) {
				t.Errorf("impossible: %d", *used)
			}
		}
		switch word := dump.ParsePreEOL(in); word {
		case "", "normal", "warning", "urgent":
		default:
			t.Errorf("impossible: %s", word)
		}
	})
}
