package diagnose

import "github.com/poshealth/poshealth/probes"

// Kinds of probes and the words they use, as far as rules know them. The probes declare them; they do I/O and are not
// imported here. A test beside the catalog holds both lists together.
const (
	kindLink     = "link"
	kindRoute    = "route"
	kindDNS      = "dns"
	kindTCP      = "tcp"
	kindTLS      = "tls"
	kindClock    = "clock"
	kindApp      = "app"
	kindCPU      = "cpu"
	kindMemory   = "memory"
	kindStorage  = "storage"
	kindBattery  = "battery"
	kindTerminal = "terminal"
	kindReport   = "report"
	kindBudget   = "budget"
	kindNetwork  = "network"
	kindMobile   = "mobile"
	kindWiFi     = "wifi"
	kindSwitches = "switches"
	kindCrashes  = "crashes"
	kindThermal  = "thermal"
	kindWear     = "wear"
	kindTamper   = "tamper"
	kindReboots  = "reboots"

	kindHTTPS     = "https"
	kindISO8583   = "iso8583"
	kindGateway   = "gateway"
	kindPath      = "path"
	kindCounters  = "counters"
	kindPortal    = "portal"
	kindResolvers = "resolvers"
	kindStandby   = "standby"

	kindIntake = "intake"
	kindConfig = "config"
)

// heldReading marks a look of the clock that asked nobody.
const heldReading = "held"

// repliedReading marks one that was answered, and silentReading one that was not: what hosts were told tells the time all the same.
const repliedReading, silentReading = "heard", "silent_for"

const (
	reasonTimeout     probes.Reason = "timeout"
	reasonUnreachable probes.Reason = "unreachable"
	reasonRefused     probes.Reason = "refused"
	reasonReset       probes.Reason = "reset"
	reasonNXDomain    probes.Reason = "nxdomain"
	reasonNoAddress   probes.Reason = "no-address"

	reasonNotYetValid probes.Reason = "cert-not-yet-valid"
	reasonUntrusted   probes.Reason = "untrusted"
	reasonWrongName   probes.Reason = "wrong-name"
	reasonVersion     probes.Reason = "version"
	reasonClosed      probes.Reason = "closed"
	reasonNotTLS      probes.Reason = "not-tls"
	reasonAlert       probes.Reason = "alert"
	reasonClientCert  probes.Reason = "client-cert-wanted"
	reasonTLCP        probes.Reason = "tlcp"
	reasonLargeStalls probes.Reason = "large-stalls"

	reasonNotHTTP        probes.Reason = "not-http"
	reasonServerError    probes.Reason = "server-error"
	reasonMalformedReply probes.Reason = "malformed-reply"
	reasonSomeSilent     probes.Reason = "some-silent"
	reasonAllSilent      probes.Reason = "all-silent"
	reasonPortal         probes.Reason = "portal"

	reasonDisagree probes.Reason = "disagree"
	reasonNoSource probes.Reason = "no-source"

	reasonMissing  probes.Reason = "missing"
	reasonDisabled probes.Reason = "disabled"
	reasonStopped  probes.Reason = "stopped"
	reasonTampered probes.Reason = "tampered"
)

// beyondOurReach tells whether a stage cannot be measured from here, although nothing is wrong: the stage before it is
// then the last one that counts.
func beyondOurReach(r probes.Reason) bool { return r == reasonClientCert || r == reasonTLCP }

// Words lists the reasons that rules know. Each is declared by a probe; whoever knows both compares them.
func Words() []probes.Reason {
	return []probes.Reason{
		reasonTimeout, reasonUnreachable, reasonRefused, reasonReset, reasonNXDomain, reasonNoAddress,
		reasonNotYetValid, reasonUntrusted, reasonWrongName, reasonVersion, reasonClosed, reasonNotTLS, reasonAlert,
		reasonClientCert, reasonTLCP, reasonLargeStalls, reasonNotHTTP, reasonServerError, reasonMalformedReply, reasonSomeSilent, reasonAllSilent,
		reasonPortal, reasonDisagree, reasonNoSource, reasonMissing, reasonDisabled, reasonStopped, reasonTampered,
	}
}
