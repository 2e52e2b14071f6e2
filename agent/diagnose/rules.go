package diagnose

import (
	"slices"
	"time"

	"github.com/poshealth/poshealth/findings"
	"github.com/poshealth/poshealth/probes"
)

// Profile is what is expected of this terminal: the part of its configuration that rules judge by.
type Profile struct {
	Hosts         []HostProfile
	Private       bool      // a private network: nothing but the payment hosts can be expected to answer
	Built         time.Time // when this agent was built: no right clock shows an earlier time; zero: not judged
	Timezone      string    // IANA name; "": not judged
	AppPackage    string    // "": no app is expected
	AppMinimum    string    // "": not judged
	AppTarget     string    // "": not judged
	AppDeadline   time.Time // from when on a version below the minimum is refused; zero: not known
	AlwaysRunning bool      // the payment app is expected to run all the time
	AppSigners    []string  // who may have signed the app, SHA-256 in lower-case hex; none: not judged
	Permissions   bool      // the app's permissions are looked at
	SIM           SIM
	Trading       func(time.Time) bool // whether the shop sells at a local time; nil: always
	Maintenance   []Window             // when hosts are expected to be away
	PlanEnds      time.Time            // when the SIM's data plan ends; zero: not known

	Intake        bool               // the payment app, or the acquirer, tells of sales
	AutoSignOn    bool               // the app signs on by itself
	Electronic    bool               // slips are: paper is not missed
	NeedsPaper    bool               // the app refuses to sell without
	NeedsLocation bool               // the host refuses a terminal that does not tell its place
	Capture       string             // host or terminal: who settles
	DayCut        time.Duration      // after midnight, local time: from then on a reversal is of another day; 0: there is none
	Wanted        Versions           // what the app should sell by, at least; "": not judged
	Limits        map[string]float64 // by the names of [Limits], where they are not the usual ones
}

// SIM says whether a SIM belongs into the terminal.
type SIM uint8

// What is expected of the SIM. The zero value: there may be one or not.
const (
	SIMEither SIM = iota
	SIMExpected
	SIMNone
)

// HostProfile is how wrong a terminal's clock may be before a payment host refuses it; 0: no limit known. Hosts are not
// symmetric: one refuses 5 minutes behind and 1 minute ahead.
type HostProfile struct {
	Name          string
	Behind, Ahead time.Duration
	ByAddress     bool // it has no name that must be looked up
}

// Hold and clear times. Raised needs two looks, unsaid needs three good ones; the schedule looks again 10 s and 20 s after
// anything changed (payments: "bad after 2 samples, good after 3"; a blocking finding needs two probes 10 s apart).
const (
	twoLooks   = 10 * time.Second
	threeLooks = 20 * time.Second
)

