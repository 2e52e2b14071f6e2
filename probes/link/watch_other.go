//go:build !linux

package link

import (
	"context"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

func (w *Watcher) run(context.Context, func(Change)) error {
	return &terminal.Error{What: "the kernel's news of links", Reason: probes.Absent}
}
