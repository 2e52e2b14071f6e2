package intake

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
)

// maxDepth of what an unknown field may nest: it is read for the guard's sake alone.
const maxDepth = 8

// Refusal says which line of a request was not taken, and by which field. It never says what stood there.
type Refusal struct {
	Line  int    // from 1
	Field string // of the contract; "": the line itself
	Why   string // for people
}

func (r Refusal) Error() string {
	s := "line " + strconv.Itoa(r.Line)
	if r.Field != "" {
		s += ", field " + r.Field
	}
	return s + ": " + r.Why
}

// Taken is what came of a request.
type Taken struct {
	Events  []Event
	Refused []Refusal
	Dropped int  // unknown fields, left out
	Guarded bool // something could have been card data: nothing of the request is taken
}

// Reader reads requests. It keeps nothing of them, and is safe for use by many.
type Reader struct {
	merchant string
	kinds    map[string][]field
	moments  []string
}

// NewReader makes a reader. merchant is the number that hello must tell, once it is known; "": any.
func NewReader(merchant string) *Reader {
	r := &Reader{merchant: merchant, kinds: make(map[string][]field)}
	for _, kind := range kinds() {
		r.kinds[kind] = append(common(), fields(kind)...)
		for _, f := range r.kinds[kind] {
			if f.moment && !slices.Contains(r.moments, f.name) {
				r.moments = append(r.moments, f.name)
			}
		}
	}
	return r
}

// Parse reads a request: a JSON object on each line. What does not fit is refused by itself, but where anything could be card data
// all of it is.
func (r *Reader) Parse(request []byte) Taken {
	var t Taken
	if len(request) > MaxRequest {
		return Taken{Refused: []Refusal{{Line: 0, Why: "the request is longer than " + strconv.Itoa(MaxRequest) + " bytes"}}}
	}
	number := 0
	for line := range bytes.Lines(request) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if number++; number > MaxLines {
			t.Refused = append(t.Refused, Refusal{Line: number, Why: "more than " + strconv.Itoa(MaxLines) + " lines"})
			break
		}
		p := parser{Reader: r, line: number, dropped: &t.Dropped}
		event, err := p.parse(line)
		var refusal *Refusal
		switch {
		case errors.Is(err, errGuard):
			return Taken{Guarded: true, Refused: []Refusal{{Line: number, Why: "something there could be card data: nothing of the request is taken"}}}
		case errors.As(err, &refusal):
			t.Refused = append(t.Refused, *refusal)
		default:
			t.Events = append(t.Events, event)
		}
	}
	return t
}

var errGuard = errors.New("card data")
