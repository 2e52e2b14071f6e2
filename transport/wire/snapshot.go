// Package wire is the shape of all that leaves the agent: the snapshot that the command line, the page and the fleet read,
// and the MQTT messages made of it. Plain data, encoding and decoding; no judgement, no I/O.
//
// The JSON is a contract (docs/reference/telemetry.md): fields are added, never renamed or given a new meaning.
package wire

// Schema is the version of the JSON below. It rises only when a reader of the old one could misread the new one.
const Schema = 1

// Snapshot is what is known of one terminal at one moment.
type Snapshot struct {
	Schema   int       `json:"schema"`
	Terminal Terminal  `json:"terminal"`
	Session  Session   `json:"session"`
	Verdict  Verdict   `json:"verdict"`
	Findings []Finding `json:"findings"`
	Results  []Result  `json:"results"`
	Spool    *Spool    `json:"spool,omitempty"`   // a record of the spool: a pulse that could not be sent when it was made
	Late     bool      `json:"late,omitempty"`    // the same: it tells of then, not of now
	Partial  bool      `json:"partial,omitempty"` // a pulse that leaves out what those before it on this connection have told
	Access   *Access   `json:"access,omitempty"`  // how this terminal can be read
	Report   *Report   `json:"report,omitempty"`  // nil where nothing is reported: one-shot check, no broker
	Told     *Told     `json:"told,omitempty"`    // what the fleet has told this terminal, and is in force
	Cost     *Cost     `json:"cost,omitempty"`    // nil for a one-shot check
	// Visit is there while a technician is at work.
	Visit *OpenVisit `json:"visit,omitempty"`
	// Removed counts how often something like a card's number was taken out of words that were about to be shown or sent, since the start.
	Removed uint64 `json:"removed,omitempty"`
}

// Spool says which record of a terminal's spool a message is. Each start of the agent begins a spool of changes and one of
// history. Records are numbered from 1 without gaps, and are told in that order: a number that is passed over was lost, and is
// named by [Ledger].
type Spool struct {
	ID  string `json:"id"` // 16 lower-case hex digits
	Seq uint64 `json:"seq"`
}

// Terminal says whose snapshot this is.
type Terminal struct {
	ID      string `json:"id"`
	Tenant  string `json:"tenant,omitempty"`
	Model   string `json:"model,omitempty"` // "SUNMI V2 PRO"
	OS      string `json:"os,omitempty"`    // "Android 7.1", "Linux"
	Agent   string `json:"agent"`           // the agent's own version
	Support string `json:"support,omitempty"`
}

// Session places the snapshot in time although the clock may be wrong: boot_id and boot_s order it, at is what the local
// clock says, clock_offset_ms how far that is from the agreed time (local minus true; null when not known).
type Session struct {
	BootID           string   `json:"boot_id"`
	Seq              uint64   `json:"seq"`
	BootS            float64  `json:"boot_s"` // CLOCK_BOOTTIME, suspend included
	At               string   `json:"at"`     // RFC 3339 with milliseconds
	ClockOffsetMS    *float64 `json:"clock_offset_ms"`
	ClockOffsetErrMS *float64 `json:"clock_offset_error_ms"` // half width of the interval
}

// Levels of a verdict, worse to better.
const (
	NotReady = "not-ready"
	AtRisk   = "at-risk"
	Unknown  = "unknown"
	Ready    = "ready"
)

// What an unknown answer can lack.
const (
	LacksHost   = "host"   // no payment host is configured
	LacksProof  = "proof"  // no payment host has shown that it answers
	LacksIntake = "intake" // news of the payment app are not asked for
	LacksNews   = "news"   // they are asked for, and there are none
)

// Verdict answers the two questions.
type Verdict struct {
	TakeCard    Answer    `json:"take_card"`
	Settle      Answer    `json:"settle"`
	ChargeAgain string    `json:"charge_again"` // yes, no, unknown
	Deadline    *Deadline `json:"deadline"`     // what ends it first, and when; null when nothing is known to
	// Unsettled is what was sold and is not yet sure money; left out where nothing is, or nobody tells.
	Unsettled *Unsettled `json:"unsettled,omitempty"`
}

// Whether this customer may be charged again; Unknown where nobody knows.
const (
	Yes = "yes"
	No  = "no"
)

// Unsettled counts sales. Amounts are in no message.
type Unsettled struct {
	InDoubt   int    `json:"in_doubt"`            // without a known result
	Reversals int    `json:"reversals"`           // not done, or failed
	Offline   int    `json:"offline"`             // sold without the host, and not sent
	Batch     int    `json:"batch"`               // that wait for the terminal's settlement; 0 where the host captures
	OldestAt  string `json:"oldest_at,omitempty"` // RFC 3339 with milliseconds
	Text      string `json:"text,omitempty"`      // all of it in one sentence, with the deadline; left out over MQTT
}

