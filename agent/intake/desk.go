package intake

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// guardedEvery spaces what is said of requests that could have held card data: an app that does it does it all day, and a log is flash.
const guardedEvery = 10 * time.Minute

// DeskOptions are what a desk stands on. All but Guarded must be given.
type DeskOptions struct {
	Reader *Reader
	// Take keeps what was taken, in the order of its lines. It is called by many at once and may not wait long. An error means that
	// it could not be kept: the app is told to send it again.
	Take     func([]Event) error
	Boottime func() time.Duration // for the rates: it does not step
	// Guarded is told that a request could have held card data, once in ten minutes at most; how many it was is in Stats. Nil: nobody is.
	Guarded func()
}

// Desk takes requests, by whatever door they came. It is safe for use by many.
type Desk struct {
	o     DeskOptions
	rates *rates

	mu    sync.Mutex
	stats Stats
	said  time.Duration // when Guarded was last told; 0: never
}

// NewDesk makes a desk.
func NewDesk(o DeskOptions) *Desk {
	return &Desk{o: o, rates: newRates(o.Boottime)}
}

// Stats count since the start.
type Stats struct {
	Events  uint64        // taken
	Refused uint64        // lines that did not fit
	Dropped uint64        // unknown fields, left out
	Guarded uint64        // requests that could have held card data: nothing of them was taken
	Limited uint64        // requests that came too fast, or were too many in a day
	Unkept  uint64        // requests that Take could not keep
	LastAt  time.Duration // by the boot clock, of the last request of which anything was taken; 0: none was
}

// Stats are the counts as they stand.
func (d *Desk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Reply is the answer to a request.
type Reply struct {
	Code int    // of HTTP: 202, 400, 413, 429 or 503
	Body []byte // JSON, 1 KiB at most, without a line feed
}

// reply is the body of any answer. A 202 has ack alone, all others have code and error.
type reply struct {
	Ack   *int   `json:"ack,omitempty"` // lines that were taken
	Code  int    `json:"code,omitempty"`
	Line  int    `json:"line,omitempty"`    // the first that was not taken, from 1
	Field string `json:"field,omitempty"`   // of the contract, by which it was not
	Retry int    `json:"retry_s,omitempty"` // send all of it again after so many seconds
	Error string `json:"error,omitempty"`   // for people; it never holds what stood in the request
}

func (r reply) with(code int) Reply {
	if code != http.StatusAccepted {
		r.Code = code
	}
	body, err := json.Marshal(r)
	if err != nil { // words and numbers alone: it cannot be
		return Reply{Code: http.StatusInternalServerError, Body: []byte(`{"code":500}`)}
	}
	return Reply{Code: code, Body: body}
}

// Refused is an answer by a door, which takes nothing of a request.
func Refused(code int, why string) Reply { return reply{Error: why}.with(code) }

// Hear takes a request: a JSON object on each line. Lines that fit are taken though others do not.
func (d *Desk) Hear(request []byte) Reply {
	lines := 0
	for line := range bytes.Lines(request) {
		if len(bytes.TrimSpace(line)) > 0 {
			lines++
		}
	}
	switch {
	case len(request) > MaxRequest:
		return Refused(http.StatusRequestEntityTooLarge, "a request has at most 32 KiB")
	case lines == 0:
		return Refused(http.StatusBadRequest, "want a JSON object on each line")
	}
	asked := min(lines, MaxLines) // what the reader looks at
	if wait := d.rates.take(asked); wait > 0 {
		d.count(func(s *Stats) { s.Limited++ })
		seconds := int((wait + time.Second - 1) / time.Second)
		return reply{Retry: seconds, Error: "too much: 20 lines a second, 100 at once, 20000 a day; send all of it again later"}.with(http.StatusTooManyRequests)
	}
	taken := d.o.Reader.Parse(request)
	if len(taken.Events) > 0 {
		if err := d.o.Take(taken.Events); err != nil {
			d.rates.spare(asked)
			d.count(func(s *Stats) { s.Unkept++ })
			return reply{Retry: 1, Error: "it cannot be kept now: send all of it again"}.with(http.StatusServiceUnavailable)
		}
	}
	d.rates.spare(asked - len(taken.Events))
	d.note(taken)
	return answer(taken)
}

func answer(t Taken) Reply {
	ack := len(t.Events)
	r := reply{Ack: &ack}
	if len(t.Refused) == 0 {
		return r.with(http.StatusAccepted)
	}
	first := t.Refused[0]
	r.Line, r.Field, r.Error = first.Line, first.Field, first.Why
	return r.with(http.StatusBadRequest)
}

func (d *Desk) count(change func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.stats)
}

// note counts what came of a request, and says so where it could have held card data.
func (d *Desk) note(t Taken) {
	now, tell := d.o.Boottime(), false
	d.count(func(s *Stats) {
		s.Events += uint64(len(t.Events))
		s.Dropped += uint64(t.Dropped)
		if len(t.Events) > 0 {
			s.LastAt = now
		}
		if !t.Guarded {
			s.Refused += uint64(len(t.Refused))
			return
		}
		s.Guarded++
		if d.said == 0 || now-d.said >= guardedEvery {
			d.said, tell = max(now, 1), true
		}
	})
	if tell && d.o.Guarded != nil {
		d.o.Guarded()
	}
}
