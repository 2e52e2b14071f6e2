package link

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Change is something that became different in the terminal's network, as the kernel told at once.
type Change struct {
	What      string // "link" (up or down), "address", "route" (a default one), "lost" (too much at once to follow: look at all)
	Interface string // "" where it does not matter
}

const (
	// merge: what follows a change within a tenth of a second belongs to it: a link, its address and its route.
	merge = 100 * time.Millisecond
	// maxWatched interfaces are known by their state.
	maxWatched = maxInterfaces
)

// Watcher follows what the kernel tells of links, addresses and routes, so that a link that goes is known before the next
// look, and one that comes back between two looks is known at all. It costs nothing while nothing happens.
type Watcher struct {
	here   bool
	kernel func() ([]net.Interface, error)

	mu      sync.Mutex
	running bool
	links   map[int]watched     // by the kernel's number; at most maxWatched
	flaps   map[string]int      // ups and downs since they were asked for, by name; at most maxWatched
	routes  map[string]struct{} // default routes told of since the last change of a link or an address; at most maxWatched
}

// watched is an interface as the kernel last told of it.
type watched struct {
	name string
	up   bool
}

// NewWatcher makes a watcher of this machine. Of another terminal nothing can be followed: then Run ends at once.
func NewWatcher(o Options) *Watcher {
	r := newReader(o)
	return &Watcher{here: r.from.Here(), kernel: r.kernel, links: make(map[int]watched), flaps: make(map[string]int), routes: make(map[string]struct{})}
}

// Run follows the kernel's news until ctx ends, and calls changed for each kind of change, at most once in 100 ms each: the
// first of a kind at once, those that follow it so soon as one when that time is over. It waits while changed runs. Once at a
// time. The error says why the news cannot be followed here: looks alone must do.
func (w *Watcher) Run(ctx context.Context, changed func(Change)) error { return w.run(ctx, changed) }

// taken are the ups and downs of these interfaces since they were last asked for; false where nobody counts.
func (w *Watcher) taken(interfaces ...string) (int, bool) {
	if w == nil {
		return 0, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for i, name := range interfaces {
		if name != "" && (i == 0 || name != interfaces[0]) {
			n += w.flaps[name]
		}
	}
	clear(w.flaps)
	return n, w.running
}

// linked notes the state of an interface, and tells whether it is another than before.
func (w *Watcher) linked(index int, name string, up bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.links[index]
	if !known && len(w.links) >= maxWatched || name == "" || ours(name) {
		return false
	}
	w.links[index] = watched{name, up} // by the name that it has now
	if before.up == up {
		return false
	}
	w.flapped(name)
	return true
}

// forget drops an interface that is gone, and tells whether it had a link.
func (w *Watcher) forget(index int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.links[index]
	delete(w.links, index)
	if was.up {
		w.flapped(was.name)
	}
	return was.up
}

// flapped counts, with w.mu held.
func (w *Watcher) flapped(name string) {
	clear(w.routes) // with its link or address a route goes without a word
	if _, known := w.flaps[name]; known || len(w.flaps) < maxWatched {
		w.flaps[name]++
	}
}

// addressed notes that an interface got or lost an address, and names it: "" for one that is not watched.
func (w *Watcher) addressed(index int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := w.links[index].name
	if name != "" {
		clear(w.routes)
	}
	return name
}

// routed notes a default route, and tells whether that is news.
func (w *Watcher) routed(key string, gone bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if gone {
		delete(w.routes, key)
		return true
	}
	if _, known := w.routes[key]; known {
		return false
	}
	if len(w.routes) >= maxWatched {
		clear(w.routes)
	}
	w.routes[key] = struct{}{}
	return true
}

// begin takes the state at the start in, so that the first news are judged right.
func (w *Watcher) begin() error {
	err := w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.flaps)
	w.running = err == nil
	return err
}

// look takes the state in as it is, where news were missed. What became different since counts.
func (w *Watcher) look() error {
	list, err := w.kernel()
	if err != nil {
		return err
	}
	there := make(map[int]bool, len(list))
	for _, i := range list {
		if i.Flags&net.FlagLoopback == 0 {
			there[i.Index] = true
			w.linked(i.Index, i.Name, i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0)
		}
	}
	for _, index := range w.indexes() {
		if !there[index] {
			w.forget(index)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.routes)
	return nil
}

func (w *Watcher) indexes() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.links))
}

func (w *Watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
}
