package fleet

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/transport/enrol"
)

// EnrolOptions of a reference server for enrolment. Dir must be given.
type EnrolOptions struct {
	Dir    string        // holds tokens.jsonl, issued.jsonl, and ca.pem with ca.key
	Life   time.Duration // of a terminal's certificate; 0: 90 days
	Grace  time.Duration // for which an expired certificate may still renew; 0: 30 days
	Broker string        // given to every terminal; "": none
	Config string        // TOML given to every terminal; "": none
	Log    *slog.Logger  // nil: silent
	Now    func() time.Time
}

const (
	defaultLife  = 90 * 24 * time.Hour // long enough for a terminal that lies in a drawer for two months
	defaultGrace = 30 * 24 * time.Hour // and for one that lay there for four
	leastLife    = time.Minute         // a shorter one is over before it is used; for tests and demonstrations
	// mostBusy are requests that are worked on: what waits behind them is told to come later.
	mostBusy = 64
	// laterLeast and laterSpread, in seconds, are what those are told: apart, so that they do not come back together.
	laterLeast, laterSpread = 5, 25
)

// Enrolment gives terminals certificates for tokens, and renews them. It says of each certificate that it is given out, and of each
// claim that looks stolen and each renewal that looks like a copy's. What it has answered is on the disk before the answer goes out.
type Enrolment struct {
	o    EnrolOptions
	ca   *authority
	busy chan struct{}

	mu       sync.Mutex
	ledger   *ledger
	tokens   *tokenFile
	suspects suspects
}

// OpenEnrolment opens the folder, and makes an authority in it where there is none. Only one server at a time may have it open.
func OpenEnrolment(o EnrolOptions) (*Enrolment, error) {
	if o.Life == 0 {
		o.Life = defaultLife
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Life < leastLife || o.Grace < 0 || len(o.Config) > enrol.MaxConfig {
		return nil, fmt.Errorf("want a life of at least %v, a grace of at least 0, and a configuration of at most %d bytes", leastLife, enrol.MaxConfig)
	}
	ca, err := openAuthority(o.Dir, o.Now())
	if err != nil {
		return nil, fmt.Errorf("cannot use the authority in %s: %w", o.Dir, err)
	}
	l, err := openLedger(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("cannot use the ledger in %s: %w", o.Dir, err)
	}
	return &Enrolment{o: o, ca: ca, busy: make(chan struct{}, mostBusy), ledger: l, tokens: newTokenFile(o.Dir)}, nil
}

// Close ends the use of the folder.
func (e *Enrolment) Close() error { return e.ledger.close() }

// Handler answers the two questions, and nothing else.
func (e *Enrolment) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+enrol.ClaimPath, e.bounded(e.claim))
	mux.HandleFunc("POST "+enrol.RenewPath, e.bounded(e.renew))
	return mux
}