// Rules lists what can go wrong with a terminal and can be seen by its probes. It reads from top to bottom as that list;
// texts, causes and what each affects are in package findings.
func Rules(p Profile) []Rule {
	p.Limits = p.resolved()
	rules := []Rule{
		// Device.
		{Code: findings.BatteryLow, Holds: p.batteryLow, HoldFor: time.Minute, ClearFor: time.Minute, Sees: []string{kindBattery}, Keeps: []Series{{Kind: kindBattery, Reading: levelReading}}},
		{Code: findings.BatteryAgeing, Holds: batteryAgeing, HoldFor: time.Minute, ClearFor: time.Minute, Sees: []string{kindBattery}},
		{Code: findings.StorageLow, Holds: p.storageLow, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindStorage}},
		{Code: findings.ResourcePressure, Holds: resourcePressure, HoldFor: 5 * time.Minute, ClearFor: time.Minute, Sees: []string{kindMemory, kindCPU, kindThermal}, Sustained: true},
		{Code: findings.StorageWearingOut, Holds: storageWearing, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindWear}},
		{Code: findings.SecurityModuleFault, Holds: p.securityModule, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTamper}},
		{Code: findings.PrinterNotReady, Holds: p.printerNotReady, ClearFor: twoLooks, Sees: []string{kindIntake}},
		{Code: findings.CardReaderFault, Holds: p.cardReaderFault, ClearFor: twoLooks, Sees: []string{kindIntake}},
		{Code: findings.UnexpectedReboot, Holds: p.unexpectedReboot, Sees: []string{kindReboots, kindIntake}},

		// Clock. After a start without a good clock, network time gets two minutes to set it.
		{Code: findings.ClockReset, Holds: p.clockReset, HoldFor: 2 * time.Minute, ClearFor: twoLooks, Sees: []string{kindClock}},
		{Code: findings.ClockSkew, Holds: p.clockSkew, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindClock}},
		{Code: findings.TimezoneWrong, Holds: p.timezoneWrong, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindTerminal}},
		{Code: findings.ClockDrifting, Holds: p.clockDrifting, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindClock}},
		{Code: findings.ClockSourcesDisagree, Holds: sourcesDisagree, HoldFor: 5 * time.Minute, ClearFor: 5 * time.Minute, Sees: []string{kindClock}, Sustained: true},
		{Code: findings.ClockUnverified, Holds: clockUnverified, HoldFor: 5 * time.Minute, ClearFor: twoLooks, Sees: []string{kindClock}},

		// Link and network. A SIM takes half a minute to register after a start, and a modem as long to come back.
		{Code: findings.RadioOff, Holds: radioOff, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindSwitches, kindLink}},
		{Code: findings.SIMNotReady, Holds: p.simNotReady, HoldFor: 30 * time.Second, ClearFor: twoLooks, Sees: []string{kindMobile, kindLink}},
		{Code: findings.SIMDataSuspended, Holds: p.simDataSuspended, HoldFor: time.Minute, ClearFor: threeLooks, Sees: []string{kindMobile, kindSwitches, kindLink}},
		{Code: findings.WeakSignal, Holds: p.weakSignal, HoldFor: time.Minute, ClearFor: 5 * time.Minute, Sees: []string{kindMobile, kindWiFi, kindTCP}, Keeps: []Series{{Kind: kindMobile, Reading: signalReading}, {Kind: kindWiFi, Reading: signalReading}}},
		{Code: findings.LinkDown, Holds: linkDown, HoldFor: 15 * time.Second, ClearFor: threeLooks, Sees: []string{kindLink, kindNetwork}},
		{Code: findings.LinkFlapping, Holds: p.linkFlapping, ClearFor: 5 * time.Minute, Sees: []string{kindLink}, Keeps: []Series{{Kind: kindLink, Reading: changesReading, Positive: true}}},
		{Code: findings.StandbyLinkDead, Holds: standbyDead, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindStandby}},
		{Code: findings.LocalNetworkFault, Holds: p.localNetworkFault, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindRoute, kindDNS, kindTCP, kindTLS, kindClock, kindNetwork, kindPortal, kindGateway}, Keeps: []Series{{Kind: kindNetwork, Reading: captiveReading}, {Kind: kindClock, Reading: repliedReading, Whole: true}}},
		{Code: findings.DNSFailed, Holds: dnsFailed, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindDNS, kindResolvers}},

		// Session: what the payment app says that the host lets it do. Its word needs no second look.
		{Code: findings.NotSignedOn, Holds: p.notSignedOn, Sees: []string{kindIntake}},
		{Code: findings.SignOnDue, Holds: p.signOnDue, Sees: []string{kindIntake}},
		{Code: findings.SignOnFailed, Holds: p.signOnFailed, Sees: []string{kindIntake}},
		{Code: findings.WorkingKeyMismatch, Holds: p.keyMismatch, Sees: []string{kindIntake}},
		{Code: findings.TerminalNotRegistered, Holds: p.notRegistered, Sees: []string{kindIntake}},
		{Code: findings.MerchantInvalid, Holds: p.merchantInvalid, Sees: []string{kindIntake}},
		{Code: findings.FunctionNotPermitted, Holds: p.functionNotPermitted, Sees: []string{kindIntake}},
		{Code: findings.LocationServiceOff, Holds: p.locationOff, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindSwitches}},
		{Code: findings.SettlementAccountAlert, Holds: p.settlementAccount, Sees: []string{kindIntake}},

		// Sales. Money in doubt is said at once, and unsaid by what is known alone.
		{Code: findings.TxnInDoubt, Holds: p.txnInDoubt, Sees: []string{kindIntake}, Money: true},
		{Code: findings.ReversalPending, Holds: p.reversalPending, Sees: []string{kindIntake}},
		{Code: findings.ReversalFailed, Holds: p.reversalFailed, Sees: []string{kindIntake}, Money: true},
		{Code: findings.TechnicalDeclineRate, Holds: p.technicalDeclines, Sees: []string{kindIntake}},
		{Code: findings.CardholderDeclinesHigh, Holds: p.cardholderDeclines, Sees: []string{kindIntake}},
		{Code: findings.TransactionsSilent, Holds: p.transactionsSilent, Sees: []string{kindIntake}},
		{Code: findings.SwitchMalfunction, Holds: p.switchMalfunction, Sees: []string{kindIntake}},
		{Code: findings.IssuerUnavailable, Holds: p.issuerUnavailable, Sees: []string{kindIntake}},
		{Code: findings.WalletServiceUnstable, Holds: p.walletUnstable, Sees: []string{kindIntake}},

		// Settlement. An app that settles by itself may do so when it starts.
		{Code: findings.OfflineQueuePending, Holds: p.offlineQueue, Sees: []string{kindIntake}},
		{Code: findings.BatchNotSettled, Holds: p.batchNotSettled, HoldFor: 15 * time.Minute, Sees: []string{kindIntake}},
		{Code: findings.BatchFull, Holds: p.batchFull, Sees: []string{kindIntake}},
		{Code: findings.BatchUploadIncomplete, Holds: p.batchUpload, Sees: []string{kindIntake}},
		{Code: findings.BatchNumberMismatch, Holds: p.batchMismatch, Sees: []string{kindIntake}},
		{Code: findings.PayoutHeld, Holds: p.payoutHeld, Sees: []string{kindIntake}},

		// The way to the hosts. A radio that wakes is slow, or loses, for some seconds; half a minute is its own.
		{Code: findings.PacketLoss, Holds: p.packetLoss, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindPath, kindGateway, kindCounters}, Keeps: []Series{
			{Kind: kindPath, Reading: sentReading},
			{Kind: kindPath, Reading: heardReading},
			{Kind: kindGateway, Reading: sentReading},
			{Kind: kindGateway, Reading: heardReading},
			{Kind: kindPath, Reading: lossReading, Keep: 1, Zeros: true},
			{Kind: kindGateway, Reading: lossReading, Keep: 1, Zeros: true},
			{Kind: kindCounters, Reading: segmentReading},
			{Kind: kindCounters, Reading: resentReading},
		}},
		{Code: findings.PacketReordering, Holds: p.packetReordering, ClearFor: threeLooks, Sees: []string{kindPath}},
		{Code: findings.HighLatency, Holds: p.highLatency, HoldFor: 30 * time.Second, ClearFor: threeLooks, Sees: []string{kindTCP, kindGateway, kindPath}, Keeps: []Series{
			{Kind: kindTCP, Reading: connectReading}, {Kind: kindTCP, Reading: rttReading},
		}},
		{Code: findings.MTUBlackhole, Holds: mtuBlackhole, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTLS, kindPath}, Keeps: []Series{
			{Kind: kindPath, Reading: largeReading, Positive: true, Keep: 1}, {Kind: kindPath, Reading: largeSent, Whole: true},
		}},
		{Code: findings.HostPortBlocked, Holds: p.hostPortBlocked, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTCP, kindStandby}},

		// The payment host and its certificate.
		{Code: findings.MaintenanceWindow, Holds: p.maintenanceWindow, Sees: []string{kindISO8583}},
		{Code: findings.CertExpired, Holds: certExpired, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindTLS}},
		{Code: findings.CertExpiring, Holds: p.certExpiring, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindTLS}},
		{Code: findings.TLSUntrusted, Holds: p.tlsUntrusted, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTLS}},
		{Code: findings.TLSVersionUnsupported, Holds: p.tlsVersion, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTLS}},
		{Code: findings.HostUnreachable, Holds: p.hostUnreachable, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTCP}},
		{Code: findings.HostNoAnswer, Holds: p.hostNoAnswer, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTLS, kindTCP, kindHTTPS, kindISO8583}},
		{Code: findings.HostSlow, Holds: p.hostSlow, HoldFor: 30 * time.Second, ClearFor: threeLooks, Sees: []string{kindHTTPS, kindISO8583}, Keeps: []Series{
			{Kind: kindHTTPS, Reading: hostTimeReading}, {Kind: kindISO8583, Reading: hostTimeReading},
		}},
		{Code: findings.HostProtocolError, Holds: p.hostProtocolError, HoldFor: twoLooks, ClearFor: threeLooks, Sees: []string{kindTLS, kindHTTPS, kindISO8583}},

		// The payment app. An update takes it away for as long as it takes to install: a minute on a slow terminal.
		{Code: findings.PaymentAppMissing, Holds: p.appMissing, HoldFor: time.Minute, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.PaymentAppStopped, Holds: p.appStopped, HoldFor: time.Minute, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.PaymentAppCrashing, Holds: p.appCrashing, ClearFor: time.Minute, Sees: []string{kindCrashes}},
		{Code: findings.PaymentAppSignerChanged, Holds: p.appSigner, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.PermissionMissing, Holds: p.appPermission, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.AppVersionIncompatible, Holds: p.appIncompatible, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.AppVersionBehind, Holds: p.appBehind, HoldFor: twoLooks, ClearFor: twoLooks, Sees: []string{kindApp}},

		{Code: findings.ParametersStale, Holds: p.parametersStale, ClearFor: twoLooks, Sees: []string{kindIntake}},
		{Code: findings.SettingsInvalid, Holds: p.settingsInvalid, ClearFor: twoLooks, Sees: []string{kindIntake}},
		{Code: findings.SettingsChanged, Holds: p.settingsChanged, Sees: []string{kindIntake}},

		// The agent itself. A broker that restarts is back within a minute.
		{Code: findings.ReportPathDown, Holds: reportPathDown, HoldFor: time.Minute, ClearFor: twoLooks, Sees: []string{kindReport}},
		{Code: findings.ReportsDropped, Holds: reportsDropped, ClearFor: twoLooks, Sees: []string{kindReport}, Keeps: []Series{{Kind: kindReport, Reading: droppedReading}}},
		{Code: findings.DataBudgetSpent, Holds: dataBudgetSpent, HoldFor: time.Minute, ClearFor: twoLooks, Sees: []string{kindBudget}},
		{Code: findings.IntakeSilent, Holds: p.intakeSilent, ClearFor: twoLooks, Sees: []string{kindIntake, kindApp}},
		{Code: findings.ConfigRejected, Holds: p.configRejected, Sees: []string{kindConfig}},
		{Code: findings.PowerRestricted, Holds: p.powerRestricted, HoldFor: time.Minute, ClearFor: twoLooks, Sees: []string{kindApp}},
		{Code: findings.ProbeStale, Holds: probeStale, HoldFor: time.Minute, ClearFor: twoLooks},
	}
	return complete(rules)
}

