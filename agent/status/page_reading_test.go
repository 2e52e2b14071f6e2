package status_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestFirstReadingOfThePage: whatever is wrong, the first screen says what it is, whose it is, the next step, and whether this customer may
// be charged again. The moments are those of the agent's scenarios.
func TestFirstReadingOfThePage(t *testing.T) {
	files, err := filepath.Glob("../testdata/moments/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10)
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: moment(t, files[0])})
	b := open(t, "http://"+r.page+"/", 360, 640)
	for _, file := range files {
		s := moment(t, file)
		r.board.Set(status.Update{Snapshot: s})
		for _, lang := range []string{"zh", "en"} {
			told := status.Texts(s, lang)
			root := findingOf(told, *firstRoot(told))
			name := filepath.Base(file) + " " + lang
			b.show("http://" + r.page + "/?lang=" + lang)
			b.await("true", fmt.Sprintf("document.documentElement.lang === %q && document.querySelectorAll('.v').length === 2", lang))
			b.eval("window.scrollTo(0, 0)")
			// bottomOf is how far down the element lies that has a text; 9999 without one.
			bottomOf := func(text string) string {
				return b.eval(fmt.Sprintf(`[].reduce.call(document.querySelectorAll('#main *'), function (least, e) {
					var r = e.getBoundingClientRect();
					return e.textContent.replace(/\s+/g, ' ').indexOf(%q) >= 0 && r.height ? Math.min(least, Math.ceil(r.bottom)) : least;
				}, 9999) <= window.innerHeight - document.getElementById('bar').offsetHeight`, text))
			}
			for what, text := range map[string]string{
				"the root": root.Title, "whose it is": findings.Party(root.Party).Name().In(lang), "the next step": root.Advice.Merchant,
				"may this customer be charged again": map[string]map[string]string{
					"zh": {"yes": "可以向该顾客重新收款", "no": "不要向该顾客重复收款", "unknown": "可否重新收款"},
					"en": {"yes": "may be charged again", "no": "Do NOT charge this customer again", "unknown": "Charge again?"},
				}[lang][s.Verdict.ChargeAgain],
			} {
				assert.Equal(t, "true", bottomOf(text), "%s: %s is on the first screen: %s", name, what, text)
			}
		}
	}
	assert.Empty(t, b.broken)
}

// TestPicturesForTheGuide makes the pictures of docs/technician.md with -update, and else sees to it that they are there.
func TestPicturesForTheGuide(t *testing.T) {
	var b *browser
	for _, look := range []string{"merchant-zh", "merchant-en", "technician-zh", "technician-en"} {
		file := filepath.Join("..", "..", "docs", "images", "page-"+look+".png")
		if !*update {
			info, err := os.Stat(file)
			require.NoError(t, err)
			assert.Less(t, info.Size(), int64(80<<10), "bytes: the repository keeps every one")
			continue
		}
		view, lang, _ := strings.Cut(look, "-")
		r := start(t, status.Options{Lang: lang})
		var boot time.Duration
		r.board.Boottime = func() time.Duration { return boot }
		s := moment(t, "../testdata/moments/txn-in-doubt.json")
		aDay(r.board, s, func(at time.Duration) { boot = at })
		b = open(t, fmt.Sprintf("http://%s/?view=%s&lang=%s", r.page, view, lang), 360, 640)
		b.await("2", "document.querySelectorAll('.v').length")
		if view == "technician" {
			b.await("true", "!!document.querySelector('.day')")
			b.eval("window.scrollTo(0, document.querySelector('.day').offsetTop - 40)")
		}
		shot(t, b, file)
	}
}

// aDay lets a day pass on a board: good hours, a bad signal at noon, and at last a cable that is pulled.
func aDay(board *status.Board, end wire.Snapshot, boot func(time.Duration)) {
	for i := range 96 {
		boot(time.Duration(i)*15*time.Minute + time.Hour)
		s := end
		offset := 400 + 5*float64(i)
		s.Session.ClockOffsetMS = &offset
		s.Verdict.TakeCard = wire.Answer{Level: wire.Ready}
		s.Verdict.Settle = wire.Answer{Level: wire.Ready}
		rtt, dbm := 38+float64(i*7%13), -88-float64(i*5%7)
		if i > 40 && i < 48 {
			rtt, dbm, s.Verdict.TakeCard.Level = 20*rtt, dbm-22, wire.AtRisk
		}
		if i == 95 {
			s.Verdict = end.Verdict
		}
		s.Results = append([]wire.Result{
			{Probe: "tcp/acquirer-a", Outcome: "pass", Readings: []wire.Reading{{Name: "connect", Value: rtt, Unit: "ms"}}},
			{Probe: "mobile", Outcome: "pass", Readings: []wire.Reading{{Name: "signal", Value: dbm, Unit: "dBm"}}},
		}, s.Results...)
		if i == 95 {
			s = end
			s.Session.ClockOffsetMS = &offset
		}
		board.Set(status.Update{Snapshot: s})
	}
}

// shot keeps what a browser shows.
func shot(t *testing.T, b *browser, file string) {
	t.Helper()
	var got struct{ Data string }
	b.decode(b.call("Page.captureScreenshot", map[string]any{"format": "png"}), &got)
	raw, err := base64.StdEncoding.DecodeString(got.Data)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, raw, 0o600))
}

func moment(t *testing.T, file string) wire.Snapshot {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	s, err := wire.Decode[wire.Snapshot](raw)
	require.NoError(t, err)
	return s
}

func firstRoot(s wire.Snapshot) *wire.Ref {
	if s.Verdict.TakeCard.Root != nil {
		return s.Verdict.TakeCard.Root
	}
	return s.Verdict.Settle.Root
}

func findingOf(s wire.Snapshot, r wire.Ref) wire.Finding {
	for _, f := range s.Findings {
		if f.Code == r.Code && f.Subject == r.Subject {
			return f
		}
	}
	return wire.Finding{}
}
