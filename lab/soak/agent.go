//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/poshealth/poshealth/transport/spool"
)

// agent is the terminal's process, which is killed and started again, and what it has said that it recorded.
type agent struct {
	dir, broker string

	mu      sync.Mutex
	dead    bool // killed, and not started again
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader

	stored    map[int]bool // acknowledged as stored
	uncertain map[int]bool // it was killed while it recorded these: each is there, or not
}

var errKilled = errors.New("it was killed")

func (a *agent) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.process = exec.Command(self, "terminal", a.dir, a.broker)
	a.process.Stderr = os.Stderr
	if a.in, err = a.process.StdinPipe(); err != nil {
		return err
	}
	out, err := a.process.StdoutPipe()
	if err != nil {
		return err
	}
	a.out = bufio.NewReader(out)
	a.dead = false
	return a.process.Start()
}

// revive starts it again where it was killed, as the service that it is.
func (a *agent) revive() error {
	a.mu.Lock()
	dead := a.dead
	a.mu.Unlock()
	if !dead {
		return nil
	}
	return a.start()
}

// kill ends the process as the kernel's out-of-memory killer does.
func (a *agent) kill() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.process != nil {
		a.dead = true
		_ = a.process.Process.Kill()
		_ = a.process.Wait() // it was killed
	}
}

// add has a change recorded. One during which the process is killed is uncertain, and the next goes to its successor.
func (a *agent) add(n int) error {
	answer, err := a.ask("add " + strconv.Itoa(n))
	switch {
	case errors.Is(err, errKilled):
		a.uncertain[n] = true
		return a.revive()
	case err != nil:
		return err
	case answer != "stored "+strconv.Itoa(n):
		return fmt.Errorf("the terminal answers %q to add %d", answer, n)
	}
	a.stored[n] = true
	return nil
}

func (a *agent) ledger() (accounts []spool.Account, err error) {
	answer, err := a.ask("ledger")
	if err != nil {
		return nil, err
	}
	return accounts, json.Unmarshal([]byte(strings.TrimPrefix(answer, "ledger ")), &accounts)
}

func (a *agent) ask(order string) (string, error) {
	a.mu.Lock()
	in, out := a.in, a.out
	a.mu.Unlock()
	if _, err := fmt.Fprintln(in, order); err != nil {
		return "", errKilled
	}
	answer, err := out.ReadString('\n')
	if err != nil {
		return "", errKilled
	}
	return strings.TrimSpace(answer), nil
}
