package status

import (
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// Languages that the catalogue speaks.
const (
	Chinese = "zh"
	English = "en"
)

// Texts returns s with the title and advice of each finding in lang ("zh", else English). Wherever an advice says to call
// somebody and the terminal has a support number, the number follows. A code that this build does not know is its own
// title and has no advice. s is not changed: it shares what is not a finding with the result.
func Texts(s wire.Snapshot, lang string) wire.Snapshot {
	s.Findings = append([]wire.Finding{}, s.Findings...)
	for i := range s.Findings {
		f := &s.Findings[i]
		entry := findings.Lookup(findings.Code(f.Code))
		if entry == nil {
			f.Title, f.Advice = f.Code, nil
			continue
		}
		f.Title = entry.Title.In(lang)
		f.Advice = &wire.Advice{
			Merchant:   withPhone(entry.Merchant.In(lang), s.Terminal.Support, lang),
			Technician: withPhone(entry.Technician.In(lang), s.Terminal.Support, lang),
		}
	}
	if u := s.Verdict.Unsettled; u != nil {
		told := *u
		if now, err := time.Parse(time.RFC3339, s.Session.At); err == nil {
			told.Text = Unsettled(s.Verdict, now, lang)
		}
		s.Verdict.Unsettled = &told
	}
	if s.Results == nil {
		s.Results = []wire.Result{} // readers of the JSON are promised a list
	}
	return s
}

// titleOf returns the title of a code in lang, or the code where this build does not know it.
func titleOf(code, lang string) string {
	if entry := findings.Lookup(findings.Code(code)); entry != nil {
		return entry.Title.In(lang)
	}
	return code
}

// withPhone adds the support number to an advice that says to call.
func withPhone(advice, phone, lang string) string {
	if phone == "" || !saysCall(advice, lang) || strings.Contains(advice, phone) {
		return advice
	}
	if lang == Chinese {
		return advice + "热线 " + phone + "。"
	}
	return advice + " Hotline: " + phone + "."
}

// saysCall tells whether an advice sends its reader to the phone.
func saysCall(advice, lang string) bool {
	if lang == Chinese {
		return strings.Contains(advice, "联系")
	}
	words := strings.FieldsFunc(strings.ToLower(advice), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.Contains(words, "call")
}
