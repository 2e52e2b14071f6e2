package status_test

import (
	"flag"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// shots is where the pictures of TestPageInEveryState go; "" makes none.
var shots = flag.String("shots", "", "a folder for pictures of the page in every state")

// contrast tells of each text that is seen whose contrast against what is behind it is less than 4.5 (WCAG 2.1, 1.4.3), opacity counted.
const contrast = `(function () {
	function parse(c) { var m = /rgba?\(([^)]+)\)/.exec(c)[1].split(',').map(parseFloat); return m.length < 4 ? m.concat(1) : m; }
	function over(a, b) { return [0, 1, 2].map(function (i) { return a[i] * a[3] + b[i] * (1 - a[3]); }).concat(1); }
	function light(c) { return [0.2126, 0.7152, 0.0722].reduce(function (sum, k, i) { var v = c[i] / 255; return sum + k * (v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4)); }, 0); }
	function behind(e) {
		for (var all = []; e; e = e.parentElement) {
			var c = parse(getComputedStyle(e).backgroundColor);
			all.push(c);
			if (c[3] === 1) { break; }
		}
		return all.reverse().reduce(function (under, c) { return over(c, under); }, [255, 255, 255, 1]);
	}
	var poor = [];
	[].forEach.call(document.querySelectorAll('body *'), function (e) {
		var own = [].some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.textContent.trim(); }), r = e.getBoundingClientRect();
		if (!own || !r.height || e.id === 'live' || e.disabled) { return; }
		for (var opacity = 1, p = e; p; p = p.parentElement) { opacity *= getComputedStyle(p).opacity; }
		var back = behind(e), ink = parse(getComputedStyle(e).color);
		ink[3] *= opacity;
		var a = light(over(ink, back)), b = light(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) { poor.push(e.textContent.slice(0, 30) + ' ' + ratio.toFixed(2)); }
	});
	return poor.join('; ');
}())`

// TestPageInEveryState: both languages, both views, two screens, light and dark, and every verdict: nothing sticks out, all is readable and large
// enough for a finger, and the words are right.
func TestPageInEveryState(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "http://"+r.page+"/", 360, 640)
	words := map[string][2]string{
		wire.Ready: {"可以收款", "Can take cards"}, wire.AtRisk: {"有风险", "At risk"}, wire.NotReady: {"不能收款", "Cannot take cards"}, wire.Unknown: {"未知", "Unknown"},
	}
	again := []string{wire.Yes, wire.No, wire.Unknown}
	states := 0
	for _, size := range [][2]int{{360, 640}, {720, 1280}} {
		b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": true})
		for i, lang := range []string{"zh", "en"} {
			for _, view := range []string{"merchant", "technician"} {
				b.show(fmt.Sprintf("http://%s/?lang=%s&view=%s", r.page, lang, view))
				for n, level := range []string{wire.Ready, wire.AtRisk, wire.NotReady, wire.Unknown} {
					s := example()
					s.Verdict.TakeCard.Level, s.Verdict.Settle.Level, s.Verdict.ChargeAgain = level, level, again[n%3]
					s.Session.Seq = uint64(states) //nolint:gosec // small
					if level == wire.Ready {
						s.Verdict.TakeCard.Root, s.Findings, s.Verdict.Deadline = nil, nil, nil
					}
					r.board.Set(status.Update{Snapshot: s})
					name := fmt.Sprintf("%dx%d-%s-%s-%s", size[0], size[1], lang, view, level)
					b.await(lang+" "+words[level][i]+" "+s.Verdict.ChargeAgain, "document.documentElement.lang + ' ' + document.querySelectorAll('.v .level')[0].textContent + ' ' + document.querySelector('.again').className.slice(6)")
					assert.Equal(t, fmt.Sprint(size[0]), b.eval("document.documentElement.scrollWidth"), "%s: nothing sticks out", name)
					assert.Equal(t, "0", b.eval("[].filter.call(document.querySelectorAll('button, summary'), function (e) { return e.getBoundingClientRect().height < 48; }).length"), name)
					for _, scheme := range []string{"light", "dark"} {
						b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
						assert.Empty(t, b.eval(contrast), "%s %s: text that is hard to read", name, scheme)
						if *shots != "" {
							shot(t, b, filepath.Join(*shots, name+"-"+scheme+".png"))
						}
					}
					states++
				}
			}
		}
	}
	assert.Equal(t, 32, states)
	assert.Empty(t, b.broken)
}

// TestPageReturns: a daemon that stops in mid-view is missed, and one that is there again is shown, by itself.
func TestPageReturns(t *testing.T) {
	r := start(t, status.Options{Lang: "en"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "http://"+r.page+"/", 360, 640)
	b.await("Cannot take cards", level(0))
	assert.NoError(t, r.stop())
	b.await("The agent does not answer: do not rely on this", "document.getElementById('banner').textContent")
	assert.Equal(t, "Cannot take cards", b.eval(level(0)), "what was last seen stays, struck out")
	assert.Empty(t, b.eval(contrast), "and can be read")

	free := time.After(patience) // whoever had the port lets go of it
	for {
		l, err := net.Listen("tcp", r.page)
		if err == nil {
			assert.NoError(t, l.Close())
			break
		}
		select {
		case <-free:
			t.Fatal(err)
		default:
		}
	}
	again := start(t, status.Options{Lang: "en", Listen: r.page})
	s := example()
	s.Verdict.TakeCard = wire.Answer{Level: wire.Ready}
	again.board.Set(status.Update{Snapshot: s})
	b.await("Can take cards", level(0))
	assert.Equal(t, "true", b.eval("document.getElementById('banner').hidden"))
	assert.Empty(t, b.eval("document.body.className"), "and it may be relied on")
}
