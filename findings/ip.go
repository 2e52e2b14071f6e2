package findings

// ipLayer is layer 4: address, gateway, names.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var ipLayer = [...]Finding{
	{
		Code:        LocalNetworkFault,
		Layer:       4,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		Visit:       Visit{Needed: true, Bring: ""},
		ExplainedBy: []Code{LinkDown, SIMDataSuspended, RadioOff},
		Texts:       &texts.LocalNetworkFault,
	},
	{
		Code:        DNSFailed,
		Layer:       4,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{LocalNetworkFault, LinkDown, SIMDataSuspended},
		Texts:       &texts.DNSFailed,
	},
}

// ipSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var ipSeen = [...]Seen{
	{
		Code:     LocalNetworkFault,
		Observed: "no IP address, gateway does not answer, or a captive portal answers instead of the internet",
		Note:     "a silent gateway counts only when nothing beyond it answers; on a profile with private_network the only reference is the payment host",
	},
	{
		Code:     DNSFailed,
		Observed: "resolver time-out / NXDOMAIN / answer not in the profile’s ranges",
		Escalation: []Step{
			{Info, "no name server answers, and no name is needed"},
			{Degraded, "some name servers do not answer"},
			{Imminent, "only the last good address works; or the answer is outside the profile's ranges"},
			{Blocking, "no address works; or it is outside the ranges and TLS there does not verify"},
		},
	},
}
