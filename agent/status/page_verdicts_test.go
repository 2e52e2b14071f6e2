package status_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestPageSaysEachVerdictByItself: each level of the one question with each of the other, so that neither's words can stand for the other's;
// and whether the customer may be charged again, in words. A page that is asked for anew shows the state at once, one that waits within a second.
func TestPageSaysEachVerdictByItself(t *testing.T) {
	words := map[string]struct{ take, settle map[string]string }{
		"zh": {
			map[string]string{wire.Ready: "可以收款", wire.AtRisk: "有风险", wire.NotReady: "不能收款", wire.Unknown: "未知"},
			map[string]string{wire.Ready: "可以结算", wire.AtRisk: "有风险", wire.NotReady: "不能结算", wire.Unknown: "未知"},
		},
		"en": {
			map[string]string{wire.Ready: "Can take cards", wire.AtRisk: "At risk", wire.NotReady: "Cannot take cards", wire.Unknown: "Unknown"},
			map[string]string{wire.Ready: "Will settle", wire.AtRisk: "At risk", wire.NotReady: "Will not settle", wire.Unknown: "Unknown"},
		},
	}
	again := map[string]map[string]string{
		"zh": {wire.Yes: "可以向该顾客重新收款", wire.No: "不要向该顾客重复收款", wire.Unknown: "可否重新收款：未知，请先查上一笔"},
		"en": {wire.Yes: "This customer may be charged again", wire.No: "Do NOT charge this customer again", wire.Unknown: "Charge again? Not known: check the last sale first"},
	}
	levels, answers := []string{wire.Ready, wire.AtRisk, wire.NotReady, wire.Unknown}, []string{wire.Yes, wire.No, wire.Unknown}
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "about:blank", 360, 640)
	n := 0
	for _, take := range levels {
		for _, settle := range levels {
			s := example()
			s.Verdict.TakeCard.Level, s.Verdict.Settle.Level, s.Verdict.ChargeAgain = take, settle, answers[n%len(answers)]
			r.board.Set(status.Update{Snapshot: s})
			for lang, w := range words {
				for _, view := range []string{"merchant", "technician"} {
					look := fmt.Sprintf("lang=%s&view=%s", lang, view)
					b.show("http://" + r.page + "/?" + look + fmt.Sprintf("&n=%d", n))
					b.await("true", fmt.Sprintf("location.search.slice(-%d) === '&n=%d' && document.querySelectorAll('.v .level').length === 2", len(fmt.Sprintf("&n=%d", n)), n))
					name := fmt.Sprintf("take_card %s, settle %s, %s", take, settle, look)
					assert.Equal(t, w.take[take], b.eval(level(0)), name)
					assert.Equal(t, w.settle[settle], b.eval(level(1)), name)
					assert.Equal(t, "v "+take+", v "+settle, b.eval("[].map.call(document.querySelectorAll('.v'), function (e) { return e.className; }).join(', ')"), "%s: the colour says the same", name)
					assert.Equal(t, again[lang][s.Verdict.ChargeAgain], b.eval("document.querySelector('.again').textContent"), name)
					assert.Equal(t, lang, b.eval("document.documentElement.lang"), name)
				}
			}
			n++
		}
	}
	assert.Equal(t, 16, n)
	assert.Empty(t, b.broken)
}

// TestWhatIsFoldedCanBeRead: what a reader unfolds, and a button that waits, are texts as well.
func TestWhatIsFoldedCanBeRead(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "about:blank", 360, 640)
	for _, lang := range []string{"zh", "en"} {
		b.show("http://" + r.page + "/?view=technician&lang=" + lang)
		b.await(lang+" true", "document.documentElement.lang + ' ' + !!document.querySelector('.day')")
		folded := b.eval("[].filter.call(document.querySelectorAll('details'), function (d) { var was = d.open; d.open = true; return !was; }).length")
		assert.NotEqual(t, "0", folded)
		for _, scheme := range []string{"light", "dark"} {
			b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
			assert.Empty(t, b.eval(contrast), "%s %s: text that is hard to read", lang, scheme)
		}
	}
	assert.Empty(t, b.broken)
}

// TestPageDeadlineNamesItsCause: where the verdicts above it name it, once is enough; else the deadline does, in words.
func TestPageDeadlineNamesItsCause(t *testing.T) {
	r := start(t, status.Options{Lang: "en"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "http://"+r.page+"/", 360, 640)
	for i, row := range []struct { // each text is another than the one before
		name, want string
		change     func(*wire.Verdict)
	}{
		{"the cause of a verdict", "Act before 22:40", func(*wire.Verdict) {}},
		{"another finding", "Act before 22:40: Payment host cannot be reached: acquirer-a", func(v *wire.Verdict) { v.TakeCard.Root = nil }},
		{"what that cause brings about", "Act before 22:40", func(v *wire.Verdict) { v.Deadline.Code = "host-no-answer" }},
		{"one that is not there any more", "Act before 22:40: batch not settled", func(v *wire.Verdict) { v.Deadline.Code = "batch-not-settled" }},
	} {
		s := example()
		s.Session.Seq = uint64(100 + i) //nolint:gosec // small
		row.change(&s.Verdict)
		r.board.Set(status.Update{Snapshot: s})
		t.Log(row.name)
		b.await(row.want, "document.querySelector('.deadline').textContent")
	}
	assert.Empty(t, b.broken)
}
