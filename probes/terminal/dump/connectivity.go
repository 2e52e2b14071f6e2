package dump

import (
	"iter"
	"net/netip"
	"strconv"
	"strings"
)

const (
	maxNetworks = 16 // a terminal has two or three; a VPN and MMS, IMS and the like are networks too
	maxDNS      = 8  // servers of one network
)

// Connectivity is what dumpsys connectivity says of the networks.
type Connectivity struct {
	DefaultID  int       `json:"default_id,omitempty"`  // the default network's; 0 where there is none, or it is not told
	HasDefault *bool     `json:"has_default,omitempty"` // nil when not told
	Networks   []Network `json:"networks,omitempty"`    // in the dump's order, which says nothing; at most 16
}

// Network is one network that Android knows, in use or not. What is not told is nil or empty.
type Network struct {
	ID            int          `json:"id"`
	Bearer        string       `json:"bearer,omitempty"`         // "wi-fi", "mobile", "ethernet", "vpn" (over whatever), "other"
	Interface     string       `json:"interface,omitempty"`      // "wlan0", "rmnet_data0"
	Connected     *bool        `json:"connected,omitempty"`      // false too while it connects, or is suspended
	Internet      *bool        `json:"internet,omitempty"`       // it is meant to reach the internet, which MMS's and IMS's are not
	Validated     *bool        `json:"validated,omitempty"`      // Android's own probe got through; nil before Android 6
	Partial       *bool        `json:"partial,omitempty"`        // parts of that probe did not; true from Android 10 on, false from 11 on
	CaptivePortal *bool        `json:"captive_portal,omitempty"` // a page to log in at stands before it; nil before Android 6
	NotVPN        *bool        `json:"not_vpn,omitempty"`        // traffic does not pass a VPN
	Suspended     *bool        `json:"suspended,omitempty"`      // a voice call has the radio, or it lost its cell for a while
	Metered       *bool        `json:"metered,omitempty"`        // its bytes cost money, as Android has it
	APN           string       `json:"apn,omitempty"`            // of a mobile network: word characters, at most 64
	DNS           []netip.Addr `json:"dns,omitempty"`            // its servers, at most 8
	PrivateDNS    string       `json:"private_dns,omitempty"`    // "hostname" or "opportunistic" where it is in use
}

// Default is the network that apps use unless they ask for another: by its id, never by its place.
func (c Connectivity) Default() (Network, bool) {
	if c.HasDefault == nil || !*c.HasDefault {
		return Network{}, false
	}
	for _, n := range c.Networks {
		if n.ID == c.DefaultID {
			return n, true
		}
	}
	return Network{}, false
}

// ParseConnectivity reads dumpsys connectivity, Android 5 to 15, up to the end of its networks. Without a word of the
// default network and without any network it is an error.
func ParseConnectivity(lines iter.Seq[string]) (Connectivity, error) {
	var c Connectivity
	inside := false
	for line := range lines {
		if value, ok := strings.CutPrefix(line, "Active default network:"); ok && c.HasDefault == nil {
			value = strings.TrimSpace(value)
			if id := networkID(value); id > 0 {
				c.DefaultID, c.HasDefault = id, new(true)
			} else if value == "none" || value == "null" {
				c.HasDefault = new(false)
			}
			continue
		}
		text := strings.TrimSpace(line)
		switch {
		case line == "Current Networks:":
			inside = true
		case inside && text != "" && line[0] != ' ' && line[0] != '\t':
			inside = false
			if c.HasDefault != nil || c.Networks != nil {
				return c, nil
			}
		case strings.HasPrefix(text, "NetworkAgentInfo{") && len(c.Networks) < maxNetworks:
			if n, ok := parseAgent(text); ok {
				c.Networks = append(c.Networks, n)
			}
		}
	}
	if c.HasDefault == nil && c.Networks == nil {
		return Connectivity{}, Malformed("dumpsys connectivity", "neither a default network nor any other in it")
	}
	return c, nil
}

