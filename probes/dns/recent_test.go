package dns_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/dns"
)

type names func(name string) ([]netip.Addr, error)

func (n names) Lookup(_ context.Context, name string) ([]netip.Addr, error) { return n(name) }

// TestRecent: three hosts that are looked at each ten minutes need one lookup in that time, and each its own once an hour; and
// whatever is doubtful is looked up.
func TestRecent(t *testing.T) {
	now, dead, lookups := time.Hour, false, map[string]int{}
	b := dns.NewBook(func() time.Duration { return now })
	c, err := dns.NewClient(nil, names(func(name string) ([]netip.Addr, error) {
		lookups[name]++
		if dead {
			return nil, errors.New("no server answers")
		}
		return []netip.Addr{addr("192.0.2.1")}, nil
	}), b)
	require.NoError(t, err)
	const every = 10 * time.Minute
	look := func(name string) (recent bool) {
		if _, ok := b.Recent(name, every); ok {
			return true
		}
		_, _, _ = c.Resolve(t.Context(), name)
		return false
	}
	_, ok := b.Recent("a.test", every)
	assert.False(t, ok, "nothing was ever found")
	for range 24 * 6 {
		for _, name := range []string{"a.test", "b.test", "c.test"} {
			look(name)
			now += every / 3
		}
	}
	assert.InDelta(t, 24*6, lookups["a.test."]+lookups["b.test."]+lookups["c.test."], 30, "one in each round, and one an hour of the others")
	for _, name := range []string{"a.test.", "b.test.", "c.test."} {
		assert.GreaterOrEqual(t, lookups[name], 22, name)
	}

	look("a.test")
	require.True(t, look("b.test"))
	b.Doubt()
	assert.False(t, look("b.test"), "another network")
	assert.False(t, look("a.test"), "that one answers tells nothing of where the other is there")
	assert.True(t, look("a.test"))

	dead = true
	_, _, _ = c.Resolve(t.Context(), "d.test")
	assert.False(t, look("a.test"), "lookups fail")
	dead = false
	_, _, _ = c.Resolve(t.Context(), "d.test")
	assert.True(t, look("a.test"), "they work again")
	now += every * 9 / 10
	assert.True(t, look("a.test"))
	now++
	assert.False(t, look("a.test"), "somebody must look up")

	var none *dns.Book
	none.Doubt()
	_, ok = none.Recent("a.test", every)
	assert.False(t, ok)
}
