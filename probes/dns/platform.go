package dns

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/meter"
	"github.com/poshealth/poshealth/probes/terminal"
)

const (
	// maxTable bytes of a table are read; lists against advertising make hosts files long, and their ends are not
	// payment hosts.
	maxTable = 1 << 20

	// maxPlatform servers of resolv.conf count: libc looks at no more.
	maxPlatform = 3
)

// Platform is the Resolver of a terminal: what its programs are told. It asks, in this order, and stays with the first
// that is there: the hosts file; netd of an Android, which knows the network's servers, Private DNS and the VPN; the servers
// of resolv.conf; those that an Android names in its properties and elsewhere; and what may listen on this machine itself.
// None is ever made up: a terminal on a private network must not ask a public one. Go's own resolver is not used: it can't
// tell a server that refuses from one that is not there.
//
// The hosts file and resolv.conf are this machine's, for the agent's own names must resolve where it runs; netd and the
// properties are the terminal's, which may be another one.
type Platform struct {
	// Meter counts what lookups cost; nil: nobody does. Set it before the first lookup.
	Meter *meter.Meter

	terminal *terminal.Terminal
	named    func(ctx context.Context) []netip.Addr

	hosts, conf string
	port        string // of the servers of resolv.conf and those that an Android names, which come without one
	uid         int    // who asks netd
}

var _ Resolver = (*Platform)(nil)

// NewPlatform makes the resolver of a terminal. named gives the name servers that Android's services tell of, the default
// network's; it is asked only where there is neither netd nor resolv.conf and no property names one. nil: none.
func NewPlatform(t *terminal.Terminal, named func(ctx context.Context) []netip.Addr) *Platform {
	return &Platform{terminal: t, named: named, hosts: "/etc/hosts", conf: "/etc/resolv.conf", port: "53", uid: os.Geteuid()}
}

// Lookup looks a name up as the terminal's programs do.
func (p *Platform) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	got := p.lookup(ctx, strings.TrimSuffix(name, "."), true)
	return got.addrs, got.err
}

func (p *Platform) lookup(ctx context.Context, name string, both bool) (got result) {
	start := time.Now()
	if addrs := p.fixed(name); len(addrs) > 0 {
		got.note(hostsFile, addrs, time.Since(start), nil)
		return got
	}
	start = time.Now()
	addrs, err := p.terminal.Lookup(ctx, name)
	closed := terminal.ReasonOf(err)
	if closed != probes.Absent && closed != probes.Denied {
		p.Meter.Add(meter.Probes, netdCost(both))
		got.note(netd, addrs, time.Since(start), p.netdError(err))
		return got
	}
	servers, configured := p.servers()
	if !configured {
		if named := p.android(ctx); len(named) > 0 {
			servers, configured = named, true
		}
	}
	got.askAll(ctx, p.Meter, servers, name, both)
	if got.err != nil && !configured {
		got.err = p.blind(got.err, closed == probes.Denied)
	}
	return got
}

// netd stands for a server's address where Android's own resolver had the answer.
const netd = "netd"

// netdCost is what netd may have sent and got for us, in bytes of IP: a question and its answer for each family. What it had
// in its own cache cost nothing, which it does not tell.
func netdCost(both bool) int64 {
	const question = 154 // with a name of 23 letters and one address
	if both {
		return 2 * question
	}
	return question
}

// netdError says in our words why netd gave no address. It hides which of its servers failed, and how.
func (p *Platform) netdError(err error) error {
	if err == nil {
		return nil
	}
	code, answered := errors.AsType[terminal.EAI](err)
	failed := &Error{Reason: ServFail, Server: netd, Err: err}
	switch {
	case answered:
		failed.Reason, failed.Err = p.netdReason(code), code
	case terminal.ReasonOf(err) == terminal.Timeout, terminal.ReasonOf(err) == probes.Cancelled:
		failed.Reason, failed.Err = Timeout, nil
	case errors.Is(err, syscall.ECONNREFUSED): // the socket is there and netd is not: no program resolves anything
		failed.Reason = Unreachable
	}
	return failed
}

func (p *Platform) netdReason(code terminal.EAI) probes.Reason {
	switch code {
	case terminal.EAINoName, terminal.EAINoData:
		return NXDomain
	case terminal.EAIAgain:
		return Timeout
	case terminal.EAIFail:
		// In doze, or with its background data switched off, an app's network is blocked, and netd answers it as if the
		// resolver had failed; root and the system are never blocked.
		if terminal.IsApp(p.uid) {
			return Blocked
		}
	case terminal.EAISystem:
	}
	return ServFail
}

