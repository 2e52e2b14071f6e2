package main

import (
	"fmt"
	"io/fs"
	"os"
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
	if err == nil {
		err = probetest.WriteModel(dir, model)
	}
	if err != nil {
		return in.fail(fmt.Errorf("cannot write out %s: %w", name, err))
	}
	_, _ = fmt.Fprintf(in.out, "%s lies in %s; look at it with: poshealth check --root %s\n", name, dir, dir)
	return exitDone
}
