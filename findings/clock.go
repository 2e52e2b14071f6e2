package findings

// clockLayer is layer 2: what time it thinks it is.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var clockLayer = [...]Finding{
	{
		Code:     ClockReset,
		Layer:    2,
		Cause:    CauseSystemDevice,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Texts:    &texts.ClockReset,
	},
	{
		Code:        ClockSkew,
		Layer:       2,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Degraded,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyTerminal,
		ExplainedBy: []Code{ClockReset},
		Texts:       &texts.ClockSkew,
	},
	{
		Code:        TimezoneWrong,
		Layer:       2,
		Cause:       CauseOperatorInput,
		Severity:    Degraded,
		Affects:     Settle,
		Source:      SourceProfile,
		Party:       PartyMerchant,
		ExplainedBy: []Code{ClockReset},
		Texts:       &texts.TimezoneWrong,
	},
	{
		Code:        ClockDrifting,
		Layer:       2,
		Cause:       CauseSystemDevice,
		Severity:    Info,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyTerminal,
		Visit:       Visit{Needed: true, Bring: "spare terminal"},
		ExplainedBy: []Code{ClockReset, ClockSkew},
		Texts:       &texts.ClockDrifting,
	},
	{
		Code:        ClockSourcesDisagree,
		Layer:       2,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{LocalNetworkFault, LinkDown},
		Texts:       &texts.ClockSourcesDisagree,
	},
	{
		Code:        ClockUnverified,
		Layer:       2,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, DNSFailed, RadioOff, SIMDataSuspended, SIMNotReady},
		Texts:       &texts.ClockUnverified,
	},
}

// clockSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var clockSeen = [...]Seen{
	{
		Code:     ClockReset,
		Observed: "wall clock earlier than the agent build date, or jumped back >1 day after power loss",
		Escalation: []Step{
			{Blocking, "2 min after a network is up, so that network time has had its chance"},
		},
	},
	{
		Code:     ClockSkew,
		Observed: "offset against the time that independent sources agree on: SNTP, HTTP Date, host DE12/DE13; what is uncertain does not count",
		Escalation: []Step{
			{Info, ">30 s"},
			{Degraded, ">60 s"},
			{Imminent, ">300 s"},
			{Blocking, "past a configured host limit or a certificate date"},
		},
		Note: "where only one source says so, no more than degraded",
	},
	{
		Code:     TimezoneWrong,
		Observed: "OS time zone ≠ profile (China: Asia/Shanghai, no DST)",
	},
	{
		Code:     ClockDrifting,
		Observed: "offset trend in ppm over six hours of samples, extrapolated to each host's own early and late limit; less than a week is left",
		Escalation: []Step{
			{Info, "less than a week left to the tightest host limit"},
			{Imminent, "<24 h left, unless the clock was corrected within 48 h"},
		},
	},
	{
		Code:     ClockSourcesDisagree,
		Observed: "NTP servers, HTTP Date and host time do not overlap within their stated uncertainty; servers that share an upstream or an address count once",
		Escalation: []Step{
			{Info, "a majority contradicts the others"},
			{Degraded, "no majority among the sources"},
		},
	},
	{
		Code:     ClockUnverified,
		Observed: "no time source answered, so the clock could be neither confirmed nor denied",
		Escalation: []Step{
			{Info, "no source answers"},
			{Degraded, "no source for >24 h"},
		},
	},
}
