package status

import "net/http"

// Paths lists the routes in the order of the table.
func Paths() []string {
	var paths []string
	for _, route := range New(Options{}).routes(nil) {
		paths = append(paths, route.path)
	}
	return paths
}

// Page returns the three files of the page.
func Page() (index, css, js string) { return indexHTML, pageCSS, pageJS }

// Unreached explains a failure to reach the agent, as the client does.
func (c *Client) Unreached(err error) error { return c.unreached(err) }

// Limits that tests count up to.
const (
	MaxConns      = maxConns
	MaxPolls      = maxPolls
	MaxChanges    = maxChanges
	MaxSocketPath = maxSocketPath
	PageEvery     = pageEvery
)

// PageHandler answers as the loopback door does.
func PageHandler(o Options) http.Handler {
	s := New(o)
	return secured(bodies(s.guardPage(s.router(make(chan struct{}, maxPolls)))))
}

// ClientOver returns a client that is answered by transport.
func ClientOver(transport http.RoundTripper) *Client {
	return &Client{socket: "nowhere", http: &http.Client{Transport: transport}}
}
