//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// again: Android's init waits this long before it starts a service that ended.
	again = 5 * time.Second

	// patience: an agent that is asked to stop says goodbye to its broker first, on an emulated processor.
	patience = 30 * time.Second
)

// service is the agent as init keeps it: started again whenever it ends, unless it was stopped.
type service struct {
	mu       sync.Mutex
	args     []string
	process  *os.Process // nil while it does not run
	stopping bool
	ended    chan string // closed after the last end, which it tells
}

func (s *service) start(args []string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(args) == 0:
		return "", errors.New("start what?")
	case s.ended != nil:
		return "", errors.New("it runs already")
	}
	s.args, s.stopping, s.ended = args, false, make(chan string, 1)
	cmd, err := s.fork()
	if err != nil {
		s.ended = nil
		return "", err
	}
	go s.keep(cmd, s.ended)
	return fmt.Sprint("pid ", cmd.Process.Pid), nil
}

// told is how many bytes of a program's output are told to the driver: a line or two.
const told = 300

// once runs a program that ends by itself.
func once(args []string) (string, error) {
	if len(args) == 0 {
		return "", errors.New("run what?")
	}
	out, err := command(args).CombinedOutput()
	how := "exit 0"
	if err != nil {
		how = err.Error()
	}
	return how + ": " + string(out[:min(told, len(out))]), nil
}

func command(args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/system/bin", "ANDROID_ROOT=/system", "ANDROID_DATA=/data"}
	return cmd
}

// fork starts the program. The caller holds the lock.
func (s *service) fork() (*exec.Cmd, error) {
	cmd := command(s.args)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s.process = cmd.Process
	return cmd, nil
}

// keep waits for the end, and starts anew until it is stopped.
func (s *service) keep(cmd *exec.Cmd, ended chan<- string) {
	for {
		how := "exit 0"
		if err := cmd.Wait(); err != nil {
			how = err.Error()
		}
		s.mu.Lock()
		s.process = nil
		stopped := s.stopping
		s.mu.Unlock()
		if stopped {
			ended <- how
			return
		}
		say("service ended:", how)
		time.Sleep(again)
		s.mu.Lock()
		next, err := s.fork()
		stopped = s.stopping
		s.mu.Unlock()
		if err != nil || stopped {
			ended <- fmt.Sprint("not started again: ", err)
			return
		}
		cmd = next
	}
}

func (s *service) signal(signal os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errors.New("it does not run")
	}
	return s.process.Signal(signal)
}

// stop asks the agent to stop and tells how it ended; nothing when there was none to stop.
func (s *service) stop() (string, error) {
	s.mu.Lock()
	ended := s.ended
	if ended == nil {
		s.mu.Unlock()
		return "", nil
	}
	s.stopping = true
	if s.process != nil {
		_ = s.process.Signal(syscall.SIGTERM) // it may have ended by itself: then that is told
	}
	s.mu.Unlock()
	select {
	case how := <-ended:
		s.mu.Lock()
		s.ended = nil
		s.mu.Unlock()
		return how, nil
	case <-time.After(patience):
		return "", fmt.Errorf("it does not end within %s of being asked", patience)
	}
}

// memory is what the kernel says of the agent's memory: "VmHWM: 9000 kB VmRSS: 8000 kB Threads: 6".
func (s *service) memory() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return "", errors.New("it does not run")
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	if err != nil {
		return "", err
	}
	var words []string
	for line := range strings.SplitSeq(string(text), "\n") {
		for _, key := range []string{"VmHWM:", "VmRSS:", "RssAnon:", "RssFile:", "RssShmem:", "Threads:"} {
			if strings.HasPrefix(line, key) {
				words = append(words, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	return strings.Join(words, " "), nil
}
