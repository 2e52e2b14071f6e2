// Command agent stands in for poshealth where a test needs a version that misbehaves, or hundreds of starts.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

// Set by the linker.
var (
	version = "v0"
	manner  = "good" // or dies, silent, picky (refuses every configuration)
)

func main() {
	if len(os.Args) < 2 {
		os.Exit(3)
	}
	switch os.Args[1] {
	case "version":
		fmt.Printf("poshealth %s (stand-in)\n", version)
	case "config":
		text, err := os.ReadFile(os.Args[3])
		if err != nil || len(text) == 0 || manner == "picky" {
			fmt.Fprintf(os.Stderr, "poshealth: %s: 7: no such key\n", os.Args[3])
			os.Exit(3)
		}
	case "run":
		run(filepath.Join(filepath.Dir(os.Args[3]), "state", "answers"))
	case "status", "check":
		answer(filepath.Join(filepath.Dir(os.Args[3]), "state", "answers"))
	}
}

// run answers, by a file that says who does, until it is asked to stop.
func run(file string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	switch manner {
	case "dies":
		fmt.Fprintln(os.Stderr, "poshealth: cannot open the spool: it is newer than this program")
		os.Exit(3)
	case "good":
		if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			os.Exit(3)
		}
	}
	<-stop
	_ = os.Remove(file)
}

func answer(file string) {
	text, _ := os.ReadFile(file)
	pid, err := strconv.Atoi(string(text))
	if err != nil || syscall.Kill(pid, 0) != nil {
		fmt.Fprintln(os.Stderr, "poshealth: no daemon answers")
		os.Exit(3)
	}
	fmt.Printf("{\n  \"agent\": %q\n}\n", version)
	fmt.Fprintln(os.Stderr, "poshealth: warning: a stand-in")
	os.Exit(1)
}
