package main

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/probetest"
)

// timeServers of a lab: of two, nobody knows which lies.
const timeServers = 3

// lab is the world as one simulated terminal sees it: a name server, time servers and two payment hosts, behind a cable.
type lab struct {
	dns   *probetest.DNSServer
	time  []*probetest.NTPServer
	hosts []payHost
}

// payHost is one payment host with the cable to it.
type payHost struct {
	*probetest.TLSHost
	cable  *cable
	config config.Host
}

// newLab builds one; what the agent must read of it lies in dir.
func newLab(dir string) (*lab, error) {
	l := &lab{}
	var err error
	if l.dns, err = probetest.NewDNSServer(nil); err != nil {
		return l, err
	}
	for range timeServers {
		s, err := probetest.NewNTPServer()
		if err != nil {
			return l, err
		}
		l.time = append(l.time, s)
	}
	for _, name := range [...]string{"acquirer-a", "acquirer-b"} {
		h, err := l.newHost(dir, name)
		if err != nil {
			return l, err
		}
		l.hosts = append(l.hosts, h)
	}
	return l, nil
}

func (l *lab) newHost(dir, name string) (payHost, error) {
	domain := "pos." + name + ".test"
	host, err := probetest.NewTLSHost(domain)
	if err != nil {
		return payHost{}, err
	}
	h := payHost{TLSHost: host}
	if h.cable, err = newCable(host.Addr()); err != nil {
		return h, errors.Join(err, host.Close())
	}
	ca := filepath.Join(dir, name+".pem")
	_, port, splitErr := net.SplitHostPort(h.cable.Addr())
	if err := errors.Join(splitErr, os.WriteFile(ca, host.CA(), 0o600)); err != nil {
		return h, errors.Join(err, h.close())
	}
	l.dns.Set(domain, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	// Five minutes are what acquirers allow a clock; the two hosts stand in for each other.
	h.config = config.Host{
		Name: name, Address: net.JoinHostPort(domain, port), Kind: "tls", Group: "acquirer", CAFile: ca,
		ClockEarly: 5 * time.Minute, ClockLate: 5 * time.Minute,
	}
	return h, nil
}

// pull takes the cable out: nothing beyond it says a word any more.
func (l *lab) pull() error { return l.wire(probetest.DNSSilent, probetest.NTPSilent, silent) }

// plug puts it back in.
func (l *lab) plug() error { return l.wire(probetest.DNSOK, probetest.NTPOK, plugged) }

func (l *lab) wire(dns probetest.DNSMode, ntp probetest.NTPMode, state cableState) error {
	l.dns.SetMode(dns)
	for _, s := range l.time {
		s.SetMode(ntp)
	}
	errs := make([]error, 0, len(l.hosts))
	for _, h := range l.hosts {
		errs = append(errs, h.cable.set(state))
	}
	return errors.Join(errs...)
}

// ahead sets the clocks of all time servers ahead of this machine's.
func (l *lab) ahead(d time.Duration) {
	for _, s := range l.time {
		s.SetOffset(d)
	}
}

// configure makes an agent look at this lab.
func (l *lab) configure(c *config.Config) {
	c.DNS.Servers = []string{l.dns.Addr()}
	c.Clock.NTP = nil
	for _, s := range l.time {
		c.Clock.NTP = append(c.Clock.NTP, s.Addr())
	}
	c.Hosts = nil
	for _, h := range l.hosts {
		c.Hosts = append(c.Hosts, h.config)
	}
}

func (h payHost) close() error { return errors.Join(h.cable.Close(), h.TLSHost.Close()) }

// close stops all of it, as far as it was built.
func (l *lab) close() error {
	var errs []error
	if l.dns != nil {
		errs = append(errs, l.dns.Close())
	}
	for _, s := range l.time {
		errs = append(errs, s.Close())
	}
	for _, h := range l.hosts {
		errs = append(errs, h.close())
	}
	return errors.Join(errs...)
}
