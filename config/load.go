package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"syscall"
)

// maxFile bounds a configuration in bytes: the commented example with 16 hosts is below 48 KiB, so what is larger is
// another file.
const maxFile = 256 << 10

// ErrNoFile says that there is no configuration file; it is an [fs.ErrNotExist] too.
var ErrNoFile = fmt.Errorf("no configuration file: %w", fs.ErrNotExist)

//go:embed example.toml
var example string

// Example returns the commented file that holds every key. As it is it changes nothing; take the # from a key to set it.
func Example() []byte { return []byte(example) }

// Load reads the configuration in file. A missing file is [ErrNoFile], and then the configuration returned with it is
// [Default]; a wrong one is [Faults]. Anything else says why the file cannot be read.
func Load(file string) (Config, error) {
	data, err := read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), fmt.Errorf("%s: %w", file, ErrNoFile)
	}
	if err != nil {
		return Config{}, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return Parse(file, data)
}

// read returns at most a byte more than maxFile. It opens without blocking, so that a named pipe cannot hang the agent,
// and takes no such thing for a file; the null device is an empty one by custom.
func read(file string) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && file != os.DevNull {
		return nil, fmt.Errorf("%s is not a regular file; name the .toml file itself", file)
	}
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Parse reads a configuration from data; file only names it in messages. The error is [Faults], and then the Config is
// the zero value. What the data leaves out is as in [Default].
func Parse(file string, data []byte) (Config, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors on Windows put a byte order mark first
	values, lines, faults := document(file, data)
	if len(faults) > 0 {
		return Config{}, faults
	}
	b := &binder{file: file, lines: lines}
	// A newer file is written for another reader: to call its keys unknown would only hide what to do about it.
	if v, ok := values["version"].(int64); ok && v > version {
		b.refuse("version", v, wantVersion)
		return Config{}, b.faults
	}
	c := Default()
	root := b.table("", values)
	walk(root, &c)
	b.refuseUnknown()
	if len(b.faults) > 0 {
		order := func(x, y FieldError) int { return x.Line - y.Line }
		sort.SliceStable(b.faults, func(i, j int) bool { return order(b.faults[i], b.faults[j]) < 0 })
		return Config{}, b.faults
	}
	return c, nil
}

// Validate checks a configuration that was not read from a file, or was changed after, by the same rules. The error is
// [Faults], without file and lines. It changes nothing: a port that Parse would fill in stays out.
func (c Config) Validate() error {
	b := &binder{}
	walk(b.table("", nil), &c)
	if len(b.faults) > 0 {
		return b.faults
	}
	return nil
}
