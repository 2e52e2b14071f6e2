//go:build linux

// Command guest is the first process of the emulated terminal, in place of Android's init: it loads drivers, mounts the disk
// that survives a reboot on /data, brings up the network, and then does what the driver on the host tells it, line by line:
// start and stop the agent as a service, set the clock, reboot.
//
// It decides nothing and judges nothing. An order is "NUMBER VERB ARGS" on the console, its answer "lab: NUMBER ok WORDS" or
// "lab: NUMBER failed WORDS".
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "guest: is the first process of an emulated terminal and nothing else; see lab/arm")
		os.Exit(2)
	}
	if err := boot(); err != nil {
		say("failed", err.Error())
		halt(unix.LINUX_REBOOT_CMD_POWER_OFF)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		say("failed", err.Error())
		halt(unix.LINUX_REBOOT_CMD_POWER_OFF)
	}
	say("booted", strings.TrimSpace(string(boot)))
	obey()
}

// say writes a line that the driver knows from the kernel's and the agent's by its beginning.
func say(words ...string) {
	fmt.Println("lab: " + strings.ReplaceAll(strings.Join(words, " "), "\n", "; "))
}

// obey takes orders until the terminal is switched off, or nobody is left to give any.
func obey() {
	var agent service
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		words := strings.Fields(orders.Text())
		if len(words) < 2 {
			continue
		}
		answer, err := do(&agent, words[1], words[2:])
		if err != nil {
			say(words[0], "failed", err.Error())
		} else {
			say(words[0], "ok", answer)
		}
		switch words[1] {
		case "reboot":
			halt(unix.LINUX_REBOOT_CMD_RESTART)
		case "off":
			halt(unix.LINUX_REBOOT_CMD_POWER_OFF)
		}
	}
	halt(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// do carries out one order and returns what there is to tell.
func do(agent *service, verb string, args []string) (string, error) {
	switch verb {
	case "start": // start PROGRAM ARGS...
		return agent.start(args)
	case "run": // run PROGRAM ARGS..., to its end; tells how it ended and what it printed first
		return once(args)
	case "stop": // SIGTERM, as Android's init does; tells how it ended
		return agent.stop()
	case "kill": // SIGKILL, as the kernel's out-of-memory killer does; the service starts again
		return "", agent.signal(unix.SIGKILL)
	case "memory":
		return agent.memory()
	case "clock": // clock SECONDS, as somebody who sets it
		return setClock(args)
	case "reboot", "off":
		return agent.stop()
	}
	return "", fmt.Errorf("no such order: %s", verb)
}

// halt ends this boot. All that was written is on the disk by then.
func halt(how int) {
	unix.Sync()
	if err := unix.Unmount("/data", 0); err != nil && !errors.Is(err, unix.EINVAL) {
		say("cannot unmount /data:", err.Error())
	}
	say("halt:", fmt.Sprint(unix.Reboot(how)))
	select {}
}
