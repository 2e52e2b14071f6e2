package dump

import (
	"iter"
	"strconv"
	"strings"
)

// maxSubscriptions bounds the list of SIMs in use: Android allows three slots, and several eSIM profiles in one.
const maxSubscriptions = 8

// SIMState is what a SIM slot is in; "" when that is not told, or a word that nobody knows.
type SIMState string

// The states that Android tells.
const (
	SIMReady          SIMState = "ready"
	SIMAbsent         SIMState = "absent"
	SIMPINRequired    SIMState = "pin-required"
	SIMPUKRequired    SIMState = "puk-required"
	SIMNetworkLocked  SIMState = "network-locked" // to a carrier
	SIMNotReady       SIMState = "not-ready"      // it starts, or airplane mode is on
	SIMPermDisabled   SIMState = "perm-disabled"
	SIMCardIOError    SIMState = "card-io-error"
	SIMCardRestricted SIMState = "card-restricted"
)

// ParseSIMStates reads the property gsm.sim.state, one state a slot between commas ("READY,ABSENT"), at most 4. Without a
// value there is no slot.
func ParseSIMStates(prop string) []SIMState {
	prop = strings.TrimSpace(prop)
	if prop == "" {
		return nil
	}
	var states []SIMState
	for word := range strings.SplitSeq(prop, ",") {
		if len(states) == maxSlots {
			break
		}
		states = append(states, simState(strings.TrimSpace(word)))
	}
	return states
}

func simState(word string) SIMState {
	switch word {
	case "READY", "LOADED": // LOADED: ready, and its files are read
		return SIMReady
	case "ABSENT":
		return SIMAbsent
	case "PIN_REQUIRED":
		return SIMPINRequired
	case "PUK_REQUIRED":
		return SIMPUKRequired
	case "NETWORK_LOCKED", "PERSO_LOCKED":
		return SIMNetworkLocked
	case "NOT_READY":
		return SIMNotReady
	case "PERM_DISABLED":
		return SIMPermDisabled
	case "CARD_IO_ERROR":
		return SIMCardIOError
	case "CARD_RESTRICTED":
		return SIMCardRestricted
	}
	return ""
}

// Subscription is a SIM in use.
type Subscription struct {
	ID     int    `json:"id"`                // Android's number of it, from 1 (0 in Android 5.0)
	Slot   int    `json:"slot"`              // from 0
	MCCMNC string `json:"mcc_mnc,omitempty"` // its home network: 5 or 6 digits
	Data   bool   `json:"data,omitempty"`    // it is the one for mobile data; false when another is, or the dump tells none

	// ICCID names this very SIM. It is here for one thing, a keyed hash by which support sees that a SIM was changed: it
	// must never be written, logged, sent or shown. "" where the dump cuts it short or masks it, as it mostly does.
	ICCID string `json:"-"`
}

// ParseSubscriptions reads the SIMs in use from dumpsys isub, Android 5 to 15, at most 8. No SIM in use is an answer where
// the list's end was seen; without that and without a SIM it is an error.
func ParseSubscriptions(lines iter.Seq[string]) ([]Subscription, error) {
	var subs []Subscription
	data := -1
	inside, ended, unread := false, false, false
read:
	for line := range lines {
		text := strings.TrimSpace(line)
		if !inside {
			if id, ok := strings.CutPrefix(text, "defaultDataSubId="); ok {
				if n, err := strconv.Atoi(id); err == nil && data < 0 {
					data = n
				}
			}
			inside = text == "ActiveSubInfoList:" || text == "Active subscriptions:"
			continue
		}
		switch {
		case strings.HasPrefix(text, "+++"), strings.HasPrefix(text, "All"), strings.HasPrefix(text, "Embedded subscriptions:"):
			ended = true
			break read
		case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "[Sub"):
			s, ok := subscription(text)
			switch {
			case !ok:
				unread = true
			case s.Slot >= 0 && len(subs) < maxSubscriptions:
				s.Data = s.ID == data
				subs = append(subs, s)
			}
		}
	}
	if subs == nil && (!ended || unread) {
		return nil, Malformed("dumpsys isub", "no list of active subscriptions that can be read to its end")
	}
	return subs, nil
}

// subscription reads one of
//
//	{mSubId=1, mIccId=898600 mSlotId=0 mDisplayName=… mMcc 460 mMnc 0}                      5.0
//	{id=1, iccId=898602 simSlotIndex=0 displayName=… carrierName=… mcc 460 mnc 4}           5.1 to 7
//	{id=1 iccId=8986[****] simSlotIndex=0 … displayName=… carrierName=… mcc=460 mnc=04 …}   8 to 13
//	[SubscriptionInfoInternal: id=1 iccId=8986[****] simSlotIndex=0 … mcc=460 mnc=04 …]     from 14 on
//
// The names are free text: what is before them is read from the left, the network from the right.
func subscription(text string) (Subscription, bool) {
	text, marked := strings.CutPrefix(text, "[SubscriptionInfoInternal: ")
	end := "]"
	if !marked {
		text, marked = strings.CutPrefix(text, "{")
		end = "}"
	}
	if !marked || !strings.HasSuffix(text, end) {
		return Subscription{}, false
	}
	var s Subscription
	var hasID, hasSlot bool
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(word, ","), "=")
		n, err := strconv.Atoi(value)
		switch key {
		case "id", "mSubId":
			s.ID, hasID = n, err == nil && n >= 0
		case "iccId", "mIccId":
			// 18 to 20 digits are a whole one; six and "8986[****]" are what the dump may show.
			if digits(value, 18, 20) {
				s.ICCID = value
			}
		case "simSlotIndex", "mSlotId":
			s.Slot, hasSlot = n, err == nil && n >= -1 && n < maxSlots // -1: the SIM was taken out
		}
		if hasSlot || strings.HasSuffix(key, "isplayName") {
			break
		}
	}
	if !hasID || !hasSlot {
		return Subscription{}, false
	}
	s.MCCMNC = homeNetwork(text)
	return s, true
}

func homeNetwork(text string) string {
	for _, keys := range [][2]string{{" mcc=", " mnc="}, {" mcc ", " mnc "}, {" mMcc ", " mMnc "}} {
		at := strings.LastIndex(text, keys[0])
		if at < 0 {
			continue
		}
		mcc, rest, ok := strings.Cut(text[at+len(keys[0]):], keys[1])
		end := strings.IndexAny(rest, " }]")
		if !ok || end < 0 || !digits(mcc, 3, 3) {
			return ""
		}
		mnc := rest[:end]
		if keys[0] != " mcc=" {
			mnc = shortMNC(mcc, mnc)
		}
		if !digits(mnc, 2, 3) {
			return ""
		}
		return plmn(mcc + mnc)
	}
	return ""
}

// shortMNC gives back the zeros of an MNC that was printed as a number: "4" is 04 in China, where all have two digits, and
// could be 004 in America (3xx, 7xx) or India (405), where some have three. Then nobody knows.
func shortMNC(mcc, mnc string) string {
	switch {
	case len(mnc) == 3:
		return mnc
	case mcc[0] == '3', mcc[0] == '7', mcc == "405":
		return ""
	case len(mnc) == 1:
		return "0" + mnc
	}
	return mnc
}
