package terminal

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const (
	maxFedNetworks    = 16
	maxFedDNS         = 8 // of one network
	maxFedPhones      = 4
	maxFedSettings    = 32
	maxFedPermissions = 256

	maxFedName    = 200       // of a package or a permission; what the dumps' reader keeps too
	maxFedAPN     = 64        // what the dumps' reader keeps
	maxFedVersion = 128       // the longest version name in the captures has 34
	maxFedPath    = 512       // what the dumps' reader keeps
	maxFedHashes  = 8*8 + 7   // of eight signers, between commas
	maxFedSDK     = 10_000    // Android's are two digits; previews have 10,000
	maxFedUID     = 1<<31 - 1 // the kernel's on Android

	// maxFedSetting: what is read of Settings.Global are switches, one digit each. Eight bytes do not hold a phone number, let
	// alone an IMEI or an ICCID.
	maxFedSetting = 8

	// maxFedSettingName: the longest that is read has 28 bytes. Of digits only a slot's number stands in one.
	maxFedSettingName = 64

	// maxFedFaults are told at once; an app that is wrong is mostly wrong in the same way many times.
	maxFedFaults = 8
)

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	numbers = "0123456789"
)

// fault tells every value that cannot be true, up to eight of them, by its JSON name.
func (f Facts) fault() error {
	var l faultList
	l.telephony(f.Telephony)
	if f.SIMs != nil {
		l.count("sims", len(*f.SIMs), maxFedPhones)
		for i, state := range *f.SIMs {
			oneOf(&l, fmt.Sprintf("sims[%d]", i), state, dump.SIMReady, dump.SIMAbsent, dump.SIMPINRequired, dump.SIMPUKRequired,
				dump.SIMNetworkLocked, dump.SIMNotReady, dump.SIMPermDisabled, dump.SIMCardIOError, dump.SIMCardRestricted)
		}
	}
	l.connectivity(f.Connectivity)
	if w := f.WiFi; w != nil {
		within(&l, "wifi.rssi_dbm", w.RSSI, -126, -1)
		within(&l, "wifi.link_mbps", w.LinkMbps, 1, 50_000)
		within(&l, "wifi.frequency_mhz", w.FrequencyMHz, 2400, 71_000)
	}
	if b := f.Battery; b != nil {
		within(&l, "battery.level", b.Level, 0, 100)
		within(&l, "battery.temperature_c", b.Temperature, -30, 100)
		oneOf(&l, "battery.health", b.Health, "good", "overheat", "dead", "over-voltage", "failure", "cold")
	}
	if f.Settings != nil {
		l.count("settings", len(*f.Settings), maxFedSettings)
		for _, name := range slices.Sorted(maps.Keys(*f.Settings)) {
			l.word("settings: a name", name, maxFedSettingName, letters+"_.012", "a name of Settings.Global as auto_time: 1 to 64 of letters, _, dots and the digits 0 to 2")
			l.word(fmt.Sprintf("settings.%.40s", name), (*f.Settings)[name], maxFedSetting, letters+numbers+"_.,-", "a switch's value, 1 to 8 letters and digits")
		}
	}
	l.app(f.Package)
	return errors.Join(l...)
}

// faultList gathers what is wrong with what an app told.
type faultList []error

func (l *faultList) add(format string, args ...any) {
	if len(*l) < maxFedFaults {
		*l = append(*l, fmt.Errorf(format, args...))
	}
}

func (l *faultList) count(name string, got, most int) {
	if got > most {
		l.add("%s: got %d, want at most %d", name, got, most)
	}
}

// word refuses what is not 1 to most bytes of those allowed.
func (l *faultList) word(name, got string, most int, allowed, want string) {
	if got == "" || len(got) > most || strings.Trim(got, allowed) != "" {
		l.add("%s: got %.40q, want %s", name, got, want)
	}
}

// within refuses a number that is told and out of bounds.
func within[N int | int64 | float64](l *faultList, name string, value *N, least, most N) {
	if value != nil && (*value < least || *value > most) {
		l.add("%s: got %v, want %v to %v", name, *value, least, most)
	}
}

// oneOf refuses a word that is told and none of those wanted.
func oneOf[S ~string](l *faultList, name string, got S, want ...S) {
	if got != "" && !slices.Contains(want, got) {
		l.add("%s: got %.30q, want one of %q", name, got, want)
	}
}

func (l *faultList) telephony(t *dump.Telephony) {
	if t == nil {
		return
	}
	l.count("telephony.phones", len(t.Phones), maxFedPhones)
	var seen [maxFedPhones]bool
	for i, p := range t.Phones {
		name := fmt.Sprintf("telephony.phones[%d]", i)
		switch {
		case p.Slot < 0 || p.Slot >= maxFedPhones:
			l.add("%s.slot: got %d, want 0 to %d", name, p.Slot, maxFedPhones-1)
		case seen[p.Slot]:
			l.add("%s.slot: %d is there twice", name, p.Slot)
		default:
			seen[p.Slot] = true
		}
		oneOf(l, name+".voice", p.Voice, dump.InService, dump.OutOfService, dump.EmergencyOnly, dump.RadioOff)
		oneOf(l, name+".data", p.Data, dump.InService, dump.OutOfService, dump.EmergencyOnly, dump.RadioOff)
		oneOf(l, name+".rat", p.RAT, "NR", "LTE", "HSPA", "UMTS", "TD-SCDMA", "EDGE", "GPRS", "GSM", "CDMA")
		if o := p.Operator; o != "" && (len(o) < 5 || len(o) > 6 || strings.Trim(o, numbers) != "") {
			l.add("%s.operator: got %.40q, want MCC and MNC, 5 or 6 digits", name, o)
		}
		oneOf(l, name+".connection", p.Connection, dump.DataDisconnected, dump.DataConnecting, dump.DataConnected, dump.DataSuspended)
		l.apn(name+".apn", p.APN)
		oneOf(l, name+".signal.rat", p.Signal.RAT, "nr", "lte", "tdscdma", "wcdma", "gsm", "cdma")
		// The widest of all radios: SS-RSRP begins at -156 dBm, RSCP ends at -24; of quality NR's.
		within(l, name+".signal.dbm", p.Signal.DBm, -156, -20)
		within(l, name+".signal.rsrq_db", p.Signal.RSRQ, -43, 20)
		within(l, name+".signal.snr_db", p.Signal.SNR, -23, 40)
		within(l, name+".signal.level", p.Signal.Level, 0, 4)
	}
}

