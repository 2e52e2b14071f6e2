package status

import (
	"context"
	"io"
	"net"
	"net/http"
)

// Paths lists the routes in the order of the table.
func Paths() []string {
	var paths []string
	for _, route := range New(Options{}).routes(nil) {
		paths = append(paths, route.path)
	}
	return paths
}

// Page returns the page's markup, its style, and its scripts in the order in which they are loaded.
func Page() (index, css, js string) { return indexHTML, pageCSS, wordsJS + chartsJS + pageJS }

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

// ClientOver returns a client that hears words, whatever it asks.
func ClientOver(words string) *Client {
	return &Client{socket: "nowhere", dial: func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Read(make([]byte, 4096))
			_, _ = io.WriteString(there, words)
			_ = there.Close()
		}()
		return here, nil
	}}
}
