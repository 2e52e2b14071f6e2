package intake

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake/intaketest"
)

func TestBears(t *testing.T) {
	for text, want := range map[string]bool{
		"":                          false,
		"000123":                    false,
		"123456789012":              false,
		"1234567890123":             true,
		"4111111111111111":          true,
		"4111 1111 1111 1111":       true,
		"4111-1111-1111-1111":       true,
		"4.1.1.1.1.1.1.1.1.1.1.1.1": true,
		"４１１１１１１１１１１１１１１１":           true,
		"٤١١١١١١١١١١١١١١١":           true,
		"x4111111111111111x":         true,
		"4111  1111  1111  1111":     false, // two signs are no separator: a table of numbers is no card
		"411111a111111b1111":         false,
		"%B":                         true,
		"%b42":                       true,
		";42=":                       true,
		";4111=2512":                 true,
		";=":                         false,
		"a;b=c":                      false,
		"2026-11-27":                 false,
		"4.111111111111111e15":       true,
		"62220219\u00a087654321 123": true,
	} {
		assert.Equal(t, want, bears(text), "%q", text)
	}
}

// generated is a valid event, of every kind and with every field that there is, as chance has it.
func generated(r *rand.Rand) map[string]any {
	kind := kinds()[r.IntN(8)]
	e := map[string]any{}
	for _, f := range append(common(), fields(kind)...) {
		if !f.needed && r.IntN(2) == 0 {
			continue
		}
		switch {
		case f.name == "kind":
			e[f.name] = kind
		case f.flag:
			e[f.name] = r.IntN(2) == 0
		case f.fits == nil:
			n := f.least + r.Int64N(f.most-f.least+1)
			if f.moment && inSeconds(n) {
				n *= 1000
			}
			e[f.name] = n
		default:
			e[f.name] = fitting(r, f.fits)
		}
	}
	return e
}

// fitting tries texts until one fits: digits as often as letters, so that the guard sees as many as there may be.
func fitting(r *rand.Rand, fits func(string) bool) string {
	words := strings.Fields("sale void refund preauth preauth_complete preauth_void balance qr_pay qr_refund other approved declined technical no_answer cancelled unknown " +
		"chip contactless magstripe manual qr none wifi mobile ethernet queued sending done failed abandoned mac print card_removed signed_on signed_off open settling settled not_equal " +
		"uploading upload_failed host terminal OK PaperLow NoPaper PaperJam OutOfOrder")
	for {
		if r.IntN(3) == 0 {
			if w := words[r.IntN(len(words))]; fits(w) {
				return w
			}
			continue
		}
		alphabet := []string{"0123456789", "0123456789abcdef", "0123456789ABCXYZ"}[r.IntN(3)]
		b := make([]byte, 1+r.IntN(15))
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		if fits(string(b)) {
			return string(b)
		}
	}
}

func line(t testing.TB, e map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	require.NoError(t, err)
	return b
}

// TestWhatIsValidIsTaken: no event of the contract is ever refused. -rounds asks for more of them.
func TestWhatIsValidIsTaken(t *testing.T) {
	r, reader := rand.New(rand.NewPCG(1, 2)), NewReader("")
	for range *rounds {
		b := line(t, generated(r))
		if taken := reader.Parse(b); len(taken.Events) != 1 || taken.Dropped != 0 {
			t.Fatalf("%s\n%+v", b, taken)
		}
	}
}

// TestNoCardIsTaken has a card's number in every place of an event that could hold one, and looks for it in what is taken and in
// what is said. A number that stands alone may be a field's own only where it is a time; those cannot be a card's.
func TestNoCardIsTaken(t *testing.T) {
	r, reader := rand.New(rand.NewPCG(3, 4)), NewReader("")
	for range *rounds {
		e := generated(r)
		card := intaketest.Hide(r, e)
		b := line(t, e)
		if merchant, ok := e[merchantField].(string); ok && merchant == card {
			continue // 15 digits where a merchant's number stands: it is held against the configured one
		}
		taken := reader.Parse(b)
		if len(taken.Events) != 0 || strings.Contains(fmt.Sprint(taken), card) {
			t.Fatalf("%s\n%+v", b, taken)
		}
	}
}

// TestACardRefusesTheWholeRequest: also the lines beside it, which came from the same place.
func TestACardRefusesTheWholeRequest(t *testing.T) {
	taken := NewReader("").Parse([]byte(begin + "\n" + strings.Replace(end, `"rc":"96"`, `"rc":"96","pan":"6222021234567890123"`, 1)))
	assert.True(t, taken.Guarded)
	assert.Empty(t, taken.Events)
	require.Len(t, taken.Refused, 1)
	assert.NotContains(t, fmt.Sprint(taken), "6222021234567890123")
}

// TestAMerchantsNumberIsHelloAlone: fifteen digits elsewhere are a card.
func TestAMerchantsNumberIsHelloAlone(t *testing.T) {
	assert.Len(t, NewReader("").Parse([]byte(hello)).Events, 1)
	assert.True(t, NewReader("").Parse([]byte(strings.Replace(begin, `"host":0`, `"mid":"898330105812001"`, 1))).Guarded)
}

// FuzzParse: nothing breaks it, what is taken fits the contract, and what is said holds no 13 digits.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{hello, begin, end, begin + "\n" + end, `{"a":{"b":[]}}`, "%B4111111111111111", "{\"a\":\"\\u0034111111111111111\"}", "[[[[", "\n\n{}"} {
		f.Add([]byte(seed))
	}
	reader := NewReader("")
	f.Fuzz(func(t *testing.T, request []byte) {
		taken := reader.Parse(request)
		for _, e := range taken.Events {
			if fields(e.Kind) == nil || e.Seq < 1 || e.At < earliest || e.At > latest {
				t.Fatalf("%+v", e)
			}
			for _, v := range e.values {
				if bears(v.text) && v.name != merchantField {
					t.Fatalf("%+v", v)
				}
			}
		}
		for _, r := range taken.Refused {
			if bears(r.Error()) {
				t.Fatal(r.Error())
			}
		}
	})
}

// BenchmarkParse: one line. 20 a second for ten minutes must not be felt: at most 40 µs and 8 kB on a desktop's processor.
func BenchmarkParse(b *testing.B) {
	reader := NewReader("")
	b.ReportAllocs()
	for b.Loop() {
		if len(reader.Parse([]byte(end)).Events) != 1 {
			b.Fatal("it is not taken")
		}
	}
}
