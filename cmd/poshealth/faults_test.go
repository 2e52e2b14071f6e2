package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// TestEachFaultIsSaid runs a daemon in each of the conditions that keep a terminal from reporting, and holds it to what it must say
// on the terminal, and to the fleet as soon as physics allows.
func TestEachFaultIsSaid(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes half a minute")
	}
	binary := buildAgent(t)
	right, ahead := timeServers(t, 0), timeServers(t, 10*time.Minute)
	with := func(o shopOptions, row func(*testing.T, *shop)) func(*testing.T) {
		return func(t *testing.T) { row(t, newShop(t, binary, o)) }
	}
	web, roots := dateServer(t, -2*time.Hour)
	atOnce(t, map[string]func(*testing.T){
		"wrong clock":     with(shopOptions{ntp: ahead}, wrongClock),
		"DNS dies":        with(shopOptions{ntp: right}, dnsDies),
		"DNS is dead":     with(shopOptions{ntp: right}, dnsIsDead),
		"expired":         with(shopOptions{ntp: right}, expired),
		"expires":         with(shopOptions{ntp: right}, expires),
		"clock ahead":     with(shopOptions{ntp: timeServers(t, -2*time.Hour), https: []string{web}, roots: roots}, expiredByWrongClock),
		"8883 blocked":    with(shopOptions{ntp: right, also: "wss://broker.lab:"}, blocked),
		"three at once":   with(shopOptions{ntp: ahead}, threeAtOnce),
		"8883 shuts":      with(shopOptions{ntp: right, also: "wss://broker.lab:"}, isBlocked),
		"full disk":       with(shopOptions{ntp: right}, fullDisk),
		"disk fills":      with(shopOptions{ntp: right}, diskFills),
		"read-only":       with(shopOptions{ntp: right}, readOnly),
		"turns read-only": with(shopOptions{ntp: right}, turnsReadOnly),
	})
}

// timeServers are three that agree.
func timeServers(t *testing.T, offset time.Duration) (addresses []string) {
	t.Helper()
	for range 3 {
		c, err := probetest.StartChrony(probetest.Need(t, "faketime"), probetest.Need(t, "chronyd"), t.TempDir(), offset)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, c.Close()) })
		addresses = append(addresses, c.Addr())
	}
	return addresses
}

// dateServer is a web server that shows who it is, and whose answers carry a date.
func dateServer(t *testing.T, offset time.Duration) (url string, roots []byte) {
	t.Helper()
	host, err := probetest.NewTLSHostAt(probetest.TLSHostOptions{Serve: func(conn net.Conn) {
		for in := bufio.NewReader(conn); ; {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nDate: %s\r\n\r\n", time.Now().Add(offset).UTC().Format(http.TimeFormat))
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = host.Close() })
	return "https://" + host.Addr() + "/", host.CA()
}

// wrongClock: it is said by the terminal and to the fleet, and keeps nobody from the broker.
func wrongClock(_ *testing.T, s *shop) {
	d := s.open()
	d.until("the clock is wrong, and it is reported", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "clock-skew") && reports("pass")(now) && now.Report.Sent > 0
	})
	s.hearsOf("clock-skew")
	s.calm(d)
}

// dnsDies: the broker's name was known once, and that is where it is looked for.
func dnsDies(_ *testing.T, s *shop) {
	d := s.open()
	d.until("all is well", func(now wire.Snapshot) bool { return reports("pass")(now) && now.Report.Sent > 0 && allClear(now) })
	s.dns.stop()
	s.door.cut()
	d.until("no DNS, and where the broker was before", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "dns-failed") && reports("pass", "could not be resolved")(now) && reportFact(now, "address_source") == "last-good"
	})
	s.hearsOf("dns-failed")
	s.hearsPulse("how the broker was reached", func(p wire.Snapshot) bool { return reportFact(p, "address_source") == "last-good" })
	s.calm(d)
}

// dnsIsDead: what was known outlasts a start.
func dnsIsDead(_ *testing.T, s *shop) {
	d := s.open()
	d.until("it was reached once", reports("pass"))
	s.calm(d)
	s.dns.stop()
	d = s.open()
	d.until("no DNS, and where the broker was before", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "dns-failed") && reports("pass", "could not be resolved")(now)
	})
	s.hearsOf("dns-failed")
	s.calm(d)
}

