package link_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/link"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// shopOutside makes a second namespace, with a payment host at 10.9.9.9:7000, and leads eth7, wlan7 and rmnet7 to it: 10.1.0.2,
// 10.2.0.2 and 10.3.0.2, all with a default route, eth7's first. It gives a function that runs ip on the far side.
func shopOutside(t *testing.T) (far func(lines ...string)) {
	t.Helper()
	jobs, ran, done, ready := make(chan func()), make(chan struct{}), make(chan struct{}), make(chan int)
	var apart func()
	apart = func() { // the thread of the other namespace, which ends with the goroutine
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() { // not the first thread, whose namespace /proc/self shows
			go apart()
			<-done
			return
		}
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		ready <- unix.Gettid()
		for job := range jobs {
			job()
			ran <- struct{}{}
		}
	}
	go apart()
	thread := <-ready
	in := func(job func()) { jobs <- job; <-ran }
	t.Cleanup(func() { close(jobs); close(done) })
	far = func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			var out []byte
			var err error
			in(func() { out, err = exec.Command(os.Getenv("IP"), strings.Fields(line)...).CombinedOutput() })
			require.NoError(t, err, "far: ip %s: %s", line, out)
		}
	}
	far("link set lo up", "addr add 10.9.9.9/32 dev lo")
	for n, name := range []string{"eth7", "wlan7", "rmnet7"} {
		ipRun(t, fmt.Sprintf("link add %s type veth peer name far%s", name, name), fmt.Sprintf("link set far%s netns %d", name, thread))
		far("link set far"+name+" up", fmt.Sprintf("addr add 10.%d.0.1/24 dev far%s", n+1, name))
		ipRun(t, "link set "+name+" up", fmt.Sprintf("addr add 10.%d.0.2/24 dev %s", n+1, name))
		ipRun(t, fmt.Sprintf("route add default via 10.%d.0.1 dev %s metric %d", n+1, name, n+10))
	}
	var listener net.Listener
	var err error
	in(func() { listener, err = net.Listen("tcp", "10.9.9.9:7000") })
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	require.Eventually(t, func() bool { return reading(t, look(t, link.New(link.Options{})), "up") == 3 }, patience, time.Millisecond)
	return far
}

func standbyLook(t *testing.T, o link.StandbyOptions, limit time.Duration) probes.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	got := link.NewStandby(o).Observe(ctx)
	assert.Empty(t, probetest.Faults(got))
	return got
}

func TestStandbyTriesEachLinkByItself(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true") {
		return
	}
	far := shopOutside(t)
	open, shut := link.StandbyHost{Name: "acquirer-a", Address: "10.9.9.9:7000"}, link.StandbyHost{Name: "acquirer-b", Address: "10.9.9.9:7001"}
	o := link.StandbyOptions{Hosts: []link.StandbyHost{open, shut}}
	const limit = 5 * time.Second

	got := standbyLook(t, o, limit)
	assert.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, []float64{2, 2, 1}, []float64{reading(t, got, "links"), reading(t, got, "reaching"), reading(t, got, "open")})
	assert.Equal(t, []string{"mobile,wi-fi", "acquirer-a", "acquirer-b"}, []string{got.Fact("bearer"), got.Fact("opens"), got.Fact("shut")})

	got = standbyLook(t, link.StandbyOptions{Hosts: []link.StandbyHost{shut}}, limit)
	assert.Equal(t, probes.Pass, got.Outcome, "a refusal came over the link: %s", got.Detail)
	assert.Equal(t, 0.0, reading(t, got, "open"))

	probetest.Contract(t, link.NewStandby(o))

	// Nobody answers behind the mobile link.
	far("addr del 10.3.0.1/24 dev farrmnet7", "neigh flush all")
	ipRun(t, "neigh flush all")
	got = standbyLook(t, o, limit)
	assert.Equal(t, probes.Fail, got.Outcome)
	assert.Equal(t, link.Silent, got.Reason, got.Detail)
	assert.Contains(t, got.Detail, "rmnet7 (mobile)")
	assert.NotContains(t, got.Detail, "wlan7")
	assert.Equal(t, 1.0, reading(t, got, "reaching"))
	assert.Equal(t, "acquirer-a", got.Fact("opens"))
	assert.Equal(t, "acquirer-b", got.Fact("shut"), "a host that another link opens is not shut")
	far("addr add 10.3.0.1/24 dev farrmnet7")
	ipRun(t, "neigh flush all")

	ipRun(t, "link set wlan7 down", "link set rmnet7 down")
	got = standbyLook(t, o, limit)
	assert.Equal(t, probes.Absent, got.Reason, got.Detail)
}

