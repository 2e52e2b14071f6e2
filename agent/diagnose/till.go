package diagnose

import (
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes/response"
)

// Till is what is known of the money that the terminal took: the payment app's own word, and the acquirer's. It is plain data, made by
// the intake's ledger. Times are by this boot's clock, and negative for what was before it; amounts are in none of it.
type Till struct {
	Known    bool          // anybody has said anything
	Heard    time.Duration // when the app spoke last; meaningless while Silent
	Silent   bool          // the app has never spoken
	Level    int           // of the app's word: 0 state alone, 1 ends of sales too, 2 all
	HostNews bool          // there is a word of the acquirer, and it is no older than a day
	HostAt   time.Duration // when the acquirer's word was so
	HostSaid bool          // how its sales stand, and not of the payout alone

	Session  SignOn
	UnderWay bool    // a sale is, at this moment
	Doubts   []Doubt // named sales without a known result, oldest first
	InDoubt  int     // all of them, also those that have no name here
	Unsure   int     // of these: an event that was lost may have told their end
	Lost     int     // events that never came: what they ended is not known
	LostAt   time.Duration
	Reversal []Reversal // that are not done, oldest first
	Unsent   int        // reversals: all of them, also those that have no name here
	UnsentAt time.Duration
	Offline  Offline
	Batch    Batch
	Sales    []Sale  // ended in the last 24 h, oldest first, 512 at most
	Usual    float64 // sales that this hour of the week has usually seen since the last one; 0: nobody knows

	Printer     string // "": not told
	SecurityOK  Told
	PEDOK       Told
	ReaderOK    Told
	SettingsOK  Told
	SettingsNew Since // the settings' fingerprint became another, and no parameters with it
	Asked       Since // the host asks for a download, since then
	AskedFor    int   // its processing request
	Versions    Versions
	Payout      Payout
	Account     string // of the merchant, as the acquirer says: ok, check, frozen, risk; "": not told

	Next time.Duration // when time alone changes this; 0: never
}

// Told is a yes or no that may not have been said. The zero value is that.
type Told uint8

// What was said.
const (
	NotTold Told = iota
	Yes
	No
)

// Since is a moment that may not have come; the zero value is that.
type Since struct {
	Is bool
	At time.Duration
}

// SignOn is how the app stands with the host.
type SignOn struct {
	On       Told
	Changed  time.Duration // when On became what it is
	At       Since         // the last sign-on that succeeded
	Failed   int           // attempts in a row that did not
	FailedRC string        // the last one's response code; "": none
	FailedAt time.Duration
}

// Doubt is a sale whose result nobody knows, or that was approved on condition of a check.
type Doubt struct {
	Ref   string // trace number, as on the slip
	Batch string
	Since time.Duration
	Why   DoubtWhy
	Maybe bool // an event that was lost may have told its end
}

// DoubtWhy says how a sale came into doubt.
type DoubtWhy uint8

// How a sale comes into doubt.
const (
	NoAnswer DoubtWhy = iota // the app says that no answer came, or one that says nothing
	NoEnd                    // begun, and never ended: the app or the terminal stopped in the middle
	Verify                   // approved with a code that wants it checked
)

// Reversal is one that is not done.
type Reversal struct {
	Ref      string
	Batch    string
	Sale     time.Duration // when what it takes back was sold
	Since    time.Duration
	Attempts int
	Failed   bool   // nobody tries any more, or the host has refused it
	RC       string // the last answer's response code; "": none
	Cut      bool   // refused because the host's day had ended
}

// Offline is what was sold without the host and has not been sent.
type Offline struct {
	Told    bool
	Pending int
	Limit   int // 0: not told
	Oldest  Since
}

// Batch is what was sold since the last settlement.
type Batch struct {
	Told       bool
	Number     string
	Count      int
	Limit      int    // 0: not told
	Capture    string // host, terminal; "": as the profile has it
	Settled    Since  // last; is not: nobody has told of any
	Opened     Since  // when its number was heard of first
	Filled     Since  // when the first sale came into it, where it was seen empty
	State      string // open, settling, settled, not_equal, uploading, upload_failed; "": not told
	StateAt    time.Duration
	RC         string
	Mismatches int  // answers that its number is another, since it was opened
	SignedOn   bool // between two of them
}

