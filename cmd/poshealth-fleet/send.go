package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// send signs a command, or takes one that was signed, publishes it, and waits for what becomes of it.
func (in *invocation) send(ctx context.Context, args []string) int {
	f := in.flags("send")
	var o order
	o.flags(f)
	to := fleet.Options{}
	f.StringVar(&to.Broker, "broker", "tcp://127.0.0.1:1883", "")
	f.StringVar(&to.CAFile, "ca", "", "")
	f.StringVar(&to.Username, "user", "", "")
	f.StringVar(&to.PasswordFile, "password-file", "", "")
	f.StringVar(&to.ClientID, "client-id", "", "")
	envelope := f.String("envelope", "", "")
	wait := f.Duration("wait", fleet.SendWithin, "")
	if code, done := in.parse(f, args); done {
		return code
	}
	ctx, cancel := context.WithTimeout(ctx, *wait)
	defer cancel()
	if *envelope != "" {
		if o != (order{probation: o.probation}) {
			return in.misuse("send: --envelope is signed already: leave out what says what to sign")
		}
		text, err := readText(*envelope)
		var s fleet.Signed
		if err == nil {
			err = json.Unmarshal([]byte(text), &s)
		}
		if err != nil {
			return in.fail(fmt.Errorf("cannot read %s: %w", *envelope, err))
		}
		return in.outcome(in.sendOne(ctx, to, s))
	}
	key, err := o.complete()
	if err != nil {
		return in.fail(fmt.Errorf("send: %w", err))
	}
	s, err := key.Sign(o.Order, time.Now())
	if err != nil {
		return in.fail(fmt.Errorf("send: %w", err))
	}
	last, err := in.sendOne(ctx, to, s)
	if err == nil && last.State == wire.Rejected && last.Reason == string(downlink.UnsafeNow) && last.Nonce != "" && o.Nonce == "" {
		// The terminal does not know the time, and says what it takes instead.
		o.Nonce = last.Nonce
		if s, err = key.Sign(o.Order, time.Now()); err == nil {
			last, err = in.sendOne(ctx, to, s)
		}
	}
	return in.outcome(last, err)
}

// sendOne sends, and prints each word on it.
func (in *invocation) sendOne(ctx context.Context, to fleet.Options, s fleet.Signed) (wire.Ack, error) {
	speak := style{lang: in.lang, colour: in.colour}
	return fleet.Send(ctx, to, s, func(terminal string, a wire.Ack) {
		words := map[string][2]string{
			wire.Accepted: {"accepted, and will be done", "已接受，稍后执行"}, wire.Running: {"running", "执行中"}, wire.Done: {"done", "已完成"},
			wire.Failed: {"failed", "失败"}, wire.Rejected: {"refused", "已拒绝"},
		}
		colours := map[string]string{wire.Done: green, wire.Failed: red, wire.Rejected: red}
		text := a.State // a word of a newer terminal is shown as it came
		if w, ok := words[a.State]; ok {
			text = speak.say(w[0], w[1])
		}
		line := terminal + "  " + a.ID + "  " + speak.paint(colours[a.State], text)
		if a.Reason != "" {
			line += " (" + a.Reason + ")"
		}
		if a.Detail != "" {
			line += "  " + a.Detail
		}
		_, _ = fmt.Fprintln(in.out, line)
	})
}

// outcome is the exit code for the last word.
func (in *invocation) outcome(last wire.Ack, err error) int {
	switch {
	case errors.Is(err, fleet.ErrNoAnswer):
		return in.fail(errors.New("no answer in time: the terminal may be away, or obey another key; it may still be done until it expires"))
	case err != nil:
		return in.fail(err)
	case last.State == wire.Failed || last.State == wire.Rejected:
		return exitFailed
	}
	return exitDone
}
