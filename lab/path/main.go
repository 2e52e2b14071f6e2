// Command path breaks the way between a terminal and its payment hosts in every way that the lab knows, one fault at a time
// and two at a time, and holds the agent to the root that it must find. It prints the table that docs/reference/fault-matrix.md
// keeps, and fails when a root is wrong.
//
// Root only: it makes network namespaces. Everything it starts ends with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

func main() {
	o := options{}
	only := flag.String("run", "", "run the scenarios whose faults match this regular expression")
	flag.StringVar(&o.binary, "binary", "", "the agent to run; none: build it")
	flag.IntVar(&o.beside, "beside", 4, "scenarios side by side")
	flag.DurationVar(&o.calm, "calm", time.Minute, "how long each healthy and each rough network is watched; 0: not at all")
	flag.StringVar(&o.table, "table", "", "write the table to this file as well")
	flag.BoolVar(&o.verbose, "v", false, "tell each root that was named on the way")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Breaks the way between a terminal and its payment hosts, and checks what the agent says of it. Root only.\n\n"+
			"  go run ./lab/path                       all scenarios, then a minute of calm\n"+
			"  go run ./lab/path -run 'black hole' -v  some of them, in detail\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	match, err := regexp.Compile(*only)
	if err == nil {
		err = o.run(ctx, match)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "path:", err)
		stop()
		os.Exit(1) //nolint:gocritic // what is deferred has been done
	}
}

type options struct {
	binary, table string
	beside        int
	calm          time.Duration
	verbose       bool
	modules       string
	dir           string
}

func (o *options) run(ctx context.Context, match *regexp.Regexp) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root makes network namespaces: run it as root")
	}
	var err error
	if o.dir, err = os.MkdirTemp("", "poshealth-path-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(o.dir) }()
	if err := o.build(ctx); err != nil {
		return err
	}
	if o.modules, err = filepath.Abs(".tools/npm/node_modules"); err != nil {
		return err
	}
	all, err := scenarios()
	if err != nil {
		return err
	}
	var chosen []scenario
	for _, s := range all {
		if match.MatchString(s.name()) {
			chosen = append(chosen, s)
		}
	}
	if o.beside < 1 {
		o.beside = 1
	}
	begin := time.Now()
	results := o.play(ctx, chosen)
	fmt.Fprintf(os.Stderr, "%d scenarios in %s\n", len(results), time.Since(begin).Round(time.Second))
	text := table(results)
	fmt.Print(text)
	if o.table != "" {
		if err := os.WriteFile(o.table, []byte(text), 0o644); err != nil { //nolint:gosec // a page of the documentation
			return err
		}
	}
	if err := verdict(results); err != nil {
		return err
	}
	return o.watchCalm(ctx, match)
}

// play runs scenarios side by side, and gives their results in order.
func (o *options) play(ctx context.Context, chosen []scenario) []result {
	results := make([]result, len(chosen))
	places := make(chan struct{}, o.beside)
	var wg sync.WaitGroup
	for i, s := range chosen {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			results[i] = o.try(ctx, s, uint64(i))
			r := results[i]
			fmt.Fprintf(os.Stderr, "%-4s %-48s %s\n", r.mark(), s.name(), r.told())
		})
	}
	wg.Wait()
	return results
}

func (o *options) build(ctx context.Context) error {
	if o.binary != "" {
		return nil
	}
	o.binary = filepath.Join(o.dir, "poshealth")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", o.binary, "./cmd/poshealth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the agent: %w\n%s", err, out)
	}
	return nil
}
