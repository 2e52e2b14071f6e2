package dump

import "strings"

// service reads a ServiceState: words up to Android 8, keys and values in {} from 9 on. "null" is none.
func (p *phone) service(value string) {
	if strings.HasPrefix(value, "{") {
		p.keyedService(value)
	} else {
		p.wordyService(value)
	}
}

// wordyService reads "0 0 voice home data home LONG SHORT 46000 LONG SHORT 46000 (manual) LTE LTE CSS not supported …". Two
// states come first, radio technologies last before "CSS", and between them names of operators, which are free text. 5.0 has
// one "home" and one operator.
func (p *phone) wordyService(value string) {
	head, tail := "", ""
	for _, mark := range []string{" CSS supported ", " CSS not supported "} {
		if at := strings.LastIndex(value, mark); at >= 0 {
			head, tail = value[:at], value[at+len(mark)-1:]
		}
	}
	words := strings.Fields(head)
	if len(words) < 4 {
		return
	}
	p.Voice, p.Data = registration(words[0]), registration(words[1])
	if p.Voice == "" && p.Data == "" {
		return
	}
	p.emergency(tail, " EmergOnly=")

	count := len(words)
	voiceRAT, dataRAT := words[count-2], words[count-1]
	p.RAT = pick(technology(dataRAT), technology(voiceRAT))
	operator := words[2 : count-2]
	if last := len(operator) - 1; last >= 0 && operator[last] == "(manual)" {
		operator = operator[:last]
	}
	if last := len(operator) - 1; last >= 0 {
		p.Operator = plmn(operator[last])
		// Voice without data: "… 46000 null null null".
		if p.Operator == "" && last >= 3 && operator[last] == "null" && operator[last-1] == "null" && operator[last-2] == "null" {
			p.Operator = plmn(operator[last-3])
		}
	}
	text := " " + strings.Join(words[2:], " ")
	if rest, ok := strings.CutPrefix(text, " voice "); ok {
		voice, rest, ok := roamingWord(rest)
		if !ok {
			return
		}
		data, _, ok := roamingWord(strings.TrimPrefix(rest, " data "))
		if !ok {
			return
		}
		p.roams(data, voice)
	} else if both, _, ok := roamingWord(text[1:]); ok {
		p.roams(both, both)
	}
}

// roamingWord cuts "home" or a kind of roaming off.
func roamingWord(text string) (roaming bool, rest string, ok bool) {
	for i, word := range []string{"home", "roaming", "Domestic Roaming", "International Roaming"} {
		if rest, ok := strings.CutPrefix(text, word); ok && (rest == "" || rest[0] == ' ') {
			return i > 0, rest, true
		}
	}
	return false, text, false
}

// roams sets Roaming to that of data where data is registered, else to that of voice; of a phone that is registered nowhere
// the dump says "home", which says nothing.
func (p *phone) roams(data, voice bool) {
	switch {
	case p.Data == InService:
		p.Roaming = &data
	case p.Voice == InService:
		p.Roaming = &voice
	}
}

// keyedService reads "{mVoiceRegState=0(IN_SERVICE), mDataRegState=0(IN_SERVICE), …, getRilDataRadioTechnology=14(LTE), …,
// mNetworkRegistrationInfos=[NetworkRegistrationInfo{ domain=PS transportType=WWAN … }], …}". The states come before the
// names of operators, which are free text. A value counts when what follows it came too.
func (p *phone) keyedService(value string) {
	value = ", " + value[1:]
	p.Voice = registration(keyed(value, "mVoiceRegState"))
	p.Data = registration(keyed(value, "mDataRegState"))
	p.emergency(value, ", mIsEmergencyOnly=")
	for _, prefix := range []string{"getRil", "mRil"} { // 10 on, 9
		if data := keyed(value, prefix+"DataRadioTechnology"); data != "" {
			p.RAT = pick(technology(data), technology(keyed(value, prefix+"VoiceRadioTechnology")))
		}
	}
	if data := keyed(value, "mDataRoamingType"); data != "" { // 9
		data, _, knownData := roamingWord(data)
		voice, _, knownVoice := roamingWord(keyed(value, "mVoiceRoamingType"))
		if knownData && knownVoice {
			p.roams(data, voice)
		}
	}
	p.registered(value)
}

