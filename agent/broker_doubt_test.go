package agent

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAddressThatIsGone(t *testing.T) {
	has := func(prefixes ...string) func() ([]net.Addr, error) {
		return func() (all []net.Addr, _ error) {
			for _, p := range prefixes {
				ip, network, err := net.ParseCIDR(p)
				if err != nil {
					return nil, err
				}
				all = append(all, &net.IPNet{IP: ip, Mask: network.Mask})
			}
			return all, nil
		}
	}
	four := &net.TCPAddr{IP: net.ParseIP("10.1.2.3"), Port: 40000}
	six := &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 40000, Zone: "wlan0"}
	assert.False(t, gone(four, has("127.0.0.1/8", "10.1.2.3/24")))
	assert.True(t, gone(four, has("127.0.0.1/8", "10.1.2.4/24")))
	assert.False(t, gone(six, has("fe80::1/64")))
	assert.True(t, gone(six, has("10.1.2.3/24")))
	assert.False(t, gone(four, has()), "a system that lists none tells nothing")
	assert.False(t, gone(four, func() ([]net.Addr, error) { return nil, errors.New("permission denied") }), "an app of today may not ask")
}
