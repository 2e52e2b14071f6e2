package agent

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// tokenFile, in the state folder, holds what a payment app shows.
const tokenFile = "intake.token"

// tokenBytes are what nobody guesses. In base64url they are 43 letters.
const tokenBytes = 32

// intakeToken is what a payment app must show, as it was made once and kept. "": there is none, and err says why. A token is good
// with an error too: something is to be told of it.
func intakeToken(c config.Config) (token string, err error) {
	file := c.Intake.TokenFile
	if file == "" {
		file = filepath.Join(c.Terminal.StateDir, tokenFile)
	} else if _, err := os.Stat(filepath.Dir(file)); err != nil {
		return "", fmt.Errorf("cannot keep the payment app's token: %w", err) // a folder of the app's is the app's to make
	}
	kept, err := terminal.ReadSmall(file, maxKept)
	token = strings.TrimSpace(string(kept))
	var told error
	switch {
	case err == nil && isToken(token):
		return token, hand(file, token, c.Intake.UIDs)
	case err == nil:
		told = fmt.Errorf("cannot use the payment app's token in %s: %w; a new one was made", file, errDamaged)
	case errors.Is(err, fs.ErrNotExist):
	default:
		if info, statErr := os.Stat(file); statErr != nil || !info.Mode().IsRegular() || info.Size() <= maxKept {
			return "", fmt.Errorf("cannot read the payment app's token: %w", err)
		}
		told = fmt.Errorf("cannot use the payment app's token in %s: %w; a new one was made", file, errDamaged) // it is too long
	}
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // it never fails: crypto/rand ends the program first
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	if err := keep(file, token); err != nil {
		return "", fmt.Errorf("cannot keep the payment app's token: %w", err) // an app could not read it
	}
	return token, errors.Join(told, hand(file, token, c.Intake.UIDs))
}

func isToken(s string) bool {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && len(b) == tokenBytes
}

// hand gives the token's file to the app that is named first, where we may, and takes it from all who are none of ours. It may lie in
// a folder of the app's: what is handed over is what was read, and nothing that a link leads to.
func hand(file, token string, uids []int) error {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("cannot hand the payment app its token: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	var b [maxKept]byte
	n, _ := f.Read(b[:])
	switch {
	case err == nil && (!info.Mode().IsRegular() || strings.TrimSpace(string(b[:n])) != token):
		err = errors.New("another file has taken its place")
	case err == nil && info.Mode().Perm()&0o007 != 0:
		err = f.Chmod(info.Mode().Perm() &^ 0o007)
	}
	if err == nil && len(uids) > 0 && os.Geteuid() == 0 {
		err = f.Chown(uids[0], -1)
	}
	if err != nil {
		return fmt.Errorf("cannot hand the payment app its token in %s: %w", file, err)
	}
	return nil
}
