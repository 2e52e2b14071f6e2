package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	desiredFile = "desired"
	// maxDesired in bytes: two configurations of 12 KiB, each byte escaped at worst, and the rest.
	maxDesired = 160 << 10
	// mostTrialStarts: an agent that a configuration brings down is started once more, for the power may have been cut.
	mostTrialStarts = 2
)

// desired is the configuration that the fleet wants of this terminal, and the way back. Good is in force, and what is rolled back to;
// Trial, where there is one, is in force instead, until its probation ends. All of it is one file, written whole before anything is
// acted upon: a power cut at any moment finds the state before a step, or the one after it.
//
// One goroutine owns it.
type desired struct {
	machine config.Config // the terminal's own file
	file    string
	write   func(file, content string) error
	k       keptDesired
}

type keptDesired struct {
	Good    document  `json:"good"`
	Trial   *trialRun `json:"trial,omitempty"`
	Version uint64    `json:"version"` // the highest taken in, whatever came of it
	Hash    string    `json:"hash"`    // of its text
	Result  string    `json:"result"`  // as in wire.Reported
	Reason  string    `json:"reason"`
	Command string    `json:"command"` // that brought it
}

// document is a configuration as it came; version 0 is the terminal's own file.
type document struct {
	Version uint64 `json:"version"`
	Config  string `json:"config"`
}

// trialRun is a configuration on probation.
type trialRun struct {
	document
	ProbationS int64  `json:"probation_s"`
	Starts     int    `json:"starts"` // of an agent with it
	Before     string `json:"before"` // take_card when it came
}

// openDesired reads what was desired. A file that cannot be read leaves the terminal's own, and says so.
func openDesired(machine config.Config, read func(string, int64) ([]byte, error), write func(string, string) error) *desired {
	d := &desired{machine: machine, file: filepath.Join(machine.Terminal.StateDir, desiredFile), write: write, k: keptDesired{Result: wire.DesiredNone}}
	raw, err := read(d.file, maxDesired)
	if errors.Is(err, fs.ErrNotExist) {
		return d
	}
	var k keptDesired
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		d.k.Result, d.k.Reason = wire.DesiredLost, downlink.Shorten("what was desired cannot be read: "+err.Error())
		return d
	}
	d.k = k
	return d
}

// change writes the state after a step, and takes it over when it is on the flash.
func (d *desired) change(step func(*keptDesired)) error {
	next := d.k
	step(&next)
	text, err := json.Marshal(next)
	if err == nil {
		err = d.write(d.file, string(text))
	}
	if err != nil {
		return fmt.Errorf("cannot keep what is desired: %w", err)
	}
	d.k = next
	return nil
}

// start is the configuration that an agent starts with now. A start on probation is counted before it is made: where it cannot be, or
// was made too often, the one before is in force again.
func (d *desired) start() config.Config {
	if t := d.k.Trial; t != nil {
		c, err := d.parse(t.document)
		if err == nil && t.Starts >= mostTrialStarts {
			err = fmt.Errorf("the agent was started %d times with it, and did not last its probation", t.Starts)
		}
		if err == nil {
			counted := *t
			counted.Starts++
			err = d.change(func(k *keptDesired) { k.Trial = &counted })
		}
		if err == nil {
			return c
		}
		_ = d.rollBack(err.Error()) // what could not be written is counted, or found again, by the next start
	}
	c, err := d.parse(d.k.Good)
	if err != nil {
		d.abandon("an older agent, or damage: " + err.Error())
		return d.machine
	}
	return c
}

// parse reads a document.
func (d *desired) parse(doc document) (config.Config, error) {
	if doc.Version == 0 {
		return d.machine, nil
	}
	c, err := config.ParseRemote(fmt.Sprintf("desired %d", doc.Version), []byte(doc.Config), d.machine)
	if err != nil {
		return c, err
	}
	c.Diagnose.EchoScale = d.machine.Diagnose.EchoScale
	return c, c.Validate()
}

