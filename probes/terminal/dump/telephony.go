package dump

import (
	"iter"
	"strconv"
	"strings"
)

// maxSlots bounds the phones that are read: terminals have one or two SIM slots, Android allows three.
const maxSlots = 4

// Telephony is what dumpsys telephony.registry says of the phones, one a SIM slot.
type Telephony struct {
	Phones []Phone `json:"phones,omitempty"` // by slot, at most 4
}

// Phone is one SIM slot's radio.
type Phone struct {
	Slot          int          `json:"slot"` // from 0
	Voice         Registration `json:"voice,omitempty"`
	Data          Registration `json:"data,omitempty"`
	EmergencyOnly *bool        `json:"emergency_only,omitempty"` // the network lets it make emergency calls only
	RAT           string       `json:"rat,omitempty"`            // "NR", "LTE", "HSPA", "UMTS", "TD-SCDMA", "EDGE", "GPRS", "GSM", "CDMA"; "" when not told
	Operator      string       `json:"operator,omitempty"`       // the network it is registered in: MCC and MNC, 5 or 6 digits
	Roaming       *bool        `json:"roaming,omitempty"`        // of data where that is registered, else of voice
	Connection    DataState    `json:"connection,omitempty"`     // of the default data connection
	APN           string       `json:"apn,omitempty"`            // of it, while it stands
	Signal        Signal       `json:"signal,omitzero"`          // of the cell it camps on; zero: not told
}

// Registration is how a phone stands with the network; "" when that is not told.
type Registration string

// The registrations, Android's 0 to 3.
const (
	InService     Registration = "in-service"
	OutOfService  Registration = "out-of-service"
	EmergencyOnly Registration = "emergency-only"
	RadioOff      Registration = "radio-off"
)

// DataState is how the default data connection stands; "" when that is not told, or between two of these.
type DataState string

// The data states, Android's 0 to 3. (-1 is unknown; 4, being taken down, and 5, being handed over, are neither.)
const (
	DataDisconnected DataState = "disconnected"
	DataConnecting   DataState = "connecting"
	DataConnected    DataState = "connected"
	DataSuspended    DataState = "suspended" // a voice call has the radio
)

// ParseTelephony reads dumpsys telephony.registry, Android 5 to 15. A phone is the lines under "Phone Id=N", or, on 5.x
// builds for a single SIM, the lines without such a heading; what other lines say of a subscription is never used. It
// stops where the phones end: at the logs, or at the list of who listens.
//
// Without a line of a phone it is an error.
func ParseTelephony(lines iter.Seq[string]) (Telephony, error) {
	var phones [maxSlots]*phone
	var current *phone
	headed := false
	for line := range lines {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "registrations:") || text == "local logs:" {
			break
		}
		if id, ok := strings.CutPrefix(text, "Phone Id="); ok {
			headed, current = true, nil
			if slot, err := strconv.Atoi(id); err == nil && slot >= 0 && slot < maxSlots && phones[slot] == nil {
				current = &phone{Phone: Phone{Slot: slot}}
				phones[slot] = current
			}
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok || !phoneField(key) {
			continue
		}
		if !headed && current == nil {
			current = &phone{}
			phones[0] = current
		}
		if current != nil {
			current.field(key, strings.TrimSpace(value))
		}
	}
	var t Telephony
	for _, p := range phones {
		if p != nil {
			t.Phones = append(t.Phones, p.Phone)
		}
	}
	if t.Phones == nil {
		return Telephony{}, Malformed("dumpsys telephony.registry", "no phone in it")
	}
	return t, nil
}

// phone is a phone of which some lines came.
type phone struct {
	Phone
	seen [6]bool // by the order of phoneFields: the first line of a name counts
}

func phoneFields() [6]string {
	return [6]string{
		"mServiceState", "mSignalStrength", "mDataConnectionState",
		"mDataConnectionApn",           // up to Android 9
		"mPreciseDataConnectionState",  // 10
		"mPreciseDataConnectionStates", // from 11 on
	}
}

func phoneField(key string) bool {
	for _, name := range phoneFields() {
		if key == name {
			return true
		}
	}
	return false
}

func (p *phone) field(key, value string) {
	for i, name := range phoneFields() {
		if key == name {
			if p.seen[i] {
				return
			}
			p.seen[i] = true
		}
	}
	switch key {
	case "mServiceState":
		p.service(value)
	case "mSignalStrength":
		p.Signal = ParseSignal(value)
	case "mDataConnectionState":
		switch value {
		case "0":
			p.Connection = DataDisconnected
		case "1":
			p.Connection = DataConnecting
		case "2":
			p.Connection = DataConnected
		case "3":
			p.Connection = DataSuspended
		}
	case "mDataConnectionApn":
		p.APN = apn(value)
	case "mPreciseDataConnectionState":
		if name := preciseAPN10(value); name != "" {
			p.APN = name
		}
	case "mPreciseDataConnectionStates":
		if name := preciseAPN(value); name != "" {
			p.APN = name
		}
	}
}

// apn is an access point's name, or "" for what is none: word characters, dots and dashes, at most 64.
func apn(name string) string {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	name = strings.Trim(name, `"`)
	if len(name) > 64 || name == "null" || name == "none" || strings.Trim(name, allowed) != "" {
		return ""
	}
	return name
}

// preciseAPN10 takes the default connection's APN from Android 10's line: "Data Connection state: 2, Network type: 13, APN
// types: default,supl, APN: cmnet, Link properties: …".
func preciseAPN10(value string) string {
	rest, ok := strings.CutPrefix(value, "Data Connection state: 2, ")
	if !ok {
		return ""
	}
	types, rest, ok := strings.Cut(rest, ", APN: ")
	if !ok {
		return ""
	}
	_, types, _ = strings.Cut(types, "APN types: ")
	for kind := range strings.SplitSeq(types, ",") {
		if kind == "default" || kind == "*" {
			name, _, ok := strings.Cut(rest, ", ")
			if ok {
				return apn(name)
			}
		}
	}
	return ""
}

// preciseAPN takes the default connection's APN from the line of Android 11 and later, which has all connections one behind
// the other: "{…= state: CONNECTED, transport: WWAN, id: 1, …, APN Setting: [ApnSetting] NAME, 12, 46000, cmnet, PROXY, MMSC,
// PROXY, PORT, PORT, AUTH, default | supl, IP, …". NAME is free text: the number and the network's digits that follow it
// tell where it ends.
func preciseAPN(value string) string {
	const mark = ", APN Setting: [ApnSetting] "
	for connection := range strings.SplitSeq(value, "= state: ") {
		head, setting, ok := strings.Cut(connection, mark)
		if !ok || !strings.HasPrefix(head, "CONNECTED, ") {
			continue
		}
		words := strings.Split(setting[:min(len(setting), 1024)], ", ")
		for i := 1; i+9 < len(words)-1; i++ {
			if !digits(words[i], 1, 10) || !digits(words[i+1], 5, 6) {
				continue
			}
			for kind := range strings.SplitSeq(words[i+9], " | ") {
				if kind == "default" || kind == "*" {
					return apn(words[i+2])
				}
			}
			break
		}
	}
	return ""
}

// digits tells whether all of s is digits, and how many there may be.
func digits(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}
