package status_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

// acted starts an agent all of whose hooks count: what a page of another site gets done is seen, whichever door it came by.
func acted(t *testing.T) (*running, *atomic.Int32) {
	t.Helper()
	done := new(atomic.Int32)
	r := start(t, status.Options{
		Lang: "en", IntakeToken: "0123456789abcdef0123456789abcdef",
		Kick:    func(context.Context) error { done.Add(1); return nil },
		Feed:    func([]byte) error { done.Add(1); return nil },
		Intake:  func([]byte) (int, []byte) { done.Add(1); return http.StatusOK, []byte("{}") },
		Confirm: func(status.Confirmation) error { done.Add(1); return nil },
		Visit: func(context.Context, status.VisitRequest) (wire.VisitRecord, error) {
			done.Add(1)
			return wire.VisitRecord{}, nil
		},
	})
	r.board.Set(status.Update{Snapshot: example()})
	return r, done
}

// actedByThePage sees to it that the count is alive: our own page's button is heard.
func actedByThePage(t *testing.T, b *browser, r *running, done *atomic.Int32) {
	t.Helper()
	assert.Zero(t, done.Load(), "a page of another site has done something")
	b.show("http://" + r.page + "/")
	b.await("false", "document.getElementById('look').disabled")
	b.eval("document.getElementById('look').click()")
	b.await("true", "/^Looking/.test(document.getElementById('look').textContent)")
	b.await("202", `(function () { var e = performance.getEntriesByType('resource').filter(function (e) { return /check$/.test(e.name); })[0]; return e.responseStatus; }())`)
	assert.Equal(t, int32(1), done.Load())
}

// TestFormsOfAnotherOriginDoNothing: a form is the one way to POST that a browser has always let any page have. Each goes into a frame of its
// own, as a second one in the same frame would take the first one's place, and all have been answered before anybody counts.
func TestFormsOfAnotherOriginDoNothing(t *testing.T) {
	r, done := acted(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><title>other</title><body>`)
	}))
	t.Cleanup(other.Close)
	_, port, err := net.SplitHostPort(other.Listener.Addr().String())
	require.NoError(t, err)
	b := open(t, "about:blank", 360, 640)
	for _, site := range []string{"127.0.0.1", "localhost"} { // another port of the same site, and another site
		b.show("http://" + net.JoinHostPort(site, port) + "/")
		b.await("other "+site, "document.title + ' ' + location.hostname")
		b.eval(fmt.Sprintf(`(function () {
			var agent = 'http://%s', left = 0;
			function over() { left--; if (!left) { document.title = 'answered'; } }
			['/v1/check', '/v1/confirm?ref=000123&result=settled', '/v1/intake', '/v1/feed', '/v1/visit'].forEach(function (path) {
				['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'].forEach(function (type, i) {
					var f = document.createElement('form'), frame = document.createElement('iframe'), field = document.createElement('input');
					frame.name = path + i;
					document.body.appendChild(frame);
					frame.onload = over;
					field.name = '{"x":"';
					field.value = '"}';
					f.method = 'post';
					f.enctype = type;
					f.target = frame.name;
					f.action = agent + path;
					f.appendChild(field);
					document.body.appendChild(f);
					left++;
					f.submit();
				});
				var x = new XMLHttpRequest();
				x.onloadend = function () { if (x.responseText) { document.title = 'read'; } else { over(); } };
				x.open('POST', agent + path);
				left++;
				x.send('{}');
			});
		}())`, r.page))
		b.await("answered", "document.title")
		assert.Equal(t, "15", b.eval("document.querySelectorAll('iframe').length"))
		assert.Zero(t, done.Load(), site)
	}
	b.eval(fmt.Sprintf(`(function () { var f = document.forms[0]; f.target = '_top'; f.action = 'http://%s/v1/check'; f.submit(); }())`, r.page))
	b.await("true", "/another site/.test(document.body.textContent)")
	actedByThePage(t, b, r, done)
}

// TestAReboundNameNeitherReadsNorActs: to the browser a name that was made to resolve to this terminal is one origin with the page behind it, so no rule of
// the browser's stands between them. Browsers resolve all below localhost to loopback by themselves: such a name needs no DNS server here.
func TestAReboundNameNeitherReadsNorActs(t *testing.T) {
	r, done := acted(t)
	_, port, err := net.SplitHostPort(r.page)
	require.NoError(t, err)
	b := open(t, "http://evil.localhost:"+port+"/", 360, 640)
	b.await("true", "location.hostname === 'evil.localhost' && /this is not the host of/.test(document.body.textContent)")
	for _, what := range []string{"GET /v1/status", "GET /v1/series", "GET /v1/support", "GET /page.js", "POST /v1/check", "POST /v1/intake", "POST /v1/confirm?ref=000123&result=settled"} {
		got := b.eval(fmt.Sprintf(`(function () { var x = new XMLHttpRequest(), w = %q.split(' '); x.open(w[0], w[1], false); x.send(w[0] === 'POST' ? '{}' : null); return x.status + ' ' + x.responseText; }())`, what))
		assert.Contains(t, got, "421 ", what)
		assert.NotContains(t, got, "T0000001", what)
	}
	actedByThePage(t, b, r, done)
}
