package agent

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/poshealth/poshealth/probes/timescale"
)

// keepFirmly is keep, and on return the new file is what a power cut leaves: the folder's own entry is on the flash too. A command
// must not be done before its number is.
func keepFirmly(file, content string) error {
	if err := keep(file, content); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// agreedTime is by which time commands are judged: what the sources have agreed on (a keeper's Estimate), where that is proved. The terminal's own clock,
// and what a network alone says, could bring back a command that has expired.
func agreedTime(estimate func() (timescale.Estimate, bool), boottime func() time.Duration) (time.Time, bool) {
	e, known := estimate()
	if !known || !e.Proved {
		return time.Time{}, false
	}
	t, _ := e.True(boottime())
	return t, true
}
