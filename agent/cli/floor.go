package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// zoneWithin bounds asking the terminal for its time zone: one getprop.
const zoneWithin = 3 * time.Second

// floor gives the process what a Linux program takes for granted and an Android does not have: an environment, and a time
// zone. It is laid once, before anything is printed, and changes what all of the process sees: so nothing but a command
// does it.
func (in *invocation) floor(ctx context.Context, c config.Config) {
	environment(c.Terminal.StateDir, "/tmp")
	if c.Terminal.Root != "/" || os.Getenv("TZ") != "" {
		return // another terminal is looked at from here, or somebody has chosen
	}
	zone, err := localZone(ctx, terminal.Open(c.Terminal.Root))
	switch {
	case err != nil:
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: times are shown in UTC: %s\n", err)
		time.Local = time.UTC
	case zone != nil:
		time.Local = zone
	}
}

// localZone is the zone that an Android is set to; nil where the standard library knows better, as on a plain Linux, or
// where none was ever set.
func localZone(ctx context.Context, t *terminal.Terminal) (*time.Location, error) {
	if !t.Android() {
		return nil, nil //nolint:nilnil // no zone of its own is no fault
	}
	ctx, cancel := context.WithTimeout(ctx, zoneWithin)
	defer cancel()
	props, err := t.Props(ctx)
	if err != nil {
		return nil, err
	}
	name := props["persist.sys.timezone"]
	if name == "" {
		return nil, nil //nolint:nilnil // Android itself shows UTC then, and so does the standard library
	}
	return t.Location(name)
}

// environment sets what init leaves out, for us and our children: HOME and PATH, and TMPDIR where nobody may write to tmp.
// What is set stays.
func environment(stateDir, tmp string) {
	set := func(name, value string) {
		if os.Getenv(name) == "" {
			_ = os.Setenv(name, value) // a state folder's path may hold no zero: it came from a file's name
		}
	}
	set("HOME", stateDir)
	set("PATH", terminal.SearchPath)
	const write, search = 2, 1
	if os.Getenv("TMPDIR") != "" || syscall.Access(tmp, write|search) == nil {
		return
	}
	// Where even this can't be made, what needs a temporary file says so itself.
	if own := filepath.Join(stateDir, "tmp"); os.MkdirAll(own, 0o700) == nil {
		set("TMPDIR", own)
	}
}
