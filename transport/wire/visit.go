package wire

// States of a visit.
const (
	VisitOpen     = "open"
	VisitDone     = "done"
	VisitNotEnded = "not-ended" // nobody said that it was over, and half a day had passed
)

// VisitChanged is the word of an event that tells of a visit: code is its state.
const VisitChanged = "visit"

// VisitRecord is one technician's visit: how the terminal stood before and after it, and what was done. An event tells of it when it begins and
// when it ends; the same id and state again are the same news.
type VisitRecord struct {
	ID     string   `json:"id"`    // 16 lower-case hex digits
	State  string   `json:"state"` // open, done, not-ended
	By     string   `json:"by,omitempty"`
	Before Look     `json:"before"`
	After  *Look    `json:"after,omitempty"`  // done only
	TookS  *float64 `json:"took_s,omitempty"` // left out where no clock can tell
	Did    []string `json:"did,omitempty"`    // in the technician's words, 5 at most
	// Confirmed are the sales in doubt that were closed meanwhile, the latest 20.
	Confirmed []Closed `json:"confirmed,omitempty"`
}

// Look is how a terminal stood at one moment, in short.
type Look struct {
	Session  Session    `json:"session"`
	Verdict  Verdict    `json:"verdict"`
	Findings []Standing `json:"findings"`       // in the order of the snapshot, 24 at most
	More     int        `json:"more,omitempty"` // findings beyond them
	// Readings are rtt (ms), signal (dBm), clock_offset (ms), battery (%) and storage (B, free), each where it was seen.
	Readings []Reading `json:"readings"`
	Agent    string    `json:"agent"`
	App      string    `json:"app,omitempty"` // the payment app's version
}

// Standing is a finding that stood.
type Standing struct {
	Ref
	Severity string `json:"severity"`
}

// Closed is a sale in doubt of which a technician has said how it ended.
type Closed struct {
	At     string `json:"at"`            // RFC 3339 with milliseconds, local clock
	Ref    string `json:"ref,omitempty"` // trace number; left out: all that was in doubt
	Result string `json:"result"`        // settled, reversed, refunded
	Reason string `json:"reason,omitempty"`
}

// OpenVisit says that somebody is at work on the terminal.
type OpenVisit struct {
	ID    string `json:"id"`
	Since string `json:"since"` // RFC 3339 with milliseconds, local clock
	By    string `json:"by,omitempty"`
}

// Compare tells what stood before a visit and is gone, what is new after it, and what still stands, as it does after. Without a look
// after it nothing is known.
func (v VisitRecord) Compare() (gone, fresh, still []Standing) {
	if v.After == nil {
		return nil, nil, nil
	}
	in := func(all []Standing, r Ref) bool {
		for _, f := range all {
			if f.Ref == r {
				return true
			}
		}
		return false
	}
	for _, f := range v.Before.Findings {
		if !in(v.After.Findings, f.Ref) {
			gone = append(gone, f)
		}
	}
	for _, f := range v.After.Findings {
		if in(v.Before.Findings, f.Ref) {
			still = append(still, f)
		} else {
			fresh = append(fresh, f)
		}
	}
	return gone, fresh, still
}
