package probetest_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

func simulated(t *testing.T, o probetest.TerminalOptions) *probetest.Terminal {
	t.Helper()
	sim, err := probetest.NewTerminal(t.TempDir(), o)
	require.NoError(t, err)
	return sim
}

// text is a file of the terminal.
func text(t *testing.T, sim *probetest.Terminal, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(sim.Root(), name))
	require.NoError(t, err)
	return string(content)
}

// output is what a program of the terminal prints, complaints included.
func output(t *testing.T, sim *probetest.Terminal, name string, args ...string) string {
	t.Helper()
	out, _ := exec.Command(filepath.Join(sim.Root(), "system/bin", name), args...).CombinedOutput()
	return string(out)
}

func TestTerminalPrograms(t *testing.T) {
	sim := simulated(t, probetest.TerminalOptions{Serial: "T0000001", Release: "9"})
	for _, row := range []struct {
		name string
		args []string
		want string // a pattern for the whole output
	}{
		{"getprop", nil, `(?s)^\[gsm\.network\.type\]: .*\[ro\.serialno\]: \[T0000001\]\n.*\[wlan\.driver\.status\]: \[ok\]\n$`},
		{"getprop", []string{"ro.product.model"}, `^V2 PRO\n$`},
		{"getprop", []string{"ro.build.version.sdk"}, `^28\n$`},
		{"getprop", []string{"no.such"}, `^$`},
		{"dumpsys", []string{"battery"}, `(?s)^Current Battery Service state:.*  level: 76\n`},
		{"dumpsys", []string{"-t", "5", "battery"}, `(?s)^Current Battery Service state:`},
		{"dumpsys", []string{"package", "com.acquirer.pos"}, `(?s)Package \[com\.acquirer\.pos\].*versionCode=30401 .*versionName=3\.4\.1\n`},
		{"dumpsys", []string{"package", "com.none"}, `(?s)Unable to find package: com\.none`},
		{"dumpsys", []string{"nfc"}, `^Can't find service: nfc\n$`},
		{"settings", []string{"get", "global", "airplane_mode_on"}, `^0\n$`},
		{"settings", []string{"get", "global", "none"}, `^null\n$`},
		{"pm", []string{"path", "com.acquirer.pos"}, `^package:/data/app/com\.acquirer\.pos-1/base\.apk\n$`},
		{"pm", []string{"path", "com.none"}, `^$`},
		{"cmd", []string{"package", "path", "com.acquirer.pos"}, `^package:`},
		{"cmd", []string{"wifi", "status"}, `^cmd: Can't find service: wifi\n$`},
		{"df", nil, `(?m)^/dev/block/dm-1 +5371000 +\d+ +2050781 +\d+% /data$`},
	} {
		t.Run(row.name+" "+strings.Join(row.args, " "), func(t *testing.T) {
			assert.Regexp(t, regexp.MustCompile(row.want), output(t, sim, row.name, row.args...))
		})
	}
}

// The formats are the kernel's, to the column: compared with what this machine's kernel prints.
func TestTerminalNetworkLooksLikeTheKernels(t *testing.T) {
	sim := simulated(t, probetest.TerminalOptions{})
	for _, row := range []struct{ file, line string }{
		{"proc/net/route", `^(Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT +|\w+(\t[0-9A-F]{8}){2}\t[0-9A-F]{4}\t\d+\t\d+\t\d+\t[0-9A-F]{8}\t\d+\t\d+\t\d+ *)$`},
		{"proc/net/arp", `^(IP address       HW type     Flags       HW address            Mask     Device|[0-9. ]{17}0x\w{1,2} {8,9}0x\w {9}[0-9a-f:]{17}     \*        \w+)$`},
		{"proc/net/fib_trie", `^(Main:|Local:|  \+-- .*| +\+-- [0-9.]+/\d+ \d+ \d+ \d+| +\|-- [0-9.]+| +/\d+ (host|link|universe) (LOCAL|UNICAST|BROADCAST))$`},
		{"proc/net/if_inet6", `^[0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} +\w+$`},
		{"proc/net/ipv6_route", `^[0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{32} [0-9a-f]{2} [0-9a-f]{32}( [0-9a-f]{8}){4} +\w+$`},
	} {
		t.Run(row.file, func(t *testing.T) {
			pattern := regexp.MustCompile(row.line)
			sources := map[string]string{"simulated": text(t, sim, row.file)}
			if real, err := os.ReadFile("/" + row.file); err == nil {
				sources["this machine's"] = string(real)
			}
			for name, content := range sources {
				for line := range strings.SplitSeq(strings.TrimSuffix(content, "\n"), "\n") {
					if line != "" {
						assert.Regexp(t, pattern, line, name)
					}
				}
			}
		})
	}
}

