package probetest

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// models are simulated terminals, a folder each, made of captures of real ones; see terminals/README.md.
//
//go:embed terminals
var models embed.FS

// Models lists the simulated terminals that come with the project, by the names of their folders.
func Models() []string {
	entries, _ := fs.ReadDir(models, "terminals") // embedded: it can be read
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// Model is the folder of a simulated terminal that comes with the project.
func Model(name string) (fs.FS, error) {
	model, err := fs.Sub(models, "terminals/"+name)
	if err == nil {
		_, err = fs.Stat(model, "captures")
	}
	if err != nil {
		return nil, fmt.Errorf("no simulated terminal is called %q: want one of %s", name, strings.Join(Models(), ", "))
	}
	return model, nil
}

// WriteModel writes a simulated terminal into dir, ready to be read with --root: the model's own files, the programs that it
// names in its file "programs", and what it names in "denied-files", which nobody but root can read. It does not clean dir first.
func WriteModel(dir string, model fs.FS) error {
	list, err := fs.ReadFile(model, "programs")
	if err != nil {
		return errors.New(`a simulated terminal needs a file "programs" that names its programs, such as: getprop dumpsys`)
	}
	program, err := models.ReadFile("terminals/program")
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(list)) {
		if name != filepath.Base(name) || name == "." || name == ".." {
			return fmt.Errorf("programs: %q is no program's name", name)
		}
		if err := writeWhole(filepath.Join(dir, "system", "bin", name), program, 0o755); err != nil {
			return err
		}
	}
	err = fs.WalkDir(model, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(model, path)
		if err != nil {
			return err
		}
		return writeWhole(filepath.Join(dir, filepath.FromSlash(path)), content, 0o644)
	})
	if err != nil {
		return err
	}
	return writeDenied(dir, model)
}

// writeDenied makes what is there, but not for this reader: empty files and folders of mode 000, which the system answers for
// as Android's policy does, with EACCES. Root reads them all the same: such a model is looked at as another user.
func writeDenied(dir string, model fs.FS) error {
	list, err := fs.ReadFile(model, "denied-files")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(list)) {
		path, folder := strings.CutSuffix(name, "/")
		if !fs.ValidPath(path) || path == "." {
			return fmt.Errorf("denied-files: %q is no path below the terminal's /", name)
		}
		if _, err := fs.Stat(model, path); err == nil {
			return fmt.Errorf("denied-files: %q is denied, and the model has it", name)
		}
		target := filepath.Join(dir, filepath.FromSlash(path))
		if folder {
			err = os.MkdirAll(target, 0o755)
		} else {
			err = writeWhole(target, nil, 0o644)
		}
		if err = errors.Join(err, os.Chmod(target, 0)); err != nil {
			return err
		}
	}
	return nil
}

// writeWhole writes a file by another name first: a program that is being run cannot be written, and a reader sees the old or
// the new.
func writeWhole(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", content, mode); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
