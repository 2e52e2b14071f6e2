package agent

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/poshealth/poshealth/transport/downlink"
	"github.com/poshealth/poshealth/transport/wire"
)

// tellOf says how a command stands.
func (x *executor) tellOf(id string) {
	r, ok := x.o.remote.book.Find(id)
	if !ok {
		return
	}
	a := x.ack(r)
	x.say("ack", a, func(ok bool) {
		if ok && a.Final() {
			x.o.remote.book.Tell(id)
		}
	})
}

// tellSoon is tellOf, but for what all terminals were told at once: they answer one after the other.
func (x *executor) tellSoon(c downlink.Command) {
	if !c.Group() {
		x.tellOf(c.ID)
		return
	}
	spread := min(time.Duration(x.o.Config.MQTT.Fleet)*time.Second/answersASecond, mostSpread)
	x.tellAt = x.o.Boottime() + time.Duration(rand.Float64()*float64(spread))
}

// tellSpread tells it when the time has come.
func (x *executor) tellSpread() {
	if x.tellAt == 0 || x.o.Boottime() < x.tellAt {
		return
	}
	x.tellAt = 0
	for _, r := range x.o.remote.book.Open() {
		if r.State != wire.Running {
			x.tellOf(r.ID)
		}
	}
}

// repeat answers a command that was done before, from what was kept of it.
func (x *executor) repeat(r downlink.Result) {
	if !x.idle.Take(x.o.Boottime()) {
		x.more++
		return
	}
	a := x.ack(r)
	a.Again = true
	x.say("ack", a, whatever)
	if r.Op == downlink.OpDesired {
		x.told = wire.Reported{}
		x.report()
	}
}

// refuse says why nothing was done: to whoever sent it, where it is known who that was, and to those who watch. What all terminals
// refuse is only counted: all at once would say so.
func (x *executor) refuse(r downlink.Refusal) {
	if r.Command.Group() || !x.idle.Take(x.o.Boottime()) {
		x.more++
		return
	}
	more := x.more
	x.more = 0
	x.o.Refused(r, more)
	if !r.Signed || r.Command.ID == "" {
		return // nobody to answer, or nothing to answer to
	}
	state := wire.Rejected
	if x.o.remote.waiting.body != nil && r.Command.Sum == x.o.remote.waitsFor.Sum {
		state = wire.Accepted // it will be done
	}
	a := x.ack(downlink.ResultOf(r.Command, state))
	a.Reason, a.Detail, a.More = string(r.Reason), r.Detail, more
	if r.Reason == downlink.UnsafeNow && r.Command.Harmless() {
		a.Nonce = x.nonce
	}
	x.say("ack", a, whatever)
}

func (x *executor) ack(r downlink.Result) wire.Ack {
	return wire.Ack{
		Schema: wire.Schema, ID: r.ID, State: r.State, Reason: string(r.Reason), Detail: r.Detail, Op: string(r.Op), Seq: r.Seq, Dst: r.Dst,
		Key: string(r.Key), At: x.o.Wall().Format(timeFormat),
	}
}

// report says what became of the configuration, when that is news.
func (x *executor) report() {
	r := x.o.remote.desired.reported()
	if r == x.told {
		return
	}
	x.told = r
	r.At = x.o.Wall().Format(timeFormat)
	x.say("reported", r, func(ok bool) {
		if !ok {
			x.unsaid.Store(true)
		}
	})
}

// whatever: who sends the same again is answered again.
func whatever(bool) {}

func (x *executor) say(kind string, message any, said func(ok bool)) {
	body, err := wire.Encode(message)
	if err != nil {
		x.o.Log.Error("answer was not sent", slog.Any("error", err))
		return
	}
	x.o.Say(kind, body, said)
}

// greet begins a connection: what is asked for, and what was not said or may have been lost.
func (x *executor) greet() {
	x.nonce = randomHex(downlink.NonceSize / 2)
	x.reached = true
	_, known := x.o.Now()
	keys := make([]string, 0, len(x.o.remote.keys))
	revoked := x.o.remote.book.Keyset().Revoked
	for _, k := range x.o.remote.keys {
		if !slices.Contains(revoked, k.ID) {
			keys = append(keys, string(k.ID))
		}
	}
	x.say("get", wire.Get{Schema: wire.Schema, Nonce: x.nonce, Desired: x.o.remote.desired.k.Version, TimeKnown: known, Keys: keys}, whatever) // worth nothing on another connection
	if x.unsaid.Swap(false) {
		x.told = wire.Reported{}
	}
	x.report()
	for _, r := range x.o.remote.book.Open() {
		x.tellOf(r.ID)
	}
}
