package enrol

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// lookForToken: a person who has put a token there waits beside the terminal, and one who has not makes it wake up all day.
	lookForToken = 30 * time.Second
	// lookAgain is how long an identity is left alone at most: timers stand still while a terminal sleeps, and clocks are set.
	lookAgain = time.Hour
	// A claim that found nobody is repeated soon, for somebody waits, and the widest window is an hour.
	claimBase, claimCap = 15 * time.Second, time.Hour
	// A renewal has weeks: the windows double from ten minutes to six hours.
	renewBase, renewCap = 10 * time.Minute, 6 * time.Hour
	// refusedFor is how long a token that was refused is not tried again: only a person can mend that, at the server.
	refusedFor = 6 * time.Hour
	// A renewal is drawn from the last third of a life, but not from its last tenth: that is for trying again.
	lastTenth = 10
)

// Server answers claims and renewals; a [Client] is one.
type Server interface {
	Claim(ctx context.Context, claim Claim) (Grant, error)
	Renew(ctx context.Context, renewal Renewal, current *tls.Certificate) (Grant, error)
}

// KeeperOptions of a keeper. Folder, Server, Token, Now and Boottime must be given.
type KeeperOptions struct {
	Folder *Folder
	Server Server
	// Token finds a token, and what to do when it has been used; "" where there is none. An error is told, and looked at again.
	Token func() (token string, used func() error, err error)
	Hint  Hint              // Key is filled in
	Facts map[string]string // lasting facts of this machine, see [Folder.Machine]
	// Check refuses a grant's configuration that this agent cannot use; nil: any will do.
	Check    func(config string) error
	Now      func() time.Time     // as far as that is known; the wall clock may be wrong
	Boottime func() time.Duration // never goes back, and goes on while the terminal sleeps
	Said     func(Status)         // hears of each change; nil: nobody does
}

// Keeper gets an identity and keeps it new.
type Keeper struct {
	o       KeeperOptions
	rand    func() float64 // [0,1)
	status  Status
	window  time.Duration // of the next failure; 0: the first
	waitTo  time.Duration // nothing is asked before, by the boot clock
	asks    chan chan error
	refused string // a hash of the token that was refused last
}

// NewKeeper makes a keeper.
func NewKeeper(o KeeperOptions) *Keeper {
	if o.Said == nil {
		o.Said = func(Status) {}
	}
	return &Keeper{o: o, rand: rand.Float64, asks: make(chan chan error)}
}

// Rotate asks for the next certificate now, whatever is due. It fails where there is no identity to renew, and returns when ctx ends.
func (k *Keeper) Rotate(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case k.asks <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *Keeper) rotate(ctx context.Context) error {
	id, err := k.o.Folder.Load()
	if err != nil {
		return err
	}
	if k.o.Folder.Machine(k.o.Facts) == Another {
		return errors.New("this identity was made on another machine")
	}
	return k.askRenewal(ctx, id)
}

// Run claims when there is no identity, and renews when that is due, until ctx ends or there is another identity than at its start:
// true, and who uses it should start anew. A new chain of the same identity is no reason to.
func (k *Keeper) Run(ctx context.Context) (changed bool) {
	was, err := k.o.Folder.Load() // none, or not to be read: look says so
	if err != nil || k.o.Folder.Machine(k.o.Facts) == Another {
		was = Identity{} // nobody uses it
	}
	for ctx.Err() == nil {
		wait := k.look(ctx)
		if is, err := k.o.Folder.Load(); err == nil && another(was, is) && k.o.Folder.Machine(k.o.Facts) != Another {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case done := <-k.asks:
			done <- k.rotate(ctx)
		}
		timer.Stop()
	}
	return false
}

// another tells whether a running agent rests on what has changed.
func another(was, is Identity) bool {
	return was.Terminal != is.Terminal || was.Tenant != is.Tenant || was.Broker != is.Broker || was.Config != is.Config
}

