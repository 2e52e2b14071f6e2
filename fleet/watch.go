package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"time"
)

const (
	// A watcher is one of few, so its broker needs no protection from it: back within seconds, and never hasty.
	leastRetry = time.Second
	mostRetry  = 15 * time.Second

	// droppedEvery: how often it is said that messages come faster than they are read.
	droppedEvery = 10 * time.Second
)

// Options say which broker to watch, and whose terminals.
type Options struct {
	Broker       string // tcp://, tls://, ws:// or wss://; the ports default to 1883, 8883, 80, 443
	CAFile       string // PEM, for tls and wss; "": the platform's own
	Username     string
	PasswordFile string // its first line is the password; "": none
	Tenant       string // "": all of them
	ClientID     string // "": one is made
	Lang         string // "zh"; anything else is English
}

// watcher is Watch under way. One goroutine owns it, but for the inbox.
type watcher struct {
	options  Options
	broker   target
	password string
	inbox    *inbox
	story    *Story
	say      speech
	tell     func(Line)

	dropped int64 // of inbox.dropped, as told last
	saidAt  time.Time
}

// Watch subscribes and tells every line, in order and from one goroutine, until ctx ends; then it returns nil. A broker that
// goes away is waited for. It fails at once on options that cannot work, and when the broker refuses the first attempt.
func Watch(ctx context.Context, o Options, tell func(Line)) error {
	w, err := newWatcher(o, tell)
	if err != nil {
		return err
	}
	return w.run(ctx)
}

// run keeps a subscription up until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	var lostAt time.Time
	for failures := 0; ctx.Err() == nil; failures++ {
		if failures > 0 && !pause(ctx, failures) {
			break
		}
		s, err := w.subscribe(ctx)
		if err == nil {
			w.connected(lostAt)
			failures = 0
			err = w.follow(ctx, s)
			s.close()
			lostAt = time.Now()
		}
		switch {
		case ctx.Err() != nil: // it was asked to end: no failure
		case lostAt.IsZero() && errors.Is(err, errRefused):
			return fmt.Errorf("broker %s: %w", w.broker, err)
		case failures == 0:
			w.lost(err, lostAt.IsZero())
		}
	}
	return nil
}

func newWatcher(o Options, tell func(Line)) (*watcher, error) {
	broker, brokerErr := parseBroker(o.Broker, o.CAFile)
	password, passwordErr := readPassword(o.PasswordFile)
	var misuse error
	if o.PasswordFile != "" && o.Username == "" {
		misuse = errors.New("there is a password and no user name: MQTT has no password without one")
	}
	var noName error
	if o.Tenant != "" && !goodName(o.Tenant) {
		noName = fmt.Errorf("tenant %q: want 1 to %d of letters, digits, _ and -", clean(o.Tenant, maxWord), maxName)
	}
	if err := errors.Join(brokerErr, passwordErr, misuse, noName); err != nil {
		return nil, err
	}
	if o.ClientID == "" {
		o.ClientID = "poshealth-fleet-" + rand.Text()[:8]
	}
	return &watcher{
		options: o, broker: broker, password: password, inbox: newInbox(), tell: tell,
		story: NewStory(StoryOptions{Tenant: o.Tenant, Lang: o.Lang}), say: speech{zh: o.Lang == "zh"},
	}, nil
}

// follow reads until the connection or ctx ends, and says why the connection did.
func (w *watcher) follow(ctx context.Context, s *subscription) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-w.inbox.messages:
			w.read(m)
		case <-s.conn.done:
			w.drain()
			return s.conn.why()
		}
	}
}

// drain reads what came before the connection ended.
func (w *watcher) drain() {
	for {
		select {
		case m := <-w.inbox.messages:
			w.read(m)
		default:
			return
		}
	}
}

func (w *watcher) read(m Message) {
	w.inbox.taken(m)
	for _, line := range w.story.Tell(m) {
		w.tell(line)
	}
	n := w.inbox.dropped.Load()
	if n == w.dropped || m.At.Sub(w.saidAt) < droppedEvery {
		return
	}
	w.tell(Line{At: m.At, Kind: Dropped, Tone: Bad, Mark: "!", Text: fmt.Sprintf(
		w.say.say("%d messages came faster than they could be read, and are lost", "有 %d 条消息来得太快，已丢失"), n-w.dropped)})
	w.dropped, w.saidAt = n, m.At
}

// connected tells that the broker is there, and for how long it was not; lostAt is zero when it never was.
func (w *watcher) connected(lostAt time.Time) {
	line := Line{At: time.Now(), Kind: Watching, Tone: Quiet, Mark: "●"}
	line.Text = w.say.say("watching ", "正在监听 ") + w.broker.String()
	if w.options.Tenant != "" {
		line.Notes = append(line.Notes, w.say.say("tenant ", "租户 ")+w.options.Tenant)
	}
	if !lostAt.IsZero() {
		line.Notes = append(line.Notes, w.say.say("back after ", "中断 ")+w.say.lasting(line.At.Sub(lostAt)))
	}
	w.tell(line)
}

func (w *watcher) lost(err error, never bool) {
	line := Line{At: time.Now(), Kind: Watching, Tone: Bad, Mark: "✗", Detail: clean(err.Error(), maxDetail)}
	line.Text = w.say.say("lost the broker, trying again", "与服务器的连接中断，正在重试")
	if never {
		line.Text = w.say.say("no broker at ", "无法连接服务器 ") + w.broker.String() + w.say.say(", trying again", "，正在重试")
	}
	w.tell(line)
}

// pause waits before the next attempt: full jitter, in a window that doubles. False: ctx has ended.
func pause(ctx context.Context, failures int) bool {
	window := min(leastRetry<<min(failures-1, 8), mostRetry)
	timer := time.NewTimer(time.Duration(mrand.Float64() * float64(window)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
