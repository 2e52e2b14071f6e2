package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/poshealth/poshealth/agent/schedule"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/clock"
	"github.com/poshealth/poshealth/probes/terminal"
	"github.com/poshealth/poshealth/transport/enrol"
)

// ErrEnrolled ends an agent that has got an identity, or another one: a new agent with the same options is who this terminal is now.
var ErrEnrolled = errors.New("this terminal has got an identity: the agent must start anew")

// identityFolder in the state folder holds the key, which never leaves it, and the chain.
const identityFolder = "identity"

// connectWithin bounds one address of the enrolment server: TCP's first three attempts, after 0, 1 and 3 s, and their answers.
const connectWithin = 10 * time.Second

// maxClaim bounds a token's file, in bytes: a line, and a few of explanation.
const maxClaim = 4 << 10

// enrolment is how this terminal gets its identity and keeps it new. It is itself looked at, by the probe "enrolment".
type enrolment struct {
	folder *enrol.Folder
	facts  map[string]string
	local  config.Enrol
	hint   enrol.Hint
	log    *slog.Logger
	keeper *enrol.Keeper
	now    func() time.Time

	mu     sync.Mutex
	status enrol.Status
	news   func() // nil: nobody looks
}

// enrolling finds out who this terminal is, where that is not set by hand, and lays it over the configuration; nil: there is no enrolment.
func enrolling(ctx context.Context, o Options, t *terminal.Terminal) (Options, *enrolment) {
	c := o.Config
	if c.Enrol.URL == "" {
		return o, nil
	}
	ctx, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()
	known, _ := t.Identity(ctx) // what could not be learned is empty
	e := &enrolment{
		folder: enrol.NewFolder(filepath.Join(c.Terminal.StateDir, identityFolder)), facts: machineFacts(known.ID, t), local: c.Enrol, log: o.Log,
		hint: enrol.Hint{ID: c.Terminal.ID, Model: known.Model, OS: known.OS, Agent: o.Version},
	}
	if e.hint.ID == "" {
		e.hint.ID = known.ID
	}
	id, err := e.folder.Load()
	if err != nil || e.folder.Machine(e.facts) == enrol.Another {
		return o, e // the keeper says so
	}
	o.Config, err = overlaid(c, id, e.folder, o.remote)
	if err != nil {
		o.Log.Warn("what came with the identity is not used", slog.Any("error", err))
	}
	return o, e
}

// overlaid is a configuration with what an identity brought. A configuration that came with it stands in the place of the local one, but for
// where things lie on this terminal and who gives identities: else one wrong file would put every terminal out of reach. What was said
// from afar since, a configuration or settings, comes after it. With an error it is the local one, and who this terminal is.
func overlaid(local config.Config, id enrol.Identity, folder *enrol.Folder, r *remote) (config.Config, error) {
	as := func(c config.Config) config.Config {
		c.Terminal.ID, c.Terminal.Tenant = id.Terminal, id.Tenant
		if c.MQTT.Broker == "" {
			c.MQTT.Broker = id.Broker
		}
		if c.MQTT.CertFile == "" {
			c.MQTT.CertFile, c.MQTT.KeyFile = folder.CertFile(), folder.KeyFile()
		}
		return c
	}
	given, err := local, error(nil)
	if id.Config != "" && (r == nil || r.desired.running() == 0) {
		given, err = config.Parse("the configuration that came with the identity", []byte(id.Config))
		given.Terminal.Root, given.Terminal.StateDir, given.Enrol, given.Diagnose.EchoScale = local.Terminal.Root, local.Terminal.StateDir, local.Enrol, local.Diagnose.EchoScale
		if r != nil && err == nil {
			given = overlay(given, r.standing())
		}
	}
	if err == nil {
		given = as(given)
		err = given.Validate()
	}
	if err == nil {
		return given, nil
	}
	own := as(local)
	if wrong := own.Validate(); wrong != nil { // the broker that came with it
		own.MQTT.Broker = local.MQTT.Broker
	}
	return own, err
}

// attend makes the keeper: by the catalog's time, with its resolver, and looked at as one of its probes.
func (e *enrolment) attend(cat *catalog, o Options) error {
	if e == nil {
		return nil
	}
	trusted := trust{
		terminal: cat.terminal, stateDir: o.Config.Terminal.StateDir, moments: cat.keeper.Judge,
		judged: func(_ clock.Basis, since time.Time) { cat.keeper.Prove(since) }, // an authority has signed it: that time has passed
	}
	client, err := enrolClient(e.local, trusted, cat)
	if err != nil {
		return err
	}
	e.now = func() time.Time {
		moments := cat.keeper.Judge()
		return moments[len(moments)-1].Time
	}
	e.keeper = enrol.NewKeeper(enrol.KeeperOptions{
		Folder: e.folder, Server: client, Token: e.token, Hint: e.hint, Facts: e.facts, Now: e.now, Boottime: o.Boottime, Said: e.said,
		Check: func(text string) error {
			_, err := config.Parse("the granted configuration", []byte(text))
			return err
		},
	})
	timing := o.Config.Probe["report"]
	cat.tasks = append(cat.tasks, schedule.Task{Probe: e, Every: timing.Every, Timeout: timing.Timeout, Local: true})
	return nil
}