func TestTerminalNetwork(t *testing.T) {
	const route = "eth0\t00000000\t0101A8C0\t0003\t"
	sim := simulated(t, probetest.TerminalOptions{})
	assert.Contains(t, text(t, sim, "proc/net/route"), route)
	assert.Contains(t, text(t, sim, "proc/net/fib_trie"), "|-- 192.168.1.23\n              /32 host LOCAL\n")
	assert.Regexp(t, `192\.168\.1\.1 +0x1 +0x2 `, text(t, sim, "proc/net/arp"))
	assert.Equal(t, "1\n", text(t, sim, "sys/class/net/eth0/carrier"))
	assert.Equal(t, "up\n", text(t, sim, "sys/class/net/eth0/operstate"))
	assert.Equal(t, "0\n", text(t, sim, "sys/class/net/wlan0/carrier"))

	require.NoError(t, sim.SetRoute(false))
	assert.NotContains(t, text(t, sim, "proc/net/route"), route)
	assert.Contains(t, text(t, sim, "proc/net/fib_trie"), "192.168.1.23")

	require.NoError(t, sim.SetRoute(true))
	require.NoError(t, sim.SetAddress(false))
	assert.NotContains(t, text(t, sim, "proc/net/route"), "eth0")
	assert.NotContains(t, text(t, sim, "proc/net/fib_trie"), "192.168.1.")

	require.NoError(t, sim.SetAddress(true))
	require.NoError(t, sim.SetCarrier("eth0", false))
	assert.Equal(t, "0\n", text(t, sim, "sys/class/net/eth0/carrier"))
	assert.Equal(t, "0x1003\n", text(t, sim, "sys/class/net/eth0/flags"))
	assert.Regexp(t, `192\.168\.1\.1 +0x1 +0x0 `, text(t, sim, "proc/net/arp"))

	require.NoError(t, sim.SetCarrier("wlan0", true))
	assert.Contains(t, text(t, sim, "proc/net/route"), "wlan0\t00000000\t0101A8C0\t")
	assert.Equal(t, "0x1043\n", text(t, sim, "sys/class/net/wlan0/flags"))

	assert.ErrorContains(t, sim.SetCarrier("ppp0", true), "want eth0 or wlan0")
}

func TestTerminalOptions(t *testing.T) {
	sim := simulated(t, probetest.TerminalOptions{
		Address: netip.MustParseAddr("10.9.8.7"), Gateway: netip.MustParseAddr("10.9.8.254"),
		Brand: "PAX", Model: "A920", Timezone: "Asia/Urumqi", Package: "cn.pos", VersionName: "1.0", VersionCode: 7,
	})
	assert.Contains(t, text(t, sim, "proc/net/route"), "eth0\t00000000\tFE08090A\t")
	assert.Contains(t, text(t, sim, "proc/net/fib_trie"), "|-- 10.9.8.7\n")
	assert.Equal(t, "A920\n", output(t, sim, "getprop", "ro.product.model"))
	assert.Equal(t, "Asia/Urumqi\n", output(t, sim, "getprop", "persist.sys.timezone"))
	assert.Contains(t, output(t, sim, "dumpsys", "package", "cn.pos"), "versionCode=7 ")

	require.NoError(t, sim.SetApp("cn.other", "2.0", 2, probetest.AppRunning))
	require.NoError(t, sim.SetApp("cn.other", "", 0, probetest.AppMissing))
	assert.Equal(t, "cn.pos\x00", text(t, sim, "proc/2741/cmdline"), "another app's end is not its own")

	_, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{Address: netip.MustParseAddr("fd00::1")})
	require.ErrorContains(t, err, "want IPv4 both")

	occupied := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(occupied, nil, 0o600))
	_, err = probetest.NewTerminal(occupied, probetest.TerminalOptions{})
	assert.Error(t, err)
}

func TestTerminalsDiffer(t *testing.T) {
	one, two := simulated(t, probetest.TerminalOptions{Serial: "T1"}), simulated(t, probetest.TerminalOptions{Serial: "T2"})
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\n$`)
	const boot = "proc/sys/kernel/random/boot_id"
	assert.Regexp(t, uuid, text(t, one, boot))
	assert.NotEqual(t, text(t, one, boot), text(t, two, boot))
}

// A reader never sees a file half written or missing while it changes.
func TestTerminalChangesWhole(t *testing.T) {
	sim := simulated(t, probetest.TerminalOptions{})
	var writers sync.WaitGroup
	for i := range 2 {
		writers.Go(func() {
			for n := range 40 {
				assert.NoError(t, sim.SetMemory(int64(n+i)<<20))
				assert.NoError(t, sim.SetBattery(n, i == 0))
				assert.NoError(t, sim.SetCarrier("eth0", n%2 == 0))
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		memory := text(t, sim, "proc/meminfo")
		require.True(t, strings.HasPrefix(memory, "MemTotal:") && strings.HasSuffix(memory, " kB\n"), memory)
		require.Regexp(t, `^[01]\n$`, text(t, sim, "sys/class/net/eth0/carrier"))
	}
}

// Every capture that is linked in says where it comes from.
func TestCapturesHaveTheirSource(t *testing.T) {
	const folder = "testdata/terminal"
	provenance, err := os.ReadFile(filepath.Join(folder, "PROVENANCE.tsv"))
	require.NoError(t, err)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, file := range files {
		if file.Name() != "PROVENANCE.tsv" {
			assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(file.Name())+`\t.*\t(MIT|Apache-2\.0)\t`, string(provenance))
		}
	}
}

func ExampleNewTerminal() {
	folder, err := os.MkdirTemp("", "terminal")
	if err != nil {
		return
	}
	defer os.RemoveAll(folder)
	sim, err := probetest.NewTerminal(folder, probetest.TerminalOptions{Serial: "T0000001"})
	if err != nil {
		return
	}
	_ = sim.SetCarrier("eth0", false) // an agent with --root folder sees the cable go
}
