package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts a bundle into a file that only its owner may read, whole or not at all. It replaces nothing.
func Write(file string, packed []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".poshealth-bundle-*") // 0600
	if err != nil {
		return fmt.Errorf("cannot write the bundle: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(packed)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("cannot write the bundle: %w", err)
	}
	err = os.Link(f.Name(), file) // fails where there is one
	if err == nil || errors.Is(err, fs.ErrExist) {
		return taken(file, err)
	}
	// An SD card's file system has no links.
	if _, err := os.Lstat(file); err == nil {
		return taken(file, fs.ErrExist)
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return fmt.Errorf("cannot write the bundle: %w", err)
	}
	return nil
}

func taken(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is there already, and is not replaced: name another --out: %w", file, fs.ErrExist)
}
