package dump_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

func TestParseLMK(t *testing.T) {
	got, err := dump.ParseLMK(sample(t, "made/lmk-12.txt"))
	require.NoError(t, err)
	assert.Equal(t, dump.LMK{Total: 41, Levels: []dump.LMKLevel{{Adj: 999, Kills: 41}, {Adj: 900, Kills: 12}, {Adj: 200, Kills: 3}, {Adj: 0, Kills: 0}}}, got)
	cutEverywhere(t, sampleBytes(t, "made/lmk-12.txt"), told(dump.ParseLMK))

	for _, out := range []string{"", "ACTIVITY MANAGER LMK KILLS (dumpsys activity lmk)\n", "  Total number of kills: -1\n", "  Total number of kills: null\n    kills at or below oom_adj 0: 1\n"} {
		_, err := dump.ParseLMK(dump.Lines([]byte(out)))
		assert.EqualError(t, err, `dumpsys activity lmk: no line "Total number of kills:"`, out)
	}
}

func TestParseOOMKills(t *testing.T) {
	assert.Equal(t, new(int64(3)), dump.ParseOOMKills(sample(t, "made/vmstat-4.14.txt")))
	for in, want := range map[string]*int64{
		"oom_kill 0\n": new(int64(0)), "oom_kill 9007199254740993\n": new(int64(9007199254740993)), "oom_kill -1\n": nil, "oom_kill x\n": nil, "oom_killer 3\n": nil, "": nil, "oom_kill 3": nil,
	} {
		assert.Equal(t, want, dump.ParseOOMKills(dump.Lines([]byte(in))), in)
	}
	cutEverywhere(t, sampleBytes(t, "made/vmstat-4.14.txt"), dump.ParseOOMKills)
}

func FuzzParseLMK(f *testing.F) {
	f.Add(sampleBytes(f, "made/lmk-12.txt"))
	f.Add(sampleBytes(f, "made/vmstat-4.14.txt"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _ := dump.ParseLMK(dump.Lines(in))
		if got.Total < 0 || len(got.Levels) > 32 {
			t.Errorf("impossible: %+v", got)
		}
		for _, level := range got.Levels {
			if level.Kills < 0 || level.Adj < -1000 || level.Adj > 1001 {
				t.Errorf("impossible: %+v", level)
			}
		}
		if n := dump.ParseOOMKills(dump.Lines(in)); n != nil && *n < 0 {
			t.Errorf("impossible: %d", *n)
		}
	})
}