// offer takes a document in. A refusal that leaves no trace, because another moment may be a better one, is unsafe-now. Where the
// agent must start anew with it, d is on trial afterwards.
func (d *desired) offer(command string, doc *downlink.Desired, before string) (downlink.Reason, error) {
	sum := sha256.Sum256([]byte(doc.Config))
	hash := hex.EncodeToString(sum[:])
	taken := keptDesired{Good: d.k.Good, Version: doc.Version, Hash: hash, Command: command}
	switch {
	case doc.Version < d.k.Version:
		return downlink.OutOfOrder, fmt.Errorf("version %d is below %d, which was taken in", doc.Version, d.k.Version)
	case doc.Version == d.k.Version && hash != d.k.Hash:
		return downlink.OutOfOrder, fmt.Errorf("version %d was taken in with another text", doc.Version)
	case doc.Version == d.k.Version:
		return "", d.change(func(k *keptDesired) { k.Command = command }) // a new envelope around what is known
	case d.k.Trial != nil:
		return downlink.UnsafeNow, fmt.Errorf("version %d is on probation", d.k.Trial.Version)
	case d.k.Good.Version != 0 && doc.Config == d.k.Good.Config:
		taken.Good.Version, taken.Result = doc.Version, wire.DesiredKept
	default:
		next := document{Version: doc.Version, Config: doc.Config}
		if _, err := d.parse(next); err != nil {
			taken.Result, taken.Reason = wire.DesiredRefused, downlink.Shorten(err.Error())
			break
		}
		taken.Result = wire.DesiredTrial
		taken.Trial = &trialRun{document: next, ProbationS: doc.ProbationS, Before: before}
	}
	if err := d.change(func(k *keptDesired) { *k = taken }); err != nil {
		return downlink.UnsafeNow, err
	}
	return "", nil
}

// keepTrial ends a probation well.
func (d *desired) keepTrial() error {
	return d.change(func(k *keptDesired) {
		k.Good, k.Trial, k.Result, k.Reason = k.Trial.document, nil, wire.DesiredKept, ""
	})
}

// rollBack ends it badly: the one before is in force with the next start, even where that cannot be written.
func (d *desired) rollBack(reason string) error {
	step := func(k *keptDesired) {
		k.Trial, k.Result, k.Reason = nil, wire.DesiredRolledBack, downlink.Shorten(reason)
	}
	err := d.change(step)
	step(&d.k)
	return err
}

// abandon goes back to the terminal's own file, where not even the good one can be used.
func (d *desired) abandon(reason string) {
	step := func(k *keptDesired) {
		k.Good, k.Trial, k.Result, k.Reason = document{}, nil, wire.DesiredLost, downlink.Shorten(reason)
	}
	_ = d.change(step) // if not now, then with the next start
	step(&d.k)
}

// running is the version in force.
func (d *desired) running() uint64 {
	if d.k.Trial != nil {
		return d.k.Trial.Version
	}
	return d.k.Good.Version
}

// reported says what became of the document taken in last, without when that is said.
func (d *desired) reported() wire.Reported {
	return wire.Reported{
		Schema: wire.Schema, Version: d.k.Version, Hash: d.k.Hash, Result: d.k.Result, Reason: d.k.Reason, Running: d.running(),
	}
}

// outcome is what came of the document taken in last, as that of the command which brought it.
func (d *desired) outcome() (state string, reason downlink.Reason, detail string) {
	switch d.k.Result {
	case wire.DesiredTrial:
		return wire.Running, "", "on probation"
	case wire.DesiredKept:
		return wire.Done, "", ""
	case wire.DesiredRefused:
		return wire.Rejected, downlink.BadArgs, d.k.Reason
	}
	return wire.Failed, downlink.NotDone, d.k.Reason
}

// worse tells whether take_card stands worse than before. Who can no longer tell is worse off than anybody.
func worse(now, before string) bool {
	rank := map[string]int{wire.Ready: 0, wire.AtRisk: 1, wire.NotReady: 2, wire.Unknown: 3}
	n, ok := rank[now]
	if !ok {
		n = rank[wire.Unknown]
	}
	b, ok := rank[before]
	if !ok {
		b = rank[wire.Unknown]
	}
	return n > b
}
