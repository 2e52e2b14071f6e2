package path_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/terminal"
)

// BenchmarkProbes looks at this machine's loopback: what a look takes of memory; its time is that of the pace.
func BenchmarkProbes(b *testing.B) {
	host, err := path.NewPath(path.Options{Name: "a", Address: "127.0.0.1:1"})
	require.NoError(b, err)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer page.Close()
	portal, err := path.NewPortal(path.PortalOptions{URL: page.URL})
	require.NoError(b, err)
	for _, p := range []probes.Probe{host, gatewayAt("127.0.0.1", nil), portal, path.NewCounters(terminal.Open("/"))} {
		b.Run(p.ID().Kind(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o := p.Observe(b.Context()); o.Outcome != probes.Pass {
					b.Fatal(o.Detail)
				}
			}
		})
	}
}

func BenchmarkColumns(b *testing.B) {
	text := capture(b, "netstat")
	b.ReportAllocs()
	for b.Loop() {
		path.Columns(text, "TcpExt")
	}
}

func BenchmarkHead(b *testing.B) {
	text := []byte("HTTP/1.1 302 Found\r\nDate: Thu, 26 Nov 2026 08:00:00 GMT\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		_, _, _, _, _, _ = path.Head(text)
	}
}
