package findings

// linkLayer is layer 3: radio, cable, SIM.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var linkLayer = [...]Finding{
	{
		Code:     RadioOff,
		Layer:    3,
		Cause:    CauseOperatorOperation,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyMerchant,
		Texts:    &texts.RadioOff,
	},
	{
		Code:        SIMNotReady,
		Layer:       3,
		Cause:       CauseOperatorOperation,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		Visit:       Visit{Needed: true, Bring: "sim"},
		ExplainedBy: []Code{RadioOff},
		Texts:       &texts.SIMNotReady,
	},
	{
		Code:        LinkDown,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{RadioOff, SIMNotReady, SIMDataSuspended},
		Texts:       &texts.LinkDown,
	},
	{
		Code:        SIMDataSuspended,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{RadioOff, SIMNotReady},
		Texts:       &texts.SIMDataSuspended,
	},
	{
		Code:        WeakSignal,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		Visit:       Visit{Needed: true, Bring: "access point or antenna"},
		ExplainedBy: []Code{LinkDown, RadioOff},
		Texts:       &texts.WeakSignal,
	},
	{
		Code:        LinkFlapping,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartySite,
		Visit:       Visit{Needed: true, Bring: "access point or antenna"},
		ExplainedBy: []Code{LinkDown, RadioOff, SIMNotReady},
		Texts:       &texts.LinkFlapping,
	},
	{
		Code:        StandbyLinkDead,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{RadioOff, SIMNotReady, SIMDataSuspended, LinkDown},
		Texts:       &texts.StandbyLinkDead,
	},
}

// linkSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var linkSeen = [...]Seen{
	{
		Code:     RadioOff,
		Observed: "airplane mode on, or both Wi-Fi and mobile data switched off",
		Escalation: []Step{
			{Info, "airplane mode, and another bearer (Ethernet, base, USB) has carrier"},
			{Blocking, "no other bearer has"},
		},
	},
	{
		Code:     SIMNotReady,
		Observed: "SIM absent / PIN-PUK locked / rejected, or SIM changed since install (机卡绑定)",
		Escalation: []Step{
			{Info, "another bearer works"},
			{Blocking, "none does"},
		},
		Note: "profile expects no SIM: silent",
	},
	{
		Code:     LinkDown,
		Observed: "no interface has carrier / registration for ≥15 s (2 samples)",
	},
	{
		Code:     SIMDataSuspended,
		Observed: "registered on the mobile network but no data session / no traffic passes; or plan end date from the profile",
		Escalation: []Step{
			{Info, "the plan ends in ≤30 days"},
			{Degraded, "in ≤7 days"},
			{Imminent, "in ≤3 days"},
			{Blocking, "no data session, and no other bearer works"},
		},
		Note: "while another bearer works the system takes the session down on purpose: silent",
	},
	{
		Code:     WeakSignal,
		Observed: "radio signal readings, 60 s median",
		Escalation: []Step{
			{Info, "≤−110 dBm (mobile) or ≤−75 dBm (Wi-Fi), by level alone"},
			{Degraded, "with failed or slow probes of a host in the window"},
			{Imminent, "≤−118 or ≤−82 dBm, with them"},
		},
	},
	{
		Code:     LinkFlapping,
		Observed: "interface/registration up-down events",
		Escalation: []Step{
			{Info, "≥10 changes in 10 min on a terminal with a cable, while hosts connect well: it is lifted off its base and put back"},
			{Degraded, "≥3"},
			{Imminent, "≥10"},
		},
	},
	{
		Code:     StandbyLinkDead,
		Observed: "the link not in use now (SIM beside Wi-Fi) failed its own test when it was tried",
	},
}
