package exchange_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/exchange"
)

// ask asks what a handler of net/http answers.
func ask(t *testing.T, h http.HandlerFunc, body string) (exchange.Answer, error) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/x?y=z", strings.NewReader(body))
	require.NoError(t, err)
	return exchange.Do(t.Context(), conn, request, 1000)
}

func TestOneQuestionOneAnswer(t *testing.T) {
	answer, err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		w.Header().Set("Poshealth-Version", "7")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, r.URL.RequestURI()+" "+string(got))
	}, "words")
	require.NoError(t, err)
	assert.Equal(t, http.StatusAccepted, answer.Code)
	assert.Equal(t, "7", answer.Header.Get("Poshealth-Version"))
	assert.Equal(t, "/v1/x?y=z words", string(answer.Body))
}

func TestAnswersAreBounded(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		long := func(n int) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				for range n {
					_, _ = io.WriteString(w, "x")
					if chunked {
						w.(http.Flusher).Flush()
					}
				}
			}
		}
		answer, err := ask(t, long(1000), "")
		require.NoError(t, err)
		assert.Len(t, answer.Body, 1000)
		_, err = ask(t, long(1001), "")
		var tooLong *exchange.TooLongError
		require.ErrorAs(t, err, &tooLong)
		assert.EqualError(t, err, "the answer has more than 1000 bytes")
	}
	_, err := ask(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 9000)) }, "")
	assert.EqualError(t, err, "the answer's header has more than 8192 bytes")
}

// TestBrokenAnswers: one that ends early, one that is no HTTP, one that comes before the question was read, and none.
func TestBrokenAnswers(t *testing.T) {
	say := func(words string) (exchange.Answer, error) {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Read(make([]byte, 4096))
			_, _ = io.WriteString(there, words)
			_ = there.Close()
		}()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		require.NoError(t, err)
		return exchange.Do(t.Context(), here, request, 100)
	}
	_, err := say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = say("220 smtp.example ready\r\n")
	require.Error(t, err)
	_, err = say("")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	answer, err := say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, answer.Code)
}

func TestWhoAsksCanGiveUp(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, _ = there.Read(make([]byte, 4096)) // and says nothing
		cancel(errors.New("enough"))
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/", nil)
	require.NoError(t, err)
	_, err = exchange.Do(ctx, here, request, 100)
	require.ErrorIs(t, err, context.Canceled)
	_, err = here.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "the connection is closed")
}
