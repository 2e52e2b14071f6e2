// Package netns makes networks of this machine's own: namespaces, cables between them, and lines that are as slow, lossy and
// unreliable as one wishes while they run. IPv4 only. It needs root, ip (iproute2), nft (nftables) and /dev/net/tun.
//
// Nothing of it touches the machine's own network, and each namespace goes with its last user; names carry the process that
// made them, so that runs side by side do not meet and what a killed one left is swept.
package netns

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	folder = "/run/netns" // where ip keeps names of namespaces
	prefix = "poshlab-"   // of ours
)

// count tells the namespaces of this process apart.
var count atomic.Int64 //nolint:gochecknoglobals // names must differ within a process

// Namespace is a network of its own: interfaces, addresses, routes, filters.
type Namespace struct {
	Name string // as ip knows it
}

// New makes a namespace with a loopback that is up, unprivileged ICMP open, and no check of where packets come from.
func New(ctx context.Context, what string) (*Namespace, error) {
	sweep(ctx)
	n := &Namespace{Name: fmt.Sprintf("%s%d-%d-%s", prefix, os.Getpid(), count.Add(1), what)}
	if err := run(ctx, "ip", "netns", "add", n.Name); err != nil {
		return nil, err
	}
	for _, set := range [][]string{
		{"ip", "link", "set", "lo", "up"},
		{"sh", "-c", `echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
			echo 1 >/proc/sys/net/ipv4/ip_forward
			echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
			echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
			echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
			echo 0 >/proc/sys/net/ipv4/icmp_ratelimit`},
	} {
		if err := n.Run(ctx, set...); err != nil {
			return nil, errors.Join(err, n.Close()) //nolint:contextcheck // what was made is taken away, whatever has ended since
		}
	}
	return n, nil
}

// Close removes the namespace. What still runs in it keeps it alive, unseen.
func (n *Namespace) Close() error {
	return run(context.Background(), "ip", "netns", "del", n.Name)
}

// sweep removes what processes left that are gone.
func sweep(ctx context.Context) {
	left, _ := filepath.Glob(filepath.Join(folder, prefix+"*"))
	for _, file := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(file), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && errors.Is(unix.Kill(n, 0), unix.ESRCH) {
			_ = run(ctx, "ip", "netns", "del", filepath.Base(file))
		}
	}
}

// Command is a program that runs in the namespace.
func (n *Namespace) Command(ctx context.Context, argv ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.Name}, argv...)...)
}

// Run runs a program in the namespace to its end.
func (n *Namespace) Run(ctx context.Context, argv ...string) error {
	return finish(n.Command(ctx, argv...))
}

// Do calls f in the namespace: sockets and files that it opens belong there for good, goroutines that it starts do not.
func (n *Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine, and nobody else inherits it
		fd, err := unix.Open(filepath.Join(folder, n.Name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			done <- &fs.PathError{Op: "open", Path: n.Name, Err: err}
			return
		}
		defer func() { _ = unix.Close(fd) }()
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("cannot enter namespace %s: %w", n.Name, err)
			return
		}
		done <- f()
	}()
	return <-done
}

// Filter adds rules of nft to a chain for packets that are forwarded, come in or go out ("forward", "input", "output"), and
// gives the function that takes them back. Every call has a table of its own.
func (n *Namespace) Filter(ctx context.Context, hook string, rules ...string) (undo func() error, err error) {
	table := fmt.Sprintf("t%d", count.Add(1))
	script := fmt.Sprintf("table inet %s { chain c { type filter hook %s priority 0; policy accept; %s\n}\n}", table, hook, strings.Join(rules, "\n"))
	return func() error { return n.undo("inet", table) }, n.nft(ctx, script) //nolint:contextcheck // what was done is undone, whatever has ended since
}

// Redirect sends what goes through the namespace to a TCP port to an address of the namespace's own.
func (n *Namespace) Redirect(ctx context.Context, port int, to string) (undo func() error, err error) {
	table := fmt.Sprintf("t%d", count.Add(1))
	script := fmt.Sprintf("table ip %s { chain c { type nat hook prerouting priority -100; tcp dport %d dnat to %s\n}\n}", table, port, to)
	return func() error { return n.undo("ip", table) }, n.nft(ctx, script) //nolint:contextcheck // what was done is undone, whatever has ended since
}

func (n *Namespace) undo(family, table string) error {
	return n.Run(context.Background(), "nft", "delete", "table", family, table)
}

func (n *Namespace) nft(ctx context.Context, script string) error {
	cmd := n.Command(ctx, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	return finish(cmd)
}

func run(ctx context.Context, argv ...string) error {
	return finish(exec.CommandContext(ctx, argv[0], argv[1:]...))
}

// finish runs a command, and says what it said when it failed.
func finish(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.400s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