// Answer is one question's level, whom to blame for it, and what the answer rests on.
type Answer struct {
	Level   string   `json:"level"`
	Root    *Ref     `json:"root"`            // null when there is nobody to blame
	RestsOn []string `json:"rests_on"`        // probe, app-l0, app-l1, app-l2, host
	Lacks   string   `json:"lacks,omitempty"` // unknown only: what the answer is missing
}

// Ref points at a finding.
type Ref struct {
	Code    string `json:"code"`
	Subject string `json:"subject"`
}

// Deadline is a moment at which a verdict gets worse unless somebody acts.
type Deadline struct {
	At   string `json:"at"` // RFC 3339 with milliseconds
	Code string `json:"code"`
	// Ends says what comes then: day-cut, offline-age, batch-age, batch-limit, battery, certificate, clock, maintenance, sign-on, app,
	// opening; or the code, where there is no shorter word.
	Ends string `json:"ends,omitempty"`
}

// Finding is a standing fault.
type Finding struct {
	Code        string   `json:"code"`
	Subject     string   `json:"subject"`  // a host's, bearer's or package's name; "" for the terminal
	Severity    string   `json:"severity"` // info, degraded, imminent, blocking
	Cause       string   `json:"cause"`
	Affects     []string `json:"affects"`
	Party       string   `json:"party"`
	Visit       Visit    `json:"visit"`
	Since       string   `json:"since"`   // RFC 3339 with milliseconds, local clock
	SinceS      float64  `json:"since_s"` // the same moment by the boot clock, for ordering and for placing it right later
	ExplainedBy *Ref     `json:"explained_by"`
	Unconfirmed bool     `json:"unconfirmed"`
	Detail      string   `json:"detail"`
	Proof       []string `json:"proof"`           // the probes whose results it rests on
	Due         *string  `json:"due"`             // when it will block, where that can be told
	Title       string   `json:"title,omitempty"` // left out over MQTT, with advice
	Advice      *Advice  `json:"advice,omitempty"`
}

// Visit says whether someone must come, and with what.
type Visit struct {
	Needed bool   `json:"needed"`
	Bring  string `json:"bring"`
}

// Advice is one next step for each reader, in the language asked for.
type Advice struct {
	Merchant   string `json:"merchant"`
	Technician string `json:"technician"`
}

// Result is the last look of one probe.
type Result struct {
	Probe    string    `json:"probe"`
	Outcome  string    `json:"outcome"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail"`
	TookMS   float64   `json:"took_ms"`
	AgeS     float64   `json:"age_s"` // at the time of the snapshot
	Readings []Reading `json:"readings"`
	Facts    []Fact    `json:"facts,omitempty"`
}

// Reading is one number with its unit.
type Reading struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Fact is one word that was seen.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Access says how a terminal can be read: as whom, each datum by which source, and which not and why. Only what was asked for
// is in it.
type Access struct {
	Level string            `json:"level,omitempty"` // root, system, shell, app, user
	Read  map[string]string `json:"read,omitempty"`  // datum → source: "battery": "dumpsys battery"
	Not   map[string]string `json:"not,omitempty"`   // datum → denied, absent, malformed or timeout
}

// Report is how the reporting itself goes.
type Report struct {
	State    string `json:"state"`  // online, offline, connecting
	Queued   int    `json:"queued"` // messages waiting
	Dropped  uint64 `json:"dropped"`
	Sent     uint64 `json:"sent"`
	LastSent string `json:"last_sent,omitempty"` // RFC 3339 with milliseconds, local clock
	// Ledger is what became of the changes, and of the pulses that could not be sent in their time.
	Ledger []Ledger `json:"ledger,omitempty"`
}

// Ledger is what became of the records of one spool: each number up to Last is delivered, lost, or pending.
type Ledger struct {
	Spool     string `json:"spool"`     // its id
	Kind      string `json:"kind"`      // change or history
	Last      uint64 `json:"last"`      // the newest number given; 0: none yet
	Delivered uint64 `json:"delivered"` // up to here nothing is pending
	Pending   int    `json:"pending"`   // records
	Bytes     int64  `json:"bytes"`     // of the pending records, with their headers
	Held      string `json:"held"`      // where they are: flash, or memory where it cannot be written
	Fault     string `json:"fault,omitempty"`
	Lost      []Lost `json:"lost,omitempty"` // oldest first, 16 at most: beyond them neighbours are told as one
}

// Lost is a range of numbers that will not be told, and why.
type Lost struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Reason string `json:"reason"` // evicted, damaged, refused, oversize
}

// Receipt is what the fleet says of a spool: all up to Seq is stored, or was declared lost.
type Receipt struct {
	Schema int    `json:"schema"`
	Spool  string `json:"spool"`
	Seq    uint64 `json:"seq"`
}

// Told is what the fleet has told a terminal, and is in force.
type Told struct {
	Notice              *Notice `json:"notice,omitempty"`
	DisplayMutedUntil   string  `json:"display_muted_until,omitempty"`   // RFC 3339 with milliseconds: until then the page says nothing
	ProbingStoppedUntil string  `json:"probing_stopped_until,omitempty"` // until then the agent looks at nothing by itself
}

