//go:build linux

// Command soak shows that nothing is lost and nothing is told twice: numbered changes go from an agent's spool through a real
// mosquitto to a subscriber that stores them and sends receipts, while agent and broker are killed at random moments, and the
// line between them is cut, falls silent half open, or becomes slow.
//
//	go run ./lab/soak [-changes 10000] [-blows 200] [-seed N]
//
// The agent's end is the spool, courier, link and encoding of the product in a process of its own; its changes are made by number,
// because a real agent's say what probes saw. All of it stays on loopback.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "terminal" {
		if err := terminal(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "terminal:", err)
			os.Exit(1)
		}
		return
	}
	changes := flag.Int("changes", 1000, "how many `changes` are told")
	blows := flag.Int("blows", 20, "how many `blows` fall meanwhile")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "the `number` that chance begins with")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *changes, *blows, *seed)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "soak: %v (seed %d)\n", err, *seed)
		os.Exit(1)
	}
}

// within is how long the end may take: the agent's longest wait for a receipt after a blow, some times over.
const within = 5 * time.Minute

func run(ctx context.Context, changes, blows int, seed uint64) (err error) {
	work, err := os.MkdirTemp("", "poshealth-soak-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			_ = os.RemoveAll(work)
			return
		}
		err = fmt.Errorf("%w; spool, store and the broker's log are in %s", err, work)
	}()
	s := &stage{chance: rand.New(rand.NewPCG(seed, 0))}
	defer s.close()
	if err := s.set(ctx, work); err != nil {
		return err
	}
	start := time.Now()
	fmt.Printf("soak: %d changes, %d blows, seed %d\n", changes, blows, seed)
	for n := 1; n <= changes; n++ {
		if err := s.agent.add(n); err != nil {
			return err
		}
		if n == 1 { // the fleet's first receipt: a terminal that knows of none must believe its broker
			if _, err := s.settle(ctx); err != nil {
				return err
			}
		}
		// Blows are spread evenly over the changes, and come at any moment between two of them or in the midst of one.
		if n*blows/changes > (n-1)*blows/changes {
			if err := s.blow(ctx); err != nil {
				return err
			}
		}
		if err := s.follow(ctx, n); err != nil {
			return err
		}
		if n%max(changes/10, 1) == 0 {
			fmt.Printf("soak: %4.0f s  %d recorded, %d at the fleet, blows: %s\n", time.Since(start).Seconds(), n, s.fleet.count(), s.told())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	accounts, err := s.settle(ctx)
	if err != nil {
		return err
	}
	if err := s.judge(ctx, accounts); err != nil {
		return err
	}
	fmt.Printf("soak: %4.0f s  every change that was recorded is at the fleet once: %d of %d, %d messages came twice and were known by their number, "+
		"%d came after a later one; %d journals, nothing lost, nothing pending\n",
		time.Since(start).Seconds(), s.fleet.count(), changes, s.fleet.twice, s.fleet.late, len(accounts))
	return nil
}

// folder makes a folder below the work folder.
func folder(work, name string) (string, error) {
	dir := filepath.Join(work, name)
	return dir, os.MkdirAll(dir, 0o700)
}
