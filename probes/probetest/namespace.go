package probetest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// insideNamespace tells the copy of a test that runs in a network namespace of its own that it does.
const insideNamespace = "POSHEALTH_TEST_INSIDE_NAMESPACE"

// RealPackets makes the loopback of a namespace carry packets as a wire does: of Ethernet's size, each for itself. For
// [InNamespace].
const RealPackets = `"$IP" link set lo mtu 1500 gso_max_segs 1`

// InNamespace runs the top-level test called name anew, in a fresh network namespace that has nothing but a loopback and what
// setup makes of it: lines for a shell, which finds ip as $IP. True: this is that run, and the test may go on; false: it is
// over, and what it found is what this test found. Where no namespace can be made the test ends as Skip has it.
func InNamespace(t TB, name, setup string) bool {
	t.Helper()
	if os.Getenv(insideNamespace) != "" {
		return true
	}
	unshare, ip := Need(t, "unshare"), Need(t, "ip")
	if exec.Command(unshare, "-n", ip, "link", "set", "lo", "up").Run() != nil {
		Unable(t, "this user may not make a network namespace")
		return false
	}
	// $0 is this test's program: the shell sets the namespace up and becomes it.
	script := `"$IP" link set lo up; ` + setup + `; exec "$0" -test.v -test.run="^` + name + `\$"`
	cmd := exec.Command(unshare, "-n", "sh", "-ec", script, os.Args[0])
	cmd.Env = append(os.Environ(), "IP="+ip, insideNamespace+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in a network namespace of its own: %v\n%s", err, out)
		return false
	}
	t.Logf("%s", out)
	return false
}

// LoopbackCarried is what the loopback of this namespace carried so far: bytes from the IP header on, and packets.
func LoopbackCarried() (bytes, packets int, err error) {
	table, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(table)) {
		name, counts, _ := strings.Cut(line, ":")
		fields := strings.Fields(counts)
		if strings.TrimSpace(name) != "lo" || len(fields) < 2 {
			continue
		}
		if bytes, err = strconv.Atoi(fields[0]); err == nil {
			packets, err = strconv.Atoi(fields[1])
		}
		return bytes, packets, err
	}
	return 0, 0, fmt.Errorf("no loopback in /proc/net/dev")
}