// TestMarkLeadsWhereRulesKeepUsOut: rules of routing that let nobody by a link but those whose packets are marked.
func TestMarkLeadsWhereRulesKeepUsOut(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true") {
		return
	}
	far := shopOutside(t)
	far("addr add fd00:9::9/128 dev lo nodad", "addr add fd00:3::1/64 dev farrmnet7 nodad")
	ipRun(t, "link set wlan7 down", "addr add fd00:3::2/64 dev rmnet7 nodad", "-6 route add default via fd00:3::1 dev rmnet7 table 700",
		"-6 rule add pref 50 fwmark 0xd0065 lookup 700", "-6 rule add pref 100 oif rmnet7 unreachable")
	o := link.StandbyOptions{Hosts: []link.StandbyHost{{Name: "a", Address: "[fd00:9::9]:7000"}}}
	got := standbyLook(t, o, 5*time.Second)
	assert.Equal(t, link.Silent, got.Reason, got.Detail)
	o.Mark = link.NetdMark(func(context.Context) (dump.Connectivity, error) {
		return dump.Connectivity{Networks: []dump.Network{{ID: 100, Interface: "wlan7"}, {ID: 101, Interface: "rmnet7"}}}, nil
	})
	got = standbyLook(t, o, 5*time.Second)
	assert.Equal(t, probes.Pass, got.Outcome, "nobody listens there, and says so: %s", got.Detail)
}

func TestStandbyJudgesOnlyWhatWasTried(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true") {
		return
	}
	shopOutside(t)
	host := []link.StandbyHost{{Name: "a", Address: "a.example:7000"}}
	found := func(addrs ...string) func(context.Context, string) ([]netip.Addr, bool, error) {
		return func(context.Context, string) ([]netip.Addr, bool, error) {
			var all []netip.Addr
			for _, a := range addrs {
				all = append(all, netip.MustParseAddr(a))
			}
			return all, false, nil
		}
	}
	dialled := func(err error) func(context.Context, string, string) (net.Conn, error) {
		return func(_ context.Context, _, address string) (net.Conn, error) {
			if address != "192.0.2.7:7000" {
				return nil, errors.New("not the address that was meant")
			}
			if err != nil {
				return nil, err
			}
			ours, theirs := net.Pipe()
			_ = theirs.Close()
			return ours, nil
		}
	}
	for _, row := range []struct {
		name    string
		o       link.StandbyOptions
		outcome probes.Outcome
		reason  probes.Reason
	}{
		{"a connection", link.StandbyOptions{Hosts: host, Resolve: found("192.0.2.7"), Dial: dialled(nil)}, probes.Pass, ""},
		{"an address of IPv6 first, which the links do not have", link.StandbyOptions{Hosts: host, Resolve: found("2001:db8::7", "192.0.2.7"), Dial: dialled(nil)}, probes.Pass, ""},
		{"the name is not found", link.StandbyOptions{Hosts: host, Dial: dialled(nil), Resolve: func(context.Context, string) ([]netip.Addr, bool, error) {
			return nil, false, errors.New("no such name")
		}}, probes.Unknown, link.NoAddress},
		{"nothing but IPv6", link.StandbyOptions{Hosts: host, Resolve: found("2001:db8::7"), Dial: dialled(nil)}, probes.Unknown, link.NoAddress},
		{"no resolver given, and none here", link.StandbyOptions{Hosts: []link.StandbyHost{{Name: "a", Address: "a.invalid:7000"}}}, probes.Unknown, link.NoAddress},
		{"may not choose", link.StandbyOptions{Hosts: host, Resolve: found("192.0.2.7"), Dial: dialled(os.NewSyscallError("setsockopt", syscall.EPERM))}, probes.Unknown, probes.Denied},
		{"no way there", link.StandbyOptions{Hosts: host, Resolve: found("192.0.2.7"), Dial: dialled(os.NewSyscallError("connect", syscall.ENETUNREACH))}, probes.Fail, link.Silent},
		{"no host", link.StandbyOptions{}, probes.Unknown, probes.Absent},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := standbyLook(t, row.o, time.Second)
			assert.Equal(t, row.outcome, got.Outcome, got.Detail)
			assert.Equal(t, row.reason, got.Reason, got.Detail)
		})
	}

	// More links than are tried: those that are not tried are not accused.
	for n := range 4 {
		ipRun(t, fmt.Sprintf("link add wlan1%d type veth peer name far1%d", n, n), fmt.Sprintf("link set far1%d up", n), fmt.Sprintf("link set wlan1%d up", n),
			fmt.Sprintf("addr add 10.10.%d.2/24 dev wlan1%d", n, n))
	}
	require.Eventually(t, func() bool { return reading(t, look(t, link.New(link.Options{})), "up") >= 7 }, patience, time.Millisecond)
	got := standbyLook(t, link.StandbyOptions{Hosts: host, Resolve: found("192.0.2.7"), Dial: dialled(nil)}, 5*time.Second)
	assert.Equal(t, probes.Pass, got.Outcome, got.Detail)
	assert.Equal(t, reading(t, got, "links"), reading(t, got, "reaching"))
	assert.Equal(t, 1.0, reading(t, got, "open"), "hosts are counted, not links")
}

