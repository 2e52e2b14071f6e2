package probetest

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// captures are outputs of real terminals, with their source and licence beside them in PROVENANCE.tsv.
//
//go:embed testdata/terminal
var captures embed.FS

// TerminalOptions says what a simulated terminal is. The zero value is a Sunmi V2 PRO with Android 7.1.2 and a payment
// app, on Ethernet, charging, with room for everything: a healthy one.
type TerminalOptions struct {
	// Folder names one of [Models] to begin with: its captures and its /sys, but for the network, which is this terminal's own
	// to change. Brand, Model and Release are then the model's unless they are given. "": a plain terminal.
	Folder string

	Serial   string // default "SIM00000001"
	Brand    string // default "SUNMI"
	Model    string // default "V2 PRO"
	Release  string // of Android, default "7.1.2"
	Timezone string // default "Asia/Shanghai"

	Package     string // the payment app, default "com.acquirer.pos"
	VersionName string // default "3.4.1"
	VersionCode int64  // default 30401

	Address netip.Addr // of its default route's interface, IPv4, /24; default 192.168.1.23
	Gateway netip.Addr // default 192.168.1.1
}

// AppState is what has become of an app.
type AppState string

// The states of an app.
const (
	AppRunning  AppState = "running"  // installed, enabled, its process there
	AppIdle     AppState = "idle"     // the same, without a process
	AppStopped  AppState = "stopped"  // force-stopped: it does not start by itself
	AppDisabled AppState = "disabled" // disabled by the user or by device policy
	AppMissing  AppState = "missing"  // not installed
)

// firstPID is the process of the payment app, the following ones those of other apps; 1 is init's. A real terminal has a
// hundred more, to no purpose here.
const firstPID = 2741

// Terminal is a simulated terminal: a folder with the files and programs of an Android terminal that an agent reads with
// --root. Its methods change what the agent will see at its next look; each file changes at once and whole. They may be
// called while agents read it and from several goroutines.
//
// It has no network and no clock of its own: those stay the machine's.
type Terminal struct {
	dir string
	o   TerminalOptions

	mu      sync.Mutex // guards what follows, and the writing of files
	props   []string   // lines of getprop
	apps    []string   // packages ever named; an app's place tells its process
	carrier map[string]bool
	route   bool
	address bool
}

// NewTerminal writes a simulated terminal into dir, which it makes if need be. It does not clean the folder first, nor
// ever remove it.
func NewTerminal(dir string, o TerminalOptions) (*Terminal, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("simulated terminal in %q: %w", dir, err)
	}
	o = o.withDefaults()
	if !o.Address.Is4() || !o.Gateway.Is4() {
		return nil, fmt.Errorf("simulated terminal %s: address %v, gateway %v: want IPv4 both", o.Serial, o.Address, o.Gateway)
	}
	t := &Terminal{
		dir:     absolute,
		o:       o,
		carrier: map[string]bool{"eth0": true, "wlan0": false},
		route:   true,
		address: true,
	}
	for _, step := range []func() error{
		t.writeModel, t.writePrograms, t.writeProps, t.writeStill, t.writeNetwork,
		func() error { return t.SetApp(o.Package, o.VersionName, o.VersionCode, AppRunning) },
		func() error { return t.SetDisk(2_100_000_000) },
		func() error { return t.SetMemory(420 << 20) },
		func() error { return t.SetBattery(76, true) },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("simulated terminal %s: %w", o.Serial, err)
		}
	}
	return t, nil
}

func (o TerminalOptions) withDefaults() TerminalOptions {
	o.Serial = cmp.Or(o.Serial, "SIM00000001")
	if o.Folder == "" {
		o.Brand = cmp.Or(o.Brand, "SUNMI")
		o.Model = cmp.Or(o.Model, "V2 PRO")
		o.Release = cmp.Or(o.Release, "7.1.2")
	}
	o.Timezone = cmp.Or(o.Timezone, "Asia/Shanghai")
	o.Package = cmp.Or(o.Package, "com.acquirer.pos")
	o.VersionName = cmp.Or(o.VersionName, "3.4.1")
	o.VersionCode = cmp.Or(o.VersionCode, 30401)
	if !o.Address.IsValid() {
		o.Address = netip.AddrFrom4([4]byte{192, 168, 1, 23})
	}
	if !o.Gateway.IsValid() {
		o.Gateway = netip.AddrFrom4([4]byte{192, 168, 1, 1})
	}
	return o
}

// Root is the folder to give to an agent as --root.
func (t *Terminal) Root() string { return t.dir }

// SetCarrier plugs a cable in or takes it out (eth0), associates or not (wlan0). The route stays as it is: see SetRoute.
func (t *Terminal) SetCarrier(iface string, up bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.carrier[iface]; !known {
		return fmt.Errorf("simulated terminal %s has no interface %q: want eth0 or wlan0", t.o.Serial, iface)
	}
	t.carrier[iface] = up
	return t.writeNetwork()
}

