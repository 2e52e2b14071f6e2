package dump

import (
	"iter"
	"net/netip"
	"strings"
)

// maxEthernet bounds the interfaces: a terminal has one, its base another.
const maxEthernet = 8

// Ethernet is how the Ethernet service is set up: what somebody configured, not what the network gave.
type Ethernet struct {
	Default    string              `json:"default,omitempty"`    // the interface that it tracks: "eth0"
	Interfaces []EthernetInterface `json:"interfaces,omitempty"` // at most 8
}

// EthernetInterface is the stored configuration of one interface.
type EthernetInterface struct {
	Name       string       `json:"name"`
	Assignment string       `json:"assignment,omitempty"` // "static", "dhcp"
	Address    netip.Prefix `json:"address,omitzero"`     // with "static"
	Gateway    netip.Addr   `json:"gateway,omitzero"`     // with "static"
}

// ParseEthernet reads dumpsys ethernet, Android 5 to 15. Up to 8 the service knows one interface, "Tracking interface:", and
// its "Stored Ethernet configuration:"; from 9 on it lists "IP Configurations:" by interface. Where it has none of these the
// dump is an error; that it has them and they are empty is an answer.
func ParseEthernet(lines iter.Seq[string]) (Ethernet, error) {
	var e Ethernet
	var current *EthernetInterface
	told := false
	for line := range lines {
		text := strings.TrimSpace(line)
		key, value, _ := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Default interface", "Tracking interface":
			if told = true; interfaceName(value) && e.Default == "" {
				e.Default = value
			}
			continue
		case "Not tracking any interface":
			told = true
			continue
		case "IP Configurations", "Stored Ethernet configuration":
			// Before 9 the configuration is the tracked interface's, whose name came above.
			if told, current = true, nil; key == "Stored Ethernet configuration" && e.Default != "" {
				current = e.add(e.Default)
			}
			continue
		case "Network Capabilities", "EthernetNetworkFactory", "Handler":
			if told {
				return e, nil
			}
			continue
		case "IP assignment":
			current.assign(value)
			continue
		case "Static configuration":
			current.address(value)
			continue
		case "NetworkInfo", "LinkProperties", "NetworkAgent", "Proxy settings":
			continue
		}
		if assignment, ok := strings.CutPrefix(value, "IP assignment: "); ok && told && interfaceName(key) {
			current = e.add(key)
			current.assign(assignment)
		}
	}
	if !told {
		return Ethernet{}, Malformed("dumpsys ethernet", "neither an interface nor IP configurations in it")
	}
	return e, nil
}

// add gives the interface a place; nil when there is none left, or it has one.
func (e *Ethernet) add(name string) *EthernetInterface {
	for i := range e.Interfaces {
		if e.Interfaces[i].Name == name {
			return nil
		}
	}
	if len(e.Interfaces) == maxEthernet {
		return nil
	}
	e.Interfaces = append(e.Interfaces, EthernetInterface{Name: name})
	return &e.Interfaces[len(e.Interfaces)-1]
}

func (i *EthernetInterface) assign(word string) {
	if i == nil || i.Assignment != "" {
		return
	}
	switch word {
	case "STATIC":
		i.Assignment = "static"
	case "DHCP":
		i.Assignment = "dhcp"
	}
}

// address reads "IP address 192.168.0.56/24 Gateway 192.168.0.1  DNS servers: [ … ] Domains", where each may be missing.
func (i *EthernetInterface) address(text string) {
	if i == nil || i.Assignment != "static" || i.Address.IsValid() {
		return
	}
	words := strings.Fields(text)
	for at := 0; at+1 < len(words); at++ {
		switch words[at] {
		case "DNS":
			return
		case "address":
			if prefix, err := netip.ParsePrefix(words[at+1]); err == nil {
				i.Address = prefix
			}
		case "Gateway":
			if gateway, err := netip.ParseAddr(words[at+1]); err == nil && !gateway.IsUnspecified() {
				i.Gateway = gateway
			}
		}
	}
}
