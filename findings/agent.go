package findings

// agentLayer is layer 12: the agent and its reporting.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var agentLayer = [...]Finding{
	{
		Code:        IntakeSilent,
		Layer:       12,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Info,
		Affects:     Settle | Visibility,
		Source:      SourceIntake,
		Party:       PartyApp,
		ExplainedBy: []Code{PaymentAppStopped, PaymentAppCrashing, PaymentAppMissing},
		Observed:    "no line from the payment app for 25 min of trading hours while its process runs",
		Escalation: []Step{
			{Info, ">25 min of trading time"},
			{Degraded, ">24 h of trading time"},
		},
		Note: "settle becomes `unknown` at once (never stays ready)",
		Title: Text{
			EN: "No data from the payment app",
			ZH: "未收到支付应用数据",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Check the pairing token and app version; until it is back, sign-on, reversals and settlement cannot be judged.",
			ZH: "检查配对令牌和应用版本；恢复前无法判断签到、冲正和结算状态。",
		},
	},
	{
		Code:        ReportPathDown,
		Layer:       12,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyAgent,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, SIMDataSuspended, SIMNotReady, RadioOff, DNSFailed, ClockReset, ClockSkew},
		Observed:    "MQTT broker unreachable; reports are queued",
		Escalation: []Step{
			{Info, "no connection"},
			{Degraded, ">24 h"},
		},
		Title: Text{
			EN: "Reports cannot be sent",
			ZH: "上报通道中断",
		},
		Merchant: Text{
			EN: "No action; payments are not affected.",
			ZH: "无需操作，不影响收款。",
		},
		Technician: Text{
			EN: "Check broker address, certificate and outbound port.",
			ZH: "检查上报服务器地址、证书和端口。",
		},
	},
	{
		Code:     PowerRestricted,
		Layer:    12,
		Cause:    CauseOperatorPermission,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Observed: "Doze or background limits apply to the agent or the payment app",
		Title: Text{
			EN: "Power saving restricts the apps",
			ZH: "省电设置限制了应用",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Exempt both apps from battery optimisation.",
			ZH: "将两个应用加入省电白名单。",
		},
	},
	{
		Code:     DataBudgetSpent,
		Layer:    12,
		Cause:    CauseSystemSoftwareFault,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Observed: "the agent used up its own byte budget for the period; only changes of blocking findings are sent",
		Title: Text{
			EN: "Agent's data budget is spent",
			ZH: "监测流量额度已用完",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Raise the budget or look for a flapping finding.",
			ZH: "提高额度，或排查反复抖动的告警。",
		},
	},
	{
		Code:     ConfigRejected,
		Layer:    12,
		Cause:    CauseOperatorInput,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Observed: "a pushed configuration did not verify or did not prove itself, and the last good one is in force",
		Title: Text{
			EN: "New configuration was not applied",
			ZH: "下发的新配置未生效",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Read the reason in the status; sign and send again.",
			ZH: "查看状态中的原因，重新签名下发。",
		},
	},
	{
		Code:        ReportsDropped,
		Layer:       12,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyAgent,
		ExplainedBy: []Code{ReportPathDown},
		Observed:    "the spool reached its limit and dropped pulses, or set aside a message that the broker refuses",
		Title: Text{
			EN: "Some reports were dropped",
			ZH: "部分上报数据已丢弃",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Read the delivery ledger for the range lost.",
			ZH: "在上报台账中查看缺失的序号区间。",
		},
	},
	{
		Code:     ProbeStale,
		Layer:    12,
		Cause:    CauseSystemSoftwareFault,
		Severity: Info,
		Affects:  Visibility,
		Source:   SourceProbe,
		Party:    PartyAgent,
		Observed: "a probe has given no answer for three of its periods",
		Title: Text{
			EN: "A check has stopped answering",
			ZH: "某项检测无响应",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Restart the agent and send a support bundle.",
			ZH: "重启监测程序并上传诊断包。",
		},
	},
}
