package status_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// patience bounds what a browser may take on a loaded machine.
const patience = time.Minute

// browser is a real one, without a window, that a test steers over a pair of pipes.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
	broken  []string // what the page's script or policy complained of
	asked   []string // the addresses that it asked for something
}

// open starts a browser and shows it a page, on a screen of so many pixels.
func open(t *testing.T, url string, width, height int) *browser {
	t.Helper()
	program := probetest.Need(t, "chromium")
	profile, err := os.MkdirTemp("", "ph") //nolint:usetesting // a browser's helpers may still write there when it has ended
	require.NoError(t, err)
	toBrowser, to, err := os.Pipe()
	require.NoError(t, err)
	from, fromBrowser, err := os.Pipe()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*patience)
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir="+profile, "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // its file descriptors 3 and 4
	require.NoError(t, cmd.Start())
	toBrowser.Close()
	fromBrowser.Close()
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil)
		_ = cmd.Wait()
		cancel()
		to.Close()
		from.Close()
		os.RemoveAll(profile)
	})

	var target struct{ TargetID string }
	b.decode(b.call("Target.createTarget", map[string]any{"url": "about:blank"}), &target)
	var attached struct{ SessionID string }
	b.decode(b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &attached)
	b.session = attached.SessionID
	b.call("Runtime.enable", nil)
	b.call("Log.enable", nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true})
	b.show(url)
	return b
}

// show goes to a page.
func (b *browser) show(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url})
}

// message is what the browser says: an answer, or news.
type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Params json.RawMessage
	Error  *struct{ Message string }
}

// call asks the browser for something and returns its answer.
func (b *browser) call(method string, params map[string]any) json.RawMessage {
	b.t.Helper()
	b.last++
	request := map[string]any{"id": b.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	require.NoError(b.t, err)
	_, err = b.to.Write(append(text, 0))
	require.NoError(b.t, err)
	for {
		text, err := b.from.ReadBytes(0)
		require.NoError(b.t, err, "the browser has ended, or took too long for %s", method)
		var m message
		require.NoError(b.t, json.Unmarshal(text[:len(text)-1], &m))
		switch {
		case m.ID == b.last:
			require.Nil(b.t, m.Error, "%s", text)
			return m.Result
		case m.Method == "Network.requestWillBeSent":
			var news struct{ Request struct{ URL string } }
			b.decode(m.Params, &news)
			b.asked = append(b.asked, news.Request.URL)
		case m.Method == "Runtime.exceptionThrown",
			m.Method == "Log.entryAdded" && strings.Contains(string(m.Params), `"source":"security"`):
			b.broken = append(b.broken, string(m.Params))
		}
	}
}

func (b *browser) decode(from json.RawMessage, to any) {
	b.t.Helper()
	require.NoError(b.t, json.Unmarshal(from, to))
}

// eval runs an expression in the page and returns its value as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	b.decode(b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}), &got)
	require.Nil(b.t, got.ExceptionDetails, expression)
	return fmt.Sprint(got.Result.Value)
}

// await waits until an expression has a value.
func (b *browser) await(want, expression string) {
	b.t.Helper()
	over := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		got := b.try(expression)
		if got == want {
			return
		}
		select {
		case <-again.C:
		case <-over:
			require.Equal(b.t, want, got, expression)
		}
	}
}

// try is eval for a page that may not be there yet.
func (b *browser) try(expression string) string {
	return b.eval("(function () { try { return String(" + expression + "); } catch (e) { return 'not yet: ' + e; } }())")
}

// level is the word of a verdict, as an expression.
func level(question int) string {
	return fmt.Sprintf("document.querySelectorAll('.v .level')[%d].textContent", question)
}

const hostile = `<img src=x onerror=document.title='owned'><script>document.title='owned'</script>`

