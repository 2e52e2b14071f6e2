package findings

// appLayer is layer 11: the payment app.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var appLayer = [...]Finding{
	{
		Code:        PaymentAppStopped,
		Layer:       11,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Degraded,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyApp,
		ExplainedBy: []Code{PaymentAppMissing},
		Observed:    "payment app process absent / service not listening during opening hours",
		Escalation: []Step{
			{Blocking, "disabled/force-stopped, or profile says always running"},
		},
		Note: "an app that may be closed and is closed: silent",
		Title: Text{
			EN: "Payment app is not running",
			ZH: "支付应用未运行",
		},
		Merchant: Text{
			EN: "Open the payment app.",
			ZH: "请打开支付应用。",
		},
		Technician: Text{
			EN: "Check auto-start, battery optimisation and recent updates.",
			ZH: "检查自启动、省电优化和最近更新。",
		},
	},
	{
		Code:        PaymentAppCrashing,
		Layer:       11,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Blocking,
		Affects:     TakeCard | Settle,
		Source:      SourceProbe,
		Party:       PartyApp,
		ExplainedBy: []Code{StorageLow, ResourcePressure, PaymentAppMissing},
		Observed:    "process start time keeps changing",
		Escalation: []Step{
			{Blocking, "≥3 crashes or hangs in 10 min, or restarts of an app that always runs"},
		},
		Title: Text{
			EN: "Payment app keeps closing",
			ZH: "支付应用反复崩溃",
		},
		Merchant: Text{
			EN: "Check the last sale, then restart the terminal; never uninstall the app or clear its data.",
			ZH: "请先查上一笔，再重启终端；不要卸载应用或清除数据。",
		},
		Technician: Text{
			EN: "Collect the crash summary (no card data); when no reversal, upload or batch is open, have the acquirer push a fixed, higher version. Never uninstall to downgrade.",
			ZH: "收集崩溃摘要（不得含卡信息）；确认无待冲正、未上送、未结算后，由收单机构推送修复版本。禁止卸载降级。",
		},
	},
	{
		Code:        AppVersionIncompatible,
		Layer:       11,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Imminent,
		Affects:     TakeCard,
		Source:      SourceProfile,
		Party:       PartyApp,
		ExplainedBy: []Code{PaymentAppMissing},
		Observed:    "version below the acquirer’s minimum, or app/firmware/SDK pair not in the profile matrix",
		Escalation: []Step{
			{Imminent, "below minimum, before the deadline"},
			{Blocking, "after it"},
		},
		Title: Text{
			EN: "App version is not accepted any more",
			ZH: "应用版本不兼容或过旧",
		},
		Merchant: Text{
			EN: "Keep the terminal on power and network tonight so it can update.",
			ZH: "今晚请保持充电联网以便升级。",
		},
		Technician: Text{
			EN: "When the batch is settled and nothing waits to be reversed or uploaded, push the app or firmware upgrade.",
			ZH: "确认已结算、无待冲正和未上送交易后，再推送升级应用或固件。",
		},
	},
	{
		Code:        ParametersStale,
		Layer:       11,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyAcquirer,
		ExplainedBy: []Code{HostUnreachable},
		Observed:    "host header asks for a download (processing request 1/4/5/6/7), or TMS parameter/CAPK/AID version below the profile",
		Escalation: []Step{
			{Info, "asked for, or older than the profile wants"},
			{Degraded, "still asked for after 24 h of trading"},
			{Imminent, "72 h, or host refuses sales"},
		},
		Title: Text{
			EN: "Parameters must be downloaded",
			ZH: "参数待更新",
		},
		Merchant: Text{
			EN: "Settle first, then choose “Download parameters” at a quiet moment; if a password is asked, call the provider.",
			ZH: "请先结算，空闲时执行“参数下载”；提示密码请联系服务商。",
		},
		Technician: Text{
			EN: "Run TMS/IC parameter and public-key download; remove expired CA keys.",
			ZH: "执行 TMS、IC 卡参数和公钥下载，删除过期公钥。",
		},
	},
	{
		Code:     SettingsInvalid,
		Layer:    11,
		Cause:    CauseOperatorInput,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyApp,
		Visit:    Visit{Needed: true, Bring: "laptop or keys"},
		Observed: "host address/port/TPDU/terminal/merchant number missing or malformed",
		Title: Text{
			EN: "A setting is wrong",
			ZH: "参数设置错误",
		},
		Merchant: Text{
			EN: "Do not change settings; call the technician.",
			ZH: "请勿自行修改参数，联系技术人员。",
		},
		Technician: Text{
			EN: "Compare every field with the acquirer sheet and change the administrator password.",
			ZH: "逐项与收单机构参数表核对，并更换系统管理员密码。",
		},
	},
	{
		Code:        SettingsChanged,
		Layer:       11,
		Cause:       CauseOperatorInput,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyApp,
		ExplainedBy: []Code{SettingsInvalid},
		Observed:    "fingerprint of approved settings changed without a signed change",
		Escalation: []Step{
			{Degraded, "for 24 h"},
		},
		Note: "silent when params_ver changed with it",
		Title: Text{
			EN: "A setting was changed",
			ZH: "参数被修改",
		},
		Merchant: Text{
			EN: "If you did not ask for it, tell the technician.",
			ZH: "如非您要求的修改，请告知技术人员。",
		},
		Technician: Text{
			EN: "Review the change, approve or restore it.",
			ZH: "复核变更，确认或恢复。",
		},
	},
	{
		Code:     PermissionMissing,
		Layer:    11,
		Cause:    CauseOperatorPermission,
		Severity: Imminent,
		Affects:  TakeCard,
		Source:   SourceProbe,
		Party:    PartyApp,
		Observed: "payment app lacks a needed OS permission or is restricted in the background",
		Title: Text{
			EN: "Payment app lacks a permission",
			ZH: "支付应用缺少权限",
		},
		Merchant: Text{
			EN: "Allow the permission when asked.",
			ZH: "请在弹窗中选择“允许”。",
		},
		Technician: Text{
			EN: "Grant through device policy: location, camera (scanning), storage, device information.",
			ZH: "通过策略授权：定位、相机（扫码）、存储、设备信息。",
		},
	},
	{
		Code:     PaymentAppMissing,
		Layer:    11,
		Cause:    CauseOperatorOperation,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyApp,
		Observed: "the package named in the profile is not installed",
		Title: Text{
			EN: "Payment app is not installed",
			ZH: "未安装支付应用",
		},
		Merchant: Text{
			EN: "Call the technician.",
			ZH: "请联系技术人员。",
		},
		Technician: Text{
			EN: "Push it from the acquirer’s store or TMS; never install a package by USB or adb.",
			ZH: "从收单机构应用商店或 TMS 推送安装；禁止用 U 盘、adb 自行装包。",
		},
	},
	{
		Code:     PaymentAppSignerChanged,
		Layer:    11,
		Cause:    CauseOperatorPermission,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyApp,
		Visit:    Visit{Needed: true, Bring: ""},
		Observed: "the package's signing certificate digest is not the one in the profile",
		Note:     "security finding; the profile holds a LIST of digests (vendor stores re-sign); not configured: never raised",
		Title: Text{
			EN: "Payment app signature does not match",
			ZH: "支付应用签名不符",
		},
		Merchant: Text{
			EN: "Stop taking cards and call the acquirer.",
			ZH: "请停止刷卡并联系收单机构。",
		},
		Technician: Text{
			EN: "Do not uninstall; keep the terminal for examination.",
			ZH: "请勿卸载，保留终端待查。",
		},
	},
	{
		Code:        AppVersionBehind,
		Layer:       11,
		Cause:       CauseThirdPartyCompatibility,
		Severity:    Info,
		Affects:     Visibility,
		Source:      SourceProbe,
		Party:       PartyApp,
		ExplainedBy: []Code{AppVersionIncompatible},
		Observed:    "version below the target, at or above the minimum",
		Title: Text{
			EN: "Payment app update is waiting",
			ZH: "支付应用有更新待安装",
		},
		Merchant: Text{
			EN: "Settle after closing, then update.",
			ZH: "请在打烊结算后更新。",
		},
		Technician: Text{
			EN: "Check the store's push state and free space.",
			ZH: "检查应用商店推送状态和剩余空间。",
		},
	},
}
