package downlink

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Op is an operation. The list is closed.
type Op string

// The operations.
const (
	OpProbe       Op = "probe"       // look again now
	OpSnapshot    Op = "snapshot"    // send the whole snapshot now
	OpBundle      Op = "bundle"      // send what support needs for a diagnosis
	OpSet         Op = "set"         // bend a few settings until the next configuration
	OpMaintenance Op = "maintenance" // when hosts are expected to be away, until the next configuration
	OpNotice      Op = "notice"      // a text for the terminal's display
	OpHostNews    Op = "host-news"   // what the acquirer knows of this terminal's sales
	OpMute        Op = "mute"        // keep the display quiet, or stop probing, for a while
	OpRotate      Op = "rotate"      // get new credentials for the broker
	OpKeyset      Op = "keyset"      // take keys away
	OpDesired     Op = "desired"     // a configuration, on the topic "desired"
)

// operation is what the grammar knows of one.
type operation struct {
	purpose Purpose
	read    func(json.RawMessage) (any, error)
}

// operations is the list.
func operations() map[Op]operation {
	return map[Op]operation{
		OpProbe:       {ForCommands, read[Probe]},
		OpSnapshot:    {ForCommands, read[Snapshot]},
		OpBundle:      {ForCommands, read[Bundle]},
		OpSet:         {ForCommands, read[Settings]},
		OpMaintenance: {ForCommands, read[Maintenance]},
		OpNotice:      {ForNotices, read[Notice]},
		OpHostNews:    {ForCommands, read[HostNews]},
		OpMute:        {ForCommands, read[Mute]},
		OpRotate:      {ForCommands, read[Rotate]},
		OpKeyset:      {ForCommands, read[Keyset]},
		OpDesired:     {ForDesired, read[Desired]},
	}
}

// Ops are the names of all operations, in alphabetical order.
func Ops() []string {
	var all []string
	for op := range operations() {
		all = append(all, string(op))
	}
	slices.Sort(all)
	return all
}

// PurposeOf is what a key must be for to sign an operation.
func PurposeOf(op Op) (Purpose, error) {
	o, ok := operations()[op]
	if !ok {
		return "", fmt.Errorf("there is no operation %q: want one of %s", cut(string(op)), strings.Join(Ops(), ", "))
	}
	return o.purpose, nil
}

// ParseArgs reads the arguments of an operation: a pointer to the type named like it. Nothing is the same as {}.
func ParseArgs(op Op, raw []byte) (any, error) {
	if _, err := PurposeOf(op); err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	return operations()[op].read(raw)
}

// read reads arguments of one type, whose check knows its bounds.
func read[T any, P interface {
	*T
	check() error
}](raw json.RawMessage) (any, error) {
	args := P(new(T))
	if err := object(raw, args); err != nil {
		return nil, err
	}
	if err := args.check(); err != nil {
		return nil, err
	}
	return args, nil
}

// Harmless commands change nothing and disturb nobody: they are done without knowing the time.
func (c Command) Harmless() bool {
	switch args := c.Args.(type) {
	case *Probe, *Snapshot:
		return true
	case *Settings:
		return *args == Settings{Log: args.Log}
	}
	return false
}

// Disturbs tells whether a command could come between a sale and its settlement: it waits until all is settled.
func (c Command) Disturbs() bool {
	switch args := c.Args.(type) {
	case *Rotate, *Desired:
		return true
	case *Mute:
		return args.What == MuteProbing
	}
	return false
}