// complete fills in what the catalogue says of each rule. A cause that no rule here can raise is replaced by its own
// causes, so that leaving one out breaks no chain.
func complete(rules []Rule) []Rule {
	raised := func(c Code) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.Code == c })
	}
	var causes func(c Code, seen []Code) []Code
	causes = func(c Code, seen []Code) []Code {
		var all []Code
		for _, cause := range findings.Lookup(c).ExplainedBy {
			switch {
			case slices.Contains(seen, cause):
			case raised(cause):
				all = append(all, cause)
			default:
				all = append(all, causes(cause, append(seen, cause))...)
			}
		}
		return all
	}
	for i := range rules {
		entry := findings.Lookup(rules[i].Code)
		rules[i].Severity, rules[i].Affects, rules[i].Layer = entry.Severity, entry.Affects, entry.Layer
		if rules[i].ExplainedBy == nil {
			rules[i].ExplainedBy = causes(rules[i].Code, nil)
			slices.Sort(rules[i].ExplainedBy)
			rules[i].ExplainedBy = slices.Compact(rules[i].ExplainedBy)
		}
	}
	return rules
}

// on makes a match that rests on results.
func on(subject string, severity findings.Severity, detail string, results ...probes.Result) Match {
	m := Match{Subject: subject, Severity: severity, Detail: detail}
	for _, r := range results {
		m.Proof = append(m.Proof, r.Probe)
		m.At = max(m.At, r.Boot)
	}
	return m
}

