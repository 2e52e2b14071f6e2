package terminal

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/probes"
)

const (
	// retryLater: what is denied or not there stays so until somebody grants it or updates the system.
	retryLater = time.Hour

	// retrySoon: what could not be understood, or did not answer in time, may have been in the middle of something.
	retrySoon = 10 * time.Minute

	// retryWorked: a way that has worked fails while the system server restarts, which takes half a minute, or when the
	// terminal killed the program for want of memory.
	retryWorked = 30 * time.Second

	// Services come up one by one after the terminal has started: until then "not there" means little.
	startingUp   = 5 * time.Minute
	retryStarted = 30 * time.Second

	// maxLedger bounds what is remembered; there are some thirty data with three sources at most.
	maxLedger = 256
)

// Way is one way to read a datum.
type Way[T any] struct {
	Source string // as people know it: "dumpsys battery", "/sys/class/thermal", "feed"
	Read   func(ctx context.Context) (T, error)
}

// First reads a datum by the first of its ways that answers; the cheap and trusted ones come first. What is denied, absent
// or malformed is remembered, and not tried again for some time (an hour, ten minutes), or until [Terminal.Retry]. When no
// way answers, the error is the most telling one: denied before a timeout, before malformed, before absent.
func First[T any](ctx context.Context, t *Terminal, datum string, ways ...Way[T]) (T, error) {
	var none T
	var why error
	for _, w := range ways {
		err := t.ledger.remembered(datum, w.Source)
		if err == nil {
			if over := ctx.Err(); over != nil {
				return none, &Error{What: datum, Reason: ReasonOf(over), Err: over} // the way is not to blame
			}
			var got T
			got, err = w.Read(ctx)
			t.ledger.note(datum, w.Source, err)
			if err == nil {
				return got, nil
			}
			if ctx.Err() != nil {
				return none, err
			}
		}
		if why == nil || telling(err) < telling(why) {
			why = err
		}
	}
	if why == nil {
		why = &Error{What: datum, Reason: absent, Err: errors.New("there is no way to read it on this terminal")}
	}
	return none, why
}

// said is what the system said, without what was asked.
func said(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Err != nil {
		err = e.Err
	}
	return Printable(err.Error(), probes.MaxDetail)
}

func telling(err error) int {
	return slices.Index([]probes.Reason{probes.Cancelled, denied, Timeout, malformed, absent}, ReasonOf(err))
}

// Note enters how a datum was read that has but one way: err is nil where it was.
func (t *Terminal) Note(datum, source string, err error) { t.ledger.note(datum, source, err) }

// Retry forgets what could not be read: somebody may have granted it.
func (t *Terminal) Retry() { t.ledger.retry() }

// Attempt is what came of one way to read a datum.
type Attempt struct {
	Source string
	Reason probes.Reason // "" where it was read
	Detail string        // what the system said
}

// Capability is how a datum is read here, or why it is not.
type Capability struct {
	Datum    string
	Source   string        // "" where it cannot be read
	Reason   probes.Reason // why it cannot; "" where it is
	Attempts []Attempt     // all ways that were tried, in order
}

// Capabilities tells of each datum that was asked for so far how it is read here, in order of their names.
func (t *Terminal) Capabilities() []Capability { return t.ledger.capabilities() }

// ledger remembers what came of each way.
type ledger struct {
	boottime func() time.Duration

	mu      sync.Mutex
	entries []entry
}

type entry struct {
	datum, source string
	err           error
	worked        bool          // at least once: what fails now is likely to work again soon
	retry         time.Duration // boot time at which it may be tried again
}

// remembered is why a way is not worth trying now; nil where it is.
func (l *ledger) remembered(datum, source string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.find(datum, source); e != nil && e.err != nil && l.boottime() < e.retry {
		return e.err
	}
	return nil
}

func (l *ledger) note(datum, source string, err error) {
	reason := ReasonOf(err)
	if reason == probes.Cancelled {
		return // it says nothing of the way
	}
	now := l.boottime()
	wait := retryLater
	switch {
	case source == FeedSource:
		wait = 0 // an app may tell at any time, and asking costs nothing
	case reason == malformed, reason == Timeout:
		wait = retrySoon
	case now < startingUp:
		wait = retryStarted
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.find(datum, source)
	if e == nil {
		if len(l.entries) == maxLedger {
			return
		}
		l.entries = append(l.entries, entry{datum: datum, source: source})
		e = &l.entries[len(l.entries)-1]
	}
	e.worked = e.worked || err == nil
	if e.worked {
		wait = min(wait, retryWorked)
	}
	e.err, e.retry = err, now+wait
}

func (l *ledger) retry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.entries {
		l.entries[i].retry = 0
	}
}

func (l *ledger) find(datum, source string) *entry {
	for i := range l.entries {
		if l.entries[i].datum == datum && l.entries[i].source == source {
			return &l.entries[i]
		}
	}
	return nil
}

func (l *ledger) capabilities() []Capability {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Capability
	for _, e := range l.entries {
		at := slices.IndexFunc(all, func(c Capability) bool { return c.Datum == e.datum })
		if at < 0 {
			at = len(all)
			all = append(all, Capability{Datum: e.datum})
		}
		c := &all[at]
		a := Attempt{Source: e.source, Reason: ReasonOf(e.err)}
		if e.err != nil {
			a.Detail = said(e.err)
		}
		c.Attempts = append(c.Attempts, a)
		if e.err == nil && c.Source == "" {
			c.Source, c.Reason = e.source, ""
		}
		if c.Source == "" && (c.Reason == "" || telling(e.err) < telling(&Error{Reason: c.Reason})) {
			c.Reason = a.Reason
		}
	}
	order := func(a, b Capability) int { return strings.Compare(a.Datum, b.Datum) }
	sort.Slice(all, func(i, j int) bool { return order(all[i], all[j]) < 0 })
	return all
}
