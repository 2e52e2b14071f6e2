package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
)

const token = "dGhlIHRva2VuIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM"

// street is a listener without a network: whoever calls gets a pipe.
type street struct {
	calls  chan net.Conn
	closed chan struct{}
	shut   func()
	tired  chan error // what Accept fails with
}

func newStreet() *street {
	s := &street{calls: make(chan net.Conn), closed: make(chan struct{}), tired: make(chan error, 1)}
	s.shut = sync.OnceFunc(func() { close(s.closed) })
	return s
}

func (s *street) Accept() (net.Conn, error) {
	select {
	case err := <-s.tired:
		return nil, err
	case c := <-s.calls:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *street) Close() error   { s.shut(); return nil }
func (s *street) Addr() net.Addr { return &net.TCPAddr{} }

// call connects, and says something.
func (s *street) call(said string) *caller {
	ours, theirs := net.Pipe()
	s.calls <- theirs
	c := &caller{Conn: ours, in: bufio.NewReader(ours)}
	go func() { _, _ = io.WriteString(ours, said) }()
	return c
}

type caller struct {
	net.Conn
	in *bufio.Reader
}

// hear is the next line; what ended the connection instead.
func (c *caller) hear() string {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(line, "\n")
}

// serve runs a door in a bubble of time.
func serve(t *testing.T, known bool, do func(t *testing.T, s *street, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStreet(), newRig()
		lines := intake.Lines{Hear: r.Hear, Token: token}
		if known {
			lines.Known = func(net.Conn) bool { return true }
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- lines.Serve(ctx, s) }()
		do(t, s, r)
		cancel()
		assert.NoError(t, <-ended)
	})
}

func TestLines(t *testing.T) {
	refused := `{"code":401,"error":"want the token as the first line: it lies in intake.token"}`
	begin, end := event(2), event(3)
	for _, row := range []struct {
		name, said string
		known      bool
		want       []string
	}{
		{"a token and two events", token + "\n" + begin + "\n" + end + "\n", false, []string{`{"ack":1}`, `{"ack":1}`}},
		{"carriage returns and empty lines", "\r\n" + token + "\r\n\r\n" + begin + "\r\n\r\n \n" + end + "\r\n", false, []string{`{"ack":1}`, `{"ack":1}`}},
		{"a bad one between", token + "\n" + begin + "\n{}\n" + end + "\n", false, []string{`{"ack":1}`, `{"ack":0,"code":400,"line":1,"field":"kind","error":"want one of the contract's kinds"}`, `{"ack":1}`}},
		{"no token", begin + "\n", false, []string{refused, "EOF"}},
		{"another token", token[1:] + "x\n" + begin + "\n", false, []string{refused, "EOF"}},
		{"half of it", token[:20] + "\n", false, []string{refused, "EOF"}},
		{"HTTP", "POST /v1/intake HTTP/1.1\r\n", false, []string{refused, "EOF"}},
		{"a long line instead of it", strings.Repeat("x", 5000) + "\n" + token + "\n" + begin + "\n", false, []string{"EOF"}},
		{"known to the kernel", begin + "\n" + end + "\n", true, []string{`{"ack":1}`, `{"ack":1}`}},
		{"known, and a token", token + "\n" + begin + "\n", true, []string{`{"ack":1}`}},
		{"a long line", token + "\n" + `{"x":"` + strings.Repeat("x", 5000) + "\"}\n" + begin + "\n", false, []string{`{"code":413,"error":"a line has at most 1024 bytes"}`, `{"ack":1}`}},
		{"a line without end", token + "\n" + strings.Repeat("x", 40<<10), false, []string{"EOF"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			serve(t, row.known, func(t *testing.T, s *street, _ *rig) {
				c := s.call(row.said)
				defer c.Close()
				for _, want := range row.want {
					if got := c.hear(); strings.HasPrefix(want, "{") {
						assert.JSONEq(t, want, got)
					} else {
						assert.Equal(t, want, got)
					}
				}
			})
		})
	}
}

func TestNoTokenIsRightWhereThereIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreet()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = intake.Lines{Hear: newRig().Hear}.Serve(ctx, s) }()
		assert.Contains(t, s.call("x\n").hear(), "401")
		cancel()
	})
}

// TestSilenceKeepsNobodyOut: who says nothing is hung up on after 5 s, and at once where others come.
func TestSilenceKeepsNobodyOut(t *testing.T) {
	serve(t, false, func(t *testing.T, s *street, r *rig) {
		var silent []*caller
		for range 20 {
			silent = append(silent, s.call(""))
			synctest.Wait()
		}
		app := s.call(token + "\n" + event(2) + "\n")
		assert.Equal(t, `{"ack":1}`, app.hear())
		for _, c := range silent[:13] {
			assert.Equal(t, "EOF", c.hear())
		}
		start := time.Now()
		assert.Equal(t, "EOF", silent[19].hear())
		assert.Equal(t, 5*time.Second, time.Since(start))
		_, err := io.WriteString(app, event(3)+"\n")
		require.NoError(t, err)
		assert.Equal(t, `{"ack":1}`, app.hear(), "the app is not disturbed")
		assert.Len(t, r.kept, 2)
		app.Close()
	})
}

// TestADribbleEnds: the token must be there in 5 s, however slowly it comes.
func TestADribbleEnds(t *testing.T) {
	serve(t, false, func(t *testing.T, s *street, _ *rig) {
		c := s.call("")
		start, failed := time.Now(), error(nil)
		for i := 0; failed == nil; i++ {
			_, failed = c.Write([]byte(token[i : i+1]))
			<-time.After(time.Second) // of the bubble
		}
		assert.LessOrEqual(t, time.Since(start), 7*time.Second)
	})
}

