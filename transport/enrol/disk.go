package enrol

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// disk writes small files so that a power cut leaves the old one or the new one, and what was said to be written is there after it.
type disk struct {
	// step is asked before each thing that is done to the flash; an error of it is a power cut. nil: none.
	step func(what, file string) error
}

func (d disk) do(what, file string, act func() error) error {
	if d.step != nil {
		if err := d.step(what, file); err != nil {
			return err
		}
	}
	return act()
}

// write replaces a file; only its owner may read it. The folder is synced too: a server must never know a key that the flash forgets.
func (d disk) write(file string, content []byte) error {
	half := file + ".new"
	var f *os.File
	err := d.do("create", half, func() (err error) {
		f, err = os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	err = d.do("fill", half, func() error {
		_, err := f.Write(content)
		return err
	})
	if err == nil {
		err = d.do("sync", half, f.Sync)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := d.do("rename", file, func() error { return os.Rename(half, file) }); err != nil {
		return err
	}
	return d.syncFolder(filepath.Dir(file))
}

// make makes a folder that only its owner may look into, and one above it where need be.
func (d disk) make(folder string) error {
	return d.do("mkdir", folder, func() error {
		if err := os.MkdirAll(filepath.Dir(folder), 0o750); err != nil {
			return err
		}
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return syncFolder(filepath.Dir(folder))
	})
}

func (d disk) move(from, to string) error {
	if err := d.do("move", to, func() error { return os.Rename(from, to) }); err != nil {
		return err
	}
	return d.syncFolder(filepath.Dir(to))
}

func (d disk) remove(name string) error {
	return d.do("remove", name, func() error { return os.RemoveAll(name) })
}

func (d disk) syncFolder(folder string) error {
	return d.do("sync folder", folder, func() error { return syncFolder(folder) })
}

// syncFolder makes names last. A file system that cannot sync a folder (vfat, some FUSE) says EINVAL or ENOTSUP, and does what it can.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// readSmall reads a plain file of at most limit bytes, and never waits for a pipe that lies in its place.
func readSmall(file string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is not a plain file", file), err)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", file, limit)
	}
	return b, err
}
