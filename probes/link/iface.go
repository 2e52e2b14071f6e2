package link

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Bearers, as diagnosis knows them.
const (
	WiFi     = "wi-fi"
	Mobile   = "mobile"
	Ethernet = "ethernet"
	Other    = "other" // a VPN's tunnel, a bridge, or a name never seen
)

const (
	// maxInterfaces that are looked at. A dual-SIM phone has some thirty, most of them the modem's spare data channels.
	maxInterfaces = 64

	// Flags of linux/if.h.
	flagUp       = 0x1
	flagLoopback = 0x8
)

// iface is one interface that may bear traffic.
type iface struct {
	name, bearer string
	up           bool // administratively, and it has a link as far as the kernel can tell
	addrs        []net.Addr
}

// reader reads this kernel or another terminal's files.
type reader struct {
	from   *terminal.Terminal
	kernel func() ([]net.Interface, error)
}

func newReader(o Options) reader {
	r := reader{from: terminal.Open(o.Root), kernel: o.Interfaces}
	if r.kernel == nil {
		r.kernel = kernelInterfaces
	}
	return r
}

// interfaces lists those that may bear traffic, by name.
//
// For this machine the kernel is asked, not /sys: a /sys mounted for another network namespace shows that one's.
func (r reader) interfaces() ([]iface, error) {
	var all []iface
	var err error
	if r.from.Here() {
		all, err = r.asked()
	} else {
		all, err = r.read()
	}
	order := func(a, b iface) int { return strings.Compare(a.name, b.name) }
	sort.Slice(all, func(i, j int) bool { return order(all[i], all[j]) < 0 })
	return all, err
}

func (r reader) asked() ([]iface, error) {
	list, err := r.kernel()
	if err != nil {
		return nil, &terminal.Error{What: "the list of interfaces", Reason: probes.Denied, Err: err}
	}
	var all []iface
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 || ours(i.Name) {
			continue
		}
		// FlagRunning follows the operational state, and counts a driver that can't tell (many modems) as running.
		found := iface{name: i.Name, bearer: r.bearer(i.Name), up: i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0}
		if found.up {
			found.addrs = interfaceAddrs(i)
		}
		if all = append(all, found); len(all) == maxInterfaces {
			break
		}
	}
	return all, nil
}

func (r reader) read() ([]iface, error) {
	names, err := r.from.Names("/sys/class/net")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []iface
	var unreadable error
	for _, name := range names[:min(len(names), maxInterfaces)] {
		if name == "lo" || ours(name) || name == "bonding_masters" {
			continue
		}
		up, loopback, err := r.state(name)
		switch {
		case err != nil:
			unreadable = err
		case !loopback:
			all = append(all, iface{name: name, bearer: r.bearer(name), up: up})
		}
	}
	if len(all) == 0 && unreadable != nil {
		return nil, unreadable
	}
	return all, nil
}

// state reads what sysfs says of one interface. The carrier file can't be read while an interface is down, and modems
// often have none: then the operational state speaks, and where that is unknown too, being switched on must do.
func (r reader) state(name string) (up, loopback bool, err error) {
	folder := "/sys/class/net/" + name + "/"
	flags := int64(-1)
	if text, err := r.from.ReadLine(folder + "flags"); err == nil {
		if n, err := strconv.ParseInt(text, 0, 64); err == nil {
			flags = n
		}
	}
	carrier, carrierErr := r.from.ReadLine(folder + "carrier")
	operstate, operErr := r.from.ReadLine(folder + "operstate")
	if carrierErr != nil && operErr != nil && flags < 0 {
		return false, false, fmt.Errorf("interface %s: %w", name, errors.Join(carrierErr, operErr))
	}
	loopback = flags >= 0 && flags&flagLoopback != 0
	switch {
	case flags >= 0 && flags&flagUp == 0:
		return false, loopback, nil
	case operstate == "down", operstate == "dormant", operstate == "lowerlayerdown", operstate == "notpresent":
		return false, loopback, nil // dormant: Wi-Fi that has carrier and is not let in yet
	case carrierErr == nil && carrier != "":
		return carrier == "1", loopback, nil
	case operstate == "up":
		return true, loopback, nil
	}
	return flags >= 0, loopback, nil
}

// ours tells the kernel's own devices, which never bear traffic of this terminal, by their names.
func ours(name string) bool {
	for _, prefix := range []string{"dummy", "ifb", "tunl", "sit", "gre", "erspan", "ip6tnl", "ip6gre", "ip_vti", "ip6_vti", "teql", "nlmon", "rmnet_ipa", "p2p"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == "lo"
}

// bearer goes by the name, as drivers give it; only for a name that says nothing it asks sysfs, whose word may be another
// namespace's.
func (r reader) bearer(name string) string {
	for _, known := range []struct{ prefix, bearer string }{
		{"wlan", WiFi},
		{"wifi", WiFi},
		{"wlp", WiFi},
		{"wlx", WiFi},
		{"rmnet", Mobile},
		{"ccmni", Mobile},
		{"ppp", Mobile},
		{"wwan", Mobile},
		{"wwp", Mobile},
		{"usb", Mobile}, // a modem that shows itself as a USB network card
		{"seth_", Mobile},
		{"pdp", Mobile},
		{"eth", Ethernet},
		{"en", Ethernet},
		{"veth", Ethernet},
		{"tun", Other},
		{"tap", Other},
	} {
		if strings.HasPrefix(name, known.prefix) {
			return known.bearer
		}
	}
	folder := "/sys/class/net/" + name + "/"
	uevent, _ := r.from.ReadLine(folder + "uevent")
	switch {
	case strings.Contains(uevent, "DEVTYPE=wlan"):
		return WiFi
	case strings.Contains(uevent, "DEVTYPE=wwan"):
		return Mobile
	}
	for _, mark := range []string{"wireless", "phy80211"} {
		if _, err := r.from.Names(folder + mark); err == nil {
			return WiFi
		}
	}
	return Other
}

func find(all []iface, name string) *iface {
	for i := range all {
		if all[i].name == name {
			return &all[i]
		}
	}
	return nil
}
