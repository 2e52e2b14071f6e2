package mqtt

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProxyAnswer(t *testing.T) {
	for _, row := range []struct{ name, answer, want string }{
		{"open", "HTTP/1.1 200 Connection established\r\n\r\n", ""},
		{"open, without a reason", "HTTP/1.0 200\r\nVia: x\r\n\r\n", ""},
		{"a login is wanted", "HTTP/1.1 407 x\r\n\r\n", "HTTP status 407"},
		{"sent elsewhere", "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", "HTTP status 302"},
		{"not yet", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP status 100"},
		{"another protocol", "HTTP/2 200\r\n\r\n", "does not answer as an HTTP proxy"},
		{"no number", "HTTP/1.1 OK\r\n\r\n", "does not answer as an HTTP proxy"},
		{"cut short", "HTTP/1.1 200 OK\r\n", "closed the connection"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := proxyAnswer(strings.NewReader(row.answer))
			if row.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.want)
			}
		})
	}
}

// What follows the head is the broker's, and stays unread.
func FuzzProxyAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n\x20\x02\x00\x00"))
	f.Add([]byte("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.NewReader(b)
		err := proxyAnswer(in)
		rest, _ := io.ReadAll(in)
		read := b[:len(b)-len(rest)]
		if len(read) > mostProxyAnswer {
			t.Fatalf("read %d bytes", len(read))
		}
		if end := bytes.Index(b, []byte("\r\n\r\n")); err == nil && end+4 != len(read) {
			t.Fatalf("the head ends at %d, %d were read", end+4, len(read))
		}
		if err == nil && !bytes.HasPrefix(b, []byte("HTTP/1.")) {
			t.Fatalf("took %q for an open way", read)
		}
	})
}
