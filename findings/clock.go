package findings

// clockLayer is layer 2: what time it thinks it is.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var clockLayer = [...]Finding{
	{
		Code:     ClockReset,
		Layer:    2,
		Cause:    CauseSystemDevice,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Observed: "wall clock earlier than the agent build date, or jumped back >1 day after power loss",
		Escalation: []Step{
			{Blocking, "2 min after a network is up, so that network time has had its chance"},
		},
		Title: Text{
			EN: "Clock was reset",
			ZH: "终端时钟被重置",
		},
		Merchant: Text{
			EN: "Connect to the network and wait for the time to correct; do not take cards until the date is right.",
			ZH: "请联网等待自动校时，日期正确前不要刷卡。",
		},
		Technician: Text{
			EN: "RTC (coin) battery is likely flat – master keys can be lost as well. Set network time, then sign on again.",
			ZH: "时钟（纽扣）电池可能没电，主密钥也可能丢失；启用网络时间后重新签到。",
		},
	},
	{
		Code:        ClockSkew,
		Layer:       2,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Degraded,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyTerminal,
		ExplainedBy: []Code{ClockReset},
		Observed:    "offset against the time that independent sources agree on: SNTP, HTTP Date, host DE12/DE13; what is uncertain does not count",
		Escalation: []Step{
			{Info, ">30 s"},
			{Degraded, ">60 s"},
			{Imminent, ">300 s"},
			{Blocking, "past a configured host limit or a certificate date"},
		},
		Note: "where only one source says so, no more than degraded",
		Title: Text{
			EN: "Terminal time is wrong",
			ZH: "终端时间不准",
		},
		Merchant: Text{
			EN: "Turn on automatic date and time; if it is locked, call your provider.",
			ZH: "请打开“自动确定日期和时间”（或“使用网络提供的时间”）；打不开请联系服务商。",
		},
		Technician: Text{
			EN: "Check network time is allowed through the APN/firewall; compare with host time in the sign-on reply.",
			ZH: "确认专网/防火墙放行校时；与签到应答中的主机时间核对。",
		},
	},
	{
		Code:        TimezoneWrong,
		Layer:       2,
		Cause:       CauseOperatorInput,
		Severity:    Degraded,
		Affects:     Settle,
		Source:      SourceProfile,
		Party:       PartyMerchant,
		ExplainedBy: []Code{ClockReset},
		Observed:    "OS time zone ≠ profile (China: Asia/Shanghai, no DST)",
		Title: Text{
			EN: "Time zone is wrong",
			ZH: "时区设置错误",
		},
		Merchant: Text{
			EN: "Set the time zone to China Standard Time (GMT+08:00); if it is locked, call your provider.",
			ZH: "请将时区设为“中国标准时间（北京，GMT+08:00）”；改不了请联系服务商。",
		},
		Technician: Text{
			EN: "Fix by device policy; a wrong zone moves the batch date across the 23:00 cut.",
			ZH: "通过终端管理策略修正；时区错误会使终端日期与主机日切错位，影响批次和对账。",
		},
	},
	{
		Code:        ClockDrifting,
		Layer:       2,
		Cause:       CauseSystemDevice,
		Severity:    Info,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyTerminal,
		Visit:       Visit{Needed: true, Bring: "spare terminal"},
		ExplainedBy: []Code{ClockReset, ClockSkew},
		Observed:    "offset trend in ppm over six hours of samples, extrapolated to each host's own early and late limit; less than a week is left",
		Escalation: []Step{
			{Info, "less than a week left to the tightest host limit"},
			{Imminent, "<24 h left, unless the clock was corrected within 48 h"},
		},
		Title: Text{
			EN: "Clock is drifting",
			ZH: "时钟正在漂移",
		},
		Merchant: Text{
			EN: "No action now; keep the terminal online so its time is corrected.",
			ZH: "暂无需处理，请保持联网以便自动校时。",
		},
		Technician: Text{
			EN: "Turn automatic time on; if the drift comes back, the RTC or its battery is failing.",
			ZH: "开启自动校时；若反复漂移，可能是时钟芯片或其电池故障。",
		},
	},
	{
		Code:        ClockSourcesDisagree,
		Layer:       2,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{LocalNetworkFault, LinkDown},
		Observed:    "NTP servers, HTTP Date and host time do not overlap within their stated uncertainty; servers that share an upstream or an address count once",
		Escalation: []Step{
			{Info, "a majority contradicts the others"},
			{Degraded, "no majority among the sources"},
		},
		Title: Text{
			EN: "Time sources disagree",
			ZH: "各时间源不一致",
		},
		Merchant: Text{
			EN: "No action.",
			ZH: "无需操作。",
		},
		Technician: Text{
			EN: "Check which source is false; suspect a hijacked NTP server on the site's network.",
			ZH: "排查哪个时间源不准；店内网络可能劫持了 NTP。",
		},
	},
	{
		Code:        ClockUnverified,
		Layer:       2,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{LinkDown, LocalNetworkFault, DNSFailed, RadioOff, SIMDataSuspended, SIMNotReady},
		Observed:    "no time source answered, so the clock could be neither confirmed nor denied",
		Escalation: []Step{
			{Info, "no source answers"},
			{Degraded, "no source for >24 h"},
		},
		Title: Text{
			EN: "Clock could not be checked",
			ZH: "无法核对终端时间",
		},
		Merchant: Text{
			EN: "Compare the terminal's time with your phone.",
			ZH: "请与手机时间核对。",
		},
		Technician: Text{
			EN: "UDP 123 may be blocked: allow it or name an HTTPS time source.",
			ZH: "UDP 123 可能被拦截：请放行或配置 HTTPS 时间源。",
		},
	},
}
