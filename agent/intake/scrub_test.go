package intake

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/intake/intaketest"
)

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"6222021234567890128":                   "[removed]",
		"card 4111 1111 1111 1111, twice":       "card [removed], twice",
		"card 4111-1111-1111-1111":              "card [removed]",
		"4111111111111111 and 5500005555555559": "[removed] and [removed]",
		"3.4.1 4111 1111 1111 1111 2":           "3.4.1 [removed] 2",
		"at 2026-11-28 4111111111111111":        "at 2026-11-28 [removed]",
		"refused: 4111111111111112":             "refused: 4111111111111112", // no check digit
		"imei 490154203237518":                  "imei 490154203237518",      // Luhn, and no scheme
		"merchant 898330105812001":              "merchant 898330105812001",
		"spool 4111111111111111ab":              "spool 4111111111111111ab", // hexadecimal
		"2026-11-23T12:04:31.492+08:00":         "2026-11-23T12:04:31.492+08:00",
		"42222222222222222222222222222222":      "42222222222222222222222222222222", // too long for any
		"10.0.0.1:4111 and 8 more":              "10.0.0.1:4111 and 8 more",
	} {
		got, found := Scrub(text)
		assert.Equal(t, want, got)
		assert.Equal(t, want != text, found, text)
	}
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // chance that can be repeated
	n := 0
	for range *rounds {
		pan := intaketest.Card(r) // of any length; that of its scheme is what is looked for
		if strings.HasPrefix(pan, "62") && len(pan) >= 16 || strings.HasPrefix(pan, "4") && len(pan) == 16 {
			got, _ := Scrub("host said " + pan + ".")
			assert.NotContains(t, got, pan)
			n++
		}
	}
	assert.Greater(t, n, *rounds/40)
}

func BenchmarkScrub(b *testing.B) {
	text := "tcp: connect to 203.0.113.10:9443 took 38.4 ms, the third of 3 addresses; certificate until 2027-01-01"
	b.ReportAllocs()
	for b.Loop() {
		if _, found := Scrub(text); found {
			b.Fatal("there is none")
		}
	}
}
