package fleet

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/poshealth/poshealth/transport/downlink"
)

const (
	pemKey     = "PRIVATE KEY"       // PKCS #8, as every tool reads it
	pemPurpose = "Poshealth-Purpose" // what the key may sign
	maxKeyFile = 4 << 10             // bytes: a key in PEM has 150
)

// SigningKey is a private key with what it may sign.
type SigningKey struct {
	Key     downlink.Key
	private ed25519.PrivateKey
	file    string // where it lies; "": nowhere yet
}

// NewSigningKey makes one.
func NewSigningKey(purpose downlink.Purpose) (*SigningKey, error) {
	if !knownPurpose(purpose) {
		return nil, fmt.Errorf("a key for %q: want cmd, desired or notice", clean(string(purpose), maxWord))
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make a key: %w", err)
	}
	return &SigningKey{Key: downlink.NewKey(purpose, public), private: private}, nil
}

func knownPurpose(p downlink.Purpose) bool {
	return p == downlink.ForCommands || p == downlink.ForDesired || p == downlink.ForNotices
}

// Save writes the key to a new file that its owner alone may read. A file that is there already is let be: it may be a key.
func (k *SigningKey) Save(file string) error {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return fmt.Errorf("cannot write a key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: pemKey, Headers: map[string]string{pemPurpose: string(k.Key.Purpose)}, Bytes: der})
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and may hold a key: name another file, or move it away", file)
	}
	if err != nil {
		return fmt.Errorf("cannot write a key: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("cannot write a key: %w", err)
	}
	k.file = file
	return nil
}

// LoadSigningKey reads what Save wrote. A file that others may read is refused: what is in it is no secret any more.
func LoadSigningKey(file string) (*SigningKey, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	switch {
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, fmt.Errorf("cannot read the key %s: it is no key file", file)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("the key %s may be read by others (mode %04o): chmod 600 it, and make a new one if that is not new", file, info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	const want = `want a file that "poshealth-fleet keygen" made`
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemKey {
		return nil, fmt.Errorf("cannot read the key %s: %s", file, want)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	purpose := downlink.Purpose(block.Headers[pemPurpose])
	if err != nil || !ok || !knownPurpose(purpose) {
		return nil, fmt.Errorf("cannot read the key %s: %s", file, want)
	}
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("cannot read the key %s: %s", file, want)
	}
	return &SigningKey{Key: downlink.NewKey(purpose, public), private: private, file: file}, nil
}
