package dump

import "strings"

// info reads the NetworkInfo at the beginning of ni, and says which bearer it is of.
func (n *Network) info(ni string, modern bool) (bearer string) {
	name, state, extra := "", "", ""
	if modern { // "MOBILE[LTE] CONNECTED ROAMING extra: cmnet}"
		var ok bool
		name, state, ok = strings.Cut(ni, " ")
		if typ, subtype, bracketed := strings.Cut(ni, "["); bracketed && len(typ) < len(name) {
			_, state, ok = strings.Cut(subtype, "] ") // a subtype may be "CDMA - EvDo rev. 0"
			name = typ
		}
		if !ok {
			return ""
		}
		state, _, _ = strings.Cut(state, "}")
		state, extra, _ = strings.Cut(state, " extra: ")
		state, _, _ = strings.Cut(state, " ")
	} else { // "[type: MOBILE[LTE], state: CONNECTED/CONNECTED, reason: connected, extra: cmnet, failover: …]}"
		rest, ok := strings.CutPrefix(ni, "[type: ")
		if !ok {
			return ""
		}
		name, rest, _ = strings.Cut(rest, ", state: ")
		name, _, _ = strings.Cut(name, "[")
		state, rest, _ = strings.Cut(rest, "/")
		_, extra, _ = strings.Cut(rest, ", extra: ")
		extra, _, _ = strings.Cut(extra, ", ")
		const metered = ", metered: " // 7 to 10; the last, for a Wi-Fi's name may have one too
		if at := strings.LastIndex(rest, metered); at >= 0 {
			n.Metered = truth(rest[at+len(metered):])
		}
	}
	n.APN = apn(extra)
	switch strings.TrimSuffix(state, ",") {
	case "CONNECTED":
		n.Connected = new(true)
	case "SUSPENDED":
		n.Connected, n.Suspended = new(false), new(true)
	case "CONNECTING", "DISCONNECTING", "DISCONNECTED", "IDLE", "SCANNING", "AUTHENTICATING", "OBTAINING_IPADDR", "FAILED",
		"BLOCKED", "VERIFYING_POOR_LINK", "CAPTIVE_PORTAL_CHECK":
		n.Connected = new(false)
	}
	switch {
	case name == "WIFI":
		return "wi-fi"
	case name == "MOBILE", strings.HasPrefix(name, "MOBILE_"):
		return "mobile"
	case strings.EqualFold(name, "ETHERNET"):
		return "ethernet"
	case name == "VPN":
		return "vpn"
	case name == "":
		return ""
	}
	return "other"
}

// capabilities reads " Transports: CELLULAR Capabilities: SUPL&INTERNET&… LinkUpBandwidth>=…]}". A word that is not there
// says something only where the version has it: each rule below says which.
func (n *Network) capabilities(nc string, modern, six bool) {
	if _, rest, ok := strings.Cut(nc, "Transports: "); ok {
		if list, _, ok := strings.Cut(rest, " "); ok {
			n.Bearer = bearer(list)
		}
	}
	_, rest, ok := strings.Cut(nc, " Capabilities: ")
	end := strings.IndexAny(rest, " ]")
	if !ok || end < 0 {
		return
	}
	has := make(map[string]bool)
	for word := range strings.SplitSeq(rest[:end], "&") {
		has[word] = true
	}
	nine := modern || has["NOT_CONGESTED"] || has["NOT_SUSPENDED"]
	six = six || nine || has["FOREGROUND"] || has["NOT_ROAMING"] || has["VALIDATED"] || has["CAPTIVE_PORTAL"] // 7, 8, 6

	n.Internet, n.NotVPN = new(has["INTERNET"]), new(has["NOT_VPN"]) // both since 5.0
	told := func(word string, since bool) *bool {
		if has[word] || since {
			return new(has[word])
		}
		return nil
	}
	n.Validated = told("VALIDATED", six)
	n.CaptivePortal = told("CAPTIVE_PORTAL", six)
	n.Partial = told("PARTIAL_CONNECTIVITY", modern) // from 10 on, which prints lines as 9 does
	switch {
	case has["NOT_SUSPENDED"]:
		n.Suspended = new(false)
	case nine && n.Bearer == "mobile": // no other is, and some do without the word
		n.Suspended = new(true)
	}
	switch {
	case has["NOT_METERED"], has["TEMPORARILY_NOT_METERED"]:
		n.Metered = new(false)
	case n.Metered == nil && nine: // up to 8 many a Wi-Fi that is not metered went without the word
		n.Metered = new(true)
	}
}

// bearer is the word for "WIFI" or "WIFI|VPN".
func bearer(transports string) string {
	found := "other"
	for transport := range strings.SplitSeq(transports, "|") {
		switch transport {
		case "VPN":
			return "vpn"
		case "WIFI":
			found = "wi-fi"
		case "CELLULAR":
			found = "mobile"
		case "ETHERNET":
			found = "ethernet"
		}
	}
	return found
}

// truth is what "true, …" or "false]…" says.
func truth(text string) *bool {
	end := strings.IndexAny(text, ",]} ")
	if end < 0 {
		return nil
	}
	switch text[:end] {
	case "true":
		return new(true)
	case "false":
		return new(false)
	}
	return nil
}
