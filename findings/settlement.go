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
		Observed:    "stored (offline/SAF) transactions not uploaded",
		Escalation: []Step{
			{Degraded, "oldest >1 h"},
			{Imminent, ">12 h"},
			{Blocking, ">20 h, or ≥80 % of the limit"},
		},
		Title: Text{
			EN: "Offline sales not uploaded",
			ZH: "脱机交易未上送",
		},
		Merchant: Text{
			EN: "Connect the terminal now; unsent sales are not paid.",
			ZH: "请立即联网上送，未上送的交易不会到账。",
		},
		Technician: Text{
			EN: "Trigger upload; do not clear records or swap the terminal before it finishes.",
			ZH: "触发上送；上送完成前不要清流水或换机。",
		},
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
		Observed:    "hours since last successful settlement with transactions in the batch",
		Escalation: []Step{
			{Info, "host-capture: >36 h"},
			{Degraded, "terminal-capture: >20 h"},
			{Imminent, ">24 h"},
			{Blocking, ">48 h"},
		},
		Note: "count and age stay in the headline even when explained; batch empty: silent",
		Title: Text{
			EN: "Batch has not been settled",
			ZH: "批次未结算",
		},
		Merchant: Text{
			EN: "Do any void first; then, at closing or a quiet moment, choose “Settlement” and keep power and network on.",
			ZH: "当天要撤销的先撤销；打烊或空闲时在菜单选“结算”，过程中勿断电断网。",
		},
		Technician: Text{
			EN: "Turn on automatic settlement before the cut-off.",
			ZH: "开启日切前自动结算。",
		},
	},
	{
		Code:     BatchFull,
		Layer:    10,
		Cause:    CauseOperatorOperation,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyMerchant,
		Observed: "transactions in batch ÷ limit (usual limit 500)",
		Escalation: []Step{
			{Info, "≥80 %"},
			{Degraded, "≥95 %"},
			{Imminent, "≥limit"},
			{Blocking, "≥limit+10"},
		},
		Title: Text{
			EN: "Batch is nearly full",
			ZH: "批次交易笔数将满",
		},
		Merchant: Text{
			EN: "Settle before the next busy period.",
			ZH: "请在高峰前先结算。",
		},
		Technician: Text{
			EN: "Settle first; if it keeps filling, raise the limit or settle more often.",
			ZH: "先结算；仍频繁触顶再调大最大交易笔数，或增加结算频次。",
		},
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
		Observed:    "settlement out of balance (reply “not equal”, 79/95) or upload interrupted",
		Title: Text{
			EN: "Batch upload did not finish",
			ZH: "批上送未完成或对账不平",
		},
		Merchant: Text{
			EN: "Keep the terminal on and connected; do not clear records.",
			ZH: "请保持开机联网，不要清除流水。",
		},
		Technician: Text{
			EN: "Continue the upload; compare debit/credit counts with the host; then settle again.",
			ZH: "继续批上送，核对借贷记笔数金额后重新结算。",
		},
	},
	{
		Code:     BatchNumberMismatch,
		Layer:    10,
		Cause:    CauseSystemSoftwareFault,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Observed: "DE39=77 or batch number changed outside settlement",
		Escalation: []Step{
			{Degraded, "1"},
			{Blocking, "again after a sign-on"},
		},
		Title: Text{
			EN: "Batch number differs from the host",
			ZH: "批次号与中心不一致",
		},
		Merchant: Text{
			EN: "Sign on again before the next sale; keep earlier slips and never edit the batch number.",
			ZH: "请重新签到后再收款；之前的签购单请保留，不要自行改批次号。",
		},
		Technician: Text{
			EN: "Check that no second device shares the terminal number and that nobody edited the batch number.",
			ZH: "检查是否有第二台设备共用终端号，批次号是否被手工修改。",
		},
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
		Observed:    "a signed notice of the acquirer for this terminal: payout delayed, held or returned, with the expected date",
		Escalation: []Step{
			{Degraded, "later than the promised date"},
			{Blocking, "returned or held by risk control"},
		},
		Title: Text{
			EN: "Payout is delayed",
			ZH: "款项到账延迟",
		},
		Merchant: Text{
			EN: "The sales succeeded; do not charge again. See the expected date, or call the acquirer.",
			ZH: "交易已成功，请勿重复收款；预计到账时间见提示，有疑问请联系收单机构。",
		},
		Technician: Text{
			EN: "Not a terminal fault: check settlement rule (D0/T+1, holidays, limits) and risk control with the acquirer.",
			ZH: "非终端故障：向收单机构核对到账规则（D0/T+1、节假日、限额）和风控状态。",
		},
	},
}
