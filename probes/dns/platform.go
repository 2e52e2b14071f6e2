package dns

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/netip"
	"os"
	"strings"
)

const (
	// maxTable bytes of a table are read; lists against advertising make hosts files long, and their ends are not
	// payment hosts.
	maxTable = 1 << 20

	// maxPlatform servers of resolv.conf count: libc looks at no more.
	maxPlatform = 3
)

// platform is how programs on this machine resolve: the hosts file, then the servers of resolv.conf. On Android there is
// no such file, and the system's resolver is behind a socket of its own: a Resolver for that one goes into Options. Go's
// own resolver is not used: it can't tell a server that refuses from one that is not there.
type platform struct{ hosts, conf string }

func thisPlatform() platform { return platform{hosts: "/etc/hosts", conf: "/etc/resolv.conf"} }

// fixed is what the hosts file says of name.
func (p platform) fixed(name string) []netip.Addr {
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
func (p platform) servers() (servers []string, configured bool) {
	configured = true
	for fields, err := range table(p.conf) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			configured = false
		case err == nil && len(fields) >= 2 && fields[0] == "nameserver" && len(servers) < maxPlatform:
			if addr, err := netip.ParseAddr(fields[1]); err == nil {
				servers = append(servers, net.JoinHostPort(addr.String(), "53"))
			}
		}
	}
	if len(servers) == 0 {
		servers = []string{"127.0.0.1:53"}
	}
	return servers, configured
}

// blind says instead of err that it is we who can't resolve here: without resolv.conf, silence on this machine's own port
// tells only that programs resolve by other means.
func (p platform) blind(err error) error {
	if reasonOf(err) != Unreachable {
		return err
	}
	return &Error{Reason: NoServer, Err: errors.New("there is no " + p.conf + " and nothing listens on 127.0.0.1:53: set dns.servers")}
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
