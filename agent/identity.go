package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/wire"
)

// identifyWithin bounds asking the terminal who it is: one getprop, on a terminal that is just starting.
const identifyWithin = 5 * time.Second

// identity is who this terminal is, and which of its starts of the agent this is.
type identity struct {
	wire.Terminal
	bootID string
	starts uint64 // of the agent on this terminal, kept; 0 where nothing can be kept
}

// base is what all topics of this terminal begin with.
func (id identity) base() string { return "pos/v1/" + id.Tenant + "/" + id.ID + "/" }

// identify finds the terminal's name: the configured one, else its serial number, else one that was made once and kept in
// the state folder. Where nothing can be kept the name is new with every run, and err says why.
func identify(ctx context.Context, c config.Config, t *terminal.Terminal, version string) (identity, error) {
	ctx, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	known, unread := t.Identity(ctx) // what could not be learned is empty
	id := identity{bootID: bootID()}
	id.Terminal = wire.Terminal{
		ID: c.Terminal.ID, Tenant: c.Terminal.Tenant, Model: known.Model, OS: known.OS, Agent: version, Support: c.Support.Phone,
	}
	if id.ID != "" {
		return id, nil
	}
	if !t.Here() {
		// Another terminal's files: its name is not ours to make or keep.
		if id.ID = known.ID; id.ID == "" {
			id.ID = "unnamed"
		}
		return id, nil
	}
	err := id.name(c.Terminal.StateDir, known.ID, unread)
	return id, err
}

// name finds the terminal's name and keeps it: a terminal that cannot read its serial number once, because it is slow to
// start, is still the same.
func (id *identity) name(dir, serial string, unread error) error {
	file := filepath.Join(dir, nameFile)
	kept, err := terminal.ReadSmall(file, maxKept)
	name := strings.TrimSpace(string(kept))
	known := err == nil && isName(name)
	switch {
	case serial != "" && name == serial, serial == "" && known:
		id.ID = name
		return nil
	case serial != "":
		id.ID = serial
	case unread != nil && terminal.ReasonOf(unread) != probes.Absent:
		id.ID = madeName() // not kept: the serial number may be readable next time
		return fmt.Errorf("cannot read this terminal's serial number: %w; set terminal.id", unread)
	default:
		id.ID = madeName()
	}
	if err := keep(file, id.ID); err != nil {
		return fmt.Errorf("cannot keep this terminal's name: %w; set terminal.id", err)
	}
	if serial != "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("cannot read this terminal's name in %s: %w; it has a new one, %s: set terminal.id if it was known by another", file, cmp.Or(err, errDamaged), id.ID)
}

// errDamaged: what was kept can be read and means nothing.
var errDamaged = errors.New("it is damaged")

func madeName() string { return "T" + strings.ToUpper(randomHex(4)) }

// maxKept is more than any file that we keep has, in bytes.
const maxKept = 64

// nameFile holds the name under which this terminal reports: its serial number, or one made for it.
const nameFile = "terminal-id"

// isName tells whether a name can be a level of an MQTT topic, as the configuration demands of terminal.id.
func isName(name string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return len(name) > 0 && len(name) <= 36 && strings.Trim(name, allowed) == ""
}

// startsFile counts the starts of the agent. With it an epoch is not used twice in a terminal's life, however wrong the clock is.
const startsFile = "starts"

// mostStarts keeps an epoch (starts and, in the lower 32 bits, connections) a number that JSON readers hold exactly.
const mostStarts = 1 << 20

// keepPattern is what a file is called until it is whole.
const keepPattern = ".keep-*"

// countStart counts this start. Where that cannot be kept chance stands in: an epoch must differ, it need not rise. The count is good
// with an error too.
func countStart(dir string) (uint64, error) {
	for _, left := range leftovers(dir) {
		_ = os.Remove(left) // of a start that the power cut ended
	}
	file := filepath.Join(dir, startsFile)
	kept, err := terminal.ReadSmall(file, maxKept)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return byChance(), fmt.Errorf("cannot read the count of starts: %w", err)
	}
	n, parsed := strconv.ParseUint(strings.TrimSpace(string(kept)), 10, 20)
	if parsed != nil {
		n = byChance() // none yet, or damaged: not one that was counted before, as far as chance can help
	}
	n = (n + 1) % mostStarts
	if err := keep(file, strconv.FormatUint(n, 10)); err != nil {
		return byChance(), fmt.Errorf("cannot keep the count of starts: %w", err)
	}
	if err == nil && parsed != nil {
		return n, fmt.Errorf("cannot read the count of starts in %s: %w; it begins anew", file, errDamaged)
	}
	return n, nil
}

func byChance() uint64 {
	n, _ := strconv.ParseUint(randomHex(2), 16, 20) // four digits are a number
	return n
}

func leftovers(dir string) []string {
	names, _ := filepath.Glob(filepath.Join(dir, keepPattern)) // the pattern is a good one
	return names
}

// keep writes a small file so that a power cut leaves the old or the new one.
func keep(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), keepPattern)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.WriteString(content + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// learn takes from the probe that looks at the terminal what could not be learned at the start: a terminal that was just
// starting has told neither its model nor its system.
func (a *Agent) learn(r probes.Result) {
	if r.Probe == "route" {
		a.catalog.bearer.Store(r.Fact("bearer")) // by which it is told what the SIM pays for
	}
	if r.Probe != "terminal" {
		return
	}
	if a.identity.Model == "" {
		a.identity.Model = r.Fact("model")
	}
	if a.identity.OS == "" {
		a.identity.OS = r.Fact("os")
	}
}
