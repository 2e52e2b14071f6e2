package main

import (
	"context"

	"github.com/poshealth/poshealth/fleet"
)

// watch prints what terminals say until ctx ends.
func (in *invocation) watch(ctx context.Context, args []string) int {
	f := in.flags("watch")
	o := fleet.Options{}
	f.StringVar(&o.Broker, "broker", "tcp://127.0.0.1:1883", "")
	f.StringVar(&o.CAFile, "ca", "", "")
	f.StringVar(&o.Username, "user", "", "")
	f.StringVar(&o.PasswordFile, "password-file", "", "")
	f.StringVar(&o.Tenant, "tenant", "", "")
	f.StringVar(&o.ClientID, "client-id", "", "")
	if code, done := in.parse(f, args); done {
		return code
	}
	o.Lang = in.lang
	width := 0 // what is kept or searched has a line a change
	if terminal(in.out) {
		width = screenWidth
	}
	screen := newScreen(in.out, style{lang: in.lang, colour: in.colour, width: width})
	if err := fleet.Watch(ctx, o, screen.line); err != nil {
		return in.fail(err)
	}
	return exitDone
}