// look does what is due and tells how long nothing is.
func (k *Keeper) look(ctx context.Context) time.Duration {
	id, err := k.o.Folder.Load()
	switch machine := k.o.Folder.Machine(k.o.Facts); {
	case err == nil && machine == Another:
		return k.replace(ctx, Status{State: Clone, Detail: "this identity was made on another machine, and is not used here: give this terminal a token of its own"})
	case err == nil:
		// Where nobody can tell whose machine it is, it is this one's: its facts could be read neither then nor now.
		if err := k.o.Folder.Bind(k.o.Facts); err != nil {
			k.say(Status{State: k.status.State, Detail: "cannot keep which machine this is: " + err.Error()})
		}
		if token, used, err := k.o.Token(); err == nil && token != "" && hashOf(token) == id.Token {
			_ = used() // the power failed before it could be removed; where it cannot be, it does no harm
		}
		return k.renew(ctx, id)
	case errors.Is(err, ErrNone):
		return k.replace(ctx, Status{State: NoToken, Detail: "waiting for a token"})
	}
	return k.replace(ctx, Status{State: Damaged, Detail: err.Error()})
}

// replace claims an identity where there is none to use; otherwise is what is said when there is no token.
func (k *Keeper) replace(ctx context.Context, otherwise Status) time.Duration {
	token, used, err := k.o.Token()
	switch {
	case err != nil:
		otherwise.Detail = err.Error()
		fallthrough
	case token == "":
		k.refused, k.window = "", 0
		k.say(otherwise)
		return lookForToken
	case k.wait() > 0 && (k.refused == "" || k.refused == hashOf(token)):
		return min(k.wait(), lookForToken)
	}
	if err := k.claim(ctx, token); err != nil {
		state := Unreachable
		if r, refusal := errors.AsType[*Refusal](err); refusal && r.Lasting() {
			state = Refused
			k.refused, k.waitTo = hashOf(token), k.o.Boottime()+refusedFor
		} else {
			k.refused = ""
			k.pause(err, claimBase, claimCap)
		}
		if otherwise.State == Clone { // the worse news
			state = Clone
		}
		k.say(Status{State: state, Word: wordOf(err), Detail: err.Error()})
		return min(k.wait(), lookForToken)
	}
	k.refused, k.window, k.waitTo = "", 0, k.o.Boottime()+claimBase
	detail := "claimed"
	if err := used(); err != nil {
		detail = "claimed; the used token cannot be removed: " + err.Error()
	}
	k.say(Status{State: Enrolled, Detail: detail})
	return 0
}

// Claim claims an identity now, whether there is one or not, for who waits beside the terminal. An identity that was is replaced when
// the new one is whole.
func (k *Keeper) Claim(ctx context.Context, token string) (Identity, error) {
	if err := k.claim(ctx, token); err != nil {
		return Identity{}, err
	}
	return k.o.Folder.Load()
}

func (k *Keeper) claim(ctx context.Context, token string) error {
	key, err := k.o.Folder.prepare(k.o.Facts)
	if err != nil {
		return err
	}
	csr, err := request(key, k.o.Hint.ID)
	if err != nil {
		return err
	}
	hint := k.o.Hint
	hint.Key = Thumbprint(&key.PublicKey)
	g, err := k.o.Server.Claim(ctx, Claim{Schema: Schema, Token: token, CSR: csr, Terminal: hint})
	if err == nil {
		err = k.check(g)
	}
	if err != nil {
		return err
	}
	return k.o.Folder.keepClaimed(g, hashOf(token))
}

func (k *Keeper) check(g Grant) error {
	if k.o.Check == nil || g.Config == "" {
		return nil
	}
	return k.o.Check(g.Config)
}

