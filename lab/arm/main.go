//go:build linux

// Command arm starts the agent on an emulated ARM terminal, lives through a day with it, and says what it took: a 32-bit
// Cortex-A7 with a kernel of its own, started again on the same disk, with a broker and a payment host on this machine.
//
//	go run ./lab/arm [--settle 60s] [--console]
//
// It shows that the program as shipped works on ARM code paths: its memory, a clock that is set, a reboot, the system call
// filter of apps. Emulated seconds say nothing about a terminal's speed, and its disk and network are not a terminal's.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options are how the story is told.
type options struct {
	agent, kernel string
	settle        time.Duration // from the agent's start until its memory is read
	most          int           // VmRSS allowed then, kB
	console       bool
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "relay" {
		if err := relay(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "lab relay:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.StringVar(&o.agent, "agent", "dist/poshealth-linux-arm", "the `program` to run on the terminal")
	flag.StringVar(&o.kernel, "kernel", ".tools/lab", "the `folder` of vmlinuz and lib/modules, as scripts/armhf.sh makes it")
	flag.DurationVar(&o.settle, "settle", time.Minute, "how long after the agent's start its memory is read")
	flag.IntVar(&o.most, "most", 12<<10, "how much memory it may take then, in `kB`")
	flag.BoolVar(&o.console, "console", false, "show the terminal's console")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// run sets the stage, lets the story play and clears up after it.
func run(ctx context.Context, o options) error {
	start := time.Now()
	work, err := os.MkdirTemp("", "poshealth-lab-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // of no use to anybody after this
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := &console{}
	if o.console {
		c.show = func(line string) { fmt.Println("console|", line) }
	}
	p, err := startPeers(ctx, work, c)
	if err != nil {
		return err
	}
	defer p.close()
	image, err := memory(ctx, o, work)
	if err != nil {
		return err
	}
	initrd, data := filepath.Join(work, "initrd"), filepath.Join(work, "disk")
	if err := os.WriteFile(initrd, image, 0o600); err != nil {
		return err
	}
	if err := disk(ctx, o, data, work, p); err != nil {
		return err
	}
	s := &story{options: o, peers: p, console: c, tell: func(format string, args ...any) {
		fmt.Printf("lab: %3.0f s  "+format+"\n", append([]any{time.Since(start).Seconds()}, args...)...)
	}}
	s.boot = func(ctx context.Context) (*machine, error) {
		return boot(ctx, c, filepath.Join(o.kernel, "vmlinuz"), initrd, data, self, map[string]string{brokerAddress: p.brokerAddr, hostAddress: p.host.Addr(), pageAddress: p.pageAddr})
	}
	err = s.play(ctx)
	if err == nil {
		s.tell("all is as it must be")
		return nil
	}
	if s.machine != nil {
		s.machine.kill()
	}
	if !o.console {
		fmt.Fprintf(os.Stderr, "the console's last lines:\n%s\n", c.last())
	}
	return err
}
