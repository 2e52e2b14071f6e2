package intake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	begin = `{"v":1,"kind":"txn.begin","boot":"9f03ac21","seq":412,"at":1763888400123,"mono_ms":5120331,"ref":"000123","batch":"000045","type":"sale","entry":"chip","link":"mobile","host":0}`
	end   = `{"v":1,"kind":"txn.end","boot":"9f03ac21","seq":413,"at":1763888402011,"mono_ms":5122219,"ref":"000123","batch":"000045","type":"sale","outcome":"technical","rc":"96","offline":false,"host_ms":1640}`
	hello = `{"v":1,"kind":"hello","boot":"9f03ac21","seq":1,"at":1763888300000,"tid":"T0000001","mid":"898330105812001","level":2}`
)

func TestTheContractsOwnExamples(t *testing.T) {
	taken := NewReader("898330105812001").Parse([]byte(hello + "\n" + begin + "\r\n\n" + end + "\n"))
	require.Empty(t, taken.Refused)
	require.Len(t, taken.Events, 3)
	e := taken.Events[2]
	assert.Equal(t, TxnEnd, e.Kind)
	assert.Equal(t, "9f03ac21", e.Boot)
	assert.EqualValues(t, 413, e.Seq)
	assert.Equal(t, int64(1763888402011), e.At)
	assert.EqualValues(t, 5122219, e.Mono)
	assert.Equal(t, "technical", e.Text("outcome"))
	ms, told := e.Int("host_ms")
	assert.True(t, told)
	assert.EqualValues(t, 1640, ms)
	offline, told := e.Flag("offline")
	assert.True(t, told)
	assert.False(t, offline)
	_, told = e.Int("connect_ms")
	assert.False(t, told)
	assert.EqualValues(t, -1, taken.Events[0].Mono, "not told")
}

// TestRefusals: each by the name of its field, and the other lines are taken.
func TestRefusals(t *testing.T) {
	with := func(line, old, new string) string {
		t.Helper()
		require.Contains(t, line, old)
		return strings.Replace(line, old, new, 1)
	}
	for _, row := range []struct{ name, line, field, why string }{
		{"no JSON", `hello`, "", "a JSON object"},
		{"a list", `[1,2]`, "", "a JSON object"},
		{"cut", begin[:90], "", "a JSON object"},
		{"two objects", begin + begin, "", "nothing after it"},
		{"twice the same field", with(begin, `"seq":412`, `"seq":412,"seq":413`), "", "twice"},
		{"another version", with(begin, `"v":1`, `"v":2`), "v", "range"},
		{"no version", with(begin, `"v":1,`, ``), "v", "missing"},
		{"an unknown kind", with(begin, `txn.begin`, `txn.middle`), "kind", "contract"},
		{"a kind of another type", with(begin, `"txn.begin"`, `7`), "kind", "contract"},
		{"a boot in capitals", with(begin, `9f03ac21`, `9F03AC21`), "boot", "range"},
		{"seq 0", with(begin, `"seq":412`, `"seq":0`), "seq", "range"},
		{"seq beyond 31 bits", with(begin, `"seq":412`, `"seq":2147483648`), "seq", "range"},
		{"seq as text", with(begin, `"seq":412`, `"seq":"412"`), "seq", "type"},
		{"seq with a point", with(begin, `"seq":412`, `"seq":412.0`), "seq", "type"},
		{"seq with an exponent", with(begin, `"seq":412`, `"seq":4e2`), "seq", "type"},
		{"at in seconds", with(begin, `1763888400123`, `1763888400`), "at", "range"},
		{"at is null", with(begin, `1763888400123`, `null`), "at", "type"},
		{"at is a list", with(begin, `1763888400123`, `[1763888400]`), "at", "type"},
		{"a long reference", with(begin, `"000123"`, `"0001230001230"`), "", ""}, // 13 digits: the guard's
		{"a reference with a sign", with(begin, `"000123"`, `"00-123"`), "ref", "range"},
		{"an unknown type", with(begin, `"sale"`, `"gift"`), "type", "range"},
		{"another merchant", with(hello, `898330105812001`, `898330105812002`), "mid", "configured"},
		{"too long", with(begin, `"host":0`, `"host":0,"x":"`+strings.Repeat("x", MaxLine)+`"`), "", "longer"},
		{"nested too deep", with(begin, `"host":0`, `"host":0,"x":`+strings.Repeat("[", 9)+strings.Repeat("]", 9)), "", "deep"},
	} {
		t.Run(row.name, func(t *testing.T) {
			taken := NewReader("898330105812001").Parse([]byte(begin + "\n" + row.line + "\n" + end))
			if row.field+row.why == "" {
				assert.True(t, taken.Guarded)
				assert.Empty(t, taken.Events)
				return
			}
			require.Len(t, taken.Refused, 1)
			r := taken.Refused[0]
			assert.Equal(t, 2, r.Line)
			assert.Equal(t, row.field, r.Field)
			assert.Contains(t, r.Error(), row.why)
			assert.Len(t, taken.Events, 2)
			assert.False(t, taken.Guarded)
		})
	}
}

func TestUnknownFieldsAreLeftOut(t *testing.T) {
	taken := NewReader("").Parse([]byte(strings.Replace(begin, `"host":0`, `"host":0,"flavour":"vanilla","more":{"a":[1,null,true,{"b":"c"}]}`, 1)))
	require.Len(t, taken.Events, 1)
	assert.Equal(t, 2, taken.Dropped)
	assert.Empty(t, taken.Events[0].Text("flavour"))
}

func TestLimits(t *testing.T) {
	assert.Len(t, NewReader("").Parse([]byte(strings.Repeat(begin+"\n", MaxLines))).Events, MaxLines)
	taken := NewReader("").Parse([]byte(strings.Repeat(begin+"\n", MaxLines+3)))
	assert.Len(t, taken.Events, MaxLines)
	assert.Equal(t, "line 65: more than 64 lines", fmt.Sprint(taken.Refused[0].Error()))
	taken = NewReader("").Parse([]byte(strings.Repeat(" ", MaxRequest+1)))
	assert.Empty(t, taken.Events)
	assert.Contains(t, taken.Refused[0].Why, "longer than 32768")
}
