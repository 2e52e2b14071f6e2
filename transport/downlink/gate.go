package downlink

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

const (
	// Opening one costs 2 to 5 ms of a terminal's processor (BenchmarkOpen under an emulated ARM): 20 at once are 100 ms, and one a
	// second after that 0.5 % of it, whoever sends.
	verifiedAtOnce = 20
	verifiedEvery  = time.Second
)

// GateOptions say whose gate it is. All must be given.
type GateOptions struct {
	Tenant, Terminal string
	Keys             []Key // of [ParseKeys]
	Book             *Book
	Now              func() (t time.Time, known bool) // the agreed time
	Boottime         func() time.Duration             // a clock that does not step
	Nonce            func() string                    // of this connection; "": there is none
}

// Gate lets in what the fleet has signed for this terminal, once. It is not safe for concurrent use.
type Gate struct {
	o      GateOptions
	verify Bucket
}

// NewGate makes one.
func NewGate(o GateOptions) *Gate {
	return &Gate{o: o, verify: Bucket{Most: verifiedAtOnce, Every: verifiedEvery}}
}

// Topics are those that a terminal hears: its own commands, its own configuration, and what all of its tenant are told.
func (g *Gate) Topics() []string {
	base := "pos/v1/" + g.o.Tenant + "/"
	return []string{base + g.o.Terminal + "/cmd", base + g.o.Terminal + "/desired", base + "notice/cmd"}
}

// Open reads an envelope that came on a topic. What it returns is signed by a key for its operation, for this terminal, in time,
// and new; to do it, enter it into the book first. Nothing is changed by looking.
func (g *Gate) Open(topic string, envelope []byte) (Command, *Refusal) {
	if len(envelope) > MaxEnvelope {
		return Command{}, refuse(TooLarge, fmt.Sprintf("%d bytes: at most %d are read", len(envelope), MaxEnvelope))
	}
	if !slices.Contains(g.Topics(), topic) {
		return Command{}, refuse(OtherTopic, "it came on a topic that is not this terminal's")
	}
	id, signature, body, ok := split(envelope)
	if !ok {
		return Command{}, refuse(Malformed, fmt.Sprintf("%d bytes are no envelope", len(envelope)))
	}
	at := slices.IndexFunc(g.o.Keys, func(k Key) bool { return k.ID == id })
	switch {
	case at < 0:
		return Command{}, refuse(UnknownKey, "no key "+string(id)+" is pinned in this terminal")
	case slices.Contains(g.o.Book.Keyset().Revoked, id):
		return Command{}, refuse(RevokedKey, "the key "+string(id)+" was revoked")
	case !g.verify.Take(g.o.Boottime()):
		return Command{}, refuse(RateLimited, "more messages than a terminal verifies")
	case !ed25519.Verify(g.o.Keys[at].Public, signed(topic, body), signature):
		return Command{}, refuse(BadSignature, "not signed by the key "+string(id)+" for this topic")
	}
	sum := sha256.Sum256(envelope)
	c := Command{Key: id, Sum: hex.EncodeToString(sum[:8])}
	refusal := g.read(topic, g.o.Keys[at], body, &c)
	if refusal != nil {
		refusal.Signed, refusal.Command = true, c
	}
	return c, refusal
}

// read judges what a good signature stands under.
func (g *Gate) read(topic string, key Key, body []byte, c *Command) *Refusal {
	var err error
	if c.Body, err = ParseBody(body); err != nil {
		return refuse(Malformed, err.Error())
	}
	purpose, err := PurposeOf(c.Op)
	if err != nil {
		return refuse(UnknownOp, err.Error())
	}
	if purpose != key.Purpose {
		return refuse(UnknownKey, fmt.Sprintf("the key %s is for %s, and %s wants one for %s", key.ID, key.Purpose, c.Op, purpose))
	}
	if where, err := Topic(g.o.Tenant, c.Dst, c.Op); err != nil || where != topic {
		return refuse(OtherTopic, fmt.Sprintf("%s for %s does not belong on this topic", c.Op, c.Dst))
	}
	if refusal := g.old(*c); refusal != nil {
		return refusal
	}
	if c.Args, err = ParseArgs(c.Op, c.Body.Args); err != nil {
		return refuse(BadArgs, string(c.Op)+": "+err.Error())
	}
	if refusal := g.timely(*c); refusal != nil {
		return refusal
	}
	if set, ok := c.Args.(*Keyset); ok {
		if err := (SignedSet{Keyset: *set, By: c.Key}).replaces(g.o.Book.Keyset(), g.o.Keys); err != nil {
			return refuse(BadArgs, "keyset: "+err.Error())
		}
	}
	return nil
}

// old tells a command that was done, or is below one that was.
func (g *Gate) old(c Command) *Refusal {
	kept, known := g.o.Book.Find(c.ID)
	mark, marked := g.o.Book.Mark(c.Key, c.Dst)
	switch {
	case known && kept.Sum == c.Sum:
		r := refuse(Replayed, "it was done before")
		r.Kept = &kept
		return r
	case known:
		return refuse(Replayed, "another command has this id")
	case marked && (c.Seq == mark || g.o.Book.Used(c.Key, c.Dst, c.Seq)):
		return refuse(Replayed, fmt.Sprintf("the number %d was used", c.Seq))
	case marked && c.Seq < mark:
		return refuse(OutOfOrder, fmt.Sprintf("the number %d is below %d, which was used", c.Seq, mark))
	case !marked && g.o.Book.Lost() && c.Nonce == "":
		return refuse(UnsafeNow, "the book was lost, so that old messages cannot be told from new ones: want this connection's nonce")
	}
	return nil
}

// timely judges by the time that is agreed on, never by the terminal's own clock.
func (g *Gate) timely(c Command) *Refusal {
	if c.Nonce != "" && c.Nonce != g.o.Nonce() {
		return refuse(Expired, "it was made for another connection")
	}
	now, known := g.o.Now()
	switch {
	case !known && c.Nonce != "" && c.Harmless():
		return nil
	case !known:
		return refuse(UnsafeNow, "time not known: only probe, snapshot and set of log are done, with this connection's nonce")
	case now.Add(tolerance).Unix() < c.NotBefore:
		return refuse(NotYet, fmt.Sprintf("good from %s on, and it is %s", stamp(c.NotBefore), stamp(now.Unix())))
	case now.Unix() >= c.Expires:
		return refuse(Expired, fmt.Sprintf("good until %s, and it is %s", stamp(c.Expires), stamp(now.Unix())))
	}
	if err := within(c.Args, now); err != nil {
		return refuse(BadArgs, string(c.Op)+": "+err.Error())
	}
	return nil
}

func stamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
