// Package intaketest makes what tests tell the intake: events of every kind, and card numbers hidden in them. It is for tests alone.
package intaketest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Lines is an event of every kind, with every field that the contract has.
func Lines() []string {
	return []string{
		`{"v":1,"kind":"hello","boot":"9f03ac21","seq":1,"at":1763888300000,"mono_ms":5020000,"tid":"T0000001","mid":"898330105812001","level":2}`,
		`{"v":1,"kind":"state","boot":"9f03ac21","seq":2,"at":1763888300100,"signed_on":true,"sign_on_at":1763859600000,"batch":"000045","batch_count":37,` +
			`"batch_limit":500,"last_settled_at":1763820000000,"capture":"host","in_doubt":0,"reversals_pending":0,"saf_pending":0,"saf_oldest_at":1763888000000,` +
			`"last_ref":"000122","last_outcome":"approved","last_at":1763888200000,"last_host":0,"last_offline":false,"printer":"OK","security_ok":true,` +
			`"ped_ok":true,"card_reader_ok":true,"busy":false,"settings_fp":"00c0ffee","settings_ok":true,"proc_req":0,"params_ver":"12","capk_ver":"2.1","aid_ver":"7"}`,
		`{"v":1,"kind":"txn.begin","boot":"9f03ac21","seq":412,"at":1763888400123,"mono_ms":5120331,"ref":"000123","batch":"000045","type":"sale","entry":"chip",` +
			`"link":"mobile","host":0}`,
		`{"v":1,"kind":"txn.end","boot":"9f03ac21","seq":413,"at":1763888402011,"mono_ms":5122219,"ref":"000123","batch":"000045","type":"sale","outcome":"technical",` +
			`"rc":"96","rrn":"032712345678","offline":false,"host_ms":1640,"connect_ms":210,"issuer_inst":"01020000","amount_minor":1250,"cur":"156","host":0}`,
		`{"v":1,"kind":"reversal","boot":"9f03ac21","seq":414,"at":1763888405000,"ref":"000123","batch":"000045","state":"done","attempts":1,"rc":"00","reason":"no_answer"}`,
		`{"v":1,"kind":"session","boot":"9f03ac21","seq":415,"at":1763888406000,"state":"signed_on","rc":"00","host_time":"1123093000","rtt_ms":320}`,
		`{"v":1,"kind":"batch","boot":"9f03ac21","seq":416,"at":1763888407000,"batch":"000045","state":"settled","count":37,"limit":500,"rc":"00","capture":"host"}`,
		`{"v":1,"kind":"saf","boot":"9f03ac21","seq":417,"at":1763888408000,"pending":3,"limit":50,"oldest_at":1763880000000}`,
	}
}

// Hide puts the number of a card into an event, in any place and guise in which an app could send one, and returns what it put there.
func Hide(r *rand.Rand, e map[string]any) string {
	names := slices.Sorted(maps.Keys(e))
	name := names[r.IntN(len(names))]
	card := disguised(r)
	switch r.IntN(6) {
	case 0:
		e["note"] = card
	case 1:
		e[card] = 1
	case 2:
		e["extra"] = []any{map[string]any{"deep": []any{card}}}
	case 3:
		e["extra"] = map[string]any{"deep": map[string]any{card: true}}
	case 4:
		card = Card(r)
		e["number"] = json.Number(card)
	default:
		e[name] = card
	}
	return card
}

// Card is a number of a card as issuers make them: a known beginning, a length, and Luhn's digit at its end.
func Card(r *rand.Rand) string {
	prefix := []string{"4", "51", "55", "2221", "34", "37", "6011", "62", "81", "3528", "50", "58"}[r.IntN(12)]
	length := 13 + r.IntN(7)
	b := []byte(prefix)
	for len(b) < length-1 {
		b = append(b, byte('0'+r.IntN(10)))
	}
	sum := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return string(append(b, byte('0'+(10-sum%10)%10)))
}

// disguised is a card's number as apps and people write it.
func disguised(r *rand.Rand) string {
	n := Card(r)
	switch r.IntN(6) {
	case 0:
		return n
	case 1:
		return "card " + n
	case 2:
		return "%B" + n + "^DOE/J^2512"
	case 3:
		return ";" + n + "=2512101"
	}
	sign := []string{" ", "-", ".", "/", "_"}[r.IntN(5)]
	every := 1 + r.IntN(5)
	var b strings.Builder
	for i := range len(n) {
		if i > 0 && i%every == 0 {
			b.WriteString(sign)
		}
		b.WriteByte(n[i])
	}
	return b.String()
}