func (l *faultList) apn(name, got string) {
	if got != "" {
		l.word(name, got, maxFedAPN, letters+numbers+"._-", "an access point's name of letters, digits, dots and dashes, at most 64")
	}
}

func (l *faultList) connectivity(c *dump.Connectivity) {
	if c == nil {
		return
	}
	l.count("connectivity.networks", len(c.Networks), maxFedNetworks)
	ids := make(map[int]bool)
	for i, n := range c.Networks {
		name := fmt.Sprintf("connectivity.networks[%d]", i)
		within(l, name+".id", &n.ID, 1, 65535)
		if ids[n.ID] {
			l.add("%s.id: %d is there twice", name, n.ID)
		}
		ids[n.ID] = true
		oneOf(l, name+".bearer", n.Bearer, "wi-fi", "mobile", "ethernet", "vpn", "other")
		if n.Interface != "" {
			l.word(name+".interface", n.Interface, 15, letters+numbers+"._-", "an interface's name, at most 15 letters, digits, dots and dashes")
		}
		if n.APN != "" && n.Bearer != "mobile" {
			l.add("%s.apn: told of a network of bearer %.20q, want it of mobile alone: a Wi-Fi's would be its name", name, n.Bearer)
		}
		l.apn(name+".apn", n.APN)
		l.count(name+".dns", len(n.DNS), maxFedDNS)
		for _, server := range n.DNS {
			if server == (netip.Addr{}) || len(server.Zone()) > 15 || strings.Trim(server.Zone(), letters+numbers+"._-") != "" {
				l.add("%s.dns: got %.60q, want addresses", name, server)
			}
		}
		oneOf(l, name+".private_dns", n.PrivateDNS, "hostname", "opportunistic")
	}
	// A default network that is none of the list would pass for none at all.
	if standing := c.HasDefault != nil && *c.HasDefault; standing != (c.DefaultID != 0) || standing && !ids[c.DefaultID] {
		l.add("connectivity.default_id: got %d, want the id of one of the networks where has_default is true, else 0 or nothing", c.DefaultID)
	}
}

func (l *faultList) app(p *dump.Package) {
	if p == nil {
		return
	}
	const byPackage = "a package's name, as com.example.pos is, of at most 200 bytes"
	if !packageName(p.Name) {
		l.add("package.name: got %.40q, want %s", p.Name, byPackage)
	}
	if !p.Found && (p.VersionName != "" || p.VersionCode != 0 || p.CodePath != "" || p.HasState) {
		l.add("package.found: want true, for more is told of the package")
	}
	if !p.HasState && (p.Installed || p.Stopped || p.Suspended || p.Hidden) {
		l.add("package.has_state: want true, for its state is told")
	}
	if len(p.VersionName) > maxFedVersion || strings.ContainsFunc(p.VersionName, unicode.IsControl) {
		l.add("package.version_name: got %.40q, want at most %d bytes on one line", p.VersionName, maxFedVersion)
	}
	within(l, "package.version_code", &p.VersionCode, 0, 1<<63-1)
	within(l, "package.min_sdk", &p.MinSDK, 0, maxFedSDK)
	within(l, "package.target_sdk", &p.TargetSDK, 0, maxFedSDK)
	within(l, "package.uid", &p.UID, 0, maxFedUID)
	within(l, "package.signing_version", &p.SigningVersion, 0, 4)
	within(l, "package.enabled", &p.Enabled, dump.EnabledUnknown, 4)
	l.moment("package.first_install", p.FirstInstall)
	l.moment("package.last_update", p.LastUpdate)
	if p.CodePath != "" && (len(p.CodePath) > maxFedPath || !path.IsAbs(p.CodePath) || path.Clean(p.CodePath) != p.CodePath || strings.ContainsFunc(p.CodePath, unicode.IsControl)) {
		l.add("package.code_path: got %.40q, want an absolute path of at most %d bytes", p.CodePath, maxFedPath)
	}
	if p.Installer != "" && !packageName(p.Installer) {
		l.add("package.installer: got %.40q, want %s", p.Installer, byPackage)
	}
	if p.SignatureHash != "" {
		l.word("package.signature_hash", p.SignatureHash, maxFedHashes, "0123456789abcdef,", `hashes of 8 hex digits, as "acbaf040,b1a1812f"`)
	}
	l.count("package.permissions", len(p.Permissions), maxFedPermissions)
	for i, one := range p.Permissions {
		l.word(fmt.Sprintf("package.permissions[%d].name", i), one.Name, maxFedName, letters+numbers+"._-", "a permission's full name, as android.permission.CAMERA")
	}
}

// moment refuses what is not a time as the package manager prints it.
func (l *faultList) moment(name, got string) {
	if _, err := time.Parse(time.DateTime, got); got != "" && (err != nil || len(got) != len(time.DateTime)) {
		l.add("%s: got %.40q, want local time as %q", name, got, time.DateTime)
	}
}