// bounded keeps the number of requests that are worked on small, and turns away who was refused too often.
func (e *Enrolment) bounded(answer func(*http.Request) (enrol.Grant, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case e.busy <- struct{}{}:
			defer func() { <-e.busy }()
		default:
			e.refuse(w, later("the server is busy"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, enrol.MaxRequest)
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		if e.turnedAway(from) {
			e.refuse(w, later("too many claims from this address were refused"))
			return
		}
		grant, err := answer(r)
		if err == nil {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(grant) // whoever is gone asks again
			return
		}
		refusal, ok := errors.AsType[*enrol.Refusal](err)
		if !ok {
			e.o.Log.Error("cannot answer", slog.String("path", r.URL.Path), slog.Any("error", err))
			refusal = later("the server cannot keep what it answers")
		}
		if ok && refusal.Word == enrol.UnknownToken {
			e.suspect(from)
		}
		e.refuse(w, refusal)
	}
}

func later(why string) *enrol.Refusal {
	return &enrol.Refusal{Word: enrol.TryLater, Detail: why, RetryAfter: laterLeast + rand.IntN(laterSpread)}
}

func (e *Enrolment) refuse(w http.ResponseWriter, r *enrol.Refusal) {
	status := http.StatusForbidden
	switch r.Word {
	case enrol.TryLater:
		status = http.StatusTooManyRequests
	case enrol.Malformed:
		status = http.StatusBadRequest
	case enrol.Used, enrol.CloneSuspected:
		status = http.StatusConflict
	case enrol.UnknownToken, enrol.ExpiredToken, enrol.WrongTerminal, enrol.Expired:
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(r) // whoever is gone asks again
}

// claim exchanges a token for a certificate. The same key with the same token gets the same answer, however often it asks.
func (e *Enrolment) claim(r *http.Request) (enrol.Grant, error) {
	var c enrol.Claim
	if err := read(r, &c); err != nil {
		return enrol.Grant{}, err
	}
	token, err := enrol.ParseToken([]byte(c.Token))
	if err != nil || c.Schema != enrol.Schema {
		return enrol.Grant{}, malformed("want schema 1 and a token")
	}
	csr, err := enrol.ParseRequest(c.CSR)
	if err != nil {
		return enrol.Grant{}, malformed(err.Error())
	}
	key, hash := enrol.Thumbprint(csr.PublicKey), sha256.Sum256([]byte(token))
	e.mu.Lock()
	defer e.mu.Unlock()
	t, err := e.tokens.find(hash)
	if err != nil {
		return enrol.Grant{}, err
	}
	if done, ok := e.ledger.claims[hash]; ok {
		if done.key != key {
			e.o.Log.Warn("a token was claimed twice: a stolen claim, or a terminal that lost its key", slog.String("token", hex.EncodeToString(hash[:4])),
				slog.String("terminal", done.terminal), slog.String("first_key", done.key), slog.String("second_key", key), slog.String("from", r.RemoteAddr))
			return enrol.Grant{}, &enrol.Refusal{Word: enrol.Used, Detail: "another key has had this token: ask for a new one"}
		}
		entry, err := e.ledger.read(done.at)
		if err != nil {
			return enrol.Grant{}, err
		}
		return e.grant(entry)
	}
	switch {
	case t == nil:
		return enrol.Grant{}, &enrol.Refusal{Word: enrol.UnknownToken, Detail: "nobody has made this token: was it typed wrong?"}
	case e.o.Now().Unix() >= t.Expires:
		return enrol.Grant{}, &enrol.Refusal{Word: enrol.ExpiredToken, Detail: "its time is over: ask for a new one"}
	}
	name, err := e.nameFor(t, c.Terminal, key)
	if err != nil {
		return enrol.Grant{}, err
	}
	entry := issued{Kind: kindClaim, Token: hex.EncodeToString(hash[:]), Key: key, Terminal: name, Tenant: t.Tenant, Profile: t.Profile}
	return e.issue(entry, csr)
}

// nameFor finds the name of a terminal: the token's, else the one that it would like to have, else a new one. A name that another key
// has is only given to a token that was made for it: else any token could take any terminal's place.
func (e *Enrolment) nameFor(t *token, hint enrol.Hint, key string) (string, error) {
	name := t.Terminal
	switch {
	case name != "" && hint.ID != "" && hint.ID != name:
		return "", &enrol.Refusal{Word: enrol.WrongTerminal, Detail: "this token is for another terminal"}
	case name == "" && enrol.IsName(hint.ID) && hint.ID != "notice": // a topic of the fleet's
		name = hint.ID
	case name == "":
		name = "T" + strings.ToUpper(randomHex(8))
	}
	if holder, taken := e.ledger.holders[name]; taken && holder.key != key {
		if t.Terminal == "" {
			return "", &enrol.Refusal{Word: enrol.WrongTerminal, Detail: "another key has the name " + name + ": make a token with --terminal " + name + " where it shall be replaced"}
		}
		e.o.Log.Info("a terminal gets a new key", slog.String("terminal", name), slog.String("old_key", holder.key), slog.String("new_key", key))
	}
	return name, nil
}

// renew gives the next certificate to who has the newest. Each certificate is renewed once: the same request again gets the same answer,
// another request is somebody else's.
func (e *Enrolment) renew(r *http.Request) (enrol.Grant, error) {
	var q enrol.Renewal
	if err := read(r, &q); err != nil {
		return enrol.Grant{}, err
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return enrol.Grant{}, malformed("a renewal needs the terminal's certificate")
	}
	csr, err := enrol.ParseRequest(q.CSR)
	if err != nil || q.Schema != enrol.Schema {
		return enrol.Grant{}, malformed("want schema 1 and a signing request of ECDSA P-256")
	}
	shown := r.TLS.PeerCertificates[0]
	if err := e.ca.knows(shown, e.o.Now(), e.o.Grace); err != nil {
		return enrol.Grant{}, &enrol.Refusal{Word: enrol.Expired, Detail: err.Error()}
	}
	key := enrol.Thumbprint(shown.PublicKey)
	if enrol.Thumbprint(csr.PublicKey) != key {
		return enrol.Grant{}, malformed("the signing request is for another key than the certificate's")
	}
	asked := sha256.Sum256(csr.Raw)
	e.mu.Lock()
	defer e.mu.Unlock()
	name := shown.Subject.CommonName
	holder, ok := e.ledger.holders[name]
	if !ok {
		return enrol.Grant{}, &enrol.Refusal{Word: enrol.Expired, Detail: "this server has not issued it"}
	}
	serial := shown.SerialNumber.Text(16)
	switch {
	case holder.key == key && holder.serial == serial:
		entry := issued{Kind: kindRenewal, Key: key, Terminal: name, Tenant: holder.tenant, Profile: holder.profile, From: serial, Asked: hex.EncodeToString(asked[:])}
		return e.issue(entry, csr)
	case holder.key == key && holder.from == serial && holder.asked == asked:
		entry, err := e.ledger.read(holder.at)
		if err != nil {
			return enrol.Grant{}, err
		}
		return e.grant(entry)
	}
	e.o.Log.Warn("clone suspected: a certificate that was renewed already is renewed again, by another request", slog.String("terminal", name),
		slog.String("serial", serial), slog.String("newest", holder.serial), slog.String("from", r.RemoteAddr))
	return enrol.Grant{}, &enrol.Refusal{Word: enrol.CloneSuspected, Detail: "a newer certificate of " + name + " was given out: two terminals have this identity, or its folder is an old copy"}
}

// issue signs, keeps, and only then answers.
func (e *Enrolment) issue(entry issued, csr *x509.CertificateRequest) (enrol.Grant, error) {
	der, serial, err := e.ca.sign(csr.PublicKey, entry.Terminal, entry.Tenant, e.o.Now(), e.o.Life)
	if err != nil {
		return enrol.Grant{}, err
	}
	entry.At, entry.Serial, entry.Leaf = e.o.Now().Unix(), serial, der
	if err := e.ledger.add(entry); err != nil {
		return enrol.Grant{}, err
	}
	e.o.Log.Info("issued", slog.String("kind", entry.Kind), slog.String("terminal", entry.Terminal), slog.String("tenant", entry.Tenant), slog.String("serial", serial))
	return e.grant(entry)
}

func (e *Enrolment) grant(entry issued) (enrol.Grant, error) {
	leaf, err := x509.ParseCertificate(entry.Leaf)
	if err != nil {
		return enrol.Grant{}, err
	}
	third := leaf.NotAfter.Sub(leaf.NotBefore) / 3
	return enrol.Grant{
		Schema: enrol.Schema, Chain: e.ca.chain(entry.Leaf), Tenant: entry.Tenant, Terminal: entry.Terminal, Profile: entry.Profile,
		Config: e.o.Config, Broker: e.o.Broker, RenewAfter: leaf.NotAfter.Add(-third).UTC().Format(time.RFC3339),
	}, nil
}

func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return malformed(err.Error())
	}
	return nil
}

func malformed(why string) *enrol.Refusal {
	return &enrol.Refusal{Word: enrol.Malformed, Detail: enrol.Line(why)}
}
