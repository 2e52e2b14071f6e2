package findings

// transactionLayer is layer 9: single sales.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var transactionLayer = [...]Finding{
	{
		Code:     TxnInDoubt,
		Layer:    9,
		Cause:    CauseSystemNetworkLatency,
		Severity: Blocking,
		Affects:  Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Texts:    &texts.TxnInDoubt,
	},
	{
		Code:        ReversalPending,
		Layer:       9,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Degraded,
		Affects:     Settle,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable, LinkDown, HostNoAnswer, LocalNetworkFault},
		Texts:       &texts.ReversalPending,
	},
	{
		Code:     ReversalFailed,
		Layer:    9,
		Cause:    CauseThirdPartyPoorNetwork,
		Severity: Blocking,
		Affects:  Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Texts:    &texts.ReversalFailed,
	},
	{
		Code:        TechnicalDeclineRate,
		Layer:       9,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostNoAnswer, HostUnreachable, SwitchMalfunction, IssuerUnavailable, WorkingKeyMismatch, PacketLoss, MaintenanceWindow},
		Texts:       &texts.TechnicalDeclineRate,
	},
	{
		Code:        CardholderDeclinesHigh,
		Layer:       9,
		Cause:       CauseBankAccount,
		Severity:    Info,
		Source:      SourceIntake,
		Party:       PartyIssuer,
		ExplainedBy: []Code{TechnicalDeclineRate},
		Texts:       &texts.CardholderDeclinesHigh,
	},
	{
		Code:        TransactionsSilent,
		Layer:       9,
		Cause:       CauseOperatorOperation,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceIntake,
		Party:       PartyMerchant,
		ExplainedBy: []Code{LinkDown, HostUnreachable, PaymentAppStopped, RadioOff, PaymentAppMissing},
		Texts:       &texts.TransactionsSilent,
	},
}

// transactionSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var transactionSeen = [...]Seen{
	{
		Code:     TxnInDoubt,
		Observed: "request sent, no outcome before the time-out",
		Escalation: []Step{
			{Imminent, "after a lost event (gap in seq), until confirmed"},
			{Blocking, "a sale without a known result"},
		},
		Note: "clears on outcome, reversal done, host news, a `state` snapshot that says in_doubt=0, or a technician’s dated confirmation",
	},
	{
		Code:     ReversalPending,
		Observed: "intake reversal queue >0",
		Escalation: []Step{
			{Degraded, "any"},
			{Imminent, ">5 min"},
			{Blocking, "any left 60 min before the day-cut"},
		},
	},
	{
		Code:     ReversalFailed,
		Observed: "retries used up (usual limit 3), or a final reply other than 00, 25 or 12, or 12 after a day-cut",
		Note:     "reply 12 counts as done only when no day-cut lies between sale and reversal; 12 after the cut = failed",
	},
	{
		Code:     TechnicalDeclineRate,
		Observed: "share of outcomes in the technical class",
		Escalation: []Step{
			{Degraded, "≥2 % of ≥50 in 24 h, ≥3 of them, and more than chance would have of half as many"},
			{Imminent, "3 in a row"},
			{Blocking, "≥5 of last 10"},
		},
	},
	{
		Code:     CardholderDeclinesHigh,
		Observed: "share of outcomes in the cardholder/issuer-decision class",
		Escalation: []Step{
			{Info, "≥30 % of ≥10 with technical <2 %"},
			{Degraded, "≥5 and ≥80 % of them one of 57/58/61/62/65: “merchant limit or risk control likely”"},
		},
	},
	{
		Code:     TransactionsSilent,
		Observed: "no sale where the terminal's own history expects several",
		Escalation: []Step{
			{Info, "in trading hours"},
		},
		Note: "info only; never on public holidays; the fleet joins it",
	},
}