// renew asks for the next certificate when that is due.
func (k *Keeper) renew(ctx context.Context, id Identity) time.Duration {
	now := k.o.Now()
	if due := renewAt(id); now.Before(due) {
		k.window, k.waitTo = 0, 0
		k.say(Status{State: Enrolled, Detail: "enrolled", Ends: id.Leaf.NotAfter, Life: id.Leaf.NotAfter.Sub(id.Leaf.NotBefore)})
		return min(due.Sub(now), lookAgain)
	}
	said := Status{State: k.status.State, Word: k.status.Word, Detail: k.status.Detail, Ends: id.Leaf.NotAfter, Life: id.Leaf.NotAfter.Sub(id.Leaf.NotBefore)}
	if k.wait() > 0 {
		// A server that will not renew may still take a token.
		if said.State == Refused || said.State == Clone {
			if token, _, _ := k.o.Token(); token != "" && k.refused != hashOf(token) {
				k.waitTo = 0
				return k.replace(ctx, said)
			}
			return min(k.wait(), lookForToken)
		}
		return min(k.wait(), lookAgain)
	}
	err := k.askRenewal(ctx, id)
	if err == nil {
		k.window, k.waitTo = 0, k.o.Boottime()+renewBase // a new one that is due at once is not asked for at once
		return 0                                         // looks at the new one
	}
	k.refused = ""
	k.pause(err, renewBase, renewCap)
	said.State, said.Word, said.Detail = Unreachable, wordOf(err), err.Error()
	if r, refusal := errors.AsType[*Refusal](err); refusal && r.Lasting() {
		said.State = Refused
		if r.Word == CloneSuspected {
			said.State = Clone
		}
		k.waitTo = k.o.Boottime() + refusedFor
	}
	k.say(said)
	return min(k.wait(), lookAgain)
}

func (k *Keeper) askRenewal(ctx context.Context, id Identity) error {
	csr, err := k.o.Folder.renewalRequest(id)
	if err != nil {
		return err
	}
	hint := k.o.Hint
	hint.ID, hint.Key = id.Terminal, Thumbprint(id.Leaf.PublicKey)
	g, err := k.o.Server.Renew(ctx, Renewal{Schema: Schema, CSR: csr, Terminal: hint}, &id.Certificate)
	if err != nil {
		return err
	}
	if g.Config == "" {
		g.Config = id.Config
	}
	if err := k.check(g); err != nil {
		return err
	}
	return k.o.Folder.keepRenewed(g, id.Token)
}

// renewAt is a point in the last third of the life, but for its last tenth. Which one, the certificate's own serial number says: terminals that were
// enrolled together renew apart, and one that restarts each day does not draw again.
func renewAt(id Identity) time.Time {
	last := id.Leaf.NotAfter.Add(-id.Leaf.NotAfter.Sub(id.Leaf.NotBefore) / lastTenth)
	span := last.Sub(id.RenewFrom)
	if span <= 0 {
		return id.RenewFrom
	}
	sum := sha256.Sum256(id.Leaf.SerialNumber.Bytes())
	return id.RenewFrom.Add(time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(span)))
}

// pause draws the wait after a failure evenly from a window that doubles, and from as much beyond what the server asks for.
func (k *Keeper) pause(err error, base, most time.Duration) {
	k.window = min(max(k.window, base), most)
	wait := time.Duration(k.rand() * float64(k.window))
	k.window = min(2*k.window, most)
	if r, refusal := errors.AsType[*Refusal](err); refusal && r.Later() > 0 {
		wait = r.Later() + time.Duration(k.rand()*float64(r.Later()))
	}
	k.waitTo = k.o.Boottime() + max(wait, time.Second)
}

func (k *Keeper) wait() time.Duration { return max(k.waitTo-k.o.Boottime(), 0) }

func (k *Keeper) say(s Status) {
	if s != k.status {
		k.status = s
		k.o.Said(s)
	}
}

func wordOf(err error) Word {
	if r, refusal := errors.AsType[*Refusal](err); refusal {
		return r.Word
	}
	return ""
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