func TestPageShowsTheVerdictAndNoMarkupOfOthers(t *testing.T) {
	s := example()
	s.Terminal.Model = hostile
	s.Findings[0].Detail, s.Findings[1].Subject = hostile, hostile
	s.Results[1].Detail, s.Results[1].Reason = hostile, hostile
	s.Results[0].Facts[0].Value = hostile
	s.Results = append(s.Results, wire.Result{Probe: hostile, Outcome: hostile}, wire.Result{Probe: "constructor", Outcome: "toString", Reason: "__proto__"})
	s.Findings = append(s.Findings, wire.Finding{Code: hostile, Severity: hostile, Party: "constructor", Since: hostile, ExplainedBy: &wire.Ref{Code: hostile}})
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: s})

	b := open(t, "http://"+r.page+"/?view=technician", 360, 640)
	b.await("不能收款", level(0))
	assert.Equal(t, "未知", b.eval(level(1)))
	assert.Equal(t, "zh", b.eval("document.documentElement.lang"), "the configured language, until another is chosen")
	assert.Equal(t, "0", b.eval("document.querySelectorAll('img, #main script').length"))
	assert.Equal(t, "不能收款 · T0000001", b.eval("document.title"))
	assert.Contains(t, b.eval("document.querySelector('.f .detail').textContent"), hostile)
	text := b.eval("document.body.textContent")
	for _, want := range []string{
		"无法连接支付主机 acquirer-a", "责任方 收单机构 · 无需上门", "不要向该顾客重复收款", "须在 22:40 前处理", "未启用支付应用数据",
		"与收单机构核对地址端口", "由此引起 1 项", "始于 11:58", "对时 +0.8 s ± 0.2 s", "热线 95016", "本机未提供", "上次 12 秒前", "内存 12.6 MB", "无记录 24 小时",
	} {
		assert.Contains(t, text, want)
	}
	assert.Empty(t, b.broken)
}

func TestPageIsReadableOnEveryScreen(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "http://"+r.page+"/?lang=en", 320, 480)
	for _, width := range []int{320, 360, 480, 1024} {
		for _, look := range []string{"en&view=merchant", "zh&view=merchant", "en&view=technician", "zh&view=technician"} {
			lang := look[:2]
			b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": true})
			b.show("http://" + r.page + "/?lang=" + look)
			b.await(lang, "document.readyState === 'complete' && document.querySelectorAll('.v').length === 2 && document.documentElement.lang")
			b.eval("[].forEach.call(document.querySelectorAll('details'), function (d) { d.open = true; })")
			assert.Equal(t, fmt.Sprint(width), b.eval("document.documentElement.scrollWidth"), "%d pixels, %s: nothing sticks out", width, lang)
			assert.Equal(t, "0", b.eval("[].filter.call(document.querySelectorAll('button, summary'), function (e) { return e.getBoundingClientRect().height < 48; }).length"),
				"%d pixels, %s: all that is pressed is large enough for a finger", width, lang)
		}
	}
	assert.Empty(t, b.broken)
}

