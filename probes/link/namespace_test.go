package link_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
)

// inside tells the copy of this test that runs in a network namespace to look and to print what it sees.
const inside = "POSHEALTH_TEST_INSIDE_NAMESPACE"

type sight struct{ Link, Route probes.Observation }

// carries waits until the kernel has noticed that an interface has a peer: it does so in its own time.
const carries = `carries() { n=0; until "$IP" -o link show "$1" | grep -q "state UP"; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done; }
`

// TestNamespace looks from a fresh network namespace, whose /sys still shows the interfaces of the one outside: the
// probes must tell their own.
func TestNamespace(t *testing.T) {
	if os.Getenv(inside) != "" {
		out, err := json.Marshal(sight{link.New(link.Options{}).Observe(t.Context()), link.NewRoute(link.Options{}).Observe(t.Context())})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(os.Getenv(inside), out, 0o600))
		return
	}
	unshare, ip := probetest.Need(t, "unshare"), probetest.Need(t, "ip")
	if exec.Command(unshare, "-n", "true").Run() != nil {
		probetest.Unable(t, "this user may not make a network namespace")
	}
	for _, row := range []struct {
		name   string
		setup  string
		link   probes.Reason
		route  probes.Reason
		bearer string
	}{
		{name: "nothing but the loopback", setup: "true", link: link.NoInterface, route: link.NoAddress},
		{name: "an interface without a peer that is up", setup: "$IP link add eth7 type veth peer name far0; $IP link set eth7 up", link: link.NoCarrier, route: link.NoAddress},
		{name: "a link without an address", setup: "$IP link add eth7 type veth peer name far0; $IP link set far0 up; $IP link set eth7 up; carries eth7", route: link.NoAddress, bearer: link.Ethernet},
		{name: "an address without a route", setup: "$IP link add eth7 type veth peer name far0; $IP link set far0 up; $IP link set eth7 up; carries eth7; $IP addr add 10.7.0.2/24 dev eth7", route: link.NoRoute, bearer: link.Ethernet},
		{name: "all there", setup: "$IP link add eth7 type veth peer name far0; $IP link set far0 up; $IP link set eth7 up; carries eth7; $IP addr add 10.7.0.2/24 dev eth7; $IP route add default via 10.7.0.1", bearer: link.Ethernet},
		{name: "the route in a table of its own, as Android keeps it", setup: "$IP link add wlan7 type veth peer name far0; $IP link set far0 up; $IP link set wlan7 up; carries wlan7; $IP addr add 10.7.0.2/24 dev wlan7; $IP route add default via 10.7.0.1 table 1007; $IP rule add from all lookup 1007", bearer: link.WiFi},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := t.TempDir() + "/sight.json"
			// $0 is this test's program: the shell sets the namespace up and becomes it.
			cmd := exec.Command(unshare, "-n", "sh", "-ec", carries+row.setup+`; exec "$0" -test.run='^TestNamespace$'`, os.Args[0])
			cmd.Env = append(os.Environ(), "IP="+ip, inside+"="+file)
			if out, err := cmd.CombinedOutput(); err != nil {
				probetest.Unable(t, "this kernel does not let us set the namespace up: "+err.Error()+": "+string(out))
			}
			var got sight
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(raw, &got))
			assert.Equal(t, row.link, got.Link.Reason, got.Link.Detail)
			assert.Equal(t, row.route, got.Route.Reason, got.Route.Detail)
			assert.Equal(t, row.bearer, got.Link.Fact("bearer"))
			if row.route == "" {
				assert.Equal(t, row.bearer, got.Route.Fact("bearer"))
				assert.Equal(t, "10.7.0.2", got.Route.Fact("address"))
			}
		})
	}
}

// TestIoctlsTellWhatNetlinkTells compares the way that Android leaves to apps with the ordinary one.
func TestIoctlsTellWhatNetlinkTells(t *testing.T) {
	want, err := net.Interfaces()
	require.NoError(t, err)
	got := link.IoctlInterfaces()
	names := func(list []net.Interface) map[string]net.Flags {
		out := make(map[string]net.Flags)
		for _, i := range list {
			out[i.Name] = i.Flags & (net.FlagUp | net.FlagLoopback | net.FlagRunning)
		}
		return out
	}
	assert.Equal(t, names(want), names(got))
}
