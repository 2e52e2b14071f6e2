package findings

// linkLayer is layer 3: radio, cable, SIM.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var linkLayer = [...]Finding{
	{
		Code:     RadioOff,
		Layer:    3,
		Cause:    CauseOperatorOperation,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyMerchant,
		Observed: "airplane mode on, or both Wi-Fi and mobile data switched off",
		Escalation: []Step{
			{Info, "airplane mode, and another bearer (Ethernet, base, USB) has carrier"},
			{Blocking, "no other bearer has"},
		},
		Title: Text{
			EN: "Network is switched off",
			ZH: "网络开关已关闭",
		},
		Merchant: Text{
			EN: "Turn off airplane mode and turn on mobile data or Wi-Fi.",
			ZH: "请关闭飞行模式，打开移动数据或 Wi-Fi。",
		},
		Technician: Text{
			EN: "Lock the quick-settings switches by policy.",
			ZH: "通过 TMS 或终端管理策略锁定下拉栏的网络开关。",
		},
	},
	{
		Code:        SIMNotReady,
		Layer:       3,
		Cause:       CauseOperatorOperation,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		Visit:       Visit{Needed: true, Bring: "sim"},
		ExplainedBy: []Code{RadioOff},
		Observed:    "SIM absent / PIN-PUK locked / rejected, or SIM changed since install (机卡绑定)",
		Escalation: []Step{
			{Info, "another bearer works"},
			{Blocking, "none does"},
		},
		Note: "profile expects no SIM: silent",
		Title: Text{
			EN: "SIM card missing, locked or changed",
			ZH: "流量卡未识别、被锁或已更换",
		},
		Merchant: Text{
			EN: "Do not move SIM cards between terminals. Call the service provider.",
			ZH: "请勿在不同终端间换卡，请联系服务商。",
		},
		Technician: Text{
			EN: "Reseat the SIM; check that this ICCID is the one bound to this terminal. A changed card can show “无效商户 03”.",
			ZH: "重插流量卡；核对 ICCID 是否为本机绑定卡，换卡可能提示“无效商户”。",
		},
	},
	{
		Code:        LinkDown,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{RadioOff, SIMNotReady, SIMDataSuspended},
		Observed:    "no interface has carrier / registration for ≥15 s (2 samples)",
		Title: Text{
			EN: "No network connection",
			ZH: "无网络连接",
		},
		Merchant: Text{
			EN: "Move to where there is signal or switch to the other network.",
			ZH: "请移到信号好的位置，或切换到另一种网络。",
		},
		Technician: Text{
			EN: "Check antenna, coverage (2G/3G shutdown), router and cable.",
			ZH: "检查天线、网络覆盖（2G/3G 退网）、路由器和网线。",
		},
	},
	{
		Code:        SIMDataSuspended,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{RadioOff, SIMNotReady},
		Observed:    "registered on the mobile network but no data session / no traffic passes; or plan end date from the profile",
		Escalation: []Step{
			{Info, "the plan ends in ≤30 days"},
			{Degraded, "in ≤7 days"},
			{Imminent, "in ≤3 days"},
			{Blocking, "no data session, and no other bearer works"},
		},
		Note: "while another bearer works the system takes the session down on purpose: silent",
		Title: Text{
			EN: "Mobile data plan stopped or about to end",
			ZH: "流量卡停机或即将到期",
		},
		Merchant: Text{
			EN: "Use Wi-Fi meanwhile and ask the provider to renew the SIM plan.",
			ZH: "请先改用 Wi-Fi，并联系服务商续费流量卡。",
		},
		Technician: Text{
			EN: "Query plan and usage by ICCID; reactivate or replace with a bound card, then sign on.",
			ZH: "按 ICCID 查询套餐和用量，复机或更换绑定卡后重新签到。",
		},
	},
	{
		Code:        WeakSignal,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		Visit:       Visit{Needed: true, Bring: "access point or antenna"},
		ExplainedBy: []Code{LinkDown, RadioOff},
		Observed:    "radio signal readings, 60 s median",
		Escalation: []Step{
			{Info, "≤−110 dBm (mobile) or ≤−75 dBm (Wi-Fi), by level alone"},
			{Degraded, "with failed or slow probes of a host in the window"},
			{Imminent, "≤−118 or ≤−82 dBm, with them"},
		},
		Title: Text{
			EN: "Weak signal",
			ZH: "信号弱",
		},
		Merchant: Text{
			EN: "Take payments near a window or nearer the router.",
			ZH: "请靠近窗口或路由器收款。",
		},
		Technician: Text{
			EN: "Survey the site; add an external antenna or a Wi-Fi access point.",
			ZH: "现场测试信号，加装外置天线或无线接入点。",
		},
	},
	{
		Code:        LinkFlapping,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartySite,
		Visit:       Visit{Needed: true, Bring: "access point or antenna"},
		ExplainedBy: []Code{LinkDown, RadioOff, SIMNotReady},
		Observed:    "interface/registration up-down events",
		Escalation: []Step{
			{Info, "≥10 changes in 10 min on a terminal with a cable, while hosts connect well: it is lifted off its base and put back"},
			{Degraded, "≥3"},
			{Imminent, "≥10"},
		},
		Title: Text{
			EN: "Network keeps dropping",
			ZH: "网络时断时续",
		},
		Merchant: Text{
			EN: "Do not swipe while the network icon is changing; wait for a steady signal.",
			ZH: "网络图标跳动时不要刷卡，待信号稳定。",
		},
		Technician: Text{
			EN: "Pin the radio to a stable band or prefer Ethernet/Wi-Fi; check power saving.",
			ZH: "锁定稳定制式或优先有线/Wi-Fi，检查省电设置。",
		},
	},
	{
		Code:        StandbyLinkDead,
		Layer:       3,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{RadioOff, SIMNotReady, SIMDataSuspended, LinkDown},
		Observed:    "the link not in use now (SIM beside Wi-Fi) failed its own test when it was tried",
		Title: Text{
			EN: "Backup network does not work",
			ZH: "备用网络不可用",
		},
		Merchant: Text{
			EN: "Payments work now, but there is no backup.",
			ZH: "目前可收款，但没有备用网络。",
		},
		Technician: Text{
			EN: "Test the SIM with Wi-Fi off before leaving, then turn Wi-Fi on again.",
			ZH: "离场前关闭 Wi-Fi 实测流量卡，测完务必恢复 Wi-Fi。",
		},
	},
}
