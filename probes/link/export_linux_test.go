package link

// News is what a message of the kernel's comes to.
func (w *Watcher) News(b []byte) []Change { return w.news(b) }

// Changes are the ups and downs of an interface since they were last asked for.
func (w *Watcher) Changes(name string) int { n, _ := w.taken(name); return n }

// Sizes are how much the watcher knows.
func (w *Watcher) Sizes() (links, flaps, routes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.links), len(w.flaps), len(w.routes)
}

// MaxWatched bounds each of them.
const MaxWatched = maxWatched
