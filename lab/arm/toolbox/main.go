//go:build linux

// Command toolbox is the programs of the emulated terminal: getprop, dumpsys, settings, pm, cmd and df, each by the name that
// it is called by. It prints what lies in the folder captures two above its own, as the scripts of a simulated terminal do.
//
// Those scripts cannot run there under the system call filter of apps: a C library of today uses calls on 32-bit ARM that
// Android's own library of that time did not have. This one is Go without C, and uses what the agent may use too.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	os.Exit(run(filepath.Base(os.Args[0]), os.Args[1:]))
}

// captured is the text of a capture.
func captured(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "..", "..", "captures", filepath.Base(name)+".txt"))
}

// run is one program; the exit codes are those of the real ones, which seldom say what they mean.
func run(name string, args []string) int {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch name {
	case "getprop":
		return getprop(arg(0))
	case "df":
		return show("df")
	case "settings":
		if arg(0) == "get" && show("settings_"+arg(1)+"_"+arg(2)) == 0 {
			return 0
		}
		fmt.Println("null")
		return 0
	case "pm":
		if arg(0) == "path" {
			return show("pm_path_" + arg(1))
		}
		return 1
	case "cmd":
		if arg(0) == "package" {
			return run("pm", args[1:])
		}
		fmt.Fprintf(os.Stderr, "cmd: Can't find service: %s\n", arg(0))
		return 20
	case "dumpsys":
		if arg(0) == "-t" {
			args = args[min(2, len(args)):]
		}
		return dumpsys(arg(0), arg(1))
	}
	fmt.Fprintf(os.Stderr, "toolbox: no program is called %q\n", name)
	return 127
}

func dumpsys(service, of string) int {
	switch {
	case service == "package" && of != "":
		if show("dumpsys_package_"+of) != 0 {
			fmt.Printf("Dexopt state:\n  Unable to find package: %s\n\nCompiler stats:\n  Unable to find package: %s\n", of, of)
		}
	case show("dumpsys_"+service) != 0:
		fmt.Fprintf(os.Stderr, "Can't find service: %s\n", service)
	}
	return 0
}

func getprop(key string) int {
	if key == "" {
		return show("getprop")
	}
	text, err := captured("getprop")
	if err != nil {
		fmt.Fprintln(os.Stderr, "getprop:", err)
		return 1
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "["+key+"]: ["); ok {
			fmt.Println(strings.TrimSuffix(rest, "]"))
			return 0
		}
	}
	return 0
}

// show prints a capture; 1 when there is none of that name.
func show(name string) int {
	text, err := captured(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintln(os.Stderr, "toolbox:", err)
		}
		return 1
	}
	_, _ = os.Stdout.Write(text) // whoever asked may have gone
	return 0
}
