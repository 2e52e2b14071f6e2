package intake

import (
	"time"

	"github.com/poshealth/poshealth/agent/diagnose"
	"github.com/poshealth/poshealth/probes/response"
)

// mostSales the book holds, and mostStarts of the app. A shop has some 200 sales a day; what is settled and sure goes first.
const (
	mostSales  = 512
	mostStarts = 4
)

// stamp is a moment by both clocks: the wall clock, which somebody may set, and the boot clock, which begins anew with each boot of the
// terminal. Boot says which one it is of; 0: there is no such moment.
type stamp struct {
	Wall int64  `json:"w,omitempty"` // ms since 1970 UTC
	At   int64  `json:"a,omitempty"` // ms since that boot; negative: before it
	Boot uint32 `json:"b,omitempty"` // counted since the book was begun, from 1
}

func (s stamp) is() bool { return s.Boot != 0 }

// before gives the moment so many milliseconds before s.
func (s stamp) before(ms int64) stamp { return stamp{s.Wall - ms, s.At - ms, s.Boot} }

// by is s by the boot clock of now: what was in an earlier boot is as long ago as the wall clock says, and before this one began.
func (s stamp) by(now stamp) time.Duration {
	at := s.At
	if s.Boot != now.Boot {
		at = min(now.At-max(now.Wall-s.Wall, 0), 0)
	}
	return time.Duration(at) * time.Millisecond
}

func (s stamp) wall() time.Time { return time.UnixMilli(s.Wall) }

// sale is one transaction, from its beginning or its end on.
type sale struct {
	Ref       string         `json:"r"`
	Batch     string         `json:"n,omitempty"`
	Type      string         `json:"t,omitempty"`
	Host      string         `json:"h,omitempty"`
	Start     string         `json:"s,omitempty"` // of the app, in which it was first heard of
	Seq       int32          `json:"q,omitempty"` // of the event that told of it first
	Begun     stamp          `json:"g,omitzero"`
	Ended     stamp          `json:"e,omitzero"`
	Class     response.Class `json:"c,omitempty"`
	RC        string         `json:"x,omitempty"`
	Issuer    string         `json:"i,omitempty"`
	Offline   bool           `json:"o,omitempty"`
	Open      bool           `json:"a,omitempty"` // no answer came
	HostMS    int32          `json:"m,omitempty"`
	Doubt     doubt          `json:"d,omitempty"`
	Doubted   stamp          `json:"f,omitzero"`
	Maybe     bool           `json:"y,omitempty"` // an event was lost that may have told its end
	Older     bool           `json:"l,omitempty"` // the last word on how all stands counts it
	Back      reversal       `json:"v,omitempty"`
	BackAt    stamp          `json:"z,omitzero"`
	BackOlder bool           `json:"w,omitempty"` // the last word counts its reversal
	Tries     int32          `json:"u,omitempty"`
	BackRC    string         `json:"k,omitempty"`
	Cut       bool           `json:"j,omitempty"` // refused because the host's day had ended
}

// doubt is why nobody knows whether a sale stands. The zero value: it is known, or the sale is under way.
type doubt uint8

const (
	sure doubt = iota
	noAnswer
	noEnd
	toVerify
)

// reversal is how far taking a sale back has come.
type reversal uint8

const (
	notReversed reversal = iota
	reversing
	reversed
	reversalFailed
)

// word is how all stands, as the app or the acquirer said it last.
type word struct {
	Start     string `json:"s,omitempty"` // of the app; "": the acquirer's
	Seq       int32  `json:"q,omitempty"`
	At        stamp  `json:"a,omitzero"`
	Heard     stamp  `json:"h,omitzero"`  // when it came
	InDoubt   int    `json:"d,omitempty"` // of what is older than the word, less what has ended since
	Reversals int    `json:"r,omitempty"`
	Busy      bool   `json:"b,omitempty"`
}

// book is all that is known of the terminal's sales. It is plain data: what is kept on flash, and what a new start begins from.
type book struct {
	Version int     `json:"version"`
	BootID  string  `json:"boot_id"` // of the terminal
	Boots   uint32  `json:"boots"`
	Level   int     `json:"level"`
	Starts  []start `json:"starts"` // of the app, oldest first
	Heard   stamp   `json:"heard"`  // the app's last event
	Sales   []sale  `json:"sales"`  // oldest first

	Word      word     `json:"word"`
	Confirmed int      `json:"confirmed,omitempty"` // sales that the word still counts, and a technician has ended
	Lost      int      `json:"lost,omitempty"`      // events, since the last word
	LostAt    stamp    `json:"lost_at,omitzero"`
	RevSince  stamp    `json:"rev_since,omitzero"` // since when the word has counted reversals
	Session   session  `json:"session"`
	Batch     batch    `json:"batch"`
	Offline   offline  `json:"offline"`
	Parts     parts    `json:"parts"`
	Host      hostSays `json:"host"`
	Week      week     `json:"week"`
}

// session is how the app stands with the host.
type session struct {
	On       diagnose.Told `json:"on,omitempty"`
	Changed  stamp         `json:"changed,omitzero"`
	At       stamp         `json:"at,omitzero"`
	Failed   int           `json:"failed,omitempty"`
	FailedRC string        `json:"failed_rc,omitempty"`
	FailedAt stamp         `json:"failed_at,omitzero"`
}

type batch struct {
	Told       bool   `json:"told,omitempty"`
	Number     string `json:"number,omitempty"`
	Count      int    `json:"count,omitempty"`
	Limit      int    `json:"limit,omitempty"`
	Capture    string `json:"capture,omitempty"`
	Settled    stamp  `json:"settled,omitzero"`
	Opened     stamp  `json:"opened,omitzero"` // when this number was heard of first
	Filled     stamp  `json:"filled,omitzero"` // when the first sale came into it, where it was known to be empty
	State      string `json:"state,omitempty"`
	StateAt    stamp  `json:"state_at,omitzero"`
	RC         string `json:"rc,omitempty"`
	Mismatches int    `json:"mismatches,omitempty"`
	SignedOn   bool   `json:"signed_on,omitempty"`
}

type offline struct {
	Told    bool  `json:"told,omitempty"`
	Pending int   `json:"pending,omitempty"`
	Limit   int   `json:"limit,omitempty"`
	Oldest  stamp `json:"oldest,omitzero"`
}

// parts are of the terminal and of the app, as it says.
type parts struct {
	Printer  string            `json:"printer,omitempty"`
	Security diagnose.Told     `json:"security,omitempty"`
	PED      diagnose.Told     `json:"ped,omitempty"`
	Reader   diagnose.Told     `json:"reader,omitempty"`
	Settings diagnose.Told     `json:"settings,omitempty"`
	Print    string            `json:"settings_fp,omitempty"`
	Changed  stamp             `json:"settings_changed,omitzero"`
	Asked    stamp             `json:"asked,omitzero"`
	AskedFor int               `json:"asked_for,omitempty"`
	Versions diagnose.Versions `json:"versions"`
}

// hostSays is the acquirer's word, beside how the sales stand.
type hostSays struct {
	At       stamp  `json:"at,omitzero"`
	Told     int64  `json:"told,omitempty"` // the same by the acquirer's clock, ms since 1970 UTC
	Said     bool   `json:"said,omitempty"` // how the sales stand
	SaidAt   stamp  `json:"said_at,omitzero"`
	Payout   string `json:"payout,omitempty"`
	Expected int64  `json:"expected,omitempty"` // ms since 1970 UTC
	Account  string `json:"account,omitempty"`
}
