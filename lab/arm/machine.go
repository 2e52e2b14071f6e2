//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// bootWithin: a boot takes 5 s on an idle core; this allows for one that builds something beside it.
	bootWithin = 2 * time.Minute

	// orderWithin is more than the guest's own patience with an agent that does not stop.
	orderWithin = time.Minute

	// keptLines of the console are shown when the story fails.
	keptLines = 100
)

// machine is one boot of the emulated terminal.
type machine struct {
	cmd    *exec.Cmd
	orders io.Writer
	number int
	said   chan string // what the guest tells the driver, without its "lab: "
	gone   chan error  // closed after the emulator's end, which it tells
	bootID string
	killed int // orders to kill the agent, of whose end nothing was told yet
}

// console keeps the last lines of the serial line, over all boots.
type console struct {
	mu    sync.Mutex
	lines []string
	show  func(line string) // nil: nobody watches
}

func (c *console) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
	if len(c.lines) > keptLines {
		c.lines = c.lines[1:]
	}
	if c.show != nil {
		c.show(line)
	}
}

func (c *console) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines, "\n")
}

// boot starts the terminal and waits until it takes orders. forwards are what it can reach outside, by the addresses it sees.
func boot(ctx context.Context, c *console, kernel, memory, disk, self string, forwards map[string]string) (*machine, error) {
	network := []string{"user,id=net,restrict=on"} // nothing else of this machine, and nothing beyond it
	for inside, outside := range forwards {
		network = append(network, fmt.Sprintf("guestfwd=tcp:%s-cmd:%s relay %s", inside, self, outside))
	}
	// A virt board with the first 32-bit core that terminals have, and as much memory as the smallest of them.
	cmd := exec.CommandContext(ctx, "qemu-system-arm", "-M", "virt", "-cpu", "cortex-a7", "-m", "512", "-nographic", "-no-reboot",
		"-kernel", kernel, "-initrd", memory, "-append", "console=ttyAMA0 panic=-1 loglevel=4",
		"-drive", "if=none,id=disk,format=raw,file="+disk, "-device", "virtio-blk-device,drive=disk",
		"-netdev", strings.Join(network, ","), "-device", "virtio-net-device,netdev=net", "-monitor", "none", "-serial", "stdio")
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = lineWriter{c: c, who: "emulator"}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the emulator: %w", err)
	}
	m := &machine{cmd: cmd, orders: orders, said: make(chan string, 64), gone: make(chan error, 1)}
	go func() {
		for s := bufio.NewScanner(output); s.Scan(); {
			line := strings.TrimRight(s.Text(), "\r")
			c.add(line)
			if _, words, ok := strings.Cut(line, "lab: "); ok {
				m.said <- words
			}
		}
		close(m.said)
		m.gone <- cmd.Wait()
		close(m.gone)
	}()
	words, err := m.hear(ctx, bootWithin, "booted ")
	if err != nil {
		return m, fmt.Errorf("the terminal does not start: %w", err)
	}
	m.bootID = words
	return m, nil
}

// hear waits for what the guest says with one beginning, and returns the rest.
func (m *machine) hear(ctx context.Context, limit time.Duration, beginning string) (string, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case words, ok := <-m.said:
			if !ok {
				return "", fmt.Errorf("it has ended and did not say %q", beginning)
			}
			if rest, ok := strings.CutPrefix(words, beginning); ok {
				return rest, nil
			}
			if err := m.note(words); err != nil {
				return "", err
			}
		case <-timer.C:
			return "", fmt.Errorf("it has not said %q in %s", beginning, limit)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// note takes note of what nobody asked for: an agent that ended by itself is started again, and must not go unseen for that.
func (m *machine) note(words string) error {
	switch {
	case words == "service ended: signal: killed" && m.killed > 0:
		m.killed--
	case strings.HasPrefix(words, "service ended: "), strings.HasPrefix(words, "failed "):
		return fmt.Errorf("the terminal says: %s", words)
	}
	return nil
}

// order gives the guest an order and returns its answer.
func (m *machine) order(ctx context.Context, words ...string) (string, error) {
	m.number++
	if words[0] == "kill" {
		m.killed++
	}
	if _, err := fmt.Fprintf(m.orders, "%d %s\n", m.number, strings.Join(words, " ")); err != nil {
		return "", err
	}
	answer, err := m.hear(ctx, orderWithin, fmt.Sprint(m.number, " "))
	if err != nil {
		return "", fmt.Errorf("order %q: %w", words[0], err)
	}
	if rest, failed := strings.CutPrefix(answer, "failed "); failed {
		return "", fmt.Errorf("order %q: %s", words[0], rest)
	}
	return strings.TrimSpace(strings.TrimPrefix(answer, "ok")), nil
}

// end waits until the emulator has ended by itself, after a reboot or when it was switched off.
func (m *machine) end(ctx context.Context) error {
	for range m.said {
		continue
	}
	select {
	case err := <-m.gone:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kill pulls the plug, where the story ended too early. It does nothing to a machine that is off.
func (m *machine) kill() {
	_ = m.cmd.Process.Kill()
	for range m.said {
		continue
	}
	for range m.gone {
		continue
	}
}

// lineWriter takes what a program on this machine complains of to the console's lines.
type lineWriter struct {
	c   *console
	who string
}

// Write adds whole lines, as such programs write them.
func (w lineWriter) Write(b []byte) (int, error) {
	for line := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
		w.c.add(w.who + ": " + line)
	}
	return len(b), nil
}