// parseAgent reads one network's line: "NetworkAgentInfo{ ni{[type: MOBILE[LTE], …]}  network{101}  lp{{…}}  nc{[…]} …}" up
// to Android 10, "NetworkAgentInfo{network{101}  handle{…}  ni{MOBILE[LTE] CONNECTED extra: cmnet} … lp{{…}}  nc{[…]} …}" from
// 11 on.
//
// A Wi-Fi's name, which anybody chooses, stands in it up to twice. A line with a second mark of a part is therefore none
// that we read: nobody can tell which part is the name.
func parseAgent(text string) (Network, bool) {
	id, rest, ok := only(text, "network{")
	if !ok {
		return Network{}, false
	}
	number, _, closed := strings.Cut(rest, "}")
	n := Network{ID: networkID(number)}
	if n.ID == 0 || !closed {
		return Network{}, false
	}
	before, lp, hasLP := only(text, " lp{{")
	_, nc, hasNC := only(text, " nc{[")
	if !hasLP || !hasNC || len(nc) > len(lp) {
		return Network{}, false
	}
	modern := strings.TrimSpace(id) == "NetworkAgentInfo{"
	lp = lp[:len(lp)-len(nc)]

	_, ni, _ := strings.Cut(before, " ni{")
	kind := n.info(ni, modern)
	n.link(lp)
	n.capabilities(nc, modern, modern || sixOn(text))
	if n.Bearer == "" {
		n.Bearer = kind
	}
	if n.Bearer != "mobile" {
		n.APN = ""
	}
	return n, true
}

// sixOn tells whether a line of the old form is from Android 6 or later, which print whether a network lingers.
func sixOn(text string) bool {
	_, tail, _ := strings.Cut(text, " nc{[")
	return strings.Contains(tail, " lingering{") || strings.Contains(tail, " acceptUnvalidated{") || strings.Contains(text, "  nethandle{")
}

// only cuts at a mark that is there once.
func only(text, mark string) (before, after string, ok bool) {
	before, after, ok = strings.Cut(text, mark)
	return before, after, ok && !strings.Contains(after, mark)
}

// networkID is netd's number of a network, 1 to 65535 (100 and up for those of agents); 0 for what is none.
func networkID(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0
	}
	return n
}

// link reads what of the LinkProperties is wanted: "InterfaceName: eth1 … DnsAddresses: [ /192.168.0.1 ] …".
//
// It ends at the domains: they are any text that a DHCP server gives.
func (n *Network) link(lp string) {
	lp, _, _ = strings.Cut(lp, " Domains: ")
	if rest, ok := strings.CutPrefix(lp, "InterfaceName: "); ok {
		if name, _, ok := strings.Cut(rest, " "); ok && interfaceName(name) {
			n.Interface = name
		}
	}
	if _, rest, ok := strings.Cut(lp, " DnsAddresses: ["); ok {
		if list, _, ok := strings.Cut(rest, "]"); ok {
			n.DNS = dnsServers(list)
		}
	}
	// Android 9 on: whether it is used now, and the name that somebody set.
	_, server, _ := strings.Cut(lp, " PrivateDnsServerName: ")
	server, _, _ = strings.Cut(server, " ")
	switch {
	case !strings.Contains(lp, " UsePrivateDns: true "):
	case server != "" && server != "null":
		n.PrivateDNS = "hostname"
	default:
		n.PrivateDNS = "opportunistic"
	}
}

// dnsServers reads "a,b," and " /a,/b ".
func dnsServers(list string) []netip.Addr {
	var servers []netip.Addr
	for entry := range strings.SplitSeq(list, ",") {
		_, address, _ := strings.Cut("/"+strings.TrimPrefix(strings.TrimSpace(entry), "/"), "/")
		if a, err := netip.ParseAddr(address); err == nil && len(servers) < maxDNS {
			servers = append(servers, a)
		}
	}
	return servers
}

// interfaceName tells whether the kernel can have an interface called so, of the names that Android gives: at most 15
// characters.
func interfaceName(name string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return name != "" && len(name) <= 15 && strings.Trim(name, allowed) == "" && name != "null"
}
