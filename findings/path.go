package findings

// pathLayer is layer 5: what happens to packets on the way.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var pathLayer = [...]Finding{
	{
		Code:        PacketLoss,
		Layer:       5,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, WeakSignal, SIMDataSuspended},
		Texts:       &texts.PacketLoss,
	},
	{
		Code:        PacketReordering,
		Layer:       5,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{PacketLoss, LinkFlapping},
		Texts:       &texts.PacketReordering,
	},
	{
		Code:        HighLatency,
		Layer:       5,
		Cause:       CauseSystemNetworkLatency,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{PacketLoss, WeakSignal, LinkDown, LocalNetworkFault},
		Texts:       &texts.HighLatency,
	},
	{
		Code:        MTUBlackhole,
		Layer:       5,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Imminent,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		Visit:       Visit{Needed: true, Bring: ""},
		ExplainedBy: []Code{PacketLoss, LinkDown},
		Texts:       &texts.MTUBlackhole,
	},
	{
		Code:        HostPortBlocked,
		Layer:       5,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		Visit:       Visit{Needed: true, Bring: ""},
		ExplainedBy: []Code{LocalNetworkFault, DNSFailed, LinkDown},
		Texts:       &texts.HostPortBlocked,
	},
}

// pathSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var pathSeen = [...]Seen{
	{
		Code:     PacketLoss,
		Observed: "probe loss and TCP retransmissions, window ≥50 packets",
		Escalation: []Step{
			{Degraded, "≥2 % (18 % of 10-packet exchanges lose one)"},
			{Imminent, "≥10 % (65 %), and TCP sends again"},
		},
	},
	{
		Code:     PacketReordering,
		Observed: "sequence order of probe replies, TCP reordering counters",
		Escalation: []Step{
			{Info, "≥1 %"},
			{Degraded, "with retransmissions or a slow/failed exchange in the same window"},
		},
	},
	{
		Code:     HighLatency,
		Observed: "round-trip time to the gateway, to a reference and to the host (connect time)",
		Escalation: []Step{
			{Degraded, "RTT p95 >800 ms, or jitter >300 ms"},
			{Imminent, "RTT p95 >2 s"},
		},
	},
	{
		Code:     MTUBlackhole,
		Observed: "small probes pass, ≥1 400-byte exchange stalls",
	},
	{
		Code:     HostPortBlocked,
		Observed: "other targets reachable on this link, host port refused/filtered here but open on another link",
	},
}
