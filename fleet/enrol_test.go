package fleet_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/transport/enrol"
)

// office is the reference server over real TLS, on loopback.
type office struct {
	dir, url string
	roots    *x509.CertPool
	log      *lockedBuffer
	stop     func()

	mu    sync.Mutex
	ahead time.Duration // of its clock
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Add(o.ahead)
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ahead += d
}

func openOffice(t *testing.T, dir string) *office {
	t.Helper()
	o := &office{dir: dir, log: &lockedBuffer{}, roots: x509.NewCertPool()}
	server, err := fleet.OpenEnrolment(fleet.EnrolOptions{
		Dir: dir, Broker: "tls://broker.example:8883", Config: "version = 1\n", Now: o.now, Log: slog.New(slog.NewTextHandler(o.log, nil)),
	})
	require.NoError(t, err)
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	require.NoError(t, err)
	require.True(t, o.roots.AppendCertsFromPEM(ca))
	cert, err := server.ServerCertificate("127.0.0.1")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	o.url = "https://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l, cert) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-done)
		assert.NoError(t, server.Close())
	})
	t.Cleanup(o.stop)
	return o
}

func (o *office) token(t *testing.T, to fleet.TokenOptions) string {
	t.Helper()
	to.Count = 1
	tokens, err := fleet.MakeTokens(o.dir, to)
	require.NoError(t, err)
	return tokens[0]
}

// terminal is a keeper that really asks.
func (o *office) terminal(t *testing.T, dir, id string) *enrol.Keeper {
	t.Helper()
	return enrol.NewKeeper(o.options(t, dir, id))
}

func (o *office) options(t *testing.T, dir, id string) enrol.KeeperOptions {
	t.Helper()
	client, err := enrol.NewClient(enrol.ClientOptions{URL: o.url, TLS: &tls.Config{RootCAs: o.roots}})
	require.NoError(t, err)
	return enrol.KeeperOptions{
		Folder: enrol.NewFolder(filepath.Join(dir, "identity")), Server: client, Hint: enrol.Hint{ID: id}, Now: time.Now,
		Boottime: func() time.Duration { return 0 }, Token: func() (string, func() error, error) { return "", nil, nil },
	}
}

func word(err error) enrol.Word {
	if r, ok := errors.AsType[*enrol.Refusal](err); ok {
		return r.Word
	}
	return ""
}

func TestEnrolmentClaims(t *testing.T) {
	o := openOffice(t, t.TempDir())
	token := o.token(t, fleet.TokenOptions{Tenant: "shop-12", Profile: "counter"})
	dir := t.TempDir()
	id, err := o.terminal(t, dir, "PB0519AB").Claim(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, [4]string{"shop-12", "PB0519AB", "counter", "tls://broker.example:8883"}, [4]string{id.Tenant, id.Terminal, id.Profile, id.Broker})
	assert.Equal(t, "version = 1\n", id.Config)
	assert.Equal(t, "PB0519AB", id.Leaf.Subject.CommonName)
	assert.Equal(t, []string{"shop-12"}, id.Leaf.Subject.Organization)
	assert.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, id.Leaf.ExtKeyUsage, "it is no server's")

	for name, row := range map[string]struct {
		id    string
		token fleet.TokenOptions
		age   time.Duration
		used  string
		want  enrol.Word
	}{
		"another's key":                {id: "PB0519AC", used: token, want: enrol.Used},
		"nobody's":                     {id: "PB0519AC", used: strings.Repeat("a", 26), want: enrol.UnknownToken},
		"expired":                      {id: "PB0519AC", token: fleet.TokenOptions{TTL: time.Hour, Now: time.Now().Add(-2 * time.Hour)}, want: enrol.ExpiredToken},
		"for another":                  {id: "PB0519AC", token: fleet.TokenOptions{Terminal: "PB0519AD"}, want: enrol.WrongTerminal},
		"the name has another":         {id: "PB0519AB", want: enrol.WrongTerminal},
		"for this one":                 {id: "PB0519AE", token: fleet.TokenOptions{Terminal: "PB0519AE"}},
		"a terminal without a name":    {},
		"a new key for a known name":   {id: "PB0519AB", token: fleet.TokenOptions{Terminal: "PB0519AB"}},
		"a name that cannot be one":    {id: "a/b"},
		"a name that is the fleet's":   {id: "notice"},
		"no name, and a token for one": {token: fleet.TokenOptions{Terminal: "PB0519AF"}},
	} {
		t.Run(name, func(t *testing.T) {
			if row.used == "" {
				row.used = o.token(t, row.token)
			}
			got, err := o.terminal(t, t.TempDir(), row.id).Claim(t.Context(), row.used)
			if row.want != "" {
				assert.Equal(t, row.want, word(err), "%v", err)
				return
			}
			require.NoError(t, err)
			assert.True(t, enrol.IsName(got.Terminal))
			assert.NotEqual(t, "notice", got.Terminal)
		})
	}
	assert.Contains(t, o.log.String(), "a token was claimed twice")
	assert.NotContains(t, o.log.String(), token, "no secret in the log")
	tokens, err := os.ReadFile(filepath.Join(o.dir, "tokens.jsonl"))
	require.NoError(t, err)
	assert.NotContains(t, string(tokens), token, "hashes alone")
}

