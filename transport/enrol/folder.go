package enrol

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Names in an identity's folder.
const (
	keyFile     = "key.pem"
	chainFile   = "chain.pem"   // written last: an identity is whole when it is there
	grantFile   = "grant.json"  // what came with the chain
	configFile  = "config.toml" // the configuration that came with it, where one did
	renewalFile = "renewal.csr" // the request that is under way
	machineFile = "machine.json"
)

// maxFile bounds what is read back, in bytes: more than any of the files has.
const maxFile = MaxAnswer

// ErrNone says that there is no identity yet.
var ErrNone = errors.New("this terminal has no identity yet")

// Folder is where an identity lies: its key, its chain, and what came with them. One that is being claimed lies beside it, in
// "{folder}.next", and takes its place only when it is whole: so there is always the old one or the new one. What was replaced is
// "{folder}.old".
type Folder struct {
	dir  string
	disk disk
}

// NewFolder names a folder; nothing is made or read.
func NewFolder(dir string) *Folder { return &Folder{dir: filepath.Clean(dir)} }

// CertFile is where the chain lies, the terminal's own certificate first.
func (f *Folder) CertFile() string { return filepath.Join(f.dir, chainFile) }

// KeyFile is where the key lies.
func (f *Folder) KeyFile() string { return filepath.Join(f.dir, keyFile) }

func (f *Folder) next() string { return f.dir + ".next" }

// Identity is who a terminal is, as a server has granted it.
type Identity struct {
	Grant

	Token       string // SHA-256 of the token that it was claimed with, hex
	Certificate tls.Certificate
	Leaf        *x509.Certificate
	RenewFrom   time.Time // not before it
}

// kept is what is written of a grant, beside its chain and configuration.
type kept struct {
	Grant

	Token string `json:"token_sha256,omitempty"`
}

// Load reads the identity. Where there is none it is [ErrNone]; any other error says what cannot be read.
func (f *Folder) Load() (Identity, error) {
	f.settle()
	if _, err := os.Stat(f.CertFile()); errors.Is(err, fs.ErrNotExist) {
		return Identity{}, ErrNone
	}
	return f.load(f.dir)
}

// settle ends what a power cut interrupted: a new identity that is whole takes its place.
func (f *Folder) settle() {
	if _, err := os.Stat(filepath.Join(f.next(), chainFile)); err == nil {
		_ = f.promote() // Load says what is there; the next one tries again
	}
}

// promote puts the new identity in the place of the old one. Where the power fails between two of its steps, settle goes on.
func (f *Folder) promote() error {
	old := f.dir + ".old"
	if _, err := os.Stat(f.dir); err == nil {
		if err := f.disk.remove(old); err != nil {
			return err
		}
		if err := f.disk.move(f.dir, old); err != nil {
			return err
		}
	}
	return f.disk.move(f.next(), f.dir)
}

func (f *Folder) load(dir string) (Identity, error) {
	var id Identity
	key, err := readKey(dir)
	if err != nil {
		return id, fmt.Errorf("cannot use this terminal's identity: %w", err)
	}
	chain, err := readSmall(filepath.Join(dir, chainFile), maxFile)
	if err != nil {
		return id, fmt.Errorf("cannot use this terminal's identity: %w", err)
	}
	var was kept
	words, err := readSmall(filepath.Join(dir, grantFile), maxFile)
	if err == nil {
		err = json.Unmarshal(words, &was)
	}
	if err != nil {
		return id, fmt.Errorf("cannot use this terminal's identity: %w", err)
	}
	id.Grant, id.Token = was.Grant, was.Token
	id.Chain = string(chain)
	if config, err := readSmall(filepath.Join(dir, configFile), maxFile); err == nil {
		id.Config = string(config)
	}
	if err := id.fault(); err != nil {
		return id, fmt.Errorf("cannot use this terminal's identity in %s: %w", dir, err)
	}
	leaf, der, err := parseChain(id.Chain, key)
	if err != nil {
		return id, fmt.Errorf("cannot use this terminal's identity in %s: %w", dir, err)
	}
	id.Leaf = leaf
	id.Certificate = tls.Certificate{Certificate: der, PrivateKey: key, Leaf: leaf}
	id.RenewFrom = renewFrom(leaf, id.RenewAfter)
	return id, nil
}

