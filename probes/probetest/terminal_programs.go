package probetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writePrograms writes the programs that an agent runs on a terminal. They never change after: only the captures that
// they print do, so that no agent meets a program that is being written.
func (t *Terminal) writePrograms() error {
	const head = `#!/bin/sh
# A simulated terminal's program: it prints what lies in the captures folder.
captures="${0%/*}/../../captures"
`
	programs := map[string]string{
		"getprop": `if [ $# -eq 0 ]; then exec cat "$captures/getprop.txt"; fi
exec sed -n "s/^\[$1\]: \[\(.*\)\]\$/\1/p" "$captures/getprop.txt"
`,
		// The real one exits with 0 whatever it finds.
		"dumpsys": `if [ "$1" = "-t" ]; then shift 2; fi
if [ "$1" = package ] && [ $# -ge 2 ]; then
	if [ -r "$captures/dumpsys_package_$2.txt" ]; then exec cat "$captures/dumpsys_package_$2.txt"; fi
	printf 'Dexopt state:\n  Unable to find package: %s\n\nCompiler stats:\n  Unable to find package: %s\n' "$2" "$2"
	exit 0
fi
if [ -r "$captures/dumpsys_$1.txt" ]; then exec cat "$captures/dumpsys_$1.txt"; fi
echo "Can't find service: $1" >&2
exit 0
`,
		"settings": `if [ "$1" = get ] && [ -r "$captures/settings_$2_$3.txt" ]; then exec cat "$captures/settings_$2_$3.txt"; fi
echo null
`,
		"pm": `if [ "$1" = path ] && [ -r "$captures/pm_path_$2.txt" ]; then exec cat "$captures/pm_path_$2.txt"; fi
exit 1
`,
		"cmd": `if [ "$1" = package ]; then shift; exec "${0%/*}/pm" "$@"; fi
echo "cmd: Can't find service: $1" >&2
exit 20
`,
		"df": `exec cat "$captures/df.txt"
`,
	}
	for name, text := range programs {
		if err := t.write("system/bin/"+name, head+text); err != nil {
			return err
		}
		if err := os.Chmod(filepath.Join(t.dir, "system/bin", name), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// writeProps writes the properties of a captured terminal, made those of this one.
func (t *Terminal) writeProps() error {
	text, err := capture("getprop.txt")
	if err != nil {
		return err
	}
	t.props = strings.Split(strings.TrimSpace(text), "\n")
	device := strings.ToLower(strings.ReplaceAll(t.o.Model, " ", "_"))
	for key, value := range map[string]string{
		"ro.serialno":              t.o.Serial,
		"ro.boot.serialno":         t.o.Serial,
		"ro.product.brand":         t.o.Brand,
		"ro.product.manufacturer":  t.o.Brand,
		"ro.product.model":         t.o.Model,
		"ro.product.name":          device,
		"ro.product.device":        device,
		"ro.build.version.release": t.o.Release,
		"ro.build.version.sdk":     apiLevel(t.o.Release),
		"ro.build.fingerprint":     fmt.Sprintf("%s/%s/%s:%s/N2G47H/1:user/release-keys", t.o.Brand, device, device, t.o.Release),
		// The captured phone was unlocked; a payment terminal is not.
		"ro.boot.verifiedbootstate": "green",
		"ro.boot.flash.locked":      "1",
		"net.hostname":              "android-" + strings.ToLower(t.o.Serial),
	} {
		t.setProp(key, value)
	}
	return t.SetProp("persist.sys.timezone", t.o.Timezone)
}

func (t *Terminal) setProp(key, value string) {
	prefix := "[" + key + "]: ["
	for i, line := range t.props {
		if strings.HasPrefix(line, prefix) {
			t.props[i] = prefix + value + "]"
			return
		}
	}
	t.props = append(t.props, prefix+value+"]")
}

// writeStill writes what does not change while the terminal runs.
func (t *Terminal) writeStill() error {
	errs := []error{
		t.write("proc/loadavg", "0.42 0.31 0.28 1/612 2741\n"),
		t.write("proc/1/cmdline", "/init\x00"),
		t.write("proc/sys/kernel/random/boot_id", uuid(t.o.Serial)+"\n"),
		t.write("captures/settings_global_airplane_mode_on.txt", "0\n"),
		t.write("captures/settings_global_auto_time.txt", "1\n"),
		t.write("captures/settings_global_auto_time_zone.txt", "1\n"),
	}
	for name, source := range map[string]string{
		"proc/stat": "stat.txt", "proc/cpuinfo": "cpuinfo.txt",
		"proc/pressure/cpu": "pressure.txt", "proc/pressure/memory": "pressure.txt", "proc/pressure/io": "pressure.txt",
	} {
		text, err := capture(source)
		errs = append(errs, err, t.write(name, text))
	}
	return errors.Join(errs...)
}

// apiLevel is the SDK number of an Android release, without which a reader of both would take one for a lie.
func apiLevel(release string) string {
	major, rest, _ := strings.Cut(release, ".")
	switch {
	case major == "5" && !strings.HasPrefix(rest, "1"):
		return "21"
	case major == "5":
		return "22"
	case major == "6":
		return "23"
	case major == "7" && !strings.HasPrefix(rest, "1"):
		return "24"
	case major == "7":
		return "25"
	case major == "8" && !strings.HasPrefix(rest, "1"):
		return "26"
	case major == "8":
		return "27"
	case major == "9":
		return "28"
	case major == "10":
		return "29"
	case major == "11":
		return "30"
	case major == "12":
		return "31"
	case major == "13":
		return "33"
	case major == "14":
		return "34"
	}
	return "35"
}

// uuid makes a boot id that differs from terminal to terminal and is the same in every run of a demo.
func uuid(seed string) string {
	h := fmt.Sprintf("%x", sha256.Sum256([]byte(seed)))
	return h[0:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
}
