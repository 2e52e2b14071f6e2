package status

import (
	"net/http"
)

// confirmPath takes a technician's word of a sale that was in doubt. Whoever may act on the agent may give it, and only over the unix
// socket, where the kernel says who it is: a page in a browser could not know that he has asked the acquirer.
const confirmPath = "/v1/confirm"

// Confirmation is what a technician has found out at the acquirer of a sale that was in doubt.
type Confirmation struct {
	Ref    string // trace number as on the slip; "": all that is in doubt
	Batch  string // "": whichever
	Result string // settled, reversed or refunded
	Reason string // in his words; "": he gave none
}

// confirm answers POST /v1/confirm?ref=&batch=&result=&reason=.
func (s *Server) confirm(w http.ResponseWriter, r *http.Request) {
	if s.o.Confirm == nil {
		refuse(w, http.StatusServiceUnavailable, "this agent hears of no sales: set enabled in the configuration's [intake]")
		return
	}
	q := r.URL.Query()
	if !q.Has("ref") && q.Get("all") != "true" {
		refuse(w, http.StatusBadRequest, "ref: want the trace number of the sale, or all=true")
		return
	}
	if err := s.o.Confirm(Confirmation{Ref: q.Get("ref"), Batch: q.Get("batch"), Result: q.Get("result"), Reason: q.Get("reason")}); err != nil {
		refuse(w, http.StatusBadRequest, "nothing was confirmed: "+err.Error())
		return
	}
	answer(w, http.StatusAccepted, struct {
		Confirmed bool `json:"confirmed"`
	}{true})
}
