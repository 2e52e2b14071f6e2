package probetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// writeModel writes the model's files, where there is one. Network files come from [Terminal.writeNetwork].
func (t *Terminal) writeModel() error {
	if t.o.Folder == "" {
		return nil
	}
	model, err := Model(t.o.Folder)
	if err != nil {
		return err
	}
	return fs.WalkDir(model, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "sys/class/net/") || strings.HasPrefix(path, "proc/") {
			return err
		}
		content, err := fs.ReadFile(model, path)
		if err != nil {
			return err
		}
		return t.write(path, string(content))
	})
}

// writePrograms writes the programs that an agent runs on a terminal. They never change after: only the captures that
// they print do, so that no agent meets a program that is being written.
func (t *Terminal) writePrograms() error {
	program, err := models.ReadFile("terminals/program")
	if err != nil {
		return err
	}
	for _, name := range []string{"getprop", "dumpsys", "settings", "pm", "cmd", "df"} {
		if err := writeWhole(filepath.Join(t.dir, "system/bin", name), program, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// writeProps writes the properties of a captured terminal, made those of this one.
func (t *Terminal) writeProps() error {
	text, err := capture("getprop.txt")
	if t.o.Folder != "" {
		var own []byte
		own, err = models.ReadFile("terminals/" + t.o.Folder + "/captures/getprop.txt")
		text = string(own)
	}
	if err != nil {
		return err
	}
	t.props = strings.Split(strings.TrimSpace(text), "\n")
	set := map[string]string{
		"ro.serialno":      t.o.Serial,
		"ro.boot.serialno": t.o.Serial,
		// The captured phone was unlocked; a payment terminal is not.
		"ro.boot.verifiedbootstate": "green",
		"ro.boot.flash.locked":      "1",
		"net.hostname":              "android-" + strings.ToLower(t.o.Serial),
	}
	if t.o.Brand != "" {
		set["ro.product.brand"], set["ro.product.manufacturer"] = t.o.Brand, t.o.Brand
	}
	if t.o.Model != "" {
		device := strings.ToLower(strings.ReplaceAll(t.o.Model, " ", "_"))
		set["ro.product.model"], set["ro.product.name"], set["ro.product.device"] = t.o.Model, device, device
		set["ro.build.fingerprint"] = fmt.Sprintf("%s/%s/%s:%s/N2G47H/1:user/release-keys", t.o.Brand, device, device, t.o.Release)
	}
	if t.o.Release != "" {
		set["ro.build.version.release"], set["ro.build.version.sdk"] = t.o.Release, apiLevel(t.o.Release)
	}
	for key, value := range set {
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
		t.write("proc/uptime", "86400.00 43200.00\n"),
		t.write("captures/settings_list_global.txt", "airplane_mode_on=0\nauto_time=1\nauto_time_zone=1\nmobile_data=0\nwifi_on=1\n"),
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