func TestPageFollowsTheAgentAndTheReader(t *testing.T) {
	asked := make(chan struct{}, 1)
	r := start(t, status.Options{Lang: "zh", Kick: func(context.Context) error { asked <- struct{}{}; return nil }})
	b := open(t, "http://"+r.page+"/?view=technician", 360, 640)
	b.await("Just started; looking for the first time…", "document.querySelector('#banner:not([hidden])').textContent")

	s := example()
	r.board.Set(status.Update{Snapshot: s})
	b.await("不能收款", level(0))

	b.eval("document.querySelector('.lang').click()")
	b.await("Cannot take cards", level(0))
	b.show("http://" + r.page + "/?view=technician")
	b.await("Cannot take cards", level(0))
	assert.Equal(t, "en", b.eval("document.documentElement.lang"), "the choice is remembered")

	b.eval("document.querySelector('.below').open = false; document.querySelector('.below > summary').click()")
	b.await("true", "document.querySelector('.below').open")
	s.Verdict.Settle = wire.Answer{Level: wire.Ready, RestsOn: []string{"app-l2"}}
	r.board.Set(status.Update{Snapshot: s})
	b.await("Will settle", level(1))
	assert.Equal(t, "true", b.eval("document.querySelector('.below').open"), "what the reader opened stays open")

	s.Told = &wire.Told{ProbingStoppedUntil: "2026-12-01T12:00:00+08:00"}
	r.board.Set(status.Update{Snapshot: s})
	b.await("true", "/^Stopped by the fleet → .*12:00/.test(document.querySelector('.none').textContent)")
	s.Told = nil
	r.board.Set(status.Update{Snapshot: s})
	b.await("false", "/Stopped/.test(document.getElementById('main').textContent)")

	b.eval("document.getElementById('look').click()")
	<-asked
	b.await("true", "document.getElementById('look').disabled && /^Looking/.test(document.getElementById('look').textContent)")
	assert.Equal(t, http.StatusTooManyRequests, r.ask(t, http.MethodPost, "/v1/check", "Origin", "http://"+r.page).code)

	require.NoError(t, r.stop())
	b.await("The agent does not answer: do not rely on this", "document.getElementById('banner').textContent")
	assert.Equal(t, "stale", b.eval("document.body.className"), "and no green stays green")
	assert.Equal(t, "rgb(102, 108, 115)", b.eval("getComputedStyle(document.querySelectorAll('.v')[1]).backgroundColor"))
	assert.Empty(t, b.broken)
}

// TestPageTurns: a merchant's view and a technician's, a day to look at, and the support card when it is wanted; each is asked for when it is
// shown, and no more often than once a minute.
func TestPageTurns(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	s := example()
	r.board.Set(status.Update{Snapshot: s})
	b := open(t, "http://"+r.page+"/", 360, 640)
	b.await("不能收款", level(0))
	count := func(path string) string {
		return b.eval(fmt.Sprintf("performance.getEntriesByType('resource').filter(function (e) { return e.name.indexOf(%q) >= 0; }).length", path))
	}
	assert.Equal(t, "merchant", b.eval("document.getElementById('main').className"), "who knows nothing of it is a merchant")
	assert.Equal(t, "0", b.eval("document.querySelectorAll('.g, .self, .day, .card').length"), "and reads what he can act on")
	assert.Equal(t, "0", count("/v1/series"))
	assert.Equal(t, "不能收款 · 未知 · 不要向该顾客重复收款", b.eval("document.getElementById('live').textContent"), "for who cannot see it")

	b.eval("document.querySelector('.more').click()")
	b.await("6", "document.querySelectorAll('.day .strip, .day .chart, .g.card summary, .day .axis, .self').length")
	assert.Contains(t, b.eval("document.querySelector('.strip').getAttribute('aria-label')"), "刷卡：不可用")
	b.eval("document.querySelector('.card summary').click()")
	b.await("true", "document.querySelector('.card img').naturalWidth > 0")
	assert.NotEmpty(t, b.eval("document.querySelector('.card img').alt"))
	for range 3 {
		s.Session.Seq++
		r.board.Set(status.Update{Snapshot: s})
		b.await(fmt.Sprint(s.Session.Seq), "(function () { var x = new XMLHttpRequest(); x.open('GET', '/v1/status', false); x.send(); return JSON.parse(x.responseText).session.seq; }())")
	}
	assert.Equal(t, "1", count("/v1/series"), "once a minute at most")
	assert.Equal(t, "1", count("/v1/support"), "and the card stays while the page is drawn anew")

	b.show("http://" + r.page + "/")
	b.await("technician", "document.getElementById('main').className")
	b.eval("document.querySelector('.view').click()")
	b.await("merchant", "document.getElementById('main').className")

	s.Report = &wire.Report{State: "offline"}
	r.board.Set(status.Update{Snapshot: s})
	b.await("1", "document.querySelectorAll('.merchant .card').length")
	assert.Contains(t, b.eval("document.getElementById('main').textContent"), "热线看不到本机", "where nothing is reported a phone carries it")
	assert.Empty(t, b.broken)
}