const renew = "renew the broker's certificate"

// expired: from the start. What there was to tell waits on flash, and is told when the certificate is renewed.
func expired(t *testing.T, s *shop) {
	require.NoError(t, s.door.SetLeaf(probetest.LeafExpired))
	d := s.open()
	now := d.until("why nothing is reported, and what waits", func(now wire.Snapshot) bool {
		return reports("fail", renew)(now) && hasFinding(now.Findings, "report-path-down") && changesOf(now).Pending > 0
	})
	assert.Equal(t, "flash", changesOf(now).Held)
	assert.Zero(t, now.Report.Sent)
	s.isStored(changesOf(now))
	require.NoError(t, s.door.SetLeaf(probetest.LeafValid))
	s.hearsOf("report-path-down")
	s.calm(d)
}

// expires: with a link that stood; a change that comes meanwhile is told afterwards.
func expires(t *testing.T, s *shop) {
	d := s.open()
	d.until("all is well", func(now wire.Snapshot) bool { return reports("pass")(now) && now.Report.Sent > 0 && allClear(now) })
	require.NoError(t, s.door.SetLeaf(probetest.LeafExpired))
	s.door.cut()
	d.until("why nothing is reported any more", reports("fail", renew))
	require.NoError(t, s.host.SetMode(probetest.HostClosed))
	d.until("the change waits", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "host-unreachable") && changesOf(now).Pending > 0
	})
	require.NoError(t, s.door.SetLeaf(probetest.LeafValid))
	s.hears("raised", "host-unreachable")
	s.calm(d)
}

// expiredByWrongClock: the certificate has ended by the terminal's clock alone. The sources of the time know better, and one of
// them has shown who it is.
func expiredByWrongClock(t *testing.T, s *shop) {
	require.NoError(t, s.door.SetLeaf(probetest.LeafExpired)) // an hour ago
	d := s.open()
	d.until("the clock is wrong, and the broker was reached by the right time", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "clock-skew") && reports("pass", "judged by the time that its sources agree on")(now) && reportFact(now, "judged_by") == "agreed"
	})
	s.hearsOf("clock-skew")
	s.hearsPulse("by whose time", func(p wire.Snapshot) bool { return reportFact(p, "judged_by") == "agreed" })
	s.calm(d)
}

// blocked: the port of MQTT is shut, and that of the web is not.
func blocked(t *testing.T, s *shop) {
	s.door.shut(t)
	d := s.open()
	s.isOnTheOther(d)
	s.calm(d)
}

// isBlocked: while it runs.
func isBlocked(t *testing.T, s *shop) {
	d := s.open()
	d.until("the first broker", func(now wire.Snapshot) bool { return reports("pass")(now) && reportFact(now, "broker") == "" })
	s.door.shut(t)
	s.isOnTheOther(d)
	s.calm(d)
}

func (s *shop) isOnTheOther(d *daemon) {
	s.t.Helper()
	other := func(now wire.Snapshot) bool { return strings.HasPrefix(reportFact(now, "broker"), "wss://broker.lab:") }
	d.until("the other broker, and that it is the other", func(now wire.Snapshot) bool {
		return other(now) && reports("pass", "for those before it could not be reached")(now)
	})
	s.hearsPulse("which broker", other)
}

// threeAtOnce: the clock is wrong, names are dead, and the broker's certificate has expired. All three are said on the terminal; the
// fleet hears of them as soon as there is a certificate that it may believe, the other two notwithstanding.
func threeAtOnce(t *testing.T, s *shop) {
	d := s.open()
	d.until("it was reached once", reports("pass"))
	s.calm(d)
	s.dns.stop()
	require.NoError(t, s.door.SetLeaf(probetest.LeafExpired))
	d = s.open()
	now := d.until("all three", func(now wire.Snapshot) bool {
		return hasFinding(now.Findings, "clock-skew") && hasFinding(now.Findings, "dns-failed") && hasFinding(now.Findings, "report-path-down") &&
			reports("fail", renew)(now) && changesOf(now).Pending > 0
	})
	assert.Equal(t, "flash", changesOf(now).Held)
	require.NoError(t, s.door.SetLeaf(probetest.LeafValid))
	s.hearsOf("clock-skew", "dns-failed", "report-path-down")
	s.calm(d)
}