// fixed is what the hosts file says of name.
func (p *Platform) fixed(name string) []netip.Addr {
	var found []netip.Addr
	name = strings.TrimSuffix(name, ".")
	for fields, err := range table(p.hosts) {
		if err != nil || len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		for _, alias := range fields[1:] {
			if err == nil && strings.EqualFold(strings.TrimSuffix(alias, "."), name) {
				found = append(found, addr)
			}
		}
	}
	return found
}

// servers are those of resolv.conf; without any, this machine itself, as libc has it. The file may change at any time.
func (p *Platform) servers() (servers []string, configured bool) {
	configured = true
	for fields, err := range table(p.conf) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			configured = false
		case err == nil && len(fields) >= 2 && fields[0] == "nameserver" && len(servers) < maxPlatform:
			if addr, err := netip.ParseAddr(fields[1]); err == nil {
				servers = append(servers, net.JoinHostPort(addr.String(), p.port))
			}
		}
	}
	if len(servers) == 0 {
		servers = []string{net.JoinHostPort("127.0.0.1", p.port)}
	}
	return servers, configured
}

// each are the name servers that this terminal has, as far as it tells; hidden: netd answers its programs in their place,
// and resolv.conf, if there is one, says nothing.
func (p *Platform) each(ctx context.Context) (servers []string, hidden bool) {
	_, err := os.Stat(p.terminal.Path("dev", "socket", "dnsproxyd"))
	if hidden = err == nil || p.terminal.Android(); !hidden {
		if servers, configured := p.servers(); configured {
			return servers, false
		}
	}
	return p.android(ctx), hidden
}

// android are the servers that an Android names: in its properties up to version 7, from its services later.
func (p *Platform) android(ctx context.Context) []string {
	var addrs []netip.Addr
	if props, err := p.terminal.Props(ctx); err == nil {
		addrs = nameServers(props)
	}
	if len(addrs) == 0 && p.named != nil {
		addrs = p.named(ctx)
	}
	var servers []string
	for _, addr := range addrs {
		server := net.JoinHostPort(addr.String(), p.port)
		if addr.IsValid() && !addr.IsUnspecified() && !slices.Contains(servers, server) && len(servers) < maxPlatform {
			servers = append(servers, server)
		}
	}
	return servers
}

// nameServers are those of the properties: the system's own choice, or else what DHCP gave an interface.
func nameServers(props terminal.Props) []netip.Addr {
	read := func(names []string) (addrs []netip.Addr) {
		for _, name := range names {
			if addr, err := netip.ParseAddr(strings.TrimSpace(props[name])); err == nil && !addr.IsUnspecified() {
				addrs = append(addrs, addr)
			}
		}
		return addrs
	}
	if addrs := read([]string{"net.dns1", "net.dns2", "net.dns3", "net.dns4"}); len(addrs) > 0 {
		return addrs
	}
	var leases []string
	for name := range props {
		iface, ok := strings.CutPrefix(name, "dhcp.")
		if last := len(iface) - len(".dns1"); ok && last > 0 && strings.HasPrefix(iface[last:], ".dns") {
			leases = append(leases, name)
		}
	}
	slices.Sort(leases)
	return read(leases)
}

// blind says instead of err that it is we who can't resolve here: where nothing names a server, silence on this machine's
// own port tells only that programs resolve by other means.
func (p *Platform) blind(err error, denied bool) error {
	if reasonOf(err) != Unreachable {
		return err
	}
	why := "there is no " + p.conf + ", the system names no server and nothing listens on 127.0.0.1:53: set dns.servers"
	if denied {
		why = "this user may not ask netd (it needs the group inet, or the permission INTERNET), " + why
	}
	return &Error{Reason: NoServer, Err: errors.New(why)}
}

// table gives the fields of each line of a file, without comments; an error alone where the file can't be read.
func table(file string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		f, err := os.Open(file)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for lines := bufio.NewScanner(io.LimitReader(f, maxTable)); lines.Scan(); {
			line := lines.Text()
			if i := strings.IndexAny(line, "#;"); i >= 0 {
				line = line[:i]
			}
			if !yield(strings.Fields(line), nil) {
				return
			}
		}
	}
}
