package link_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

// patience is far more than a kernel takes to tell of a carrier: it waits up to a second by itself, and longer on a busy machine.
const patience = time.Minute

// ipRun runs lines of ip's arguments; $IP is there in a namespace of a test's own.
func ipRun(t testing.TB, lines ...string) {
	t.Helper()
	for _, line := range lines {
		out, err := exec.Command(os.Getenv("IP"), strings.Fields(line)...).CombinedOutput()
		require.NoError(t, err, "ip %s: %s", line, out)
	}
}

// watching runs a watcher until the test ends, and gives what it tells.
func watching(t *testing.T, w *link.Watcher) <-chan link.Change {
	t.Helper()
	told := make(chan link.Change, 64)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, func(c link.Change) { told <- c }) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(patience):
			t.Error("the watcher does not end")
		}
	})
	probe := link.New(link.Options{Watcher: w})
	require.Eventually(t, func() bool { _, counted := probe.Observe(t.Context()).Reading("changes"); return counted }, patience, time.Millisecond)
	return told
}

// hears waits for a change of a kind; what else is told meanwhile is let pass.
func hears(t *testing.T, told <-chan link.Change, what, iface string) {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case c := <-told:
			if c.What == what && (c.Interface == iface || c.Interface == "") {
				return
			}
		case <-limit:
			t.Fatalf("nothing is told of %s of %q", what, iface)
		}
	}
}

// nextIs: the next thing told is this and nothing else, so that what was done before was not told of.
func nextIs(t *testing.T, told <-chan link.Change, want link.Change) {
	t.Helper()
	select {
	case c := <-told:
		assert.Equal(t, want, c)
	case <-time.After(patience):
		t.Fatalf("nothing is told of %v", want)
	}
}

const pair = `carries() { n=0; until "$IP" -o link show "$1" | grep -q "state UP"; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done; }
for i in eth7 wlan7; do for all in all default; do echo 1 >/proc/sys/net/ipv6/conf/$all/disable_ipv6; done; "$IP" link add $i type veth peer name far$i; "$IP" link set far$i up; "$IP" link set $i up; carries $i; done
"$IP" addr add 10.7.0.2/24 dev eth7; "$IP" route add default via 10.7.0.1`

func TestWatcherTellsWhatTheKernelTells(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), pair) {
		return
	}
	w := link.NewWatcher(link.Options{})
	probe := link.New(link.Options{Watcher: w})
	told := watching(t, w)
	require.Equal(t, 0.0, reading(t, look(t, probe), "changes"))

	// A flap between two looks.
	ipRun(t, "link set fareth7 down")
	hears(t, told, "link", "eth7")
	ipRun(t, "link set fareth7 up")
	hears(t, told, "link", "eth7")
	assert.Equal(t, 2.0, reading(t, look(t, probe), "changes"))
	assert.Equal(t, 0.0, reading(t, look(t, probe), "changes"), "counted once")

	// Wi-Fi that searches beside the cable.
	ipRun(t, "link set farwlan7 down")
	hears(t, told, "link", "wlan7")
	assert.Equal(t, 0.0, reading(t, look(t, probe), "changes"))

	// The cable is pulled for good: it carried at the last look.
	ipRun(t, "link set fareth7 down")
	hears(t, told, "link", "eth7")
	assert.Equal(t, 1.0, reading(t, look(t, probe), "changes"))
	ipRun(t, "link set fareth7 up")
	hears(t, told, "link", "eth7")

	ipRun(t, "addr add 10.7.0.3/24 dev eth7")
	hears(t, told, "address", "eth7")
	ipRun(t, "addr del 10.7.0.3/24 dev eth7")
	hears(t, told, "address", "eth7")
	ipRun(t, "route replace default via 10.7.0.9")
	hears(t, told, "route", "")
	ipRun(t, "route del default")
	hears(t, told, "route", "")
}

func TestWatcherKeepsQuiet(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), pair) {
		return
	}
	told := watching(t, link.NewWatcher(link.Options{}))
	ipRun(t, "route replace default via 10.7.0.8")
	nextIs(t, told, link.Change{What: "route"})
	ipRun(t,
		"route replace default via 10.7.0.8", // the same again
		"route add 10.99.0.0/16 via 10.7.0.1", "route del 10.99.0.0/16", "addr add 127.0.0.9/8 dev lo", "link set lo down", "link set lo up",
		"link set eth7 mtu 1400", "link set eth7 alias till", "link set eth7 promisc on",
		"addr change 10.7.0.2/24 dev eth7 valid_lft 600 preferred_lft 600", // a lease renewed
		"addr add 10.7.0.5/24 dev eth7")
	nextIs(t, told, link.Change{What: "address", Interface: "eth7"})
}

// TestRouteComesBackWithItsLink: the kernel says nothing of a route that goes with its link, so that the same one is news.
func TestRouteComesBackWithItsLink(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), pair) {
		return
	}
	told := watching(t, link.NewWatcher(link.Options{}))
	ipRun(t, "route replace default via 10.7.0.8")
	hears(t, told, "route", "")
	ipRun(t, "link set eth7 down")
	hears(t, told, "link", "eth7")
	ipRun(t, "link set eth7 up")
	hears(t, told, "link", "eth7")
	ipRun(t, "route add default via 10.7.0.8")
	hears(t, told, "route", "")
}

