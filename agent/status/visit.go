package status

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// visitPath begins and ends a technician's visit, and shows those that are kept. Who may act on the agent may act here, over the unix
// socket alone.
const visitPath = "/v1/visit"

// maxVisitRequest in bytes: five lines of 200 characters with every one of them escaped are 6 kB.
const maxVisitRequest = 16 << 10

// VisitWithin is how long the look at a visit's begin or end may take: everything is looked at once, as by check, and the answer must
// come before a connection is given up (maxWait and 10 s).
const VisitWithin = 20 * time.Second

// What can be asked of a visit.
const (
	VisitStart = "start"
	VisitDone  = "done"
)

// VisitRequest begins a visit, or ends the one that is open.
type VisitRequest struct {
	Do  string   `json:"do"`            // start or done
	By  string   `json:"by,omitempty"`  // start only: who comes, in his own words
	Did []string `json:"did,omitempty"` // done only: what he did
}

// Visits are those that are kept.
type Visits struct {
	Schema int                `json:"schema"`
	Visits []wire.VisitRecord `json:"visits"`          // oldest first; the last one may be open
	Fault  string             `json:"fault,omitempty"` // why not all of them are here, or kept
}

// ErrVisit says that a visit cannot begin or end as things stand: one is open already, none is, or one is being looked at.
var ErrVisit = errors.New("not now")

// visit answers POST /v1/visit.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) {
	if s.o.Visit == nil {
		refuse(w, http.StatusServiceUnavailable, "this agent keeps no visits")
		return
	}
	var ask VisitRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&ask)
	}
	if err != nil || ask.Do != VisitStart && ask.Do != VisitDone {
		refuse(w, http.StatusBadRequest, `want a JSON object: {"do": "start", "by": "…"} or {"do": "done", "did": ["…"]}`)
		return
	}
	visit, err := s.o.Visit(r.Context(), ask)
	switch {
	case errors.Is(err, ErrVisit):
		refuse(w, http.StatusConflict, err.Error())
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
	default:
		answer(w, http.StatusOK, visit)
	}
}

// visits answers GET /v1/visit.
func (s *Server) visits(w http.ResponseWriter, _ *http.Request) {
	all := Visits{}
	if s.o.Visits != nil {
		all = s.o.Visits()
	}
	all.Schema = wire.Schema
	if all.Visits == nil {
		all.Visits = []wire.VisitRecord{}
	}
	answer(w, http.StatusOK, all)
}

// Visit begins or ends a visit, and returns what is kept of it when everything has been looked at.
func (c *Client) Visit(ctx context.Context, ask VisitRequest) (wire.VisitRecord, error) {
	var v wire.VisitRecord
	body, err := json.Marshal(ask)
	if err != nil {
		return v, err
	}
	_, err = c.send(ctx, http.MethodPost, visitPath, body, VisitWithin+answerTimeout, &v)
	return v, err
}

// Visits returns the visits that are kept, oldest first.
func (c *Client) Visits(ctx context.Context) (Visits, error) {
	var all Visits
	_, err := c.do(ctx, http.MethodGet, visitPath, answerTimeout, &all)
	return all, err
}
