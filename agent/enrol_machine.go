package agent

import (
	"bytes"
	"strings"

	"github.com/poshealth/poshealth/probes/terminal"
)

// machineFacts are what tells this machine from another of its model for as long as it lives, as far as this user may read it: by them
// a copy of the state folder on a second terminal is found out. Only salted hashes of them are kept, and none leaves the terminal. Neither
// IMEI nor ICCID is among them: a SIM or a radio may be changed, and they are people's.
func machineFacts(serial string, t *terminal.Terminal) map[string]string {
	facts := map[string]string{"serial": serial}
	if tree, err := t.ReadLine("/proc/device-tree/serial-number"); err == nil {
		facts["board"] = strings.Trim(tree, "\x00")
	}
	if cpu, err := t.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range bytes.Lines(cpu) {
			name, value, _ := strings.Cut(string(line), ":")
			if strings.TrimSpace(name) == "Serial" {
				facts["cpu"] = strings.TrimSpace(value)
			}
		}
	}
	// The flash that Android starts from: its CID holds a serial number that the maker burnt in.
	if cid, err := t.ReadLine("/sys/block/mmcblk0/device/cid"); err == nil {
		facts["flash"] = cid
	}
	for name, fact := range facts {
		if len(fact) < 4 || strings.Trim(fact, fact[:1]) == "" { // a board that has none says 0000000000000000
			delete(facts, name)
		}
	}
	return facts
}
