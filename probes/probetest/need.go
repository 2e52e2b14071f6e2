package probetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// TB is what this package asks of a test: *testing.T, *testing.B and *testing.F have it. It stands here so that the
// simulated terminals, which the product's demo shows too, do not link the testing package.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Need returns the path of an external program that a test drives: from PATH, or from the folders of system programs,
// which an ordinary user's PATH leaves out. Without the program the test ends as Unable has it, naming the Debian package.
func Need(t TB, program string) string {
	t.Helper()
	if path, err := exec.LookPath(program); err == nil {
		if absolute, err := filepath.Abs(path); err == nil {
			return absolute
		}
	}
	for _, folder := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		path := filepath.Join(folder, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return path
		}
	}
	Unable(t, fmt.Sprintf("%s is not installed: apt-get install %s to run this test", program, debianPackage(program)))
	return ""
}

// Unable ends a test that this machine or this call can't run, and says why. Where CI=true it fails: nobody would see the
// hole. No test is skipped by other means, which cmd/poshealth's TestNothingIsSkippedUnseen holds.
func Unable(t TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s; CI=true allows no skipping", why)
		return
	}
	t.Skipf("%s", why)
}

// debianPackage names the package that holds a program, where it is not called like the program.
func debianPackage(program string) string {
	switch program {
	case "mosquitto_pub", "mosquitto_sub", "mosquitto_rr":
		return "mosquitto-clients"
	case "mosquitto_passwd":
		return "mosquitto"
	case "ip", "tc", "ss":
		return "iproute2"
	case "nft":
		return "nftables"
	case "chronyd", "chronyc":
		return "chrony"
	case "unshare", "nsenter", "setpriv":
		return "util-linux"
	case "qemu-arm", "qemu-aarch64":
		return "qemu-user"
	case "qemu-arm-static", "qemu-aarch64-static":
		return "qemu-user-static"
	case "readelf", "objdump":
		return "binutils"
	case "ping":
		return "iputils-ping"
	case "javac", "java":
		return "default-jdk-headless"
	case "dig":
		return "bind9-dnsutils"
	}
	return program
}
