package agent

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// do does one command. A refusal says that nothing was done, and that its number is still to be had.
func (x *executor) do(ctx context.Context, c downlink.Command) *downlink.Refusal {
	refuse := func(reason downlink.Reason, detail string) *downlink.Refusal {
		return &downlink.Refusal{Reason: reason, Detail: downlink.Shorten(detail), Signed: true, Command: c}
	}
	if quiet, why := x.o.Quiet(); c.Disturbs() && !quiet && !x.lifts(c) {
		return refuse(downlink.UnsafeNow, "not while money is unsettled: "+why)
	}
	if t := x.o.remote.desired.k.Trial; t != nil && (c.Op == downlink.OpSet || c.Op == downlink.OpMaintenance) {
		// They last as long as a configuration, and would take the place of what was set under the one that may come back.
		return refuse(downlink.UnsafeNow, fmt.Sprintf("not while version %d of the configuration is on probation: send it again when that is over", t.Version))
	}
	switch args := c.Args.(type) {
	case *downlink.Desired:
		return x.desire(c, args, refuse)
	case *downlink.Probe:
		return x.act(c, refuse, func() error { return x.o.Probe(args.Kinds) })
	case *downlink.Snapshot:
		return x.act(c, refuse, x.o.Snapshot)
	case *downlink.Bundle:
		return x.actLong(ctx, c, refuse, x.o.Bundle)
	case *downlink.Rotate:
		return x.actLong(ctx, c, refuse, x.o.Rotate)
	case *downlink.Maintenance:
		if _, err := withWindows(x.o.Config, args); err != nil {
			return refuse(downlink.BadArgs, err.Error())
		}
	}
	return x.stand(c, refuse)
}

// lifts tells whether a command only ends a mute.
func (x *executor) lifts(c downlink.Command) bool {
	now, known := x.o.Now()
	mute, ok := c.Args.(*downlink.Mute)
	return ok && known && mute.Until <= now.Unix()
}

// stand does a command that leaves something in force: the one write that remembers it also does it.
func (x *executor) stand(c downlink.Command, refuse refuser) *downlink.Refusal {
	running := x.o.remote.desired.running()
	err := x.o.remote.book.Enter(c, wire.Done, func(s *downlink.Standing) {
		if s.Under != running {
			s.Settings, s.Maintenance, s.Under = downlink.Settings{}, nil, running
		}
		switch args := c.Args.(type) {
		case *downlink.Settings:
			s.Settings = s.Settings.With(*args)
		case *downlink.Maintenance:
			s.Maintenance = args
		case *downlink.Notice:
			s.Notice = args
		case *downlink.HostNews:
			if s.News == nil || s.News.At <= args.At { // an older word does not take the place of a newer one
				s.News = args
			}
		case *downlink.Mute:
			if args.What == downlink.MuteDisplay {
				s.Display = args.Until
			} else {
				s.Probing = args.Until
			}
		}
	})
	if err != nil && x.harmless(c) {
		// Only the log's level gets here, for a terminal whose flash fails: it is bent for as long as this agent runs.
		x.o.remote.book.EnterInMemory(c, wire.Done)
		if args, ok := c.Args.(*downlink.Settings); ok {
			s := x.applied
			s.Settings = s.Settings.With(*args)
			x.o.Apply(s)
		}
		err = nil
	}
	if err != nil {
		return refuse(downlink.UnsafeNow, err.Error())
	}
	x.apply()
	x.tellSoon(c)
	return nil
}

type refuser = func(downlink.Reason, string) *downlink.Refusal

// harmless commands for this connection may be done without keeping them: they cannot be replayed on another.
func (x *executor) harmless(c downlink.Command) bool { return c.Harmless() && c.Nonce != "" }

// act does what is over at once.
func (x *executor) act(c downlink.Command, refuse refuser, what func() error) *downlink.Refusal {
	if err := x.o.remote.book.Enter(c, wire.Running, nil); err != nil {
		if !x.harmless(c) {
			return refuse(downlink.UnsafeNow, err.Error())
		}
		x.o.remote.book.EnterInMemory(c, wire.Running)
	}
	x.finish(longEnd{c.ID, what()})
	return nil
}

// actLong does what takes a while; one at a time.
func (x *executor) actLong(ctx context.Context, c downlink.Command, refuse refuser, what func(context.Context) error) *downlink.Refusal {
	switch {
	case what == nil:
		return refuse(downlink.Unsupported, fmt.Sprintf("%s is not in this version", c.Op))
	case x.underway != "":
		return refuse(downlink.UnsafeNow, x.underway+" is still running")
	}
	if err := x.o.remote.book.Enter(c, wire.Running, nil); err != nil {
		return refuse(downlink.UnsafeNow, err.Error())
	}
	x.underway = c.ID
	x.tellOf(c.ID)
	x.long.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, longest)
		defer cancel()
		x.ended <- longEnd{c.ID, what(ctx)} // one at a time: there is room
	})
	return nil
}

// finish keeps and tells what became of a command.
func (x *executor) finish(e longEnd) {
	if e.id == x.underway {
		x.underway = ""
	}
	state, reason, detail := wire.Done, downlink.Reason(""), ""
	if e.err != nil {
		state, reason, detail = wire.Failed, downlink.NotDone, e.err.Error()
	}
	x.end(e.id, state, reason, detail)
	x.tellOf(e.id)
}

// end keeps the state of a command; where that cannot be written, the start after the next power cut calls it interrupted.
func (x *executor) end(id, state string, reason downlink.Reason, detail string) {
	if err := x.o.remote.book.End(id, state, reason, detail); err != nil {
		x.o.Log.Error("result of a command is not kept", slog.Any("error", err))
	}
}

// desire takes in a configuration. Its own file is written first, and bears the version: a power cut before the book is written has
// the same document come again, which then finds itself known.
func (x *executor) desire(c downlink.Command, doc *downlink.Desired, refuse refuser) *downlink.Refusal {
	d := x.o.remote.desired
	level, looked := x.o.Level()
	if !looked {
		level = wire.Unknown
	}
	was := d.k.Trial
	if reason, err := d.offer(c.ID, doc, level); err != nil {
		if reason == "" {
			reason = downlink.UnsafeNow
		}
		return refuse(reason, err.Error())
	}
	state, reason, detail := d.outcome()
	if err := x.o.remote.book.Enter(c, state, nil); err != nil {
		x.o.Log.Error("command is not kept", slog.Any("error", err))
		x.o.remote.book.EnterInMemory(c, state)
	} else if state != wire.Done {
		x.end(c.ID, state, reason, detail)
	}
	x.tellOf(c.ID)
	x.report()
	if d.k.Trial != nil && was == nil {
		x.o.Restart(Restart{Why: fmt.Sprintf("version %d of the configuration is on probation", doc.Version)})
	}
	return nil
}
