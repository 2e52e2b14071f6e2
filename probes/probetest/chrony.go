package probetest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// chronyStop: a time server that does not end within this after being asked is killed.
const chronyStop = 5 * time.Second

// Chrony is a real chronyd on loopback that lives in a time of its own (faketime) and never sets this machine's clock.
type Chrony struct {
	cmd  *exec.Cmd
	addr string
	done chan struct{}
}

// StartChrony starts chronyd, found at the path given, under faketime, found likewise, with its clock ahead by offset.
// Its files lie in dir. It takes a moment until it answers: ask until it does.
func StartChrony(faketime, chronyd, dir string, offset time.Duration) (*Chrony, error) {
	SweepFaketime()
	addr, err := FreeUDPPort()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "chrony.conf")
	conf := fmt.Sprintf("local stratum 3\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport %s\ncmdport 0\npidfile %s\n", port, filepath.Join(dir, "chronyd.pid"))
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	c := &Chrony{addr: addr, done: make(chan struct{})}
	c.cmd = exec.Command(faketime, append([]string{"-f", fmt.Sprintf("%+ds", int(offset.Seconds())), chronyd}, ChronyFlags(file)...)...)
	// A group of its own: faketime may stand between us and chronyd, and both must go.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start chronyd under faketime: %w", err)
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait()
	}()
	return c, nil
}

// ChronyFlags run chronyd on a configuration, in the foreground and without touching this machine's clock. As root it stays
// root: where the program was only unpacked, the user that it would become is not there.
func ChronyFlags(configuration string) []string {
	flags := []string{"-x", "-d", "-f", configuration}
	if os.Getuid() == 0 {
		flags = append(flags, "-u", "root")
	}
	return flags
}

// Addr is "127.0.0.1:port".
func (c *Chrony) Addr() string { return c.addr }

// Close stops this chronyd, and no other.
func (c *Chrony) Close() error {
	group := -c.cmd.Process.Pid
	err := syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(chronyStop):
		err = errors.Join(err, syscall.Kill(group, syscall.SIGKILL))
		<-c.done
	}
	if errors.Is(err, syscall.ESRCH) {
		return nil // it had ended by itself
	}
	return err
}
