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
		Texts:    &texts.BatteryLow,
	},
	{
		Code:     StorageLow,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Texts:    &texts.StorageLow,
	},
	{
		Code:     ResourcePressure,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard,
		Source:   SourceProbe,
		Party:    PartyTerminal,
		Texts:    &texts.ResourcePressure,
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
		Texts:       &texts.UnexpectedReboot,
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
		Texts:    &texts.SecurityModuleFault,
	},
	{
		Code:     PrinterNotReady,
		Layer:    1,
		Cause:    CauseSystemDevice,
		Severity: Degraded,
		Affects:  TakeCard,
		Source:   SourceIntake,
		Party:    PartyTerminal,
		Texts:    &texts.PrinterNotReady,
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
		Texts:    &texts.StorageWearingOut,
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
		Texts:    &texts.BatteryAgeing,
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
		Texts:       &texts.CardReaderFault,
	},
}

// deviceSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var deviceSeen = [...]Seen{
	{
		Code:     BatteryLow,
		Observed: "OS battery level + charging flag",
		Escalation: []Step{
			{Info, "≤20 %, and outside trading hours no more however low"},
			{Degraded, "≤10 %"},
			{Imminent, "≤5 %"},
		},
		Note: "not when charging",
	},
	{
		Code:     StorageLow,
		Observed: "statfs on the data partition",
		Escalation: []Step{
			{Degraded, "<100 MB, or <5 % of a storage with less than 1000 MB free"},
			{Imminent, "<20 MB"},
			{Blocking, "≤1 MB (payment apps refuse at 1 MB)"},
		},
	},
	{
		Code:     ResourcePressure,
		Observed: "available memory, CPU steal/PSI, thermal zone",
		Escalation: []Step{
			{Degraded, "sustained 5 min: <5 % or <48 MB of memory available, the processor ≥95 % busy, or Android throttles severely for heat"},
		},
	},
	{
		Code:     UnexpectedReboot,
		Observed: "boot id changed outside the planned daily reboot (PCI PTS needs one every 24 h)",
		Escalation: []Step{
			{Info, "in trading hours"},
			{Degraded, "≥2 in 24 h"},
			{Imminent, "≥3"},
		},
		Note: "clean shutdown/user reboot (boot reason) or outside trading hours: silent",
	},
	{
		Code:     SecurityModuleFault,
		Observed: "payment app reports tamper/keys erased, or DE39=A7; or the maker's own record on the terminal says tampered",
		Escalation: []Step{
			{Degraded, "answer A7 to a sale, or to several"},
			{Blocking, "A7 again after a sign-on; app reports tamper or erased keys, or the maker's record does"},
		},
	},
	{
		Code:     PrinterNotReady,
		Observed: "printer status from the payment app (nexo PrinterStatus)",
		Escalation: []Step{
			{Info, "PaperLow"},
			{Degraded, "NoPaper, PaperJam or OutOfOrder"},
			{Blocking, "the same, where the profile says the app refuses without paper"},
		},
		Note: "slips electronic: silent",
	},
	{
		Code:     StorageWearingOut,
		Observed: "eMMC life_time and pre_eol_info",
		Escalation: []Step{
			{Info, "life used ≥80 %"},
			{Degraded, "≥90 %, or pre-EOL warning"},
			{Imminent, "pre-EOL urgent"},
		},
	},
	{
		Code:     BatteryAgeing,
		Observed: "battery health, cycle count, charge_full against charge_full_design",
		Escalation: []Step{
			{Degraded, "health not good, or full capacity <60 % of design"},
		},
	},
	{
		Code:     CardReaderFault,
		Observed: "card_reader_ok and ped_ok from the payment app; share of read failures by entry mode",
		Escalation: []Step{
			{Degraded, "a card reader not ok"},
			{Blocking, "ped not ok"},
		},
	},
}