// Notice is a word of the fleet's to whoever stands before the terminal.
type Notice struct {
	ZH    string `json:"zh"`
	EN    string `json:"en"`
	Until string `json:"until"` // RFC 3339 with milliseconds
}

// Cost is what the agent itself takes from the terminal.
type Cost struct {
	RSSBytes int64   `json:"rss_bytes"`
	CPUS     float64 `json:"cpu_s"` // user and system time since start
	UptimeS  float64 `json:"uptime_s"`
	Children int64   `json:"children,omitempty"` // programs of the terminal that it ran since it started
	// Data is what it used of the data plan; left out of a partial pulse while nothing is given up for it.
	Data *Data `json:"data,omitempty"`
	// FlashTodayBytes is what it wrote to flash today, in whole blocks, and FlashBoundBytes what it may: beyond that files that
	// change rarely wait.
	FlashTodayBytes int64 `json:"flash_today_bytes,omitempty"`
	FlashBoundBytes int64 `json:"flash_bound_bytes,omitempty"`
}

// Data is what the agent used of the data plan in a billing period, in bytes of IP both ways: what the SIM pays for, or may.
type Data struct {
	BudgetBytes     int64  `json:"budget_bytes"`
	UsedBytes       int64  `json:"used_bytes"`              // the four below together
	ProbesBytes     int64  `json:"probes_bytes"`            // looks
	TelemetryBytes  int64  `json:"telemetry_bytes"`         // what the fleet was told
	HandshakesBytes int64  `json:"handshakes_bytes"`        // making and ending connections to the broker
	GuessedBytes    int64  `json:"guessed_bytes,omitempty"` // that nobody counted: around a power cut, or what was kept is damaged
	FreeBytes       int64  `json:"free_bytes,omitempty"`    // by Wi-Fi, by a cable and within the shop: not used of the plan
	PeriodBegin     string `json:"period_begin"`            // RFC 3339 with milliseconds
	PeriodEnd       string `json:"period_end"`              // the next one's begin
	Level           int    `json:"level"`                   // how much is given up: 0 nothing, to 4 all but what is blocking
	Why             string `json:"why,omitempty"`           // of a level above 0
}

// State is the retained message on the state topic: the birth when online, the will when not. A will counts only if its
// epoch is that of the last birth.
type State struct {
	Schema   int    `json:"schema"`
	Online   bool   `json:"online"`
	Epoch    uint64 `json:"epoch"` // another one with every connection of a terminal
	Terminal string `json:"terminal"`
	Agent    string `json:"agent,omitempty"`
	BootID   string `json:"boot_id,omitempty"`
	At       string `json:"at,omitempty"`
}

// Event is a change: what became different, and how the terminal stands after it.
type Event struct {
	Schema   int          `json:"schema"`
	Terminal Terminal     `json:"terminal"`
	Session  Session      `json:"session"`
	Verdict  Verdict      `json:"verdict"`
	Changes  []Delta      `json:"changes"`
	Findings []Finding    `json:"findings"`
	Visit    *VisitRecord `json:"visit,omitempty"` // with the word "visit" alone
	Spool    *Spool       `json:"spool,omitempty"`
	Late     bool         `json:"late,omitempty"` // it had to wait: it tells of then, not of now
}

// What can become different.
const (
	Raised         = "raised"
	Cleared        = "cleared"
	Severity       = "severity"
	Explained      = "explained"
	VerdictChanged = "verdict"
	// Refused: a command was refused; code says why, from is its op where that could be read, to how many more were since.
	Refused = "refused"
	// Configuration: one from afar was not kept; code is rolled-back, refused or lost, to its version.
	Configuration = "configuration"
)

// Delta is one thing that became different.
type Delta struct {
	What     string `json:"what"` // one of the words above
	Code     string `json:"code,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Question string `json:"question,omitempty"` // verdict only: take_card or settle
	Root     string `json:"root,omitempty"`     // verdict only: whom to blame now, as code/subject
	From     string `json:"from,omitempty"`     // a severity, a level, or a cause as code/subject
	To       string `json:"to,omitempty"`
}

// Capabilities is the whole of how a terminal can be read: every way that was tried, and what the system said.
type Capabilities struct {
	Schema   int          `json:"schema"`
	Terminal Terminal     `json:"terminal"`
	Level    string       `json:"level"` // root, system, shell, app, user; "" where it is not known
	Data     []Capability `json:"data"`
}

// Capability is how one datum is read, or why it is not.
type Capability struct {
	Datum  string    `json:"datum"`
	Source string    `json:"source"` // "" where it cannot be read
	Reason string    `json:"reason"` // why it cannot; "" where it is read
	Tried  []Attempt `json:"tried"`  // every way, in the order of trust
}

// Attempt is one way that was tried.
type Attempt struct {
	Source string `json:"source"`
	Reason string `json:"reason"` // "" where it answered
	Detail string `json:"detail"`
}
