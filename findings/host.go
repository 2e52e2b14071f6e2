package findings

// hostLayer is layer 7: the acquirer's payment host and what stands behind it.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var hostLayer = [...]Finding{
	{
		Code:        HostUnreachable,
		Layer:       7,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, DNSFailed, SIMDataSuspended, HostPortBlocked, RadioOff, MaintenanceWindow},
		Observed:    "TCP connect fails to all host addresses on two links or on one link while reference targets answer",
		Escalation: []Step{
			{Degraded, "one of several addresses down, or it came or went ≥4 times in 30 min"},
			{Blocking, "no address takes a connection"},
		},
		Title: Text{
			EN: "Payment host cannot be reached",
			ZH: "无法连接支付主机",
		},
		Merchant: Text{
			EN: "Check any sale without a result before trying again; use another way to be paid, or try in 10 minutes.",
			ZH: "已刷没出结果的先查交易，不要重刷；可改用其他收款方式，10 分钟后再试。",
		},
		Technician: Text{
			EN: "Confirm address/port against the acquirer sheet; ask whether other terminals are affected.",
			ZH: "与收单机构核对地址端口，询问是否有其他终端同样异常。",
		},
	},
	{
		Code:        HostNoAnswer,
		Layer:       7,
		Cause:       CauseSystemSlowServer,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable, PacketLoss, MTUBlackhole, MaintenanceWindow},
		Observed:    "connection opens, no reply before the profile time-out (default 60 s)",
		Escalation: []Step{
			{Imminent, "a server error in answer to the page asked for"},
			{Blocking, "it times out or closes"},
		},
		Title: Text{
			EN: "Host does not answer",
			ZH: "主机无应答（通讯超时）",
		},
		Merchant: Text{
			EN: "Do not swipe again. Check the last sale in the record or the merchant app first.",
			ZH: "请勿重复刷卡，先查上一笔交易结果。",
		},
		Technician: Text{
			EN: "Check pending reversals; report time and terminal number to the acquirer.",
			ZH: "检查待冲正交易；将时间和终端号报收单机构。",
		},
	},
	{
		Code:        HostSlow,
		Layer:       7,
		Cause:       CauseSystemSlowServer,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostNoAnswer, HostUnreachable, HighLatency, PacketLoss, MaintenanceWindow},
		Observed:    "host time = reply time − network RTT, from echo or intake",
		Escalation: []Step{
			{Degraded, "p95 >3 s"},
			{Imminent, "p95 >10 s"},
		},
		Title: Text{
			EN: "Host is slow",
			ZH: "主机响应慢",
		},
		Merchant: Text{
			EN: "Wait for each result, up to a minute; do not cancel or swipe again.",
			ZH: "请耐心等待结果（最长约一分钟），不要取消或重复刷卡。",
		},
		Technician: Text{
			EN: "Compare with other terminals; if common, it is the host.",
			ZH: "与其他终端对比，普遍变慢即为主机侧问题。",
		},
	},
	{
		Code:        HostProtocolError,
		Layer:       7,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Imminent,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable},
		Observed:    "reply malformed / DE39=30 / echo refused / TPDU or header not accepted",
		Escalation: []Step{
			{Info, "echo refused or unanswered alone (many hosts do not serve it), or a page that never answered"},
			{Imminent, "malformed reply, or something else than TLS or HTTP"},
		},
		Title: Text{
			EN: "Host does not understand this terminal",
			ZH: "主机与终端报文不兼容",
		},
		Merchant: Text{
			EN: "Call the technician; the app may need an update.",
			ZH: "请联系技术人员，可能需要升级应用。",
		},
		Technician: Text{
			EN: "Check TPDU, header version, encoding and app version against the acquirer profile.",
			ZH: "核对 TPDU、报文头版本、编码和应用版本。",
		},
	},
	{
		Code:     MaintenanceWindow,
		Layer:    7,
		Cause:    CauseBankMaintenance,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceProfile,
		Party:    PartyAcquirer,
		Observed: "window in the signed profile, or DE39=90 seen",
		Escalation: []Step{
			{Info, "announced window: from 24 h; nightly day-cut: ahead of it and while it lasts"},
			{Degraded, "≤60 min before a window that meets trading hours; DE39=90"},
			{Blocking, "while active in trading hours"},
		},
		Note: "money waiting escalates by its own finding",
		Title: Text{
			EN: "Bank maintenance or day-cut",
			ZH: "银行/收单系统维护或日切",
		},
		Merchant: Text{
			EN: "Do not take cards during the window; afterwards check any sale without a result before charging again.",
			ZH: "维护或日切期间请暂停刷卡，结束后先查再收；没出结果的交易不要重刷。",
		},
		Technician: Text{
			EN: "No site visit needed; check again after the announced end.",
			ZH: "无需上门，维护结束后复查。",
		},
	},
	{
		Code:        SwitchMalfunction,
		Layer:       7,
		Cause:       CauseBankMaintenance,
		Severity:    Imminent,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{MaintenanceWindow},
		Observed:    "DE39=96 (also profile codes for “exchange centre error”)",
		Escalation: []Step{
			{Imminent, "≥3 in 10 min"},
			{Blocking, "≥5 of last 10"},
		},
		Title: Text{
			EN: "Card network (switch) malfunction",
			ZH: "交换中心异常",
		},
		Merchant: Text{
			EN: "Check the last sale first; if it did not go through, wait ten minutes or use another method.",
			ZH: "先查上一笔；未成功请等十分钟再试，或改用其他收款方式。",
		},
		Technician: Text{
			EN: "Report to acquirer; not a terminal fault.",
			ZH: "报收单机构，非终端故障。",
		},
	},
	{
		Code:        IssuerUnavailable,
		Layer:       7,
		Cause:       CauseBankMaintenance,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyIssuer,
		ExplainedBy: []Code{SwitchMalfunction, MaintenanceWindow, HostNoAnswer},
		Observed:    "DE39=91/92/98/68 concentrated on one issuer institution",
		Escalation: []Step{
			{Info, "declines of any class concentrated on one issuer: “only cards of this bank”"},
			{Degraded, "≥3 from one issuer in 10 min"},
		},
		Title: Text{
			EN: "A card-issuing bank does not answer",
			ZH: "发卡行暂不可用",
		},
		Merchant: Text{
			EN: "Make sure the last sale failed or was reversed, then ask for a card from another bank.",
			ZH: "先确认上一笔失败或已冲正，再请顾客换其他银行的卡。",
		},
		Technician: Text{
			EN: "No action on the terminal; note bank and time.",
			ZH: "终端无需处理，记录银行与时间。",
		},
	},
	{
		Code:        WalletServiceUnstable,
		Layer:       7,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, ClockSkew, HighLatency},
		Observed:    "QR-wallet outcomes time out or fail while cards work",
		Escalation: []Step{
			{Degraded, "≥3 orders in a row in 30 min, while cards go through"},
		},
		Title: Text{
			EN: "QR payment service is unstable",
			ZH: "扫码支付服务不稳定",
		},
		Merchant: Text{
			EN: "Query the order first; only when it is not paid, take a card or scan again.",
			ZH: "先查该笔扫码订单；确认未支付后，再改刷卡或重新扫码。",
		},
		Technician: Text{
			EN: "Check signature time error (5-minute rule) and the provider’s status page.",
			ZH: "检查签名时间误差（5 分钟规则）及服务商公告。",
		},
	},
}