func readKey(dir string) (*ecdsa.PrivateKey, error) {
	file := filepath.Join(dir, keyFile)
	content, err := readSmall(file, maxFile)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// prepare gives the key for a claim. It is on the flash before anybody hears of it, and the same until the claim is through; one that
// was made on another machine is not used.
func (f *Folder) prepare(facts map[string]string) (*ecdsa.PrivateKey, error) {
	dir := f.next()
	key, err := readKey(dir)
	if err == nil && f.machineAt(dir, facts) == Another {
		err = fs.ErrNotExist
	}
	if err == nil {
		return key, nil
	}
	// What is there is of no use: of a power cut before any claim, of another machine, or damaged. A damaged key cannot be had back.
	if err := f.disk.remove(dir); err != nil {
		return nil, err
	}
	if err := f.disk.make(dir); err != nil {
		return nil, err
	}
	if err := f.bind(dir, facts); err != nil {
		return nil, err
	}
	key, content, err := newKey()
	if err != nil {
		return nil, err
	}
	return key, f.disk.write(filepath.Join(dir, keyFile), content)
}

// keepClaimed keeps a grant for the key that was prepared, and puts it in the place of the identity that was.
func (f *Folder) keepClaimed(g Grant, token string) error {
	if err := f.keep(f.next(), kept{g, token}); err != nil {
		return err
	}
	return f.promote()
}

// keepRenewed keeps the answer to a renewal: the same key, another chain.
func (f *Folder) keepRenewed(g Grant, token string) error {
	if err := f.keep(f.dir, kept{g, token}); err != nil {
		return err
	}
	return f.disk.remove(filepath.Join(f.dir, renewalFile))
}

// keep writes a grant. The chain comes last: until then the old one holds, with words that fit either.
func (f *Folder) keep(dir string, g kept) error {
	key, err := readKey(dir)
	if err != nil {
		return err
	}
	if err := g.fault(); err != nil {
		return err
	}
	if _, _, err := parseChain(g.Chain, key); err != nil {
		return fmt.Errorf("the granted chain cannot be used: %w", err)
	}
	chain, config := g.Chain, g.Config
	g.Chain, g.Config = "", "" // each has a file of its own
	words, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if config != "" {
		if err := f.disk.write(filepath.Join(dir, configFile), []byte(config)); err != nil {
			return err
		}
	}
	if err := f.disk.write(filepath.Join(dir, grantFile), words); err != nil {
		return err
	}
	return f.disk.write(filepath.Join(dir, chainFile), []byte(chain))
}

// renewalRequest gives the request for the next certificate: the same until there is an answer to it. So the server tells a terminal
// whose power failed, which asks the same again, from a copy of its folder, which asks something else.
func (f *Folder) renewalRequest(id Identity) (string, error) {
	file := filepath.Join(f.dir, renewalFile)
	key, err := readKey(f.dir)
	if err != nil {
		return "", err
	}
	if kept, err := readSmall(file, MaxRequest); err == nil {
		if csr, err := ParseRequest(string(kept)); err == nil && key.PublicKey.Equal(csr.PublicKey) {
			return string(kept), nil
		}
	}
	csr, err := request(key, id.Terminal)
	if err != nil {
		return "", err
	}
	return csr, f.disk.write(file, []byte(csr))
}

// renewFrom is when renewing may begin: as the server says where that lies within the certificate's life, else after two thirds of it.
func renewFrom(leaf *x509.Certificate, said string) time.Time {
	third := leaf.NotAfter.Sub(leaf.NotBefore) / 3
	from := leaf.NotAfter.Add(-third)
	if t, err := time.Parse(time.RFC3339, said); err == nil && t.After(leaf.NotBefore) && t.Before(leaf.NotAfter) {
		return t
	}
	return from
}
