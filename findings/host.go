package findings

// hostLayer is layer 7: the acquirer's payment host and what stands behind it.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var hostLayer = [...]Finding{
	{
		Code:        HostUnreachable,
		Layer:       7,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, DNSFailed, SIMDataSuspended, HostPortBlocked, RadioOff, MaintenanceWindow},
		Texts:       &texts.HostUnreachable,
	},
	{
		Code:        HostNoAnswer,
		Layer:       7,
		Cause:       CauseSystemSlowServer,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable, PacketLoss, MTUBlackhole, MaintenanceWindow},
		Texts:       &texts.HostNoAnswer,
	},
	{
		Code:        HostSlow,
		Layer:       7,
		Cause:       CauseSystemSlowServer,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostNoAnswer, HostUnreachable, HighLatency, PacketLoss, MaintenanceWindow},
		Texts:       &texts.HostSlow,
	},
	{
		Code:        HostProtocolError,
		Layer:       7,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Imminent,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable},
		Texts:       &texts.HostProtocolError,
	},
	{
		Code:     MaintenanceWindow,
		Layer:    7,
		Cause:    CauseBankMaintenance,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceProfile,
		Party:    PartyAcquirer,
		Texts:    &texts.MaintenanceWindow,
	},
	{
		Code:        SwitchMalfunction,
		Layer:       7,
		Cause:       CauseBankMaintenance,
		Severity:    Imminent,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{MaintenanceWindow},
		Texts:       &texts.SwitchMalfunction,
	},
	{
		Code:        IssuerUnavailable,
		Layer:       7,
		Cause:       CauseBankMaintenance,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyIssuer,
		ExplainedBy: []Code{SwitchMalfunction, MaintenanceWindow, HostNoAnswer},
		Texts:       &texts.IssuerUnavailable,
	},
	{
		Code:        WalletServiceUnstable,
		Layer:       7,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, ClockSkew, HighLatency},
		Texts:       &texts.WalletServiceUnstable,
	},
}

// hostSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var hostSeen = [...]Seen{
	{
		Code:     HostUnreachable,
		Observed: "TCP connect fails to all host addresses on two links or on one link while reference targets answer",
		Escalation: []Step{
			{Degraded, "one of several addresses down, or it came or went ≥4 times in 30 min"},
			{Blocking, "no address takes a connection"},
		},
	},
	{
		Code:     HostNoAnswer,
		Observed: "connection opens, no reply before the profile time-out (default 60 s)",
		Escalation: []Step{
			{Imminent, "a server error in answer to the page asked for"},
			{Blocking, "it times out or closes"},
		},
	},
	{
		Code:     HostSlow,
		Observed: "host time = reply time − network RTT, from echo or intake",
		Escalation: []Step{
			{Degraded, "p95 >3 s"},
			{Imminent, "p95 >10 s"},
		},
	},
	{
		Code:     HostProtocolError,
		Observed: "reply malformed / DE39=30 / echo refused / TPDU or header not accepted",
		Escalation: []Step{
			{Info, "echo refused or unanswered alone (many hosts do not serve it), or a page that never answered"},
			{Imminent, "malformed reply, or something else than TLS or HTTP"},
		},
	},
	{
		Code:     MaintenanceWindow,
		Observed: "window in the signed profile, or DE39=90 seen",
		Escalation: []Step{
			{Info, "announced window: from 24 h; nightly day-cut: ahead of it and while it lasts"},
			{Degraded, "≤60 min before a window that meets trading hours; DE39=90"},
			{Blocking, "while active in trading hours"},
		},
		Note: "money waiting escalates by its own finding",
	},
	{
		Code:     SwitchMalfunction,
		Observed: "DE39=96 (also profile codes for “exchange centre error”)",
		Escalation: []Step{
			{Imminent, "≥3 in 10 min"},
			{Blocking, "≥5 of last 10"},
		},
	},
	{
		Code:     IssuerUnavailable,
		Observed: "DE39=91/92/98/68 concentrated on one issuer institution",
		Escalation: []Step{
			{Info, "declines of any class concentrated on one issuer: “only cards of this bank”"},
			{Degraded, "≥3 from one issuer in 10 min"},
		},
	},
	{
		Code:     WalletServiceUnstable,
		Observed: "QR-wallet outcomes time out or fail while cards work",
		Escalation: []Step{
			{Degraded, "≥3 orders in a row in 30 min, while cards go through"},
		},
	},
}
