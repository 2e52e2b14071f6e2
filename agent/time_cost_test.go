package agent

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/probetest"
)

// What the sources of time cost in bytes of IP, both ways, as the lab measures it over a line of 100 ms: a query with its answer,
// half of it where none comes; a page whole and resumed; a name looked up.
const (
	queryCost, pageCost, resumedCost, lookupCost = 152, 3308, 2400, 154

	// timeBudget is for a day of all clock work once the terminal has settled.
	timeBudget = 40_000
	// faultBudget is for one on which something else is wrong all the time.
	faultBudget = 100_000
)

// dateServer is an HTTPS server without sockets.
type dateServer struct {
	config        *tls.Config
	ahead         time.Duration
	full, resumed atomic.Int64
}

// dial opens a connection to it.
func (s *dateServer) dial() net.Conn {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		conn := tls.Server(far, s.config)
		if conn.Handshake() != nil {
			return
		}
		if conn.ConnectionState().DidResume {
			s.resumed.Add(1)
		} else {
			s.full.Add(1)
		}
		for r := bufio.NewReader(conn); ; {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			date := time.Now().Add(s.ahead).UTC().Format(http.TimeFormat)
			if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Length: 0\r\n\r\n", date); err != nil {
				return
			}
		}
	}()
	return near
}

// TestADayOfTimeCostsLittle lets the timetable and the probe run for three days, and adds up what the third costs, whatever is
// wrong with the sources.
func TestADayOfTimeCostsLittle(t *testing.T) {
	_, chain, key, err := probetest.Certificate("page.example")
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(chain, key)
	require.NoError(t, err)
	every := config.Default().Probe["clock"]
	for _, row := range []struct {
		name    string
		pages   []string
		ahead   func(address string) time.Duration
		lost    func(address string) bool
		doubted bool // something else is wrong all day, and it is asked each five minutes whether the sources answer
		budget  int64
	}{
		{name: "all is well", pages: []string{"https://page.example/", "https://other.example/"}},
		{name: "UDP 123 is dropped", pages: []string{"https://page.example/", "https://other.example/"}, lost: func(string) bool { return true }},
		{name: "all are silent", lost: func(string) bool { return true }},
		{name: "one server is false", pages: []string{"https://page.example/"}, ahead: func(a string) time.Duration { return liar(a, "192.0.2.1:123") }},
		{name: "two against two", ahead: func(a string) time.Duration { return liar(a, "192.0.2.1:123", "192.0.2.2:123") }},
		{name: "a host that comes and goes", doubted: true, budget: faultBudget},
		{name: "the same with UDP 123 dropped", pages: []string{"https://page.example/"}, lost: func(string) bool { return true }, doubted: true, budget: faultBudget},
		{name: "all servers against the pages", pages: []string{"https://page.example/", "https://other.example/"}, ahead: func(string) time.Duration { return time.Hour }},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				boot := func() time.Duration { return time.Hour + time.Since(start) }
				way := func() time.Duration { return 50 * time.Millisecond }
				var answered, lookups atomic.Int64
				ntp := probetest.NTPMemory{There: way, Back: way, Lost: row.lost, Now: func(address string) time.Time {
					answered.Add(1)
					if row.ahead == nil {
						return time.Now()
					}
					return time.Now().Add(row.ahead(address))
				}}
				page := &dateServer{config: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}}
				names := map[string]string{"a.example": "192.0.2.1", "b.example": "192.0.2.2", "c.example": "192.0.2.3", "d.example": "192.0.2.4", "page.example": "192.0.2.9", "other.example": "192.0.2.10"}
				p, err := clock.New(clock.Options{
					NTP: []string{"a.example", "b.example", "c.example", "d.example"}, HTTPS: row.pages, Every: every.Every,
					Keeper: clock.NewKeeper(clock.KeeperOptions{Boottime: boot}),
					Verify: func([]*x509.Certificate, string, time.Time) error { return nil },
					Resolve: func(_ context.Context, name string) ([]netip.Addr, bool, error) {
						lookups.Add(1)
						return []netip.Addr{netip.MustParseAddr(names[name])}, false, nil
					},
					Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
						if network == "tcp" {
							return page.dial(), nil
						}
						return ntp.Dial(ctx, network, address)
					},
				})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 72*time.Hour)
				defer cancel()
				timetable := schedule.New([]schedule.Task{{Probe: p, Every: every.Every, Timeout: every.Timeout}}, schedule.Options{Boottime: boot, Seed: "T0000001"})
				cost := func() int64 {
					got := answered.Load()
					return got*queryCost + (ntp.Queries()-got)*queryCost/2 + page.full.Load()*pageCost + page.resumed.Load()*resumedCost + lookups.Load()*lookupCost
				}
				if row.doubted {
					go func() {
						for ctx.Err() == nil {
							p.Ask()
							timetable.Doubt("clock")
							select {
							case <-time.After(5 * time.Minute):
							case <-ctx.Done():
							}
						}
					}()
				}
				var first, second atomic.Int64
				time.AfterFunc(24*time.Hour, func() { first.Store(cost()) })
				time.AfterFunc(48*time.Hour, func() { second.Store(cost()) })
				var last probes.Result
				timetable.Run(ctx, func(r probes.Result) { last = r })
				t.Logf("%d B on the first day, %d B on the third: %s", first.Load(), cost()-second.Load(), last.Detail)
				assert.LessOrEqual(t, cost()-second.Load(), cmp.Or(row.budget, timeBudget))
				assert.Positive(t, cost()-second.Load())
			})
		})
	}
}

// liar is how far a server's clock is ahead that may be one of the liars.
func liar(address string, liars ...string) time.Duration {
	if slices.Contains(liars, address) {
		return 301 * time.Second
	}
	return 0
}