// TestEnrolmentAnswersAgain: the same key and token get the same certificate, from another run of the server too, and when the token's time is over.
func TestEnrolmentAnswersAgain(t *testing.T) {
	dir := t.TempDir()
	o := openOffice(t, dir)
	token := o.token(t, fleet.TokenOptions{})
	var answers []enrol.Grant
	catching := &relay{}
	ask := func() {
		options := o.options(t, filepath.Join(dir, "terminal"), "T1")
		catching.Server, options.Server = options.Server, catching
		_, err := enrol.NewKeeper(options).Claim(t.Context(), token)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		answers = append(answers, catching.grant)
	}
	ask()
	ask()
	o.stop()
	o = openOffice(t, dir)
	o.pass(60 * 24 * time.Hour)
	ask()
	assert.Equal(t, answers[0], answers[1])
	assert.Equal(t, answers[0], answers[2])
}

// relay loses each answer on its way.
type relay struct {
	enrol.Server

	grant enrol.Grant
}

func (r *relay) Claim(ctx context.Context, c enrol.Claim) (enrol.Grant, error) {
	var err error
	if r.grant, err = r.Server.Claim(ctx, c); err != nil {
		return enrol.Grant{}, err
	}
	return enrol.Grant{}, io.ErrUnexpectedEOF
}

// newRequest asks for the next certificate of an identity; no two are the same.
func newRequest(t *testing.T, id enrol.Identity) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, id.Certificate.PrivateKey)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

// withChain is an identity with the next certificate.
func withChain(t *testing.T, id enrol.Identity, chain string) enrol.Identity {
	t.Helper()
	block, _ := pem.Decode([]byte(chain))
	require.NotNil(t, block)
	id.Certificate.Certificate, id.Certificate.Leaf = [][]byte{block.Bytes}, nil
	return id
}

// renewal is one question as the terminal of a certificate.
func (o *office) renewal(t *testing.T, id enrol.Identity, csr string) (enrol.Grant, error) {
	t.Helper()
	client, err := enrol.NewClient(enrol.ClientOptions{URL: o.url, TLS: &tls.Config{RootCAs: o.roots}})
	require.NoError(t, err)
	return client.Renew(t.Context(), enrol.Renewal{Schema: enrol.Schema, CSR: csr}, &id.Certificate)
}

func TestEnrolmentRenews(t *testing.T) {
	o := openOffice(t, t.TempDir())
	dir := t.TempDir()
	id, err := o.terminal(t, dir, "T1").Claim(t.Context(), o.token(t, fleet.TokenOptions{}))
	require.NoError(t, err)
	first, second := newRequest(t, id), newRequest(t, id)

	g, err := o.renewal(t, id, first)
	require.NoError(t, err)
	again, err := o.renewal(t, id, first)
	require.NoError(t, err, "its answer was lost")
	assert.Equal(t, g, again)
	_, err = o.renewal(t, id, second)
	assert.Equal(t, enrol.CloneSuspected, word(err), "%v", err)
	assert.Contains(t, o.log.String(), "clone suspected")

	// A copy that was left behind by two.
	newer := withChain(t, id, g.Chain)
	_, err = o.renewal(t, newer, second)
	require.NoError(t, err)
	_, err = o.renewal(t, id, first)
	assert.Equal(t, enrol.CloneSuspected, word(err), "%v", err)
}

// TestEnrolmentGrace: an expired certificate may renew for as long as the server lets it, and no longer.
func TestEnrolmentGrace(t *testing.T) {
	o := openOffice(t, t.TempDir())
	id, err := o.terminal(t, t.TempDir(), "T1").Claim(t.Context(), o.token(t, fleet.TokenOptions{}))
	require.NoError(t, err)
	o.pass(119 * 24 * time.Hour)
	g, err := o.renewal(t, id, newRequest(t, id))
	require.NoError(t, err)
	o.pass(121 * 24 * time.Hour)
	newer := withChain(t, id, g.Chain)
	_, err = o.renewal(t, newer, newRequest(t, newer))
	assert.Equal(t, enrol.Expired, word(err), "%v", err)
}

