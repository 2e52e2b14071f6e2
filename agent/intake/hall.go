package intake

import (
	"net"
	"slices"
	"sync"
)

// hall holds who is connected: those who have shown a token, and a few who have not yet.
type hall struct {
	mu        sync.Mutex
	strangers []net.Conn // in the order in which they came
	apps      []net.Conn
}

// come lets a stranger in. Where there are too many the first of them must go.
func (h *hall) come(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.strangers) == maxStrangers {
		h.strangers[0].Close()
		h.strangers = slices.Delete(h.strangers, 0, 1)
	}
	h.strangers = append(h.strangers, conn)
}

// enter makes an app of a stranger; it tells whether there is room.
func (h *hall) enter(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.apps, conn) {
		return true
	}
	if len(h.apps) == maxApps {
		return false
	}
	if i := slices.Index(h.strangers, conn); i >= 0 {
		h.strangers = slices.Delete(h.strangers, i, i+1)
	}
	h.apps = append(h.apps, conn)
	return true
}

// leave forgets a connection.
func (h *hall) leave(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	is := func(c net.Conn) bool { return c == conn }
	h.strangers = slices.DeleteFunc(h.strangers, is)
	h.apps = slices.DeleteFunc(h.apps, is)
}
