package terminal_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

func host() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
}

// netd is a terminal whose resolver knows one name.
func netd(t *testing.T, root string) (*probetest.DNSProxy, *terminal.Terminal) {
	t.Helper()
	s, err := probetest.ListenDNSProxy(filepath.Join(root, "dev/socket/dnsproxyd"), map[string][]netip.Addr{"pos.acquirer.example": host(), "bare.example": nil})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s, terminal.Open(root)
}

func TestLookup(t *testing.T) {
	for _, row := range []struct {
		name, host string
		netd       probetest.DNSProxyBehaviour
		want       []netip.Addr
		reason     probes.Reason
		says       string
	}{
		{name: "Android 6 and later", host: "pos.acquirer.example", want: host()},
		{name: "Android 5", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Form: probetest.DNSProxy5}, want: host()},
		{name: "Android 5 with a 64-bit netd", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Form: probetest.DNSProxy5x64}, want: host()},
		{name: "a byte at a time", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Slow: time.Microsecond}, want: host()},
		{name: "an absolute name is asked for as Java asks", host: "pos.acquirer.example.", want: host()},
		{name: "a name without addresses", host: "bare.example"},
		{name: "no such name", host: "none.example", reason: probes.Malformed, says: "EAI_NODATA: no such name"},
		{name: "no answer in time, from the name servers", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: 2}, reason: probes.Malformed, says: "EAI_AGAIN: the name servers"},
		{name: "a code that nobody knows", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Failure: -3}, reason: probes.Malformed, says: "EAI code -3"},
		{name: "garbage", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Raw: []byte("HTTP/1.1 400\r\n\r\n")}, reason: probes.Malformed, says: `netd answers "HTTP/1.1 400"`},
		{name: "it hangs up", host: "pos.acquirer.example", netd: probetest.DNSProxyBehaviour{Raw: []byte{}}, reason: probes.Malformed, says: "the answer ends early"},
		{name: "a space would be another argument", host: "pos example", reason: probes.Malformed, says: "no name that can be asked for"},
		{name: "a zero would end the command", host: "pos\x00example", reason: probes.Malformed, says: "no name that can be asked for"},
		{name: "the word for no host", host: "^", reason: probes.Malformed, says: "no name that can be asked for"},
		{name: "a name longer than names are", host: strings.Repeat("a.", 128), reason: probes.Malformed, says: "no name that can be asked for"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, lost := netd(t, t.TempDir())
			s.Behave(row.netd)
			got, err := lost.Lookup(t.Context(), row.host)
			assert.Equal(t, row.want, got)
			if assert.Equal(t, row.reason, terminal.ReasonOf(err), "%v", err); row.says != "" {
				assert.ErrorContains(t, err, row.says)
			}
			if row.want != nil {
				assert.Equal(t, []string{"getaddrinfo pos.acquirer.example ^ 1024 0 1 0 0"}, s.Commands())
			}
		})
	}
}

func TestLookupFailuresAreNamed(t *testing.T) {
	s, here := netd(t, t.TempDir())
	for _, code := range []terminal.EAI{terminal.EAIAgain, terminal.EAIFail, terminal.EAINoData, terminal.EAINoName, terminal.EAISystem} {
		s.Behave(probetest.DNSProxyBehaviour{Failure: int32(code)})
		_, err := here.Lookup(t.Context(), "pos.acquirer.example")
		assert.ErrorIs(t, err, code)
	}
}

// TestLookupThroughALongRoot: the kernel takes 107 bytes of a socket's path.
func TestLookupThroughALongRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	_, here := netd(t, root)
	got, err := here.Lookup(t.Context(), "pos.acquirer.example")
	require.NoError(t, err)
	assert.Equal(t, host(), got)
}

func TestLookupWithoutAResolver(t *testing.T) {
	for name, root := range map[string]string{"short": t.TempDir(), "long": filepath.Join(t.TempDir(), strings.Repeat("long/", 40))} {
		t.Run(name, func(t *testing.T) {
			_, err := terminal.Open(root).Lookup(t.Context(), "pos.acquirer.example")
			assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
			require.NoError(t, os.MkdirAll(root, 0o755))
			_, err = terminal.Open(root).Lookup(t.Context(), "pos.acquirer.example")
			assert.Equal(t, probes.Absent, terminal.ReasonOf(err))
		})
	}
}

func TestLookupEndsWithItsContext(t *testing.T) {
	s, here := netd(t, t.TempDir())
	s.Behave(probetest.DNSProxyBehaviour{Silent: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := here.Lookup(ctx, "pos.acquirer.example")
	assert.Equal(t, terminal.Timeout, terminal.ReasonOf(err))

	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = here.Lookup(stopped, "pos.acquirer.example")
	assert.Equal(t, probes.Cancelled, terminal.ReasonOf(err))
}

// TestLookupCutAtEveryByte: an answer that ends early is no answer.
func TestLookupCutAtEveryByte(t *testing.T) {
	s, here := netd(t, t.TempDir())
	for _, form := range []probetest.DNSProxyForm{probetest.DNSProxy6, probetest.DNSProxy5, probetest.DNSProxy5x64} {
		for cut := 1; cut < len(probetest.DNSProxyAnswer(form, host())); cut++ {
			s.Behave(probetest.DNSProxyBehaviour{Form: form, Cut: cut})
			got, err := here.Lookup(t.Context(), "pos.acquirer.example")
			require.Empty(t, got, "%s cut after %d bytes", form, cut)
			require.ErrorContains(t, err, "the answer ends early", "%s cut after %d bytes", form, cut)
		}
	}
}
