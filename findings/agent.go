package findings

// agentLayer is layer 12: the agent and its reporting.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var agentLayer = [...]Finding{
	{
		Code:        IntakeSilent,
		Layer:       12,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Info,
		Affects:     Settle | Visibility,
		Source:      SourceIntake,
		Party:       PartyApp,
		ExplainedBy: []Code{PaymentAppStopped, PaymentAppCrashing, PaymentAppMissing},
		Texts:       &texts.IntakeSilent,
	},
	{
		Code:        ReportPathDown,
		Layer:       12,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyAgent,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, SIMDataSuspended, SIMNotReady, RadioOff, DNSFailed, ClockReset, ClockSkew},
		Texts:       &texts.ReportPathDown,
	},
	{
		Code:     PowerRestricted,
		Layer:    12,
		Cause:    CauseOperatorPermission,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Texts:    &texts.PowerRestricted,
	},
	{
		Code:     DataBudgetSpent,
		Layer:    12,
		Cause:    CauseSystemSoftwareFault,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Texts:    &texts.DataBudgetSpent,
	},
	{
		Code:     ConfigRejected,
		Layer:    12,
		Cause:    CauseOperatorInput,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Texts:    &texts.ConfigRejected,
	},
	{
		Code:        ReportsDropped,
		Layer:       12,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyAgent,
		ExplainedBy: []Code{ReportPathDown},
		Texts:       &texts.ReportsDropped,
	},
	{
		Code:     ProbeStale,
		Layer:    12,
		Cause:    CauseSystemSoftwareFault,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Texts:    &texts.ProbeStale,
	},
}

// agentSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var agentSeen = [...]Seen{
	{
		Code:     IntakeSilent,
		Observed: "no line from the payment app for 25 min of trading hours while its process runs",
		Escalation: []Step{
			{Info, ">25 min of trading time"},
			{Degraded, ">24 h of trading time"},
		},
		Note: "settle becomes `unknown` at once (never stays ready)",
	},
	{
		Code:     ReportPathDown,
		Observed: "MQTT broker unreachable; reports are queued",
		Escalation: []Step{
			{Info, "no connection"},
			{Degraded, ">24 h"},
		},
	},
	{
		Code:     PowerRestricted,
		Observed: "Doze or background limits apply to the agent or the payment app",
	},
	{
		Code:     DataBudgetSpent,
		Observed: "the agent used up its own byte budget for the period; only changes of blocking findings are sent",
	},
	{
		Code:     ConfigRejected,
		Observed: "a pushed configuration did not verify or did not prove itself, and the last good one is in force",
	},
	{
		Code:     ReportsDropped,
		Observed: "the spool reached its limit and dropped pulses, or set aside a message that the broker refuses",
	},
	{
		Code:     ProbeStale,
		Observed: "a probe has given no answer for three of its periods",
	},
}
