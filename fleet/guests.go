package fleet

import (
	"net"
	"sync"
)

// guests is a listener that knows how many of those it let in are still there. The broker's library counts them too, and then
// waits for them while it may be counting one more; whoever asks here first knows that it is not.
type guests struct {
	net.Listener
	mu     sync.Mutex
	inside int
}

// Accept lets the next one in.
func (g *guests) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g.count(1)
	return &guest{Conn: c, leave: sync.OnceFunc(func() { g.count(-1) })}, nil
}

func (g *guests) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside += n
}

// gone tells whether all have left.
func (g *guests) gone() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside == 0
}

// guest is one connection.
type guest struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
