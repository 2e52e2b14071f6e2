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
		Texts:       &texts.NotSignedOn,
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
		Texts:       &texts.SignOnDue,
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
		Texts:       &texts.SignOnFailed,
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
		Texts:       &texts.WorkingKeyMismatch,
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
		Texts:       &texts.TerminalNotRegistered,
	},
	{
		Code:     MerchantInvalid,
		Layer:    8,
		Cause:    CauseBankAccount,
		Severity: Blocking,
		Affects:  TakeCard | Settle,
		Source:   SourceIntake,
		Party:    PartyAcquirer,
		Texts:    &texts.MerchantInvalid,
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
		Texts:       &texts.LocationServiceOff,
	},
	{
		Code:     SettlementAccountAlert,
		Layer:    8,
		Cause:    CauseBankAccount,
		Severity: Imminent,
		Affects:  Settle,
		Source:   SourceProfile,
		Party:    PartyAcquirer,
		Texts:    &texts.SettlementAccountAlert,
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
		Texts:       &texts.FunctionNotPermitted,
	},
}

// sessionSeen says when those of this layer stand.
//
//nolint:gochecknoglobals // a constant table; the terminal's program leaves it out
var sessionSeen = [...]Seen{
	{
		Code:     NotSignedOn,
		Observed: "intake sign_on=false, or DE39 meaning “sign on first” in the profile",
		Escalation: []Step{
			{Info, "outside trading hours, within 30 min after settlement/boot, or profile auto_sign_on"},
			{Imminent, "in trading hours"},
			{Blocking, "a sale refused for it"},
		},
	},
	{
		Code:     SignOnDue,
		Observed: "age of last successful sign-on",
		Escalation: []Step{
			{Info, ">20 h; where sign-on is automatic no more"},
			{Degraded, "past the profile’s period, in trading hours or the hour before"},
		},
	},
	{
		Code:     SignOnFailed,
		Observed: "≥2 failed sign-on attempts while the host answers",
		Escalation: []Step{
			{Blocking, "≥2 attempts in a row"},
		},
	},
	{
		Code:     WorkingKeyMismatch,
		Observed: "DE39=A0 (MAC) or 99 (PIN format), or app-side MAC check failure",
		Escalation: []Step{
			{Degraded, "1"},
			{Blocking, "≥2 in a row"},
		},
	},
	{
		Code:     TerminalNotRegistered,
		Observed: "DE39=97 (or profile equivalent)",
		Escalation: []Step{
			{Degraded, "one sale"},
			{Blocking, "on sign-on, or ≥2 sales in a row"},
		},
	},
	{
		Code:     MerchantInvalid,
		Observed: "DE39=03 on sign-on or on ≥2 cards",
		Escalation: []Step{
			{Blocking, "on sign-on, or ≥2 sales in a row"},
		},
	},
	{
		Code:     LocationServiceOff,
		Observed: "location provider off or permission denied for the payment app (state only – the agent records no position)",
		Escalation: []Step{
			{Degraded, "switched off"},
			{Imminent, "where the profile says the host requires a position"},
		},
	},
	{
		Code:     SettlementAccountAlert,
		Observed: "notice pushed by the acquirer/operations over the signed channel – cannot be seen from the terminal",
		Escalation: []Step{
			{Imminent, "the acquirer wants it checked"},
			{Blocking, "account frozen or risk hold"},
		},
	},
	{
		Code:     FunctionNotPermitted,
		Observed: "response codes for a function not open to this merchant, operator or terminal (40, 58, C1 and the profile's own), by kind of sale",
		Escalation: []Step{
			{Degraded, "once"},
			{Imminent, "the same code on ≥2 sales of one kind: for that kind"},
		},
	},
}
