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
		Observed: "request sent, no outcome before the time-out",
		Escalation: []Step{
			{Imminent, "after a lost event (gap in seq), until confirmed"},
			{Blocking, "a sale without a known result"},
		},
		Note: "clears on outcome, reversal done, host news, a `state` snapshot that says in_doubt=0, or a technician’s dated confirmation",
		Title: Text{
			EN: "A sale has no known result",
			ZH: "有一笔交易结果不明",
		},
		Merchant: Text{
			EN: "Do NOT charge this customer again. Check the record; only after “reversal successful” may you charge again, else call the acquirer.",
			ZH: "请勿对该顾客重复收款。先查交易记录；显示“冲正成功”后才可重收，否则联系收单机构。",
		},
		Technician: Text{
			EN: "Look the sale up by trace or reference number at the acquirer, confirm the reversal result, and record it.",
			ZH: "用流水号/参考号在商户平台或向收单机构查证，确认冲正结果并登记。",
		},
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
		Observed:    "intake reversal queue >0",
		Escalation: []Step{
			{Degraded, "any"},
			{Imminent, ">5 min"},
			{Blocking, "any left 60 min before the day-cut"},
		},
		Title: Text{
			EN: "A reversal has not been sent yet",
			ZH: "有冲正未完成",
		},
		Merchant: Text{
			EN: "Connect, and before today’s cut-off do a settlement or balance inquiry so that the reversal is sent; do not charge that customer again meanwhile.",
			ZH: "请联网，并在今天日切前做一次结算或余额查询，触发冲正；结果出来前不要重刷。",
		},
		Technician: Text{
			EN: "Restore the network and trigger it with an online message (balance inquiry or settlement); after the day-cut it is refused (12) and needs a dispute case.",
			ZH: "恢复网络，做一笔联机交易（余额查询或结算）触发冲正；跨日切会被拒（应答码 12），须报差错。",
		},
	},
	{
		Code:     ReversalFailed,
		Layer:    9,
		Cause:    CauseThirdPartyPoorNetwork,
		Severity: Blocking,
		Affects:  Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Observed: "retries used up (usual limit 3), or a final reply other than 00, 25 or 12, or 12 after a day-cut",
		Note:     "reply 12 counts as done only when no day-cut lies between sale and reversal; 12 after the cut = failed",
		Title: Text{
			EN: "A reversal failed",
			ZH: "冲正失败，需人工处理",
		},
		Merchant: Text{
			EN: "The customer may have been charged. Keep the slip and call the acquirer.",
			ZH: "顾客可能已扣款，请保留签购单并联系收单机构。",
		},
		Technician: Text{
			EN: "Send terminal, merchant, batch, trace and reference number for manual adjustment.",
			ZH: "提交终端号、商户号、批次号、流水号、参考号，申请差错处理（人工调账）。",
		},
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
		Observed:    "share of outcomes in the technical class",
		Escalation: []Step{
			{Degraded, "≥2 % of ≥50 in 24 h, ≥3 of them, and more than chance would have of half as many"},
			{Imminent, "3 in a row"},
			{Blocking, "≥5 of last 10"},
		},
		Title: Text{
			EN: "Many sales fail for system reasons",
			ZH: "系统类失败偏多",
		},
		Merchant: Text{
			EN: "Make sure the last sale failed or was reversed, then try one more card; if it fails too, use another method.",
			ZH: "先确认上一笔失败或已冲正，再换卡试一次；仍失败请改用其他收款方式。",
		},
		Technician: Text{
			EN: "Look at the code mix; the top code names the party.",
			ZH: "查看应答码分布，最高的应答码指向责任方。",
		},
	},
	{
		Code:        CardholderDeclinesHigh,
		Layer:       9,
		Cause:       CauseBankAccount,
		Severity:    Info,
		Source:      SourceIntake,
		Party:       PartyIssuer,
		ExplainedBy: []Code{TechnicalDeclineRate},
		Observed:    "share of outcomes in the cardholder/issuer-decision class",
		Escalation: []Step{
			{Info, "≥30 % of ≥10 with technical <2 %"},
			{Degraded, "≥5 and ≥80 % of them one of 57/58/61/62/65: “merchant limit or risk control likely”"},
		},
		Title: Text{
			EN: "Cards are declined by bank or cardholder; the terminal works",
			ZH: "多为发卡行或持卡人原因拒绝，终端正常",
		},
		Merchant: Text{
			EN: "The terminal is fine; ask for another card. If many cards say “limit” or “not permitted”, call the acquirer.",
			ZH: "终端正常，请顾客换卡；若多张卡都提示超限或不允许，请联系收单机构。",
		},
		Technician: Text{
			EN: "Read the codes: 51/55 are the cardholder’s; 57/58/61/62/65 in a cluster point to merchant limits, rights or risk control.",
			ZH: "看应答码：51/55 属持卡人；57/58/61/62/65 集中出现，查商户限额、受理权限和风控。",
		},
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
		Observed:    "no sale where the terminal's own history expects several",
		Escalation: []Step{
			{Info, "in trading hours"},
		},
		Note: "info only; never on public holidays; the fleet joins it",
		Title: Text{
			EN: "No sales when sales are usual",
			ZH: "营业时段无交易",
		},
		Merchant: Text{
			EN: "If there are no customers, nothing to do; if customers cannot pay, call your provider.",
			ZH: "没有顾客则无需处理；顾客付不了款时请联系服务商。",
		},
		Technician: Text{
			EN: "Ask whether the shop is open; verify with a balance inquiry or sign-on; void any test sale on the spot.",
			ZH: "确认是否营业；用余额查询或签到验证通路，确需试刷须当场撤销。",
		},
	},
}
