package app

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// maxCommand is what is read of a process's command line in bytes: an Android process is called by its package, and a
// package's name has 127 bytes at most where it names a process.
const maxCommand = 256

// running reports whether a process of the app is there, and whether that can be known.
func (p *Probe) running(ctx context.Context) (running, known bool) {
	_, running, known = find(ctx, p.o.Terminal, func(command []byte) bool { return isProcess(command, p.o.Package) })
	return running, known
}

// find looks for a process by its command line, and tells whether that can be known. A terminal that hides other users' processes
// (hidepid, Android 7 on), or some of them, can prove that the app runs, never that it does not.
func find(ctx context.Context, t *terminal.Terminal, is func(command []byte) bool) (pid string, running, known bool) {
	const source = "/proc/PID/cmdline"
	pids, err := t.Names("/proc")
	if err != nil {
		t.Note("processes", source, err)
		return "", false, false
	}
	_, err = t.Head("/proc/1/cmdline", 1)
	t.Note("processes", source, err)
	known = err == nil
	for _, pid := range pids {
		if strings.Trim(pid, "0123456789") != "" {
			continue
		}
		if ctx.Err() != nil {
			return "", false, false
		}
		command, err := t.Head("/proc/"+pid+"/cmdline", maxCommand)
		var e *terminal.Error
		switch {
		case err == nil && is(command):
			return pid, true, true
		case errors.As(err, &e) && e.Reason != probes.Absent:
			known = false // this one might be it
		}
		// Absent: it ended meanwhile, or is a simulated one without a command line.
	}
	return "", false, known
}

// isProcess recognises the app's main process and the services that it runs apart: "com.acquirer.pos:push".
func isProcess(command []byte, name string) bool {
	first, _, _ := bytes.Cut(command, []byte{0})
	process, _, _ := strings.Cut(string(first), ":")
	return process == name
}