// TestAnIdleAppIsForgotten, after the time in which it should have told its state.
func TestAnIdleAppIsForgotten(t *testing.T) {
	serve(t, false, func(t *testing.T, s *street, _ *rig) {
		c := s.call(token + "\n" + event(1) + "\n")
		assert.Equal(t, `{"ack":1}`, c.hear())
		start := time.Now()
		assert.Equal(t, "EOF", c.hear())
		assert.Equal(t, 15*time.Minute, time.Since(start))
	})
}

// TestWhoDoesNotReadIsHungUpOn: a reply that nobody takes keeps no goroutine.
func TestWhoDoesNotReadIsHungUpOn(t *testing.T) {
	serve(t, false, func(t *testing.T, s *street, r *rig) {
		c := s.call(token + "\n" + event(1) + "\n" + event(2) + "\n")
		<-time.After(2 * time.Second)
		assert.Equal(t, "EOF", c.hear())
		assert.Len(t, r.kept, 1)
	})
}

func TestAppsAreCounted(t *testing.T) {
	serve(t, true, func(t *testing.T, s *street, _ *rig) {
		var apps []*caller
		for range 16 {
			apps = append(apps, s.call(event(1)+"\n"))
			assert.Equal(t, `{"ack":1}`, apps[len(apps)-1].hear())
		}
		assert.JSONEq(t, `{"code":503,"retry_s":1,"error":"too many apps are connected: close what is not used"}`, s.call(event(1)+"\n").hear())
		apps[3].Close()
		synctest.Wait()
		c := s.call(event(1) + "\n")
		assert.Equal(t, `{"ack":1}`, c.hear(), "one has left")
	})
}

// TestNoDescriptorsLeft: the door waits until there are some.
func TestNoDescriptorsLeft(t *testing.T) {
	serve(t, true, func(t *testing.T, s *street, _ *rig) {
		s.tired <- syscall.EMFILE
		synctest.Wait() // the door has heard it before anybody calls
		start := time.Now()
		c := s.call(event(1) + "\n")
		assert.Equal(t, `{"ack":1}`, c.hear())
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestADoorThatIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreet()
		require.NoError(t, s.Close())
		require.ErrorIs(t, intake.Lines{Hear: newRig().Hear}.Serve(t.Context(), s), net.ErrClosed)
	})
}

// script is a connection of which everything is known before.
type script struct {
	net.Conn
	said  [][]byte
	heard bytes.Buffer
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.said) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.said[0])
	if s.said[0] = s.said[0][n:]; len(s.said[0]) == 0 {
		s.said = s.said[1:]
	}
	return n, nil
}
func (s *script) Write(p []byte) (int, error)      { return s.heard.Write(p) }
func (s *script) Close() error                     { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// FuzzLines: however what is said is cut up, each line that is not empty is one request, with one reply of JSON. An L stands for many
// letters, so that the fuzzer can make long lines of short inputs.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{
		"{}\n{}", "\n\n", "{}\r\n{}\n", token + "\n{}\n", token, "L\n{}\n", "{}L\nLLLL\n{}", "\x00\n\xff\n",
	} {
		f.Add([]byte(seed), uint16(7), uint16(2047))
		f.Add([]byte(seed), uint16(2000), uint16(9000))
	}
	f.Fuzz(func(t *testing.T, said []byte, cut, many uint16) {
		if bytes.Count(said, []byte("L")) > 8 {
			return
		}
		said = bytes.ReplaceAll(said, []byte("L"), bytes.Repeat([]byte("x"), int(many)))
		conn := &script{}
		for rest := said; len(rest) > 0; {
			n := min(len(rest), int(cut)+1)
			conn.said, rest = append(conn.said, rest[:n]), rest[n:]
		}
		lines := intake.Lines{Token: token, Known: func(net.Conn) bool { return true }, Hear: func(line []byte) intake.Reply {
			if len(line) > 2*intake.MaxLine || bytes.ContainsRune(line, '\n') || len(bytes.TrimSpace(line)) == 0 {
				t.Errorf("%q", line)
			}
			return intake.Reply{Body: []byte("{}")}
		}}
		lines.Talk(conn)

		want, whole := 0, true
		for line := range bytes.Lines(said) {
			switch n := len(line); {
			case len(bytes.TrimSpace(line)) == 0 && n <= 2*intake.MaxLine:
			case n > intake.MaxRequest:
				whole = false
			case string(bytes.TrimSpace(line)) == token && want == 0:
			default:
				want++
			}
		}
		replies := strings.Split(strings.TrimSuffix(conn.heard.String(), "\n"), "\n")
		if conn.heard.Len() == 0 {
			replies = nil
		}
		if whole {
			require.Len(t, replies, want)
		}
		for _, reply := range replies {
			require.True(t, json.Valid([]byte(reply)), reply)
		}
	})
}

// TestLinesOverTCP: the same over a real socket, with a half-closed end as netcat leaves it.
func TestLinesOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := newRig()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- intake.Lines{Hear: r.Hear, Token: token}.Serve(ctx, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, token+"\n"+event(2)+"\n"+event(3))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, "{\"ack\":1}\n{\"ack\":1}\n", string(all))

	waiting, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer waiting.Close()
	_, err = io.WriteString(waiting, token+"\n"+event(2)+"\n")
	require.NoError(t, err)
	_, err = waiting.Read(make([]byte, 20))
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-ended)
	_, err = waiting.Read(make([]byte, 1))
	assert.False(t, err == nil || errors.Is(err, os.ErrDeadlineExceeded), "an end hangs up on all")
}
