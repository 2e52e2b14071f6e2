package status_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/findings"
)

func TestThePageIsSmall(t *testing.T) {
	index, css, js := status.Page()
	assert.Less(t, len(index)+len(css)+len(js), 36<<10, "bytes: they are part of the terminal's program, and read each time somebody looks")
}

func TestThePageIsServed(t *testing.T) {
	r := start(t, status.Options{})
	index, css, js := status.Page()
	scripts := ""
	for _, path := range regexp.MustCompile(`src="([^"]+)"`).FindAllStringSubmatch(index, -1) {
		got := r.ask(t, http.MethodGet, path[1])
		assert.Equal(t, "text/javascript; charset=utf-8", got.header.Get("Content-Type"))
		scripts += got.body
	}
	assert.Equal(t, js, scripts)
	for _, row := range []struct{ path, contentType, body string }{
		{"/", "text/html; charset=utf-8", index},
		{"/page.css", "text/css; charset=utf-8", css},
	} {
		t.Run(row.path, func(t *testing.T) {
			got := r.ask(t, http.MethodGet, row.path)
			assert.Equal(t, http.StatusOK, got.code)
			assert.Equal(t, row.contentType, got.header.Get("Content-Type"))
			assert.Equal(t, row.body, got.body)
			head := r.ask(t, http.MethodHead, row.path)
			assert.Equal(t, http.StatusOK, head.code)
			assert.Empty(t, head.body)
		})
	}
}

func TestThePageRunsInOldWebViews(t *testing.T) {
	// Chrome 44, the WebView that Android 5 came with, knows none of these.
	_, css, js := status.Page()
	for _, newer := range []string{
		"=>", "`", `\b(let|const|class|async|await|import|export)\b`, `\.\.\.[a-z\[]`, `\bfetch\(`, `\bPromise\b`, `\?\.`, `\?\?`, `\*\*`,
		`\.(includes|padStart|padEnd|entries|values|closest|append|prepend|remove|replaceWith|toggleAttribute|replaceAll|flat|at)\(`,
		`\b(Object\.assign|Object\.values|Object\.entries|Array\.from|URLSearchParams|NodeList\.prototype)\b`,
	} {
		assert.NotRegexp(t, newer, withoutWords(js))
	}
	for _, newer := range []string{`var\(`, `\bgap:`, `display: grid`, `\bclamp\(`, `\bmin\(`, `:is\(`, `:where\(`, `\binset:`, `aspect-ratio`} {
		assert.NotRegexp(t, newer, css)
	}
}

func TestThePageTakesNothingFromElsewhereAndWritesNoMarkup(t *testing.T) {
	index, css, js := status.Page()
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("} {
		assert.NotContains(t, js, forbidden)
	}
	assert.NotRegexp(t, `https?://`, index+css)
	assert.Equal(t, []string{"http://www.w3.org/2000/svg"}, regexp.MustCompile(`https?://[^'"]+`).FindAllString(js, -1), "a name, not an address")
	assert.NotRegexp(t, `(?i)\son[a-z]+=|\sstyle=|<style|<script>|javascript:`, index, "the policy allows nothing inline")
	assert.NotRegexp(t, `@import|url\(`, css)
}

func TestThePageSpeaksTheCataloguesWords(t *testing.T) {
	_, _, js := status.Page()
	seen := map[findings.Text]bool{}
	for f := range findings.All() {
		seen[f.Party.Name()] = true
		for s := findings.Info; s <= findings.Blocking; s++ {
			seen[s.Name()] = true
		}
		assert.Contains(t, js, "'"+(findings.Visit{}).Sentence().ZH+"'")
		if f.Visit.Bring != "" {
			assert.Regexp(t, regexp.QuoteMeta(f.Visit.Bring)+`'?: \['`, js, "what to bring has a Chinese word")
		}
	}
	for text := range seen {
		assert.Contains(t, js, "['"+text.ZH+"'", "for %q", text.EN)
	}
}

// withoutWords returns the script without its strings and comments.
func withoutWords(js string) string {
	return regexp.MustCompile(`'(\\.|[^'\\\n])*'|//[^\n]*|/\*.*?\*/`).ReplaceAllString(js, "''")
}
