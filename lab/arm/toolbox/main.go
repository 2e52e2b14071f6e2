//go:build linux

// Command toolbox is the programs of the emulated terminal: getprop, dumpsys, settings and all others, each by the name that it
// is called by. It says word for word what the script of a simulated terminal says (probes/probetest/terminals/program): the
// captures in the folder two above its own, and where there is none what Android would say.
//
// That script cannot run there under the system call filter of apps: a C library of today uses calls on 32-bit ARM that
// Android's own library of that time did not have. This one is Go without C, and uses what the agent may use too.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	os.Exit(run(filepath.Base(os.Args[0]), os.Args[1:]))
}

// run is one program; the exit codes are those of the real ones, which seldom say what they mean.
func run(program string, args []string) int {
	if len(args) > 0 && args[0] == "-t" {
		args = args[min(2, len(args)):]
	}
	words := []string{program}
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") && !strings.Contains(arg, ":") {
			words = append(words, arg)
		}
	}
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch {
	case show(strings.Join(words, "_")):
		return 0
	case program == "cmd" && arg(0) == "package" && show("pm_"+arg(1)+"_"+arg(2)):
		return 0
	}
	return without(program, arg)
}

// without is what a program says without a capture for what it is asked.
func without(program string, arg func(int) string) int {
	denied := line(string(captured("denied")), "")
	switch {
	case program == "dumpsys" && denied != "":
		fmt.Printf("Permission Denial: can't dump %s from from pid=%d, uid=%s due to missing android.permission.DUMP permission\n", arg(0), os.Getpid(), denied)
	case program == "dumpsys" && arg(0) == "package":
		fmt.Printf("Dexopt state:\n  Unable to find package: %s\n\nCompiler stats:\n  Unable to find package: %s\n", arg(1), arg(1))
	case program == "dumpsys":
		fmt.Fprintf(os.Stderr, "Can't find service: %s\n", arg(0))
	case program == "cmd" && denied != "":
		fmt.Fprintf(os.Stderr, "\nException occurred while executing '%s':\njava.lang.SecurityException: uid %s may not\n", arg(1), denied)
		return 255
	case program == "cmd":
		fmt.Fprintf(os.Stderr, "cmd: Can't find service: %s\n", arg(0))
		return 20
	case program == "settings" && arg(0) == "get":
		value := line(string(captured("settings_list_"+arg(1)+".txt")), arg(2)+"=")
		if value == "" {
			value = "null"
		}
		fmt.Println(value)
	case program == "getprop":
		begins := "[" + arg(0) + "]: ["
		if text := string(captured("getprop.txt")); strings.Contains("\n"+text, "\n"+begins) {
			fmt.Println(strings.TrimSuffix(line(text, begins), "]"))
		}
	default:
		return 1
	}
	return 0
}

// line is what stands behind a beginning in the first line that has it; "" where none has.
func line(text, beginning string) string {
	for l := range strings.SplitSeq(text, "\n") {
		if rest, ok := strings.CutPrefix(l, beginning); ok {
			return rest
		}
	}
	return ""
}

// show prints a capture, where there is one of that name.
func show(name string) bool {
	text := captured(name + ".txt")
	_, _ = os.Stdout.Write(text) // whoever asked may have gone
	return text != nil
}

// captured is the text of a capture; nil where there is none.
func captured(file string) []byte {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "..", "..", "captures", filepath.Base(file)))
	if err != nil {
		return nil
	}
	return append([]byte{}, text...)
}
