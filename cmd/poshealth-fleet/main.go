// Command poshealth-fleet is the fleet's side of poshealth: it shows what terminals report to a broker, and plays a
// demonstration that needs nothing but itself. It is never installed on a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Set by the linker; see the Makefile.
var version = "dev"

// patient is how long it may take to end. Another Ctrl-C after that ends it the hard way; before, it may be the same one,
// come twice: timeout(1) signals its child and then the whole group.
const patient = 2 * time.Second

// calledAs is how to call this program again.
func calledAs(name string) string {
	if strings.HasPrefix(name, os.TempDir()+string(os.PathSeparator)+"go-build") {
		return "go run ./cmd/poshealth-fleet"
	}
	return name
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { time.AfterFunc(patient, stop) })
	code := run(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr}, self{version: version, name: calledAs(os.Args[0])})
	stop()
	os.Exit(code)
}
