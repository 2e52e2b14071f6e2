// Package exchange asks one question over HTTP/1.1 on a connection of its own: no pool, no redirect, no proxy, no cookie, no HTTP/2.
// net/http reads and writes the messages; its Client and Transport are not linked into the terminal's program for two callers that ask
// once in a while (docs/explanation/decisions.md).
package exchange

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxHeader bounds an answer's header, in bytes: ours send 300.
const maxHeader = 8 << 10

// Answer is what came back, its body read.
type Answer struct {
	Code   int
	Status string // "404 Not Found"
	Header http.Header
	Body   []byte
}

// TooLongError says that an answer's body has more than so many bytes.
type TooLongError struct{ Most int64 }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("the answer has more than %d bytes", e.Most)
}

// Do writes request on conn, reads the answer with a body of at most most bytes, and closes conn. When ctx ends it returns at once with
// ctx's error.
func Do(ctx context.Context, conn net.Conn, request *http.Request, most int64) (Answer, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	defer conn.Close()
	answer, err := do(conn, request, most)
	if err != nil && ctx.Err() != nil {
		return Answer{}, ctx.Err()
	}
	return answer, err
}

func do(conn net.Conn, request *http.Request, most int64) (Answer, error) {
	request.Close = true
	asked := request.Write(conn) // an error is not the last word: who refuses a question may answer before it has read it
	from := &io.LimitedReader{R: conn, N: maxHeader}
	reader := bufio.NewReader(from)
	answer, err := http.ReadResponse(reader, request)
	for err == nil && answer.StatusCode/100 == 1 && answer.StatusCode != http.StatusSwitchingProtocols { // "go on", which we have
		answer, err = http.ReadResponse(reader, request)
	}
	switch {
	case err != nil && asked != nil:
		return Answer{}, asked
	case err != nil && from.N == 0:
		return Answer{}, fmt.Errorf("the answer's header has more than %d bytes", maxHeader)
	case err != nil:
		return Answer{}, err
	}
	defer answer.Body.Close()
	from.N = 2*most + maxHeader // chunks cost some more than they hold
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if int64(len(body)) > most {
		return Answer{}, &TooLongError{Most: most}
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Code: answer.StatusCode, Status: answer.Status, Header: answer.Header, Body: body}, nil
}
