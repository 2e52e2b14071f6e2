package findings

// tlsLayer is layer 6: certificates and versions.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var tlsLayer = [...]Finding{
	{
		Code:        CertExpired,
		Layer:       6,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{ClockReset, ClockSkew},
		Texts:       &texts.CertExpired,
	},
	{
		Code:        CertExpiring,
		Layer:       6,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{ClockReset, CertExpired},
		Texts:       &texts.CertExpiring,
	},
	{
		Code:        TLSUntrusted,
		Layer:       6,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{ClockReset, ClockSkew, DNSFailed},
		Texts:       &texts.TLSUntrusted,
	},
	{
		Code:        TLSVersionUnsupported,
		Layer:       6,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Degraded,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{TLSUntrusted},
		Texts:       &texts.TLSVersionUnsupported,
	},
}

// tlsSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var tlsSeen = [...]Seen{
	{
		Code:     CertExpired,
		Observed: "the payment host's certificate, or the payment app's client certificate, past notAfter at trusted time (the broker's and the agent's own: report-path-down)",
	},
	{
		Code:     CertExpiring,
		Observed: "notAfter of host chain and client certificate",
		Escalation: []Step{
			{Info, "≤14 d; of a short-lived one the last third of its life"},
			{Imminent, "≤3 d"},
		},
	},
	{
		Code:     TLSUntrusted,
		Observed: "chain or pin does not verify: CA bundle too old, proxy interception, wrong host",
		Escalation: []Step{
			{Blocking, "with a configured CA/pin, or when a chain that verified before no longer does"},
		},
		Note: "without either: not judged; security finding",
	},
	{
		Code:     TLSVersionUnsupported,
		Observed: "handshake alert protocol_version / no shared cipher",
		Escalation: []Step{
			{Degraded, "the host never worked here"},
			{Blocking, "the host worked before"},
		},
		Note: "a host that speaks TLCP (国密) or client-auth only: “cannot be measured here”",
	},
}
