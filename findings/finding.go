// Package findings is the catalogue of what can go wrong between a swipe and its money: codes, severities, causes, what
// each affects, whose it is, and what to say about it in Chinese and English.
//
// It is data. It judges nothing, reads nothing, and knows neither probes nor rules: agent/diagnose decides when one of
// these stands, the fleet only needs to understand it. docs/reference/findings.md is made from these tables.
//
// What is said lies in texts/, a file a language, for people who translate and need no Go; texts.go is made of it, so that
// a terminal parses nothing. A text that is missing, too long or wrong in form fails the build.
package findings

import "iter"

//go:generate go run ./gen

// Code names a finding for machines, for good: "link-down".
type Code string

// Severity says how bad a standing finding is. The zero value is Info.
type Severity uint8

// Severities, mild to bad.
const (
	Info     Severity = iota // 提示: worth knowing, changes no verdict
	Degraded                 // 性能下降: works, worse than it should
	Imminent                 // 即将阻断: will stop working unless somebody acts
	Blocking                 // 已阻断: a swipe or its money fails now
)

// String is the word used in JSON.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Degraded:
		return "degraded"
	case Imminent:
		return "imminent"
	case Blocking:
		return "blocking"
	}
	return "blocking"
}

// Affects says which answers a finding can change.
type Affects uint8

// The two questions, and the fleet's view of the terminal.
const (
	TakeCard   Affects = 1 << iota // can it take a card now
	Settle                         // will what it took be settled
	Visibility                     // can the terminal still be seen and believed
)

// Names lists the questions as JSON does.
func (a Affects) Names() []string {
	names := make([]string, 0, 3)
	for i, name := range [...]string{"take_card", "settle", "visibility"} {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Cause is the class of trouble a finding belongs to, as the trade sorts it.
type Cause string

// The causes.
const (
	CauseSystemNetworkLatency      Cause = "system.network-latency"
	CauseSystemSlowServer          Cause = "system.slow-server"
	CauseSystemSoftwareFault       Cause = "system.software-fault"
	CauseSystemDevice              Cause = "system.device"
	CauseOperatorInput             Cause = "operator.input"
	CauseOperatorOperation         Cause = "operator.operation"
	CauseOperatorPermission        Cause = "operator.permission"
	CauseBankMaintenance           Cause = "bank.maintenance"
	CauseBankPolicy                Cause = "bank.policy"
	CauseBankAccount               Cause = "bank.account"
	CauseThirdPartyCompatibility   Cause = "third-party.compatibility"
	CauseThirdPartyUnstableService Cause = "third-party.unstable-service"
	CauseThirdPartyPoorNetwork     Cause = "third-party.poor-network"
)

// Source says where the news of a finding can come from.
type Source string

// The sources.
const (
	SourceProbe   Source = "probe"   // the agent looks for itself
	SourceIntake  Source = "intake"  // the payment app tells
	SourceProfile Source = "profile" // what the acquirer expects, set by configuration
	SourceHost    Source = "host"    // a signed notice of the acquirer
)

// Party is whose a finding is: who must act.
type Party string

// The parties.
const (
	PartyMerchant Party = "merchant"
	PartySite     Party = "site"
	PartyCarrier  Party = "carrier"
	PartyAcquirer Party = "acquirer"
	PartyIssuer   Party = "issuer"
	PartyTerminal Party = "terminal"
	PartyApp      Party = "app"
	PartyAgent    Party = "agent"
)

// Visit says whether someone must come to the shop, and what to bring ("" when nothing in particular).
type Visit struct {
	Needed bool
	Bring  string
}

// Text is one sentence in both languages.
type Text struct{ EN, ZH string }

// In returns the text in lang: "zh" for Chinese, anything else for English.
func (t Text) In(lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// Texts are what is said of a finding. They lie in texts/.
type Texts struct {
	Title      Text
	Merchant   Text // the next step for who owns the terminal
	Technician Text // the next step for who repairs it
}

// Step says when a finding is how bad.
type Step struct {
	Severity Severity
	When     string // in English
}

// Seen says when a finding stands, in English. It is for people and tests: no program asks, so that none of it is linked.
type Seen struct {
	Code       Code
	Observed   string // what is seen when it stands
	Escalation []Step // mild to bad, with the usual limits; none: always of the finding's Severity
	Note       string // what else to know of when it stands; "": nothing
}

// Finding is one entry of the catalogue.
type Finding struct {
	Code        Code
	Layer       uint8 // 1 device … 12 agent: of two roots equally bad, the lower layer is named first
	Cause       Cause
	Severity    Severity // where the rule starts; Seen says what makes it more, or less
	Affects     Affects
	Source      Source
	Party       Party
	Visit       Visit
	ExplainedBy []Code // direct causes
	*Texts
}

// All yields the catalogue, layer by layer.
func All() iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		for _, layer := range [...][]Finding{
			deviceLayer[:], clockLayer[:], linkLayer[:], ipLayer[:], pathLayer[:], tlsLayer[:],
			hostLayer[:], sessionLayer[:], transactionLayer[:], settlementLayer[:], appLayer[:], agentLayer[:],
		} {
			for i := range layer {
				if !yield(&layer[i]) {
					return
				}
			}
		}
	}
}

// Lookup returns the entry called code, or nil: a newer terminal may send a code that this build does not know.
func Lookup(code Code) *Finding {
	for f := range All() {
		if f.Code == code {
			return f
		}
	}
	return nil
}

// SeenWhen says when the finding called code stands; nil for a code that this build does not know.
func SeenWhen(code Code) *Seen {
	for _, layer := range [...][]Seen{
		deviceSeen[:], clockSeen[:], linkSeen[:], ipSeen[:], pathSeen[:], tlsSeen[:],
		hostSeen[:], sessionSeen[:], transactionSeen[:], settlementSeen[:], appSeen[:], agentSeen[:],
	} {
		for i := range layer {
			if layer[i].Code == code {
				return &layer[i]
			}
		}
	}
	return nil
}
