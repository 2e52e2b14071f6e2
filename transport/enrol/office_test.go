package enrol

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// office is a server without a network, with the reference server's rules.
type office struct {
	mu   sync.Mutex
	t    testing.TB
	key  *ecdsa.PrivateKey
	ca   *x509.Certificate
	now  func() time.Time
	life time.Duration

	tokens  map[string]string // to the key that has it
	answers map[string]Grant  // of a token
	newest  string            // serial number
	from    string            // of which it is the renewal
	asked   [32]byte
	grant   Grant

	fail    error // instead of an answer
	lost    bool  // the answer is made, and does not arrive
	claims  []Claim
	renewed []time.Time
	serial  int64
	config  string
}

func newOffice(t testing.TB, now func() time.Time, tokens ...string) *office {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "office"}, NotBefore: now(), NotAfter: now().AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	ca, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	o := &office{t: t, key: key, ca: ca, now: now, life: 90 * 24 * time.Hour, tokens: map[string]string{}, answers: map[string]Grant{}, serial: 1}
	for _, token := range tokens {
		o.tokens[token] = ""
	}
	return o
}

func (o *office) sign(csr *x509.CertificateRequest) Grant {
	o.serial++
	template := &x509.Certificate{SerialNumber: big.NewInt(o.serial), Subject: pkix.Name{CommonName: "T1"}, NotBefore: o.now(), NotAfter: o.now().Add(o.life)}
	der, err := x509.CreateCertificate(rand.Reader, template, o.ca, csr.PublicKey, o.key)
	require.NoError(o.t, err)
	o.newest = template.SerialNumber.String()
	return Grant{Schema: Schema, Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Tenant: "demo", Terminal: "T1", Config: o.config}
}

var errNobody = errors.New("nobody there")

func (o *office) Claim(_ context.Context, c Claim) (Grant, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return Grant{}, o.fail
	}
	csr, err := ParseRequest(c.CSR)
	require.NoError(o.t, err)
	key := Thumbprint(csr.PublicKey)
	require.Equal(o.t, key, c.Terminal.Key)
	o.claims = append(o.claims, c)
	switch had, known := o.tokens[c.Token]; {
	case !known:
		return Grant{}, &Refusal{Word: UnknownToken}
	case had != "" && had != key:
		return Grant{}, &Refusal{Word: Used}
	case had == "":
		o.tokens[c.Token], o.answers[c.Token] = key, o.sign(csr)
	}
	if o.lost {
		return Grant{}, errNobody
	}
	return o.answers[c.Token], nil
}

func (o *office) Renew(_ context.Context, r Renewal, current *tls.Certificate) (Grant, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return Grant{}, o.fail
	}
	csr, err := ParseRequest(r.CSR)
	require.NoError(o.t, err)
	o.renewed = append(o.renewed, o.now())
	asked := sha256.Sum256(csr.Raw)
	switch serial := current.Leaf.SerialNumber.String(); {
	case serial == o.newest:
		o.from, o.asked, o.grant = serial, asked, o.sign(csr)
	case serial != o.from || asked != o.asked:
		return Grant{}, &Refusal{Word: CloneSuspected}
	}
	if o.lost {
		return Grant{}, errNobody
	}
	return o.grant, nil
}

// shop is a terminal: a state folder, and a keeper for it.
type shop struct {
	o     KeeperOptions
	dir   string
	token string
	start time.Time

	mu   sync.Mutex
	said []Status
}

func newShop(t testing.TB, server Server) *shop {
	t.Helper()
	s := &shop{dir: t.TempDir(), start: time.Now()}
	s.token = filepath.Join(s.dir, "claim.txt")
	s.o = KeeperOptions{
		Folder: NewFolder(filepath.Join(s.dir, "identity")), Server: server, Token: s.find, Facts: map[string]string{"serial": "PB0519AB", "flash": "150100524"},
		Now: time.Now, Boottime: func() time.Duration { return time.Since(s.start) }, Said: s.hear,
	}
	return s
}

func (s *shop) put(t testing.TB, token string) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.token, []byte(token+"\n"), 0o600))
}

func (s *shop) find() (string, func() error, error) {
	content, err := os.ReadFile(s.token)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	token, err := ParseToken(content)
	return token, func() error { return s.o.Folder.disk.remove(s.token) }, err
}

func (s *shop) hear(st Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, st)
}

func (s *shop) last() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.said) == 0 {
		return Status{}
	}
	return s.said[len(s.said)-1]
}

const aToken, bToken = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb"