// enrolClient knows the server as the agent knows its broker.
func enrolClient(c config.Enrol, trusted trust, cat *catalog) (*enrol.Client, error) {
	at, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("cannot use enrol.url: %w", err)
	}
	if c.CAFile != "" {
		pem, err := terminal.ReadSmall(c.CAFile, maxPEM)
		if err != nil {
			return nil, fmt.Errorf("cannot read enrol.ca_file: %w", err)
		}
		trusted.own = x509.NewCertPool()
		if !trusted.own.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cannot use enrol.ca_file %s: no certificate in PEM form in it", c.CAFile)
		}
	}
	judge := trusted.verify(at.Hostname())
	return enrol.NewClient(enrol.ClientOptions{
		URL: c.URL,
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
			err := judge(s)
			if err != nil && trusted.own == nil {
				return fmt.Errorf("%w (an authority of its own is named by enrol.ca_file)", err)
			}
			return err
		}},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			addrs, _, err := cat.resolver.Resolve(ctx, host)
			dialer := net.Dialer{Timeout: connectWithin, KeepAlive: -1}
			for _, addr := range addrs {
				var conn net.Conn
				if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port)); err == nil {
					return conn, nil
				}
			}
			return nil, errors.Join(err, ctx.Err())
		},
	})
}

// token is the one that lies in the token file, and how to be rid of it.
func (e *enrolment) token() (string, func() error, error) {
	if e.local.TokenFile == "" {
		return "", nil, nil
	}
	content, err := terminal.ReadSmall(e.local.TokenFile, maxClaim)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	var token string
	if err == nil {
		token, err = enrol.ParseToken(content)
	}
	if err != nil {
		return "", nil, fmt.Errorf("cannot use enrol.token_file %s: %w", e.local.TokenFile, err)
	}
	return token, func() error { return os.Remove(e.local.TokenFile) }, nil
}

// rotation is how to get new credentials before they are due; nil: there is no enrolment.
func (e *enrolment) rotation() func(context.Context) error {
	if e == nil || e.keeper == nil {
		return nil
	}
	return e.keeper.Rotate
}

// run keeps the identity until ctx ends, or until there is another one than this agent runs with: true. news has the probe look.
func (e *enrolment) run(ctx context.Context, news func()) bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	e.news = news
	e.mu.Unlock()
	return e.keeper.Run(ctx)
}

// said keeps how it stands, and tells who reads the log.
func (e *enrolment) said(s enrol.Status) {
	e.mu.Lock()
	e.status = s
	news := e.news
	e.mu.Unlock()
	if news != nil {
		news()
	}
	level := slog.LevelWarn
	if s.State == enrol.Enrolled {
		level = slog.LevelInfo
	}
	e.log.Log(context.Background(), level, "identity", slog.String("state", string(s.State)), slog.String("detail", s.Detail))
}

// ID names the probe that looks at the identity.
func (e *enrolment) ID() probes.ID { return "enrolment" }

// Observe tells how it stands with the identity. It asks nobody: the keeper knows.
func (e *enrolment) Observe(context.Context) probes.Observation {
	e.mu.Lock()
	s := e.status
	e.mu.Unlock()
	o := probes.Observation{Detail: s.Detail}
	if s.State == "" {
		o.Reason, o.Detail = "connecting", "nobody has looked yet"
		return o
	}
	o.Facts = append(o.Facts, probes.Fact{Name: "state", Value: string(s.State)})
	if s.Word != "" {
		o.Facts = append(o.Facts, probes.Fact{Name: "answer", Value: string(s.Word)})
	}
	if !s.Ends.IsZero() {
		o.Readings = append(o.Readings, probes.Reading{Name: "certificate_left", Value: s.Ends.Sub(e.now()).Truncate(time.Hour).Seconds(), Unit: probes.Seconds})
	}
	switch {
	case s.State == enrol.Enrolled:
		o.Outcome = probes.Pass
	case s.State == enrol.NoToken:
		o.Reason = probes.Reason(s.State)
	case s.State == enrol.Clone, s.State == enrol.Damaged, s.Ends.IsZero():
		o.Outcome, o.Reason = probes.Fail, probes.Reason(s.State)
	case s.Short(e.now()):
		o.Outcome, o.Reason = probes.Fail, "renewal-fails"
	default: // there are weeks for it
		o.Outcome, o.Detail = probes.Pass, "the certificate is good; renewing it does not succeed yet: "+s.Detail
	}
	return o
}

// Enrol claims an identity with a token, for who stands in front of the terminal. Where there is one that can be used it stays, and its
// name is returned with fs.ErrExist, unless again is true. A daemon that runs finds the new identity by itself.
func Enrol(ctx context.Context, o Options, token string, again bool) (name string, err error) {
	o = o.withDefaults()
	t, err := openTerminal(o.Config)
	if err != nil {
		return "", err
	}
	plain := o.Config
	_, e := enrolling(ctx, o, t)
	if e == nil {
		return "", errors.New("enrol.url is not set: nobody is there to ask")
	}
	if id, err := e.folder.Load(); err == nil && !again && e.folder.Machine(e.facts) != enrol.Another {
		return id.Terminal, fs.ErrExist
	}
	o.Config = plain
	cat, err := newCatalog(o, t, nil) // one claim keeps nothing of the time
	if err != nil {
		return "", err
	}
	if err := e.attend(cat, o); err != nil {
		return "", err
	}
	if token == "" {
		var used func() error
		if token, used, err = e.token(); err != nil || token == "" {
			return "", errors.Join(errors.New("no token: give --token, or put one into enrol.token_file"), err)
		}
		defer func() {
			if err == nil {
				err = used()
			}
		}()
	}
	id, err := e.keeper.Claim(ctx, token)
	return id.Terminal, err
}
