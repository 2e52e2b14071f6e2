package findings

// tlsLayer is layer 6: certificates and versions.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var tlsLayer = [...]Finding{
	{
		Code:        CertExpired,
		Layer:       6,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{ClockReset, ClockSkew},
		Observed:    "the payment host's certificate, or the payment app's client certificate, past notAfter at trusted time (the broker's and the agent's own: report-path-down)",
		Title: Text{
			EN: "Security certificate has expired",
			ZH: "安全证书已过期",
		},
		Merchant: Text{
			EN: "Card payments will fail; call the acquirer.",
			ZH: "刷卡会失败，请联系收单机构。",
		},
		Technician: Text{
			EN: "Host certificate: report to the acquirer. Client certificate: renew through TMS.",
			ZH: "主机证书过期报收单机构；终端证书过期通过 TMS 更新。",
		},
	},
	{
		Code:        CertExpiring,
		Layer:       6,
		Cause:       CauseThirdPartyUnstableService,
		Severity:    Info,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{ClockReset, CertExpired},
		Observed:    "notAfter of host chain and client certificate",
		Escalation: []Step{
			{Info, "≤14 d; of a short-lived one the last third of its life"},
			{Imminent, "≤3 d"},
		},
		Title: Text{
			EN: "Security certificate expires soon",
			ZH: "安全证书即将过期",
		},
		Merchant: Text{
			EN: "No action today; keep the terminal online so it can update.",
			ZH: "今天无需处理，请保持联网以便更新。",
		},
		Technician: Text{
			EN: "Schedule renewal; test with the new chain before the old one ends.",
			ZH: "安排更新，旧证书到期前完成新证书链验证。",
		},
	},
	{
		Code:        TLSUntrusted,
		Layer:       6,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartySite,
		ExplainedBy: []Code{ClockReset, ClockSkew, DNSFailed},
		Observed:    "chain or pin does not verify: CA bundle too old, proxy interception, wrong host",
		Escalation: []Step{
			{Blocking, "with a configured CA/pin, or when a chain that verified before no longer does"},
		},
		Note: "without either: not judged; security finding",
		Title: Text{
			EN: "Payment host’s certificate does not verify",
			ZH: "支付主机证书校验失败",
		},
		Merchant: Text{
			EN: "Do not take cards on this network; use the other one. If it stays, call the acquirer.",
			ZH: "请不要在此网络刷卡，改用另一种网络；仍提示请联系收单机构。",
		},
		Technician: Text{
			EN: "Look for an intercepting proxy; update the trust store with the app; never switch verification off.",
			ZH: "排查中间代理；随应用更新信任证书；严禁关闭证书校验。",
		},
	},
	{
		Code:        TLSVersionUnsupported,
		Layer:       6,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Degraded,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{TLSUntrusted},
		Observed:    "handshake alert protocol_version / no shared cipher",
		Escalation: []Step{
			{Degraded, "the host never worked here"},
			{Blocking, "the host worked before"},
		},
		Note: "a host that speaks TLCP (国密) or client-auth only: “cannot be measured here”",
		Title: Text{
			EN: "Terminal and host have no common security version",
			ZH: "终端与主机的加密版本不兼容",
		},
		Merchant: Text{
			EN: "Call the provider for an upgrade; use another payment method meanwhile.",
			ZH: "请联系服务商升级；期间改用其他收款方式。",
		},
		Technician: Text{
			EN: "Host dropped old TLS, or the OS is too old: upgrade app/firmware.",
			ZH: "主机停用旧版 TLS 或系统过旧，请升级应用或固件。",
		},
	},
}
