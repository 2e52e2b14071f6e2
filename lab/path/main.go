// Command path breaks the way between a terminal and its payment hosts in every way that the lab knows, one fault at a time
// and two at a time, and holds the agent to the root that it must find. It prints the table that docs/reference/fault-matrix.md
// keeps, and fails when a root is wrong.
//
// Root only: it makes network namespaces. Everything it starts ends with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/lab/shop"
)

func main() {
	o := options{}
	parts := flag.String("parts", "matrix,truth,clock,trials,calm", "what to do, in this order")
	only := flag.String("run", "", "of the matrix, and of it alone, the scenarios whose faults match this regular expression")
	flag.StringVar(&o.binary, "binary", "", "the agent to run; none: build it")
	flag.IntVar(&o.beside, "beside", 14, "scenarios side by side")
	flag.DurationVar(&o.calm, "calm", time.Minute, "how long each healthy and each rough network is watched")
	flag.DurationVar(&o.long, "day", time.Hour, "how long the part \"day\" measures a terminal that is well")
	flag.DurationVar(&o.outage, "outage", 5*time.Minute, "how long the part \"broker\" leaves the broker away")
	flag.StringVar(&o.table, "table", "", "write the tables to this file as well")
	flag.BoolVar(&o.verbose, "v", false, "show what the command line says at the end, in both languages")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Breaks the way between a terminal and its payment hosts, and checks what the agent says of it. Root only.\n\n"+
			"  go run ./lab/path                              everything\n"+
			"  go run ./lab/path -run 'black hole' -v         some faults, in detail\n"+
			"  go run ./lab/path -parts calm -calm 10m        networks that are well or rough, for longer\n"+
			"  go run ./lab/path -parts day                   what a healthy day costs a data plan, in an hour\n"+
			"  go run ./lab/path -parts broker                how soon a terminal reports, after a start and an outage\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := o.run(ctx, *only, strings.Split(*parts, ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, "path:", err)
		stop()
		os.Exit(1) //nolint:gocritic // what is deferred has been done
	}
}

type options struct {
	binary, table string
	beside        int
	calm, long    time.Duration
	outage        time.Duration
	verbose       bool
	modules       string
	dir           string
	shops         atomic.Uint64 // opened so far: the number of one is its folder's, and the seed of its lines
}

func (o *options) run(ctx context.Context, only string, parts []string) error {
	if os.Geteuid() != 0 {
		return errors.New("only root makes network namespaces: run it as root")
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
	if only != "" {
		parts = []string{"matrix"}
	}
	var page strings.Builder
	var faults []error
	for _, part := range parts {
		f := map[string]func(context.Context) (string, error){
			"matrix": func(ctx context.Context) (string, error) { return o.matrix(ctx, only) },
			"truth":  measure, "clock": o.clocks, "trials": o.time, "calm": o.watchCalm, "day": o.day, "broker": o.broker,
		}[part]
		if f == nil {
			return fmt.Errorf("no part is called %q", part)
		}
		begin := time.Now()
		text, err := f(ctx)
		fmt.Fprintf(os.Stderr, "%s: %s\n\n", part, time.Since(begin).Round(time.Second))
		page.WriteString(text)
		faults = append(faults, err)
	}
	fmt.Print(page.String())
	if o.table != "" {
		faults = append(faults, os.WriteFile(o.table, []byte(preface(parts)+page.String()), 0o644)) //nolint:gosec // a page of the documentation
	}
	return errors.Join(faults...)
}

// matrix plays the scenarios of matrix.txt whose faults match, and fails where a root is wrong.
func (o *options) matrix(ctx context.Context, only string) (string, error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return "", err
	}
	all, err := scenarios()
	if err != nil {
		return "", err
	}
	all = slices.DeleteFunc(all, func(s scenario) bool { return !match.MatchString(s.name()) })
	results := o.play(ctx, all, shop.Holds)
	return table(results), verdict(results)
}

// play runs scenarios side by side, and gives their results in order.
func (o *options) play(ctx context.Context, chosen []scenario, holds float64) []result {
	results := make([]result, len(chosen))
	places := make(chan struct{}, max(o.beside, 1))
	var wg sync.WaitGroup
	for i, s := range chosen {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			results[i] = o.try(ctx, s, holds)
			r := results[i]
			fmt.Fprintf(os.Stderr, "%-4s %-48s %s\n", r.mark(), s.name(), r.told())
			if o.verbose {
				fmt.Fprintf(os.Stderr, "on the way: %s\n%s\n", strings.Join(r.unique, ", "), r.shown)
			}
		})
	}
	wg.Wait()
	return results
}

// build makes the agent as it ships, but that it may ask our own host for an echo more often than each ten minutes.
func (o *options) build(ctx context.Context) error {
	if o.binary != "" {
		return nil
	}
	o.binary = filepath.Join(o.dir, "poshealth")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", fmt.Sprintf("-s -w -X main.echoScale=%g", shop.Holds), "-o", o.binary, "./cmd/poshealth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the agent: %w\n%s", err, out)
	}
	return nil
}
