package dump_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// settings are the fixtures, what is asked of each and what it tells.
func settings() map[string]struct {
	names []string
	want  map[string]string
} {
	type row = struct {
		names []string
		want  map[string]string
	}
	return map[string]row{
		"made/settings-list.txt": {
			[]string{"airplane_mode_on", "auto_time", "mobile_data", "ntp_server", "ringtone", "user_disabled_hdr_formats", "not_there"},
			map[string]string{
				"airplane_mode_on": "0", "auto_time": "1", "mobile_data": "1", "user_disabled_hdr_formats": "",
				"ringtone": "content://media/internal/audio/media/12?title=Imran_Ringtone&canonical=1",
			},
		},
		"made/settings-query.txt": {
			[]string{"airplane_mode_on", "airplane_mode_radios", "auto_time", "mobile_data", "ntp_server"},
			map[string]string{"airplane_mode_on": "0", "airplane_mode_radios": "cell,bluetooth,wifi, nfc", "auto_time": "1"},
		},
		"made/settings-dump-10.txt": {
			[]string{"auto_time", "device_name", "mobile_data", "ntp_server", "wifi_on", "odd"},
			map[string]string{"auto_time": "1", "device_name": "POS 3", "mobile_data": "1", "wifi_on": "1"},
		},
		"made/settings-global-9.xml": {
			[]string{"auto_time", "odd", "ntp_server", "novalue", "broken", "fake", "airplane_mode_on"},
			map[string]string{"auto_time": "1", "odd": "a <b> & \"c\" \né /d", "fake": ` name="airplane_mode_on" value="1"`, "airplane_mode_on": "0"},
		},
	}
}

func TestParseSettings(t *testing.T) {
	for name, row := range settings() {
		t.Run(name, func(t *testing.T) {
			parse := func(lines iter.Seq[string]) (map[string]string, error) {
				return dump.ParseSettings(lines, row.names...)
			}
			got, err := parse(sample(t, name))
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
			agreesHoweverCut(t, string(sampleBytes(t, name)), parse)

			one, err := dump.ParseSettings(sample(t, name), "auto_time")
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"auto_time": "1"}, one, "only what is asked for")

			lines, whole := 0, len(slices.Collect(sample(t, name)))
			_, err = dump.ParseSettings(counted(sample(t, name), &lines), "auto_time")
			require.NoError(t, err)
			assert.Less(t, lines, whole, "it reads on though it has all")
		})
	}
}

func TestParseSettingsOfOddOutput(t *testing.T) {
	for _, row := range []struct {
		name string
		in   []string
		want map[string]string // nil: an error
	}{
		{"nothing", nil, nil},
		{"denied", []string{"Permission Denial: can't dump settings from pid=1, uid=10053 due to missing android.permission.DUMP permission"}, nil},
		{"no rows", []string{"No result found."}, nil},
		{"binary XML", []string{"ABX\x00\x10\xff", "a=1"}, nil},
		{"the first of two tables", []string{"a=1", "a=2"}, map[string]string{"a": "1"}},
		{"null in the first of two tables", []string{"a=null", "a=2"}, map[string]string{}},
		{"a value with signs of equality", []string{"a=b=c"}, map[string]string{"a": "b=c"}},
		{"a value too long", []string{"a=" + strings.Repeat("x", 513)}, map[string]string{}},
		{"a heading before", []string{"# Global", "settings list global", "a=1"}, map[string]string{"a": "1"}},
		{"another form's line in a list", []string{"b=1", "Row: 0 name=a, value=1", "_id:1 name:a pkg:x value:2"}, map[string]string{}},
		{"a row without a name", []string{"Row: 0 value=1"}, map[string]string{}},
		{"a row whose value looks like a name", []string{"Row: 0 name=a, value=x, name=b"}, map[string]string{}},
		{"a row whose name looks like a value", []string{"Row: 0 name=a b, value=1"}, map[string]string{}},
		{"all of an XML in a line", []string{`<settings version="1"><setting id="1" name="b" value="1" /><setting id="2" name="a" value="2"/></settings>`}, map[string]string{"a": "2"}},
		{"an XML cut in its last element", []string{`<settings version="1">`, `<setting id="2" name="a" value="2"`}, map[string]string{}},
		{"an entity that is none", []string{`<setting id="2" name="a" value="&#0;" />`}, map[string]string{}},
		{"an entity without its end", []string{`<setting id="2" name="a" value="&amp" />`}, map[string]string{}},
		{"half a pair of surrogates", []string{`<setting id="2" name="a" value="&#xD800;" />`}, map[string]string{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := dump.ParseSettings(text(row.in...), "a")
			if row.want == nil {
				malformed(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
	_, err := dump.ParseSettings(text("ABX\x00\x10\xff"), "a")
	assert.ErrorContains(t, err, "ABX")
}

func FuzzParseSettings(f *testing.F) {
	for name := range settings() {
		f.Add(sampleBytes(f, name))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		names := []string{"auto_time", "airplane_mode_on", "mobile_data", "odd"}
		got, err := dump.ParseSettings(dump.Lines(in), names...)
		if err != nil {
			malformed(t, err)
		}
		for name, value := range got {
			if !slices.Contains(names, name) || len(value) > 512 {
				t.Errorf("impossible: %q=%q", name, value)
			}
		}
	})
}