// TestEnrolmentKnowsItsOwn: another authority's certificate of the same name is nobody's.
func TestEnrolmentKnowsItsOwn(t *testing.T) {
	o, other := openOffice(t, t.TempDir()), openOffice(t, t.TempDir())
	_, err := o.terminal(t, t.TempDir(), "T1").Claim(t.Context(), o.token(t, fleet.TokenOptions{}))
	require.NoError(t, err)
	stranger, err := other.terminal(t, t.TempDir(), "T1").Claim(t.Context(), other.token(t, fleet.TokenOptions{}))
	require.NoError(t, err)
	_, err = o.renewal(t, stranger, newRequest(t, stranger))
	assert.Equal(t, enrol.Expired, word(err), "%v", err)
}

// TestEnrolmentSurvivesAnyEnd: wherever the file breaks off, as when the server is killed, the server starts, and what is whole in it holds.
func TestEnrolmentSurvivesAnyEnd(t *testing.T) {
	dir := t.TempDir()
	o := openOffice(t, dir)
	tokens, err := fleet.MakeTokens(dir, fleet.TokenOptions{Count: 2})
	require.NoError(t, err)
	_, err = o.terminal(t, t.TempDir(), "T1").Claim(t.Context(), tokens[0])
	require.NoError(t, err)
	file := filepath.Join(dir, "issued.jsonl")
	one, err := os.ReadFile(file)
	require.NoError(t, err)
	_, err = o.terminal(t, t.TempDir(), "T2").Claim(t.Context(), tokens[1])
	require.NoError(t, err)
	_, err = fleet.OpenEnrolment(fleet.EnrolOptions{Dir: dir})
	require.ErrorContains(t, err, "another server has")
	o.stop()
	two, err := os.ReadFile(file)
	require.NoError(t, err)
	for end := len(one); end < len(two); end += 97 {
		require.NoError(t, os.WriteFile(file, two[:end], 0o600))
		server, err := fleet.OpenEnrolment(fleet.EnrolOptions{Dir: dir})
		require.NoError(t, err, "end %d", end)
		require.NoError(t, server.Close())
		left, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, one, left, "end %d", end)
	}
	require.NoError(t, os.WriteFile(file, append([]byte("{\n"), one...), 0o600))
	_, err = fleet.OpenEnrolment(fleet.EnrolOptions{Dir: dir})
	require.ErrorContains(t, err, "line 1 is damaged")
}

// TestTokensAfterHalfALine: who made tokens was killed; the next ones are found.
func TestTokensAfterHalfALine(t *testing.T) {
	o := openOffice(t, t.TempDir())
	first := o.token(t, fleet.TokenOptions{})
	file := filepath.Join(o.dir, "tokens.jsonl")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"sha256":"12`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	second := o.token(t, fleet.TokenOptions{})
	for _, token := range []string{second, first} {
		_, err := o.terminal(t, t.TempDir(), "").Claim(t.Context(), token)
		require.NoError(t, err)
	}
}

// TestEnrolmentTurnsAway: an address that guesses is told to come later, and garbage is refused with a word.
func TestEnrolmentTurnsAway(t *testing.T) {
	o := openOffice(t, t.TempDir())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.roots}}}
	defer client.CloseIdleConnections()
	for name, body := range map[string]string{"garbage": "\x00\xff", "empty": "", "long": strings.Repeat("a", 1<<20), "schema": `{"schema":2}`, "no csr": `{"schema":1,"token":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}`} {
		for _, path := range []string{enrol.ClaimPath, enrol.RenewPath} {
			answer, err := client.Post(o.url+path, "application/json", strings.NewReader(body))
			require.NoError(t, err, name)
			var r enrol.Refusal
			require.NoError(t, json.NewDecoder(answer.Body).Decode(&r), name)
			_ = answer.Body.Close()
			assert.Equal(t, enrol.Malformed, r.Word, name)
		}
	}
	k := o.terminal(t, t.TempDir(), "T1")
	for range 30 {
		_, err := k.Claim(t.Context(), strings.Repeat("b", 26))
		require.Equal(t, enrol.UnknownToken, word(err), "%v", err)
	}
	_, err := k.Claim(t.Context(), strings.Repeat("b", 26))
	require.Equal(t, enrol.TryLater, word(err), "%v", err)
	o.pass(time.Minute)
	_, err = k.Claim(t.Context(), o.token(t, fleet.TokenOptions{}))
	require.NoError(t, err)
}

func TestMakeTokensRefuses(t *testing.T) {
	for _, o := range []fleet.TokenOptions{{}, {Count: 1_000_001}, {Count: 2, Terminal: "T1"}, {Count: 1, Tenant: "a/b"}, {Count: 1, TTL: -time.Hour}} {
		_, err := fleet.MakeTokens(t.TempDir(), o)
		assert.Error(t, err, "%+v", o)
	}
}
