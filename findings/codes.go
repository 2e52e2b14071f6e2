package findings

// The codes. One once published is never reused for something else, and never renamed.
const (
	// Layer 1: device.
	BatteryLow          Code = "battery-low"
	StorageLow          Code = "storage-low"
	ResourcePressure    Code = "resource-pressure"
	UnexpectedReboot    Code = "unexpected-reboot"
	SecurityModuleFault Code = "security-module-fault"
	PrinterNotReady     Code = "printer-not-ready"
	StorageWearingOut   Code = "storage-wearing-out"
	BatteryAgeing       Code = "battery-ageing"
	CardReaderFault     Code = "card-reader-fault"

	// Layer 2: clock.
	ClockReset           Code = "clock-reset"
	ClockSkew            Code = "clock-skew"
	TimezoneWrong        Code = "timezone-wrong"
	ClockDrifting        Code = "clock-drifting"
	ClockSourcesDisagree Code = "clock-sources-disagree"
	ClockUnverified      Code = "clock-unverified"

	// Layer 3: link.
	RadioOff         Code = "radio-off"
	SIMNotReady      Code = "sim-not-ready"
	LinkDown         Code = "link-down"
	SIMDataSuspended Code = "sim-data-suspended"
	WeakSignal       Code = "weak-signal"
	LinkFlapping     Code = "link-flapping"
	StandbyLinkDead  Code = "standby-link-dead"

	// Layer 4: ip.
	LocalNetworkFault Code = "local-network-fault"
	DNSFailed         Code = "dns-failed"

	// Layer 5: path.
	PacketLoss       Code = "packet-loss"
	PacketReordering Code = "packet-reordering"
	HighLatency      Code = "high-latency"
	MTUBlackhole     Code = "mtu-blackhole"
	HostPortBlocked  Code = "host-port-blocked"

	// Layer 6: tls.
	CertExpired           Code = "cert-expired"
	CertExpiring          Code = "cert-expiring"
	TLSUntrusted          Code = "tls-untrusted"
	TLSVersionUnsupported Code = "tls-version-unsupported"

	// Layer 7: host.
	HostUnreachable       Code = "host-unreachable"
	HostNoAnswer          Code = "host-no-answer"
	HostSlow              Code = "host-slow"
	HostProtocolError     Code = "host-protocol-error"
	MaintenanceWindow     Code = "maintenance-window"
	SwitchMalfunction     Code = "switch-malfunction"
	IssuerUnavailable     Code = "issuer-unavailable"
	WalletServiceUnstable Code = "wallet-service-unstable"

	// Layer 8: session.
	NotSignedOn            Code = "not-signed-on"
	SignOnDue              Code = "sign-on-due"
	SignOnFailed           Code = "sign-on-failed"
	WorkingKeyMismatch     Code = "working-key-mismatch"
	TerminalNotRegistered  Code = "terminal-not-registered"
	MerchantInvalid        Code = "merchant-invalid"
	LocationServiceOff     Code = "location-service-off"
	SettlementAccountAlert Code = "settlement-account-alert"
	FunctionNotPermitted   Code = "function-not-permitted"

	// Layer 9: transaction.
	TxnInDoubt             Code = "txn-in-doubt"
	ReversalPending        Code = "reversal-pending"
	ReversalFailed         Code = "reversal-failed"
	TechnicalDeclineRate   Code = "technical-decline-rate"
	CardholderDeclinesHigh Code = "cardholder-declines-high"
	TransactionsSilent     Code = "transactions-silent"

	// Layer 10: settlement.
	OfflineQueuePending   Code = "offline-queue-pending"
	BatchNotSettled       Code = "batch-not-settled"
	BatchFull             Code = "batch-full"
	BatchUploadIncomplete Code = "batch-upload-incomplete"
	BatchNumberMismatch   Code = "batch-number-mismatch"
	PayoutHeld            Code = "payout-held"

	// Layer 11: app.
	PaymentAppStopped       Code = "payment-app-stopped"
	PaymentAppCrashing      Code = "payment-app-crashing"
	AppVersionIncompatible  Code = "app-version-incompatible"
	ParametersStale         Code = "parameters-stale"
	SettingsInvalid         Code = "settings-invalid"
	SettingsChanged         Code = "settings-changed"
	PermissionMissing       Code = "permission-missing"
	PaymentAppMissing       Code = "payment-app-missing"
	PaymentAppSignerChanged Code = "payment-app-signer-changed"
	AppVersionBehind        Code = "app-version-behind"

	// Layer 12: agent.
	IntakeSilent    Code = "intake-silent"
	ReportPathDown  Code = "report-path-down"
	PowerRestricted Code = "power-restricted"
	DataBudgetSpent Code = "data-budget-spent"
	ConfigRejected  Code = "config-rejected"
	ReportsDropped  Code = "reports-dropped"
	ProbeStale      Code = "probe-stale"
)
