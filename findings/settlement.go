package findings

// settlementLayer is layer 10: batches and payouts.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var settlementLayer = [...]Finding{
	{
		Code:        OfflineQueuePending,
		Layer:       10,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Degraded,
		Affects:     Settle,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, HostUnreachable, LocalNetworkFault, SIMDataSuspended},
		Texts:       &texts.OfflineQueuePending,
	},
	{
		Code:        BatchNotSettled,
		Layer:       10,
		Cause:       CauseOperatorOperation,
		Severity:    Degraded,
		Affects:     Settle,
		Source:      SourceIntake,
		Party:       PartyMerchant,
		ExplainedBy: []Code{HostUnreachable, LinkDown, BatchUploadIncomplete},
		Texts:       &texts.BatchNotSettled,
	},
	{
		Code:     BatchFull,
		Layer:    10,
		Cause:    CauseOperatorOperation,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyMerchant,
		Texts:    &texts.BatchFull,
	},
	{
		Code:        BatchUploadIncomplete,
		Layer:       10,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, HostUnreachable, MTUBlackhole},
		Texts:       &texts.BatchUploadIncomplete,
	},
	{
		Code:     BatchNumberMismatch,
		Layer:    10,
		Cause:    CauseSystemSoftwareFault,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Texts:    &texts.BatchNumberMismatch,
	},
	{
		Code:        PayoutHeld,
		Layer:       10,
		Cause:       CauseBankAccount,
		Severity:    Info,
		Affects:     Settle,
		Source:      SourceHost,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{SettlementAccountAlert},
		Texts:       &texts.PayoutHeld,
	},
}

// settlementSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var settlementSeen = [...]Seen{
	{
		Code:     OfflineQueuePending,
		Observed: "stored (offline/SAF) transactions not uploaded",
		Escalation: []Step{
			{Degraded, "oldest >1 h"},
			{Imminent, ">12 h"},
			{Blocking, ">20 h, or ≥80 % of the limit"},
		},
	},
	{
		Code:     BatchNotSettled,
		Observed: "hours since last successful settlement with transactions in the batch",
		Escalation: []Step{
			{Info, "host-capture: >36 h"},
			{Degraded, "terminal-capture: >20 h"},
			{Imminent, ">24 h"},
			{Blocking, ">48 h"},
		},
		Note: "count and age stay in the headline even when explained; batch empty: silent",
	},
	{
		Code:     BatchFull,
		Observed: "transactions in batch ÷ limit (usual limit 500)",
		Escalation: []Step{
			{Info, "≥80 %"},
			{Degraded, "≥95 %"},
			{Imminent, "≥limit"},
			{Blocking, "≥limit+10"},
		},
	},
	{
		Code:     BatchUploadIncomplete,
		Observed: "settlement out of balance (reply “not equal”, 79/95) or upload interrupted",
	},
	{
		Code:     BatchNumberMismatch,
		Observed: "DE39=77 or batch number changed outside settlement",
		Escalation: []Step{
			{Degraded, "1"},
			{Blocking, "again after a sign-on"},
		},
	},
	{
		Code:     PayoutHeld,
		Observed: "a signed notice of the acquirer for this terminal: payout delayed, held or returned, with the expected date",
		Escalation: []Step{
			{Degraded, "later than the promised date"},
			{Blocking, "returned or held by risk control"},
		},
	},
}
