package path_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/path"
	"github.com/poshealth/poshealth/probes/terminal"
)

func TestNewPath(t *testing.T) {
	for _, address := range []string{"", "host", "host:", "host:0", "host:99999", ":443", "a b:443", "u@host:443"} {
		_, err := path.NewPath(path.Options{Name: "a", Address: address})
		assert.Error(t, err, address)
	}
	p, err := path.NewPath(path.Options{Name: "acquirer-a", Address: "[2001:db8::1]:443"})
	require.NoError(t, err)
	assert.Equal(t, probes.ID("path/acquirer-a"), p.ID())
}

func TestPathWithoutAnAddress(t *testing.T) {
	for name, resolve := range map[string]func(context.Context, string) ([]netip.Addr, bool, error){
		"no such name": func(context.Context, string) ([]netip.Addr, bool, error) {
			return nil, false, errors.New("no such name")
		},
		"name without any":    func(context.Context, string) ([]netip.Addr, bool, error) { return nil, false, nil },
		"addresses not valid": func(context.Context, string) ([]netip.Addr, bool, error) { return []netip.Addr{{}}, true, nil },
	} {
		p, err := path.NewPath(path.Options{Name: "a", Address: "pos.example:443", Resolve: resolve})
		require.NoError(t, err)
		o := p.Observe(t.Context())
		assert.Equal(t, probes.Unknown, o.Outcome, name)
		assert.Equal(t, path.NoAddress, o.Reason, name)
	}
}

func TestGatewayThatIsNot(t *testing.T) {
	denied := &terminal.Error{What: "/proc/net/route", Reason: probes.Denied, Err: errors.New("permission denied")}
	for _, row := range []struct {
		name    string
		gateway func(context.Context) (netip.Addr, *bool, error)
		reason  probes.Reason
	}{
		{"no source", nil, probes.Absent},
		{"no gateway", func(context.Context) (netip.Addr, *bool, error) { return netip.Addr{}, nil, nil }, probes.Absent},
		{"not told", func(context.Context) (netip.Addr, *bool, error) { return netip.Addr{}, nil, denied }, probes.Denied},
	} {
		g := path.NewGateway(path.GatewayOptions{Gateway: row.gateway})
		assert.Equal(t, probes.ID("gateway"), g.ID())
		o := g.Observe(t.Context())
		assert.Equal(t, probes.Unknown, o.Outcome, row.name)
		assert.Equal(t, row.reason, o.Reason, row.name)
	}
}