func TestWatcherThatCannotRun(t *testing.T) {
	_, other := terminalIn(t)
	for _, row := range []struct {
		name   string
		o      link.Options
		reason probes.Reason
	}{
		{"another terminal", other, probes.Absent},
		{"interfaces that cannot be listed", link.Options{Interfaces: func() ([]net.Interface, error) { return nil, os.ErrPermission }}, probes.Denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := link.NewWatcher(row.o)
			var refused *terminal.Error
			require.True(t, errors.As(w.Run(t.Context(), func(link.Change) { t.Error("told") }), &refused))
			assert.Equal(t, row.reason, refused.Reason)
			_, counted := link.New(link.Options{Root: other.Root, Watcher: w}).Observe(t.Context()).Reading("changes")
			assert.False(t, counted)
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, link.NewWatcher(link.Options{}).Run(ended, func(link.Change) { t.Error("told") }))
}

// message is one as rtnetlink has it, with attributes of text or numbers.
func message(kind uint16, body []byte, attrs map[uint16][]byte) []byte {
	for k, v := range attrs {
		a := binary.NativeEndian.AppendUint16(nil, uint16(4+len(v)))
		a = append(binary.NativeEndian.AppendUint16(a, k), v...)
		body = append(body, append(a, make([]byte, (4-len(a)%4)%4)...)...)
	}
	m := binary.NativeEndian.AppendUint32(nil, uint32(16+len(body)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	return append(append(m, make([]byte, 10)...), body...)
}

func linkMessage(kind uint16, family byte, index, flags uint32, name string) []byte {
	body := []byte{family, 0, 0, 0}
	body = binary.NativeEndian.AppendUint32(body, index)
	body = binary.NativeEndian.AppendUint32(body, flags)
	return message(kind, append(body, 0, 0, 0, 0), map[uint16][]byte{unix.IFLA_IFNAME: append([]byte(name), 0)})
}

func TestLinkMessages(t *testing.T) {
	const on = unix.IFF_UP | unix.IFF_RUNNING
	w := link.NewWatcher(link.Options{})
	link7 := []link.Change{{What: "link", Interface: "eth7"}}
	for _, row := range []struct {
		name    string
		message []byte
		want    []link.Change
	}{
		{"it appears, down", linkMessage(unix.RTM_NEWLINK, 0, 7, 0, "eth7"), nil},
		{"it comes up", linkMessage(unix.RTM_NEWLINK, 0, 7, on, "eth7"), link7},
		{"the same again", linkMessage(unix.RTM_NEWLINK, 0, 7, on|unix.IFF_PROMISC, "eth7"), nil},
		{"it leaves a bridge", linkMessage(unix.RTM_DELLINK, unix.AF_BRIDGE, 7, on, "eth7"), nil},
		{"its bridge says that it has no carrier", linkMessage(unix.RTM_NEWLINK, unix.AF_BRIDGE, 7, 0, "eth7"), nil},
		{"the loopback", linkMessage(unix.RTM_NEWLINK, 0, 1, on|unix.IFF_LOOPBACK, "lo"), nil},
		{"one of the kernel's own", linkMessage(unix.RTM_NEWLINK, 0, 8, on, "dummy0"), nil},
		{"one without a name", linkMessage(unix.RTM_NEWLINK, 0, 9, on, ""), nil},
		{"cut short", linkMessage(unix.RTM_NEWLINK, 0, 7, 0, "eth7")[:30], nil},
		{"two at once", append(linkMessage(unix.RTM_NEWLINK, 0, 7, unix.IFF_UP, "eth7"), linkMessage(unix.RTM_NEWLINK, 0, 7, on, "eth7")...), append(link7, link7...)},
		{"it goes", linkMessage(unix.RTM_DELLINK, 0, 7, 0, "eth7"), link7},
		{"it goes again", linkMessage(unix.RTM_DELLINK, 0, 7, 0, "eth7"), nil},
	} {
		assert.Equal(t, row.want, w.News(row.message), row.name)
	}
	assert.Equal(t, 4, w.Changes("eth7"))
}

func TestAddressAndRouteMessages(t *testing.T) {
	w := link.NewWatcher(link.Options{})
	w.News(linkMessage(unix.RTM_NEWLINK, 0, 7, unix.IFF_UP|unix.IFF_RUNNING, "eth7"))
	addr := func(kind uint16, index byte, made, renewed uint32) []byte {
		times := binary.NativeEndian.AppendUint32(make([]byte, 8), made)
		return message(kind, []byte{2, 24, 0, 0, index, 0, 0, 0}, map[uint16][]byte{unix.IFA_CACHEINFO: binary.NativeEndian.AppendUint32(times, renewed)})
	}
	route := func(kind uint16, bits, sort, gateway byte) []byte {
		return message(kind, []byte{2, bits, 0, 0, 254, 3, 0, sort, 0, 0, 0, 0}, map[uint16][]byte{unix.RTA_GATEWAY: {10, 7, 0, gateway}})
	}
	for _, row := range []struct {
		name    string
		message []byte
		want    string
	}{
		{"a new address", addr(unix.RTM_NEWADDR, 7, 5, 5), "address"},
		{"a lease renewed", addr(unix.RTM_NEWADDR, 7, 5, 900), ""},
		{"an address of one that is not watched", addr(unix.RTM_NEWADDR, 1, 5, 5), ""},
		{"a default route", route(unix.RTM_NEWROUTE, 0, unix.RTN_UNICAST, 1), "route"},
		{"the same", route(unix.RTM_NEWROUTE, 0, unix.RTN_UNICAST, 1), ""},
		{"by another gateway", route(unix.RTM_NEWROUTE, 0, unix.RTN_UNICAST, 2), "route"},
		{"one that leads nowhere", route(unix.RTM_NEWROUTE, 0, unix.RTN_UNREACHABLE, 3), ""},
		{"to one network", route(unix.RTM_NEWROUTE, 16, unix.RTN_UNICAST, 3), ""},
		{"it goes", route(unix.RTM_DELROUTE, 0, unix.RTN_UNICAST, 2), "route"},
		{"the address goes, and the first route without a word", addr(unix.RTM_DELADDR, 7, 5, 900), "address"},
		{"the first route again", route(unix.RTM_NEWROUTE, 0, unix.RTN_UNICAST, 1), "route"},
	} {
		got := w.News(row.message)
		if row.want == "" {
			assert.Empty(t, got, row.name)
		} else if assert.Len(t, got, 1, row.name) {
			assert.Equal(t, row.want, got[0].What, row.name)
		}
	}
}

// TestWatcherStaysSmall: modems and containers bring ever new interfaces.
func TestWatcherStaysSmall(t *testing.T) {
	w := link.NewWatcher(link.Options{})
	for i := range uint32(10 * link.MaxWatched) {
		name := "eth" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		w.News(linkMessage(unix.RTM_NEWLINK, 0, i, 0, "new"+name))
		w.News(linkMessage(unix.RTM_NEWLINK, 0, i, unix.IFF_UP|unix.IFF_RUNNING, name)) // renamed
		w.News(linkMessage(unix.RTM_DELLINK, 0, i, 0, name))
	}
	links, flaps, _ := w.Sizes()
	assert.Zero(t, links)
	assert.LessOrEqual(t, flaps, link.MaxWatched)
	assert.Len(t, w.News(linkMessage(unix.RTM_NEWLINK, 0, 1<<20, unix.IFF_UP|unix.IFF_RUNNING, "wlan0")), 1, "there is room for a new one")
}

func FuzzNews(f *testing.F) {
	f.Add(linkMessage(unix.RTM_NEWLINK, 0, 7, unix.IFF_UP|unix.IFF_RUNNING, "eth7"))
	f.Add(linkMessage(unix.RTM_DELLINK, 0, 7, 0, "eth7"))
	f.Add(message(unix.RTM_NEWADDR, []byte{2, 24, 0, 0, 7, 0, 0, 0}, map[uint16][]byte{unix.IFA_CACHEINFO: make([]byte, 16)}))
	f.Add(message(unix.RTM_NEWROUTE, []byte{2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0}, map[uint16][]byte{unix.RTA_GATEWAY: {10, 7, 0, 1}}))
	w := link.NewWatcher(link.Options{})
	f.Fuzz(func(t *testing.T, b []byte) {
		changes := w.News(b)
		assert.LessOrEqual(t, len(changes), len(b)/16)
		links, flaps, routes := w.Sizes()
		assert.LessOrEqual(t, max(links, flaps, routes), link.MaxWatched)
	})
}

func BenchmarkLookWithWatcher(b *testing.B) {
	w := link.NewWatcher(link.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = w.Run(ctx, func(link.Change) {}) }()
	defer func() { cancel(); <-ended }()
	for _, row := range []struct {
		name string
		o    link.Options
	}{{"without", link.Options{}}, {"with", link.Options{Watcher: w}}} {
		b.Run(row.name, func(b *testing.B) {
			p := link.New(row.o)
			b.ReportAllocs()
			for b.Loop() {
				p.Observe(ctx)
			}
		})
	}
}

// BenchmarkProbes looks at this machine's own links; a machine with one alone has none that waits.
func BenchmarkProbes(b *testing.B) {
	standby := link.NewStandby(link.StandbyOptions{
		Hosts: []link.StandbyHost{{Name: "a", Address: "192.0.2.7:443"}}, Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			return near, far.Close()
		},
	})
	for _, p := range []probes.Probe{link.NewRoute(link.Options{}), standby} {
		b.Run(p.ID().Kind(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Observe(b.Context())
			}
		})
	}
}

func BenchmarkNews(b *testing.B) {
	w := link.NewWatcher(link.Options{})
	m := linkMessage(unix.RTM_NEWLINK, 0, 7, unix.IFF_UP|unix.IFF_RUNNING, "eth7")
	b.ReportAllocs()
	for b.Loop() {
		w.News(m)
	}
}
