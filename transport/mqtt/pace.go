package mqtt

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// kindPingreq is the keep-alive's question, by the upper half of its first byte; the library writes it by itself.
const kindPingreq = 12

// Quiet is how a link bore silence: what a keep-alive that fits the network is learned from.
type Quiet struct {
	Answered int           // keep-alives that were answered after a silence, both ways, of about the keep-alive
	Fell     time.Duration // the silence after which nothing came any more, nor a word that the far side had gone; 0: it did not end so
}

// pace notes when something was said or heard. Silence is measured by a clock that stands still while the terminal sleeps, so a
// silence that was slept through counts as shorter than it was.
type pace struct {
	keep time.Duration // the keep-alive

	mu     sync.Mutex
	last   time.Time     // that anything went either way
	asked  bool          // something was said and nothing heard since
	ping   bool          // and it was a keep-alive
	before time.Duration // the silence before it
	seen   Quiet
}

func (p *pace) said(now time.Time, ping bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked {
		p.asked, p.ping, p.before = true, ping, now.Sub(p.last)
	}
	p.last = now
}

func (p *pace) heard(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// The library counts from when it spoke last, we from the answer to that: a slow network's round trip later.
	if p.asked && p.ping && p.before >= p.keep-p.keep/8 {
		p.seen.Answered++
	}
	p.asked, p.last = false, now
}

// fell notes that the far side has stopped answering.
func (p *pace) fell() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked {
		p.seen.Fell = p.before
	}
}

func (p *pace) quiet() Quiet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// silent tells an end of which nobody told from a far side that hung up, and from our own goodbye.
func silent(cause error) bool {
	for _, end := range []error{errGivenUp, errUnheard, os.ErrDeadlineExceeded, syscall.ETIMEDOUT} {
		if errors.Is(cause, end) {
			return true
		}
	}
	return false
}
