package findings

// Name returns what a screen calls the party. An unknown one is shown as it is.
func (p Party) Name() Text {
	switch p {
	case PartyMerchant:
		return Text{EN: "merchant", ZH: "商户"}
	case PartySite:
		return Text{EN: "shop's network", ZH: "门店网络"}
	case PartyCarrier:
		return Text{EN: "carrier", ZH: "通信运营商"}
	case PartyAcquirer:
		return Text{EN: "acquirer", ZH: "收单机构"}
	case PartyIssuer:
		return Text{EN: "card issuer", ZH: "发卡行"}
	case PartyTerminal:
		return Text{EN: "terminal", ZH: "终端"}
	case PartyApp:
		return Text{EN: "payment app", ZH: "支付应用"}
	case PartyAgent:
		return Text{EN: "health agent", ZH: "监测程序"}
	}
	return Text{EN: string(p), ZH: string(p)}
}

// Name returns what a screen calls the severity.
func (s Severity) Name() Text {
	switch s {
	case Info:
		return Text{EN: "info", ZH: "提示"}
	case Degraded:
		return Text{EN: "degraded", ZH: "性能下降"}
	case Imminent:
		return Text{EN: "imminent", ZH: "即将阻断"}
	case Blocking:
		return Text{EN: "blocking", ZH: "已阻断"}
	}
	return Text{EN: s.String(), ZH: s.String()}
}

// Sentence says whether someone must come, and with what.
func (v Visit) Sentence() Text {
	if !v.Needed {
		return Text{EN: "no visit needed", ZH: "无需上门"}
	}
	switch v.Bring {
	case "":
		return Text{EN: "visit needed", ZH: "需上门"}
	case "spare terminal":
		return Text{EN: "visit needed, bring a spare terminal", ZH: "需上门，带备用机"}
	case "battery":
		return Text{EN: "visit needed, bring a battery", ZH: "需上门，带电池"}
	case "sim":
		return Text{EN: "visit needed, bring a SIM", ZH: "需上门，带流量卡"}
	case "access point or antenna":
		return Text{EN: "visit needed, bring an access point or antenna", ZH: "需上门，带路由器或天线"}
	case "laptop or keys":
		return Text{EN: "visit needed, bring a laptop or the keys", ZH: "需上门，带电脑或密钥"}
	}
	return Text{EN: "visit needed, bring: " + v.Bring, ZH: "需上门，带：" + v.Bring}
}
