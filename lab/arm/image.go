//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/poshealth/poshealth/probes/probetest"
)

const (
	// appUID is a user as Android makes one for each app.
	appUID = 10123

	// appFolder is the app's own folder on /data; the guest gives each to the user it is named for.
	appFolder = "/data/user/0/10123"

	// systemFolder is where the agent of a system image keeps what it must not forget.
	systemFolder = "/data/local/poshealth"

	// The servers outside, as the terminal sees them.
	brokerAddress = "10.0.2.100:8883"
	hostAddress   = "10.0.2.101:9443"
	pageAddress   = "10.0.2.102:443"
)

// onDisk is where the agent lies: on the disk, for a program in the terminal's memory would count as its own memory.
const onDisk = "/data/lab/poshealth"

// terminalID is the serial number that getprop tells, and so the name under which the agent reports.
const terminalID = "LAB00000001"

// configuration of the agent in the terminal. No name is resolved there and no NTP server asked: the emulator's network has none, and
// a page tells the time. The short times make up for a look that a busy machine outside has made fail.
const configuration = `
[terminal]
state_dir = %[1]q
[mqtt]
broker = "tls://%[2]s"
ca_file = "/data/lab/broker-ca.pem"
pulse = "10s"
[[host]]
name = "acquirer-a"
address = "%[3]s"
ca_file = "/data/lab/host-ca.pem"
[clock]
https = ["https://10.0.2.102/"]
[app]
package = "com.acquirer.pos"
[local]
listen = %[4]q
[diagnose]
hold_scale = 0.05
[probe]
tcp = { every = %[5]q }
tls = { every = %[5]q }
`

// memory builds what the terminal has in memory at its start.
func memory(ctx context.Context, o options, work string) ([]byte, error) {
	var a archive
	for name, pkg := range map[string]string{
		"init": "./lab/arm/guest", "system/bin/toolbox": "./lab/arm/toolbox", "system/bin/sandbox": "./lab/sandbox",
		"system/bin/recorder": "./lab/arm/recorder",
	} {
		program := filepath.Join(work, filepath.Base(name))
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
		build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("cannot build %s: %w\n%s", pkg, err, out)
		}
		if err := a.copy(name, program, 0o755); err != nil {
			return nil, err
		}
	}
	a.link("system/bin/poshealth", onDisk)
	for _, name := range []string{"getprop", "dumpsys", "settings", "pm", "cmd", "df"} {
		a.link("system/bin/"+name, "toolbox")
	}
	// Of the simulated terminals the one with the most to ask: every probe that asks Android has an answer there.
	simulated, err := probetest.NewTerminal(filepath.Join(work, "terminal"), probetest.TerminalOptions{Serial: terminalID, Folder: "sunmi-11-owner"})
	if err != nil {
		return nil, err
	}
	if err := a.copyFolder("captures", filepath.Join(simulated.Root(), "captures")); err != nil {
		return nil, err
	}
	// ext4 asks for crc32c by another name than its module has, so it is no dependency that could be followed.
	drivers, err := modules(filepath.Join(o.kernel, "lib", "modules"), "virtio_mmio", "virtio_blk", "virtio_net", "crc32c_generic", "ext4")
	if err != nil {
		return nil, err
	}
	for i, file := range drivers {
		if err := a.copy(fmt.Sprintf("modules/%02d-%s", i, filepath.Base(file)), file, 0o644); err != nil {
			return nil, err
		}
	}
	return a.bytes(), nil
}

// disk makes the disk that outlives the terminal's memory, large enough not to be called full and mostly a hole: ext4 with the agent, its configurations and the authorities that
// vouch for the two servers.
func disk(ctx context.Context, o options, image, work string, p *peers) error {
	root := filepath.Join(work, "data")
	agent, err := os.ReadFile(o.agent)
	if err != nil {
		return fmt.Errorf("%w; make programs builds it", err)
	}
	for name, content := range map[string]string{
		"lab/poshealth":     string(agent),
		"lab/broker-ca.pem": string(p.brokerCA),
		"lab/host-ca.pem":   string(p.host.CA()),
		// Whom the agent trusts beside the terminal's own authorities: those of the page.
		"local/poshealth/roots.pem":                     string(p.pageCA),
		"user/0/" + strconv.Itoa(appUID) + "/roots.pem": string(p.pageCA),

		"lab/system.toml": fmt.Sprintf(configuration, systemFolder, brokerAddress, hostAddress, "127.0.0.1:7311", "30s"),
		"lab/app.toml":    fmt.Sprintf(configuration, appFolder, brokerAddress, hostAddress, "", "10s"),
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			return err
		}
	}
	return format(ctx, image, root, "2G")
}

// format makes the image of a disk: ext4 with what lies in a folder, and the app's own folder, without which the guest does not start.
func format(ctx context.Context, image, root, size string) error {
	if err := os.MkdirAll(filepath.Join(root, "user", "0", strconv.Itoa(appUID)), 0o755); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, program("mkfs.ext4"), "-q", "-F", "-d", root, image, size).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot make the terminal's disk: %w: %s", err, out)
	}
	return nil
}
