package findings

// deviceLayer is layer 1: the terminal itself.
//
//nolint:gochecknoglobals // a constant table: as a variable it costs no code and no heap
var deviceLayer = [...]Finding{
	{
		Code:     BatteryLow,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyMerchant,
		Observed: "OS battery level + charging flag",
		Escalation: []Step{
			{Info, "≤20 %, and outside trading hours no more however low"},
			{Degraded, "≤10 %"},
			{Imminent, "≤5 %"},
		},
		Note: "not when charging",
		Title: Text{
			EN: "Battery low",
			ZH: "电量不足",
		},
		Merchant: Text{
			EN: "Plug in the charger before the next sale.",
			ZH: "请立即充电，再继续收款。",
		},
		Technician: Text{
			EN: "Check charger, contacts and battery health; replace a swollen or aged battery.",
			ZH: "检查充电器、触点和电池健康度；鼓包或老化应更换电池。",
		},
	},
	{
		Code:     StorageLow,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Observed: "statfs on the data partition",
		Escalation: []Step{
			{Degraded, "<100 MB, or <5 % of a storage with less than 1000 MB free"},
			{Imminent, "<20 MB"},
			{Blocking, "≤1 MB (payment apps refuse at 1 MB)"},
		},
		Title: Text{
			EN: "Storage almost full",
			ZH: "存储空间不足",
		},
		Merchant: Text{
			EN: "Settle the batch; do not install other apps.",
			ZH: "请先做结算；不要安装其他应用。",
		},
		Technician: Text{
			EN: "Clear caches and old logs, confirm the batch is uploaded before clearing any transaction record.",
			ZH: "清理缓存和旧日志；清除交易流水前先确认批上送已完成。",
		},
	},
	{
		Code:     ResourcePressure,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Observed: "available memory, CPU steal/PSI, thermal zone",
		Escalation: []Step{
			{Degraded, "sustained 5 min: <5 % or <48 MB of memory available, the processor ≥95 % busy, or Android throttles severely for heat"},
		},
		Title: Text{
			EN: "Terminal is overloaded or too hot",
			ZH: "终端负荷过高或过热",
		},
		Merchant: Text{
			EN: "Close other apps; move the terminal away from heat.",
			ZH: "关闭其他应用，避免暴晒或靠近热源。",
		},
		Technician: Text{
			EN: "Find the process using memory/CPU; compare with the approved app list.",
			ZH: "查找占用内存或处理器的进程，与准入应用清单核对。",
		},
	},
	{
		Code:        UnexpectedReboot,
		Layer:       1,
		Cause:       CauseSystemSoftwareFault,
		Severity:    Info,
		Affects:     TakeCard,
		Source:      SourceProbe,
		Party:       PartyTerminal,
		ExplainedBy: []Code{BatteryLow},
		Observed:    "boot id changed outside the planned daily reboot (PCI PTS needs one every 24 h)",
		Escalation: []Step{
			{Info, "in trading hours"},
			{Degraded, "≥2 in 24 h"},
			{Imminent, "≥3"},
		},
		Note: "clean shutdown/user reboot (boot reason) or outside trading hours: silent",
		Title: Text{
			EN: "Terminal restarted unexpectedly",
			ZH: "终端异常重启",
		},
		Merchant: Text{
			EN: "Check the last sale in the record list before swiping again.",
			ZH: "重新刷卡前，请先查看上一笔交易结果。",
		},
		Technician: Text{
			EN: "Check power, firmware and crash records; move the planned daily reboot outside opening hours.",
			ZH: "检查供电、固件和崩溃记录；把每日定时重启设在营业时间外。",
		},
	},
	{
		Code:     SecurityModuleFault,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyTerminal,
		Visit:    Visit{Needed: true, Bring: "spare terminal"},
		Observed: "payment app reports tamper/keys erased, or DE39=A7; or the maker's own record on the terminal says tampered",
		Escalation: []Step{
			{Degraded, "answer A7 to a sale, or to several"},
			{Blocking, "A7 again after a sign-on; app reports tamper or erased keys, or the maker's record does"},
		},
		Title: Text{
			EN: "Security module fault – keys not usable",
			ZH: "安全模块异常，密钥不可用",
		},
		Merchant: Text{
			EN: "Stop using this terminal, keep the slips, and call the acquirer.",
			ZH: "请停用本机、保留签购单，并联系收单机构。",
		},
		Technician: Text{
			EN: "Do not open it. Read the tamper state; once triggered it goes back to the vendor for unlocking and key injection. Note unsettled sales first.",
			ZH: "请勿拆机。查看防拆触发状态；已触发须返厂解锁并重新灌装主密钥，先登记未结算交易。",
		},
	},
	{
		Code:     PrinterNotReady,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard,
		Source:   SourceIntake,
		Party:    PartyTerminal,
		Observed: "printer status from the payment app (nexo PrinterStatus)",
		Escalation: []Step{
			{Info, "PaperLow"},
			{Degraded, "NoPaper, PaperJam or OutOfOrder"},
			{Blocking, "the same, where the profile says the app refuses without paper"},
		},
		Note: "slips electronic: silent",
		Title: Text{
			EN: "Printer has no paper or is jammed",
			ZH: "打印机缺纸或卡纸",
		},
		Merchant: Text{
			EN: "Load paper; reprint the last slip from the menu. Do not swipe again.",
			ZH: "请装纸后重打上一笔签购单，不要重复刷卡。",
		},
		Technician: Text{
			EN: "Check cover, roller and paper type.",
			ZH: "检查上盖、胶辊和纸卷规格。",
		},
	},
	{
		Code:     StorageWearingOut,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Info,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Visit:    Visit{Needed: true, Bring: "spare terminal"},
		Observed: "eMMC life_time and pre_eol_info",
		Escalation: []Step{
			{Info, "life used ≥80 %"},
			{Degraded, "≥90 %, or pre-EOL warning"},
			{Imminent, "pre-EOL urgent"},
		},
		Title: Text{
			EN: "Storage chip is wearing out",
			ZH: "存储芯片寿命将尽",
		},
		Merchant: Text{
			EN: "Plan a replacement with your provider.",
			ZH: "请与服务商安排更换。",
		},
		Technician: Text{
			EN: "Replace the terminal only after settlement, reversals and offline uploads are done; look for an app that writes without end.",
			ZH: "确认结算、冲正、离线上送都已完成，再更换终端；排查持续写入的应用。",
		},
	},
	{
		Code:     BatteryAgeing,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Info,
		Affects:  TakeCard,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Visit:    Visit{Needed: true, Bring: "battery"},
		Observed: "battery health, cycle count, charge_full against charge_full_design",
		Escalation: []Step{
			{Degraded, "health not good, or full capacity <60 % of design"},
		},
		Title: Text{
			EN: "Battery is ageing",
			ZH: "电池老化",
		},
		Merchant: Text{
			EN: "Use it on mains power; if the battery is swollen or hot, unplug it and stop using it at once.",
			ZH: "请插电使用；如电池鼓包或发烫，请立即断电停用。",
		},
		Technician: Text{
			EN: "Replace the battery; if swollen, take it out of service at once.",
			ZH: "更换电池；如鼓包请立即停用。",
		},
	},
	{
		Code:        CardReaderFault,
		Layer:       1,
		Cause:       CauseSystemDevice,
		Severity:    Degraded,
		Affects:     TakeCard,
		Source:      SourceIntake,
		Party:       PartyTerminal,
		Visit:       Visit{Needed: true, Bring: "spare terminal"},
		ExplainedBy: []Code{SecurityModuleFault},
		Observed:    "card_reader_ok and ped_ok from the payment app; share of read failures by entry mode",
		Escalation: []Step{
			{Degraded, "a card reader not ok"},
			{Blocking, "ped not ok"},
		},
		Title: Text{
			EN: "Card reader or PIN pad fault",
			ZH: "读卡器或密码键盘异常",
		},
		Merchant: Text{
			EN: "Clean the card and try contactless; if it stays, call the technician.",
			ZH: "请擦净卡片或改用挥卡；仍异常请联系技术人员。",
		},
		Technician: Text{
			EN: "Clean the reader with a cleaning card, test each entry mode, replace the terminal if it stays.",
			ZH: "用清洁卡清洁读卡器，逐一测试插卡、挥卡、刷卡，仍异常则更换终端。",
		},
	},
}
