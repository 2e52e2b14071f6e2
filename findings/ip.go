package findings

// ipLayer is layer 4: address, gateway, names.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var ipLayer = [...]Finding{
	{
		Code:        LocalNetworkFault,
		Layer:       4,
		Cause:       CauseThirdPartyPoorNetwork,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		Visit:       Visit{Needed: true, Bring: ""},
		ExplainedBy: []Code{LinkDown, SIMDataSuspended, RadioOff},
		Observed:    "no IP address, gateway does not answer, or a captive portal answers instead of the internet",
		Note:        "a silent gateway counts only when nothing beyond it answers; on a profile with private_network the only reference is the payment host",
		Title: Text{
			EN: "Connected, but the network does not pass traffic",
			ZH: "已连接网络但不通",
		},
		Merchant: Text{
			EN: "Restart the router; if the Wi-Fi wants a login page use mobile data; if that fails too, call your provider.",
			ZH: "请重启路由器；Wi-Fi 需网页登录时改用流量卡；用流量卡仍不通请联系服务商。",
		},
		Technician: Text{
			EN: "Check DHCP, duplicate IP, gateway and captive portal; give the terminal its own SSID/VLAN.",
			ZH: "检查 DHCP、IP 冲突、网关和认证页面；为终端单独划分 SSID/VLAN。",
		},
	},
	{
		Code:        DNSFailed,
		Layer:       4,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyCarrier,
		ExplainedBy: []Code{LocalNetworkFault, LinkDown, SIMDataSuspended},
		Observed:    "resolver time-out / NXDOMAIN / answer not in the profile’s ranges",
		Escalation: []Step{
			{Info, "no name server answers, and no name is needed"},
			{Degraded, "some name servers do not answer"},
			{Imminent, "only the last good address works; or the answer is outside the profile's ranges"},
			{Blocking, "no address works; or it is outside the ranges and TLS there does not verify"},
		},
		Title: Text{
			EN: "Host name cannot be resolved",
			ZH: "域名解析失败",
		},
		Merchant: Text{
			EN: "Switch between Wi-Fi and mobile data.",
			ZH: "请在 Wi-Fi 与流量卡之间切换。",
		},
		Technician: Text{
			EN: "Test both resolvers; compare the answer with the acquirer’s address list; suspect DNS tampering if it differs.",
			ZH: "测试两组 DNS；与收单机构地址清单核对，不一致时怀疑被劫持。",
		},
	},
}
