package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/poshealth/poshealth/probes/probetest"
)

// terminals lists the simulated terminals, or writes one out for `poshealth check --root`: one that comes with the program, or
// a folder of captures of the same form.
func (in *invocation) terminals(args []string) int {
	switch len(args) {
	case 0:
		_, _ = fmt.Fprintln(in.out, strings.Join(probetest.Models(), "\n"))
		return exitDone
	case 2:
	default:
		return in.misuse("terminals: want no more words, to list them, or NAME DIR, to write one out")
	}
	name, dir := args[0], args[1]
	var model fs.FS
	var err error
	if strings.ContainsRune(name, os.PathSeparator) {
		model = os.DirFS(name) // somebody's own captures
	} else {
		model, err = probetest.Model(name)
	}
	if entries, dirErr := os.ReadDir(dir); err == nil && dirErr == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: two terminals in one folder are neither", dir)
	}
	if err == nil {
		err = probetest.WriteModel(dir, model)
	}
	if err != nil {
		return in.fail(fmt.Errorf("cannot write out %s: %w", name, err))
	}
	look := "poshealth check --root " + dir
	if file := filepath.Join(dir, "poshealth.toml"); exists(file) {
		look += " --config " + file
	}
	_, _ = fmt.Fprintf(in.out, "%s lies in %s; look at it with: %s\n", name, dir, look)
	return exitDone
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
