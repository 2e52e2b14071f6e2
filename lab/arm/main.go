//go:build linux

// Command arm starts the agent on an emulated ARM terminal, lives through a day with it, and says what it took: a 32-bit
// Cortex-A7 with a kernel of its own, started again on the same disk, with a broker and a payment host on this machine.
//
//	go run ./lab/arm [--settle 60s] [--console] [--only story|cuts] [--cuts 3]
//
// It shows that the program as shipped works on ARM code paths: its memory, a clock that is set, a reboot, the system call
// filter of apps. Then the power of another such terminal is cut while it records, and what it was promised is looked for. Emulated seconds say nothing about a terminal's speed, and its disk and network are not a terminal's.
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
	only          string // story or cuts; "": both
	cuts          int
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
	flag.StringVar(&o.only, "only", "", "only the `part` story, or cuts")
	flag.IntVar(&o.cuts, "cuts", 3, "how often the power is cut while the terminal records")
	flag.Parse()
	if (o.only != "" && o.only != "story" && o.only != "cuts") || o.cuts < 0 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "lab: -only takes story or cuts, -cuts a number from 0, and there are no other arguments")
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// run sets the stage, lets the parts play and clears up after them.
func run(ctx context.Context, o options) error {
	start := time.Now()
	work, err := os.MkdirTemp("", "poshealth-lab-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // of no use to anybody after this
	c := &console{}
	if o.console {
		c.show = func(line string) { fmt.Println("console|", line) }
	}
	tell := func(format string, args ...any) {
		fmt.Printf("lab: %3.0f s  "+format+"\n", append([]any{time.Since(start).Seconds()}, args...)...)
	}
	image, err := memory(ctx, o, work)
	if err != nil {
		return err
	}
	initrd := filepath.Join(work, "initrd")
	if err := os.WriteFile(initrd, image, 0o600); err != nil {
		return err
	}
	if o.only != "cuts" {
		err = tellStory(ctx, o, c, work, initrd, tell)
	}
	if err == nil && o.only != "story" {
		err = cutPower(ctx, o, c, work, initrd, tell)
	}
	if err == nil {
		tell("all is as it must be")
		return nil
	}
	if !o.console {
		fmt.Fprintf(os.Stderr, "the console's last lines:\n%s\n", c.last())
	}
	return err
}

// tellStory sets the stage for the story: the servers outside, and the disk with the agent.
func tellStory(ctx context.Context, o options, c *console, work, initrd string, tell func(string, ...any)) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p, err := startPeers(ctx, work, c)
	if err != nil {
		return err
	}
	defer p.close()
	data := filepath.Join(work, "disk")
	if err := disk(ctx, o, data, work, p); err != nil {
		return err
	}
	s := &story{options: o, peers: p, console: c, tell: tell}
	s.boot = func(ctx context.Context) (*machine, error) {
		return boot(ctx, c, filepath.Join(o.kernel, "vmlinuz"), initrd, data, self, map[string]string{brokerAddress: p.brokerAddr, hostAddress: p.host.Addr(), pageAddress: p.pageAddr})
	}
	if err := s.play(ctx); err != nil {
		if s.machine != nil {
			s.machine.kill()
		}
		return err
	}
	return nil
}
