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
		Observed:    "probe loss and TCP retransmissions, window ≥50 packets",
		Escalation: []Step{
			{Degraded, "≥2 % (18 % of 10-packet exchanges lose one)"},
			{Imminent, "≥10 % (65 %), and TCP sends again"},
		},
		Title: Text{
			EN: "Packets are being lost",
			ZH: "网络丢包",
		},
		Merchant: Text{
			EN: "Wait until the network is steady. If a sale has no result yet, check it first; do not swipe again.",
			ZH: "请稍等网络稳定再收款；已刷但没出结果的，先查上一笔，不要重刷。",
		},
		Technician: Text{
			EN: "Compare loss to the gateway with loss to the host to tell LAN from carrier.",
			ZH: "对比到网关与到主机的丢包，区分店内网络与运营商。",
		},
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
		Observed:    "sequence order of probe replies, TCP reordering counters",
		Escalation: []Step{
			{Info, "≥1 %"},
			{Degraded, "with retransmissions or a slow/failed exchange in the same window"},
		},
		Title: Text{
			EN: "Packets arrive out of order",
			ZH: "网络数据包乱序",
		},
		Merchant: Text{
			EN: "No action; the network is unstable.",
			ZH: "无需操作，网络不稳定。",
		},
		Technician: Text{
			EN: "Look for load-balanced or bonded links and a VPN/APN hop; report to the carrier.",
			ZH: "检查链路聚合、负载均衡或专线/APN 中转，并报运营商。",
		},
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
		Observed:    "round-trip time to the gateway, to a reference and to the host (connect time)",
		Escalation: []Step{
			{Degraded, "RTT p95 >800 ms, or jitter >300 ms"},
			{Imminent, "RTT p95 >2 s"},
		},
		Title: Text{
			EN: "Network is slow",
			ZH: "网络延迟高",
		},
		Merchant: Text{
			EN: "Sales may take longer; wait for the result and do not swipe again.",
			ZH: "交易会变慢，请等待结果，不要重复刷卡。",
		},
		Technician: Text{
			EN: "Split first-hop, carrier and host time; check that the terminal is not on 2G or a congested Wi-Fi.",
			ZH: "拆分店内、运营商、主机三段时延；确认未驻留 2G 或拥塞 Wi-Fi。",
		},
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
		Observed:    "small probes pass, ≥1 400-byte exchange stalls",
		Title: Text{
			EN: "Large messages do not get through",
			ZH: "大数据包无法通过",
		},
		Merchant: Text{
			EN: "Sales may work while settlement or upload fails; call the technician.",
			ZH: "刷卡可能正常，但结算、批上送可能失败，请联系技术人员。",
		},
		Technician: Text{
			EN: "Lower the MTU/MSS on the VPN, APN or router.",
			ZH: "在专线/APN/路由器上调低 MTU/MSS。",
		},
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
		Observed:    "other targets reachable on this link, host port refused/filtered here but open on another link",
		Title: Text{
			EN: "Payment port is blocked on this network",
			ZH: "本网络拦截了支付端口",
		},
		Merchant: Text{
			EN: "Use mobile data for payments.",
			ZH: "请改用流量卡收款。",
		},
		Technician: Text{
			EN: "Ask the site to allow the acquirer’s addresses and ports; check that the APN is the payment APN.",
			ZH: "请网络管理员放行收单机构地址和端口；核对 APN 是否为支付专用。",
		},
	},
}
