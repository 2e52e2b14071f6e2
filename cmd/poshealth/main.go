// Command poshealth is the health agent of a card-payment terminal, and its technician's tool.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/agent/cli"
)

// Set by the linker; see the Makefile.
//
//nolint:gochecknoglobals // the linker can only set variables
var (
	version   = "dev"
	buildTime = "0" // Unix seconds
	// echoScale shortens the ten minutes between two echoes to a host; "" but in a lab, whose hosts are its own.
	echoScale = ""
)

// What the runtime may take. The live heap is under 2 MB: a collection at each quarter more costs microseconds and keeps the
// peak low, the limit makes it give memory back before the terminal needs it, and one processor spares three idle threads;
// the agent waits far more than it computes.
const (
	gcPercent   = 25
	memoryLimit = 8 << 20
	processors  = 1
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	runtime.GOMAXPROCS(processors)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it the hard way
	build := cli.Build{Version: version}
	if s, err := strconv.ParseInt(buildTime, 10, 64); err == nil && s > 0 {
		build.Built = time.Unix(s, 0)
	}
	if scale, err := strconv.ParseFloat(echoScale, 64); err == nil {
		build.EchoScale = scale
	}
	code := cli.Run(ctx, os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr}, build)
	stop()
	os.Exit(code)
}