// registered reads what the dump has of the registration over the mobile network (WWAN; another is over Wi-Fi) that counts:
// of packet data where that is registered, else of calls.
func (p *phone) registered(value string) {
	domain := " domain=PS "
	switch {
	case p.Data == InService:
	case p.Voice == InService:
		domain = " domain=CS "
	default:
		return
	}
	open := "NetworkRegistrationInfo{"
	if !strings.Contains(value, open) {
		open = "NetworkRegistrationState{" // Android 10's first builds
	}
	for i, info := range strings.Split(value, open) {
		if i == 0 || !strings.HasPrefix(info, domain) || !strings.Contains(info, " transportType=WWAN ") {
			continue
		}
		if state := word(info, "registrationState"); state != "HOME" && state != "ROAMING" {
			return
		}
		p.Operator = plmn(word(info, "rRplmn"))
		switch word(info, "roamingType") {
		case "NOT_ROAMING":
			p.roams(false, false)
		case "UNKNOWN", "DOMESTIC", "INTERNATIONAL": // unknown is which kind
			p.roams(true, true)
		}
		return
	}
}

// emergency reads a truth behind a key: in Android 5 it is the last word of its line.
func (p *phone) emergency(text, key string) {
	_, rest, _ := strings.Cut(text, key)
	switch {
	case strings.HasPrefix(rest, "true"):
		p.EmergencyOnly = new(true)
	case strings.HasPrefix(rest, "false"):
		p.EmergencyOnly = new(false)
	}
}

// keyed is the value of a key in ", key=value, …}" text; "" when there is none that ends.
func keyed(text, key string) string {
	_, rest, _ := strings.Cut(text, ", "+key+"=")
	return rest[:max(0, strings.IndexAny(rest, ",}"))]
}

// word is the value of a key in " key=value … " text; "" when there is none that ends.
func word(text, key string) string {
	_, rest, _ := strings.Cut(text, " "+key+"=")
	return rest[:max(0, strings.IndexByte(rest, ' '))]
}

// registration is the word for "0" or "0(IN_SERVICE)".
func registration(state string) Registration {
	state, _, _ = strings.Cut(state, "(")
	switch state {
	case "0":
		return InService
	case "1":
		return OutOfService
	case "2":
		return EmergencyOnly
	case "3":
		return RadioOff
	}
	return ""
}

// technology is the radio technology of "LTE" or "14(LTE)". IWLAN is none: the phone is on Wi-Fi.
func technology(name string) string {
	if _, inner, ok := strings.Cut(name, "("); ok {
		name = strings.TrimSuffix(inner, ")")
	}
	switch name {
	case "NR", "NR_SA", "NR_NSA":
		return "NR"
	case "LTE", "LTE_CA", "LTE-CA":
		return "LTE"
	case "HSDPA", "HSUPA", "HSPA", "HSPAP", "HSPA+", "DC-HSPAP":
		return "HSPA"
	case "TD-SCDMA", "TD_SCDMA", "TDSCDMA":
		return "TD-SCDMA"
	case "UMTS", "EDGE", "GPRS", "GSM":
		return name
	case "CDMA", "CDMA-IS95A", "CDMA-IS95B", "1xRTT", "eHRPD":
		return "CDMA"
	}
	if strings.HasPrefix(name, "EvDo-rev.") {
		return "CDMA"
	}
	return ""
}

// plmn is the name of a network in digits, or "" for what is none.
func plmn(s string) string {
	if !digits(s, 5, 6) || s[0] < '2' || s[0] == '8' { // ITU: countries are 2xx to 7xx, 9xx is for ships and satellites
		return ""
	}
	return s
}

// pick is the first that is not empty.
func pick(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