// Sale is one transaction that ended, whatever its type.
type Sale struct {
	At      time.Duration
	Class   response.Class
	RC      string
	Type    string // sale, refund, qr_pay, …
	Host    string // "": not told
	Issuer  string // an institution of the profile's list; "": none of it
	Offline bool
	HostMS  int  // until the host's answer; 0: not told
	Open    bool // no answer came
}

// QR tells whether a wallet was asked, and no card.
func (s Sale) QR() bool { return s.Type == "qr_pay" || s.Type == "qr_refund" }

// Versions are of what the app was given to sell by; "": not told.
type Versions struct{ Params, CAPK, AID string }

// Payout is how the merchant's money comes, as the acquirer says.
type Payout struct {
	State    string    // on_time, late, held, returned; "": not told
	Expected time.Time // zero: not told
}

// Know takes in how the till stands. The next judgement heeds it.
func (e *Engine) Know(t Till) { e.evidence.till = &t }

// Till returns how the till stands, to be read only.
func (e *Evidence) Till() *Till { return e.till }

// since is how long ago something was.
func (e *Evidence) since(at time.Duration) time.Duration { return e.now.Boot - at }

// wall is when something was, by the true time as far as it is known.
func (e *Evidence) wall(at time.Duration) time.Time {
	now, _ := e.trueTime()
	return now.Add(at - e.now.Boot)
}

// newsLast: the acquirer's day. What it said yesterday says nothing of what was sold since.
const newsLast = 24 * time.Hour

// SaleTimeout is how long after its beginning a sale without an end is in doubt.
func (p *Profile) SaleTimeout() time.Duration {
	p.Limits = p.resolved()
	return p.lasts("txn-in-doubt.timeout")
}

// appSpeaks tells whether the app's word is news still. While the shop is closed nobody sells, and what was said last stands.
func (p *Profile) appSpeaks(e *Evidence) bool {
	t := e.Till()
	return t.Known && !t.Silent && p.tradingFor(e, t.Heard) <= p.lasts("intake-silent.after")
}

// tradingFor is how much of the time since a moment the shop was open; in steps of five minutes, which is finer than opening hours are, or of
// an hour beyond a day.
// Whole weeks are all alike.
func (p *Profile) tradingFor(e *Evidence, since time.Duration) time.Duration {
	gone := e.since(since)
	if p.Trading == nil || gone <= 0 {
		return max(gone, 0)
	}
	step := 5 * time.Minute
	if gone > aDay {
		step = time.Hour // nobody asks how many minutes an app was silent that has been so for days
	}
	now, _ := e.trueTime()
	within := func(gone time.Duration) time.Duration {
		open := time.Duration(0)
		for back := time.Duration(0); back < gone; back += step {
			if p.Trading(now.Add(-back)) {
				open += min(step, gone-back)
			}
		}
		return open
	}
	const week = 7 * aDay
	if gone < week {
		return within(gone)
	}
	return time.Duration(int64(gone/week))*within(week) + within(gone%week)
}

// open tells whether the shop sells now.
func (p *Profile) open(e *Evidence) bool {
	now, _ := e.trueTime()
	return p.Trading == nil || p.Trading(now)
}

// opening is when the shop opens next, in steps of five minutes; now where it is open.
func opening(now time.Time, trading func(time.Time) bool) time.Time {
	if trading == nil || trading(now) {
		return now
	}
	const step = 5 * time.Minute
	for t := now.Truncate(step).Add(step); t.Before(now.Add(8 * aDay)); t = t.Add(step) {
		if trading(t) {
			return t
		}
	}
	return now
}

// cutAfter is the host's next change of day after a moment; zero where the profile has none.
func (p *Profile) cutAfter(t time.Time) time.Time {
	if p.DayCut == 0 {
		return time.Time{}
	}
	return CutAfter(t, p.DayCut)
}

// CutAfter is the first time after t at which a host ends its day that does so that long after each midnight.
func CutAfter(t time.Time, cut time.Duration) time.Time {
	at := func(day int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+day, 0, int(cut/time.Minute), 0, 0, t.Location())
	}
	if today := at(0); today.After(t) {
		return today
	}
	return at(1)
}

// mine makes a match that rests on what the till says.
func mine(severity findings.Severity, detail string) Match {
	return Match{Severity: severity, Detail: detail, Proof: tillProof()}
}