func TestStandbyOfAnotherTerminal(t *testing.T) {
	simulated, other := terminalIn(t)
	require.NoError(t, simulated.SetCarrier("eth0", true))
	p := link.NewStandby(link.StandbyOptions{Link: other, Hosts: []link.StandbyHost{{Name: "a", Address: "127.0.0.1:1"}}})
	assert.Equal(t, probes.ID("standby"), p.ID())
	assert.Equal(t, probes.Absent, look(t, p).Reason)
	probetest.Contract(t, p)
}

func TestNetdMark(t *testing.T) {
	known, failed := dump.Connectivity{Networks: []dump.Network{{ID: 101, Interface: "rmnet0"}, {ID: 102}}}, error(nil)
	mark := link.NetdMark(func(context.Context) (dump.Connectivity, error) { return known, failed })
	got, ok := mark(t.Context(), "rmnet0")
	assert.True(t, ok)
	assert.Equal(t, uint32(0xd0065), got, "network 101, chosen, a part of the system")
	for _, name := range []string{"wlan0", ""} {
		_, ok = mark(t.Context(), name)
		assert.False(t, ok, name)
	}
	failed = os.ErrPermission
	_, ok = mark(t.Context(), "rmnet0")
	assert.False(t, ok)
}

func TestGateway(t *testing.T) {
	if !probetest.InNamespace(t, t.Name(), "true") {
		return
	}
	gateway := link.Gateway(link.Options{})
	addr, answered, err := gateway(t.Context())
	require.NoError(t, err)
	assert.False(t, addr.IsValid(), "there is none")
	assert.Nil(t, answered)

	shopOutside(t)
	addr, answered, err = gateway(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "10.1.0.1", addr.String())
	assert.Nil(t, answered, "nobody asked it yet")
	conn, err := net.DialTimeout("tcp", "10.9.9.9:7000", patience)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	_, answered, err = gateway(t.Context())
	require.NoError(t, err)
	require.NotNil(t, answered)
	assert.True(t, *answered)

	ipRun(t, "route del default dev eth7", "route del default dev wlan7")
	addr, _, err = gateway(t.Context())
	require.NoError(t, err)
	assert.False(t, addr.IsValid(), "a carrier's is no shop's")

	ipRun(t, "route del default dev rmnet7", "-6 route add default via fe80::1 dev wlan7")
	addr, answered, err = gateway(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "fe80::1%wlan7", addr.String(), "without its interface nobody can send to it")
	assert.Nil(t, answered)
}
