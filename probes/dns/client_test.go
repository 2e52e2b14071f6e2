package dns_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/dns"
	"github.com/poshealth/poshealth/probes/probetest"
)

func TestClientFallsBackOnTheBook(t *testing.T) {
	s := nameServer(t)
	book := dns.NewBook(func() time.Duration { return time.Minute })
	c, err := dns.NewClient([]string{s.Addr()}, nil, book)
	require.NoError(t, err)

	s.SetMode(probetest.DNSServFail)
	_, _, err = c.Resolve(t.Context(), "pos.acquirer.example")
	require.ErrorContains(t, err, "cannot resolve pos.acquirer.example: "+s.Addr()+" servfail")

	s.SetMode(probetest.DNSOK)
	addrs, fromBook, err := c.Resolve(t.Context(), "pos.acquirer.example")
	require.NoError(t, err)
	assert.False(t, fromBook)
	assert.Equal(t, []netip.Addr{addr("192.0.2.7"), addr("192.0.2.8"), addr("2001:db8::7")}, addrs, "IPv4 first")

	s.SetMode(probetest.DNSServFail)
	last, fromBook, err := c.Resolve(t.Context(), "POS.acquirer.example.")
	require.NoError(t, err)
	assert.True(t, fromBook)
	assert.Equal(t, addrs, last)

	addrs, fromBook, err = c.Resolve(t.Context(), "192.0.2.99")
	require.NoError(t, err)
	assert.False(t, fromBook)
	assert.Equal(t, []netip.Addr{addr("192.0.2.99")}, addrs)
}

func TestBookIsBounded(t *testing.T) {
	var now time.Duration
	b := dns.NewBook(func() time.Duration { now += time.Second; return now })
	many := make([]netip.Addr, 20)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
	}
	for i := range dns.MaxNames + 3 {
		b.Put(fmt.Sprintf("host-%d.example", i), many)
	}
	_, _, ok := b.Get("host-2.example")
	assert.False(t, ok, "the oldest made way")
	got, age, ok := b.Get("host-3.example")
	require.True(t, ok)
	assert.Len(t, got, dns.MaxAddresses)
	assert.Equal(t, now-4*time.Second, age)

	b.Put("host-3.example", nil)
	_, _, ok = b.Get("host-3.example")
	assert.True(t, ok, "no addresses are no news")
}

func TestBookIsShared(t *testing.T) {
	b := dns.NewBook(func() time.Duration { return 0 })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 100 {
				b.Put(fmt.Sprintf("h%d.example", (i+j)%40), []netip.Addr{addr("192.0.2.1")})
				b.Get(fmt.Sprintf("h%d.example", j%40))
			}
		})
	}
	wg.Wait()
	var none *dns.Book
	none.Put("a", []netip.Addr{addr("192.0.2.1")})
	_, _, ok := none.Get("a")
	assert.False(t, ok, "a nil book remembers nothing")
}
