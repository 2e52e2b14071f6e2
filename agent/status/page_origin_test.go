package status_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
)

// TestThePageAsksNobodyElse: in both views and languages all that the browser asks for is the agent's, and what somebody would slip into the
// page may not leave it either.
func TestThePageAsksNobodyElse(t *testing.T) {
	r := start(t, status.Options{Lang: "zh"})
	r.board.Set(status.Update{Snapshot: example()})
	b := open(t, "about:blank", 360, 640)
	b.call("Network.enable", nil)
	for _, look := range []string{"zh&view=merchant", "en&view=merchant", "zh&view=technician", "en&view=technician"} {
		b.show("http://" + r.page + "/?lang=" + look)
		b.await("2", "document.querySelectorAll('.v').length")
	}
	b.await("true", "!!document.querySelector('.day')")
	b.eval("document.querySelector('.card summary').click()")
	b.await("true", "document.querySelector('.card img').naturalWidth > 0")
	assert.Empty(t, b.broken)
	b.eval("(function () { var i = new Image(); i.onerror = function () { document.title = 'refused'; }; i.src = 'http://203.0.113.1/x'; }())")
	b.await("refused", "document.title")
	assert.Greater(t, len(b.asked), 12)
	for _, url := range b.asked {
		if strings.HasPrefix(url, "http://203.0.113.1/") {
			continue // asked by the test, and stopped by the page's policy, as the next line shows
		}
		assert.True(t, strings.HasPrefix(url, "http://"+r.page+"/"), url)
	}
	assert.Contains(t, strings.Join(b.broken, "\n"), "Content Security Policy")
}

// TestAnotherOriginNeitherReadsNorActs: a page of another site, open in the same browser, gets nothing and does nothing, by any way that a
// page has.
func TestAnotherOriginNeitherReadsNorActs(t *testing.T) {
	var kicks, confirms atomic.Int32
	r := start(t, status.Options{
		Lang: "zh", Kick: func(context.Context) error { kicks.Add(1); return nil },
		Confirm: func(status.Confirmation) error { confirms.Add(1); return nil },
	})
	r.board.Set(status.Update{Snapshot: example()})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><title>other</title><form id="f" method="post" target="t"><input name="x"></form><iframe name="t"></iframe>`)
	}))
	t.Cleanup(other.Close)
	b := open(t, other.URL, 360, 640)
	b.await("other", "document.title")
	b.eval(fmt.Sprintf(`(function () {
		var agent = 'http://%s', got = window.got = [], left = 0;
		function done(what) { return function () { got.push(what); left--; if (!left) { document.title = 'done'; } }; }
		['/v1/status', '/v1/support', '/v1/series', '/v1/history', '/page.js'].forEach(function (path) {
			left += 2;
			fetch(agent + path).then(done('READ ' + path), done('refused'));
			fetch(agent + path, {mode: 'no-cors'}).then(function (a) { return a.text(); }).then(function (text) { done(text ? 'READ ' + path : 'refused')(); }, done('refused'));
		});
		['/v1/check', '/v1/confirm?ref=000123&result=settled', '/v1/intake', '/v1/feed', '/v1/visit'].forEach(function (path) {
			left += 2;
			fetch(agent + path, {method: 'POST', body: '{}'}).then(done('READ ' + path), done('refused'));
			fetch(agent + path, {method: 'POST', body: '{}', mode: 'no-cors'}).then(done('refused'), done('refused'));
			var f = document.getElementById('f');
			f.action = agent + path;
			f.submit();
		});
		['/v1/support.svg', '/page.js'].forEach(function (path) {
			left++;
			var e = document.createElement(path === '/page.js' ? 'script' : 'img');
			e.onload = done('READ ' + path);
			e.onerror = done('refused');
			e.src = agent + path;
			document.body.appendChild(e);
		});
	}())`, r.page))
	b.await("done", "document.title")
	assert.NotContains(t, b.eval("got.join(' ')"), "READ")
	assert.Equal(t, "22", b.eval("got.length"))
	assert.Zero(t, kicks.Load(), "nothing was done")
	assert.Zero(t, confirms.Load())
}