// unsure says that it cannot be told now whether the rule still holds for a subject.
func unsure(subject string) Match { return Match{Subject: subject, Unsure: true} }

// each asks judge about every probe of a kind that has news, and is unsure about those that have none: unknown or stale.
// judge returns false when all is well. A host that lets nobody but the payment app go on has answered, which is news too.
func each(e *Evidence, kind string, judge func(probes.Result) (Match, bool)) []Match {
	return eachNews(e, kind, func(r probes.Result) bool { return r.Outcome != probes.Unknown || beyondOurReach(r.Reason) }, judge)
}

// stage is each for a rule that sees several stages of a host: what cannot be looked at now holds up what it said itself, and
// not what another stage said.
func stage(e *Evidence, kind string, judge func(probes.Result) (Match, bool)) []Match {
	return slices.DeleteFunc(each(e, kind, judge), func(m Match) bool {
		if !m.Unsure {
			return false
		}
		known, ok := e.LastKnown(probes.ID(kind + "/" + m.Subject))
		if !ok {
			return true
		}
		_, said := judge(known)
		return !said
	})
}

// eachNews is each for rules that know news from an unknown: isNews tells which results are.
func eachNews(e *Evidence, kind string, isNews func(probes.Result) bool, judge func(probes.Result) (Match, bool)) []Match {
	var matches []Match
	for r := range e.Of(kind) {
		if !isNews(r) || !e.Fresh(r) {
			matches = append(matches, unsure(r.Probe.Subject()))
			continue
		}
		if m, holds := judge(r); holds {
			m.Subject = r.Probe.Subject()
			matches = append(matches, m)
		}
	}
	return matches
}

// failing is each for rules that stand or fall with some reasons of one kind of probe.
func failing(e *Evidence, kind string, severity findings.Severity, reasons ...probes.Reason) []Match {
	return each(e, kind, func(r probes.Result) (Match, bool) {
		hit := r.Outcome == probes.Fail && (len(reasons) == 0 || slices.Contains(reasons, r.Reason))
		return on("", severity, r.Detail, r), hit
	})
}
