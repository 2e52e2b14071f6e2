package dns

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a book: a terminal speaks to a handful of hosts, and a host with more than eight addresses is a load
// balancer of which any eight will do.
const (
	MaxNames     = 32
	MaxAddresses = 8
)

// Book remembers the addresses that names last resolved to, so that a dead resolver does not hide whether a host is
// reachable. It is safe for use by many; a nil book remembers nothing. It is never written to flash.
type Book struct {
	boottime func() time.Duration
	mu       sync.Mutex
	entries  map[string]entry
	proof    bool          // the last lookup was answered by a name server
	proved   time.Duration // when that was
	doubted  time.Duration // what was noted before may hold no longer
}

type entry struct {
	addrs []netip.Addr
	at    time.Duration
}

// NewBook makes an empty book; boottime is the time since boot, since the wall clock may be wrong.
func NewBook(boottime func() time.Duration) *Book {
	return &Book{boottime: boottime, entries: make(map[string]entry)}
}

// Put notes good addresses for name, at most MaxAddresses of them; the oldest note makes way when the book is full.
// No addresses are no news.
func (b *Book) Put(name string, addrs []netip.Addr) {
	if b == nil || len(addrs) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := bookKey(name)
	if _, known := b.entries[key]; !known && len(b.entries) >= MaxNames {
		delete(b.entries, b.oldest())
	}
	b.entries[key] = entry{addrs: slices.Clone(addrs[:min(len(addrs), MaxAddresses)]), at: b.boottime()}
}

// Get returns the last good addresses of name and how long ago they were good.
func (b *Book) Get(name string) (addrs []netip.Addr, age time.Duration, ok bool) {
	if b == nil {
		return nil, 0, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[bookKey(name)]
	if !ok {
		return nil, 0, false
	}
	return slices.Clone(e.addrs), b.boottime() - e.at, true
}

// Recent returns the addresses of name where a lookup would tell nothing new: name itself was found within six times every, and
// some name within nine tenths of it, so that where several names are looked up each every, the first of a round is, and the
// others are spared. After a lookup that failed, or doubts, there are none.
func (b *Book) Recent(name string, every time.Duration) (addrs []netip.Addr, ok bool) {
	addrs, age, ok := b.Get(name)
	if !ok || age > 6*every {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.proof || b.boottime()-b.proved > every*9/10 || b.boottime()-age < b.doubted {
		return nil, false
	}
	return addrs, true
}

// prove notes whether a name server has answered.
func (b *Book) prove(ok bool) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.proof, b.proved = ok, b.boottime()
}

// Doubt tells the book that the network is another one, where names may lead elsewhere: each is looked up again before it is recent.
func (b *Book) Doubt() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.proof, b.doubted = false, b.boottime()
}

func (b *Book) oldest() string {
	var key string
	for k, e := range b.entries {
		if key == "" || e.at < b.entries[key].at || (e.at == b.entries[key].at && k < key) {
			key = k
		}
	}
	return key
}

func bookKey(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
