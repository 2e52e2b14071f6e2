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
		Texts:       &texts.PaymentAppStopped,
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
		Texts:       &texts.PaymentAppCrashing,
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
		Texts:       &texts.AppVersionIncompatible,
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
		Texts:       &texts.ParametersStale,
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
		Texts:    &texts.SettingsInvalid,
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
		Texts:       &texts.SettingsChanged,
	},
	{
		Code:     PermissionMissing,
		Layer:    11,
		Cause:    CauseOperatorPermission,
		Severity: Imminent,
		Affects:  TakeCard,
		Source:   SourceProbe,
		Party:    PartyApp,
		Texts:    &texts.PermissionMissing,
	},
	{
		Code:     PaymentAppMissing,
		Layer:    11,
		Cause:    CauseOperatorOperation,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceProbe,
		Party:    PartyApp,
		Texts:    &texts.PaymentAppMissing,
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
		Texts:    &texts.PaymentAppSignerChanged,
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
		Texts:       &texts.AppVersionBehind,
	},
}

// appSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var appSeen = [...]Seen{
	{
		Code:     PaymentAppStopped,
		Observed: "payment app process absent / service not listening during opening hours",
		Escalation: []Step{
			{Blocking, "disabled/force-stopped, or profile says always running"},
		},
		Note: "an app that may be closed and is closed: silent",
	},
	{
		Code:     PaymentAppCrashing,
		Observed: "process start time keeps changing",
		Escalation: []Step{
			{Blocking, "≥3 crashes or hangs in 10 min, or restarts of an app that always runs"},
		},
	},
	{
		Code:     AppVersionIncompatible,
		Observed: "version below the acquirer’s minimum, or app/firmware/SDK pair not in the profile matrix",
		Escalation: []Step{
			{Imminent, "below minimum, before the deadline"},
			{Blocking, "after it"},
		},
	},
	{
		Code:     ParametersStale,
		Observed: "host header asks for a download (processing request 1/4/5/6/7), or TMS parameter/CAPK/AID version below the profile",
		Escalation: []Step{
			{Info, "asked for, or older than the profile wants"},
			{Degraded, "still asked for after 24 h of trading"},
			{Imminent, "72 h, or host refuses sales"},
		},
	},
	{
		Code:     SettingsInvalid,
		Observed: "host address/port/TPDU/terminal/merchant number missing or malformed",
	},
	{
		Code:     SettingsChanged,
		Observed: "fingerprint of approved settings changed without a signed change",
		Escalation: []Step{
			{Degraded, "for 24 h"},
		},
		Note: "silent when params_ver changed with it",
	},
	{
		Code:     PermissionMissing,
		Observed: "payment app lacks a needed OS permission or is restricted in the background",
	},
	{
		Code:     PaymentAppMissing,
		Observed: "the package named in the profile is not installed",
	},
	{
		Code:     PaymentAppSignerChanged,
		Observed: "the package's signing certificate digest is not the one in the profile",
		Note:     "security finding; the profile holds a LIST of digests (vendor stores re-sign); not configured: never raised",
	},
	{
		Code:     AppVersionBehind,
		Observed: "version below the target, at or above the minimum",
	},
}
