package status

import (
	_ "embed" // the page's files
	"io"
	"net/http"
)

// The page is a few files that ask for JSON: no template, nothing from elsewhere, and written for the WebView of Android 5
// (Chrome 39 to 44), which many a terminal still has.
var (
	//go:embed page/index.html
	indexHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/words.js
	wordsJS string
	//go:embed page/charts.js
	chartsJS string
	//go:embed page/page.js
	pageJS string
)

// asset answers with one of them.
func asset(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body) // a reader who is gone needs no page
	}
}
