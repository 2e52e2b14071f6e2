package app

import (
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// unread names what of the app is to be compared with what is expected and could not be read, permissions among it: it is
// neither right nor wrong, and nobody may take silence for right. "" for nothing.
func (p *Probe) unread(o probes.Observation, found dump.Package, permissions []string) string {
	var names []string
	if p.o.Version && found.VersionName == "" {
		names = append(names, "version")
	}
	if _, told := o.Reading("signers"); p.o.Signer && !told {
		names = append(names, "signer")
	}
	return terminal.Printable(strings.Join(append(names, permissions...), ", "), 128)
}