// SetRoute gives or takes the default route. It leads through eth0, or through wlan0 when that alone has carrier.
func (t *Terminal) SetRoute(up bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.route = up
	return t.writeNetwork()
}

// SetAddress gives or takes the IPv4 address; without one there is no route either.
func (t *Terminal) SetAddress(up bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.address = up
	return t.writeNetwork()
}

// SetProp sets a system property, as getprop will print it.
func (t *Terminal) SetProp(key, value string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setProp(key, value)
	return t.write("captures/getprop.txt", strings.Join(t.props, "\n")+"\n")
}

// SetApp makes a package what it shall be; a package may be new.
func (t *Terminal) SetApp(name, versionName string, versionCode int64, state AppState) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.apps, name) {
		t.apps = append(t.apps, name)
	}
	dump, path := "captures/dumpsys_package_"+name+".txt", "captures/pm_path_"+name+".txt"
	process := fmt.Sprintf("proc/%d/cmdline", firstPID+slices.Index(t.apps, name))
	if state == AppMissing {
		return errors.Join(t.remove(dump), t.remove(path), t.remove(process))
	}
	enabled, stopped := "enabled=0", "stopped=false"
	switch state {
	case AppDisabled:
		enabled = "enabled=3"
	case AppStopped:
		stopped = "stopped=true"
	case AppRunning, AppIdle, AppMissing:
	}
	text, err := capture("dumpsys_package.txt")
	if err != nil {
		return err
	}
	text = strings.NewReplacer(
		"com.sunmi.displaydemo", name,
		"versionCode=1 ", "versionCode="+strconv.FormatInt(versionCode, 10)+" ",
		"versionName=1.0\n", "versionName="+versionName+"\n",
		" stopped=false ", " "+stopped+" ",
		" enabled=0 ", " "+enabled+" ",
		"DEBUGGABLE ", "",
		"TEST_ONLY ", "",
	).Replace(text)
	if state == AppRunning {
		err = t.write(process, name+"\x00")
	} else {
		err = t.remove(process)
	}
	return errors.Join(err, t.write(dump, text), t.write(path, "package:/data/app/"+name+"-1/base.apk\n"))
}

// SetDisk sets what is free on /data, of 5.5 GB.
func (t *Terminal) SetDisk(freeBytes int64) error {
	const totalKiB = 5_371_000
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := capture("df.txt")
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasSuffix(line, " /data") {
			free := freeBytes / 1024
			lines[i] = fmt.Sprintf("%-20s %8d %7d %9d %3d%% /data", "/dev/block/dm-1", totalKiB, totalKiB-free, free, (totalKiB-free)*100/totalKiB)
		}
	}
	return t.write("captures/df.txt", strings.Join(lines, "\n"))
}

// SetMemory sets what the kernel believes to be available, of 1 GB.
func (t *Terminal) SetMemory(availableBytes int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := capture("meminfo.txt")
	if err != nil {
		return err
	}
	total, rest, _ := strings.Cut(text, "\n")
	_, rest, _ = strings.Cut(rest, "\n")
	kib := availableBytes / 1024
	return t.write("proc/meminfo", fmt.Sprintf("%s\nMemFree:        %8d kB\nMemAvailable:   %8d kB\n%s", total, kib/2, kib, rest))
}

// SetBattery sets the battery's level in percent, and whether a charger is plugged in.
func (t *Terminal) SetBattery(level int, charging bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := capture("dumpsys_battery.txt")
	if err != nil {
		return err
	}
	status, word := "status: 3", "Discharging"
	if charging {
		status, word = "status: 2", "Charging"
	}
	text = strings.NewReplacer(
		"AC powered: false", "AC powered: "+strconv.FormatBool(charging),
		"USB powered: true", "USB powered: false",
		"status: 2", status,
		"level: 44", "level: "+strconv.Itoa(level),
	).Replace(text)
	supply := "sys/class/power_supply/battery/"
	return errors.Join(
		t.write("captures/dumpsys_battery.txt", text),
		t.write(supply+"type", "Battery\n"),
		t.write(supply+"present", "1\n"),
		t.write(supply+"health", "Good\n"),
		t.write(supply+"capacity", strconv.Itoa(level)+"\n"),
		t.write(supply+"status", word+"\n"),
	)
}

// write replaces a file of the terminal: readers see the old text or the new, never half of it.
func (t *Terminal) write(name, text string) error {
	path := filepath.Join(t.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Unfinished files lie apart, for the agent lists folders such as proc.
	unfinished := filepath.Join(t.dir, "unfinished")
	if err := os.WriteFile(unfinished, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

func (t *Terminal) remove(name string) error {
	err := os.Remove(filepath.Join(t.dir, filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func capture(name string) (string, error) {
	text, err := captures.ReadFile("testdata/terminal/" + name)
	return string(text), err
}
