package findings

// sessionLayer is layer 8: sign-on, keys, registration.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var sessionLayer = [...]Finding{
	{
		Code:        NotSignedOn,
		Layer:       8,
		Cause:       CauseOperatorOperation,
		Severity:    Imminent,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyMerchant,
		ExplainedBy: []Code{LinkDown, HostUnreachable, HostNoAnswer, LocalNetworkFault, RadioOff},
		Observed:    "intake sign_on=false, or DE39 meaning “sign on first” in the profile",
		Escalation: []Step{
			{Info, "outside trading hours, within 30 min after settlement/boot, or profile auto_sign_on"},
			{Imminent, "in trading hours"},
			{Blocking, "a sale refused for it"},
		},
		Title: Text{
			EN: "Terminal is not signed on",
			ZH: "终端未签到",
		},
		Merchant: Text{
			EN: "Choose “Sign on” and enter the operator number and password.",
			ZH: "请在菜单选择“签到”，输入操作员号和密码。",
		},
		Technician: Text{
			EN: "If sign-on repeats daily by hand, enable automatic sign-on.",
			ZH: "如需每天手工签到，建议开启自动签到。",
		},
	},
	{
		Code:        SignOnDue,
		Layer:       8,
		Cause:       CauseOperatorOperation,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyMerchant,
		ExplainedBy: []Code{NotSignedOn},
		Observed:    "age of last successful sign-on",
		Escalation: []Step{
			{Info, ">20 h; where sign-on is automatic no more"},
			{Degraded, "past the profile’s period, in trading hours or the hour before"},
		},
		Title: Text{
			EN: "Sign-on is getting old",
			ZH: "签到即将过期",
		},
		Merchant: Text{
			EN: "Sign on again before opening.",
			ZH: "请在营业前重新签到。",
		},
		Technician: Text{
			EN: "Check the acquirer’s sign-on period (24 h or a week).",
			ZH: "核对收单机构签到有效期（24 小时或一周）。",
		},
	},
	{
		Code:        SignOnFailed,
		Layer:       8,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Blocking,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		Visit:       Visit{Needed: true, Bring: "laptop or keys"},
		ExplainedBy: []Code{HostUnreachable, HostNoAnswer, TerminalNotRegistered, MerchantInvalid, LinkDown, SecurityModuleFault},
		Observed:    "≥2 failed sign-on attempts while the host answers",
		Escalation: []Step{
			{Blocking, "≥2 attempts in a row"},
		},
		Title: Text{
			EN: "Sign-on fails",
			ZH: "签到失败",
		},
		Merchant: Text{
			EN: "Check the operator number and password; then call the service provider.",
			ZH: "请核对操作员号和密码，仍失败请联系服务商。",
		},
		Technician: Text{
			EN: "Check master key, key index, merchant and terminal number, TPDU.",
			ZH: "检查主密钥、密钥索引、商户号、终端号和 TPDU。",
		},
	},
	{
		Code:        WorkingKeyMismatch,
		Layer:       8,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceIntake,
		Party:       PartyTerminal,
		Visit:       Visit{Needed: true, Bring: "laptop or keys"},
		ExplainedBy: []Code{SecurityModuleFault},
		Observed:    "DE39=A0 (MAC) or 99 (PIN format), or app-side MAC check failure",
		Escalation: []Step{
			{Degraded, "1"},
			{Blocking, "≥2 in a row"},
		},
		Title: Text{
			EN: "Security keys out of step – sign on again",
			ZH: "MAC/PIN 密钥不同步，请重新签到",
		},
		Merchant: Text{
			EN: "Check the last sale first: only when it shows failed or reversed, sign on and take the payment again.",
			ZH: "请先查上一笔：显示失败或“冲正成功”后，重新签到再收款。",
		},
		Technician: Text{
			EN: "If it returns after sign-on, the master key is wrong or another device uses the same terminal number.",
			ZH: "重新签到仍出现：主密钥不一致，或有另一台设备使用同一终端号。",
		},
	},
	{
		Code:        TerminalNotRegistered,
		Layer:       8,
		Cause:       CauseBankPolicy,
		Severity:    Blocking,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{SettingsInvalid, SettingsChanged},
		Observed:    "DE39=97 (or profile equivalent)",
		Escalation: []Step{
			{Degraded, "one sale"},
			{Blocking, "on sign-on, or ≥2 sales in a row"},
		},
		Title: Text{
			EN: "Terminal is not registered",
			ZH: "终端未登记",
		},
		Merchant: Text{
			EN: "Call the acquirer; the terminal must be registered or reactivated.",
			ZH: "请联系收单机构登记或重新激活终端。",
		},
		Technician: Text{
			EN: "Check terminal number, serial number binding (one terminal, one code) and dormancy.",
			ZH: "核对终端号、序列号绑定（一机一码）及是否休眠停用。",
		},
	},
	{
		Code:     MerchantInvalid,
		Layer:    8,
		Cause:    CauseBankAccount,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Observed: "DE39=03 on sign-on or on ≥2 cards",
		Escalation: []Step{
			{Blocking, "on sign-on, or ≥2 sales in a row"},
		},
		Title: Text{
			EN: "Merchant is not valid or is suspended",
			ZH: "无效商户或商户已停用",
		},
		Merchant: Text{
			EN: "Call the acquirer with your merchant number.",
			ZH: "请凭商户号联系收单机构。",
		},
		Technician: Text{
			EN: "Check merchant number, licence validity and risk holds; a swapped SIM can cause it too.",
			ZH: "核对商户号、证照有效期和风控限制；擅自换流量卡也会出现。",
		},
	},
	{
		Code:        LocationServiceOff,
		Layer:       8,
		Cause:       CauseOperatorPermission,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyApp,
		ExplainedBy: []Code{PermissionMissing},
		Observed:    "location provider off or permission denied for the payment app (state only – the agent records no position)",
		Escalation: []Step{
			{Degraded, "switched off"},
			{Imminent, "where the profile says the host requires a position"},
		},
		Title: Text{
			EN: "Location is switched off",
			ZH: "定位服务已关闭",
		},
		Merchant: Text{
			EN: "Turn on location; rules require it for card terminals.",
			ZH: "请打开定位服务，监管要求受理终端具备定位。",
		},
		Technician: Text{
			EN: "Allow location for the payment app; report a new address to the acquirer before moving the terminal.",
			ZH: "授权支付应用使用定位；移机前先向收单机构报备地址。",
		},
	},
	{
		Code:     SettlementAccountAlert,
		Layer:    8,
		Cause:    CauseBankAccount,
		Severity: Imminent,
		Affects:  Settle,
		Source:   SourceProfile,
		Party:    PartyAcquirer,
		Observed: "notice pushed by the acquirer/operations over the signed channel – cannot be seen from the terminal",
		Escalation: []Step{
			{Imminent, "the acquirer wants it checked"},
			{Blocking, "account frozen or risk hold"},
		},
		Title: Text{
			EN: "Settlement account needs attention",
			ZH: "结算账户异常",
		},
		Merchant: Text{
			EN: "Check that the settlement account (your own Class I account, or the company account) matches your name and is neither frozen, closed nor capped.",
			ZH: "请确认结算账户（法人Ⅰ类户或对公户）户名一致，未冻结、未注销、未限额。",
		},
		Technician: Text{
			EN: "Not a terminal fault; update the account with the acquirer.",
			ZH: "非终端故障，请在收单机构更新结算账户。",
		},
	},
	{
		Code:        FunctionNotPermitted,
		Layer:       8,
		Cause:       CauseOperatorPermission,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{TerminalNotRegistered, MerchantInvalid},
		Observed:    "response codes for a function not open to this merchant, operator or terminal (40, 58, C1 and the profile's own), by kind of sale",
		Escalation: []Step{
			{Degraded, "once"},
			{Imminent, "the same code on ≥2 sales of one kind: for that kind"},
		},
		Title: Text{
			EN: "This kind of sale is not permitted",
			ZH: "该交易类型未开通或无权限",
		},
		Merchant: Text{
			EN: "Use another kind of payment; ask the acquirer to open this one.",
			ZH: "请改用其他交易类型，并联系收单机构开通。",
		},
		Technician: Text{
			EN: "Compare the functions opened for the merchant and the operator's rights with the menu used.",
			ZH: "核对商户开通的交易类型和操作员权限与所用菜单是否一致。",
		},
	},
}
