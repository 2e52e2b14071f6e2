package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 2 // it could not do what it was asked to
	exitMisuse = 3 // it was not asked for anything that it can do
)

// self is what the program knows of itself.
type self struct{ version, name string }

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// invocation is one call of the program.
type invocation struct {
	streams
	self
	lang   string
	colour bool
	met    func(*flag.FlagSet) // of a test: hears which flags a command has
}

// run runs the command that args name and returns the exit code. It returns when the command is done or ctx ends.
func run(ctx context.Context, args []string, s streams, me self) int {
	in := &invocation{streams: s, self: me}
	return in.dispatch(ctx, args)
}

func (in *invocation) dispatch(ctx context.Context, args []string) int {
	if len(args) == 0 {
		return in.misuse("no command given")
	}
	command, rest := args[0], args[1:]
	if slices.ContainsFunc(rest, isHelp) && command != "completion" {
		return in.help(args)
	}
	switch command {
	case "watch":
		return in.watch(ctx, rest)
	case "demo":
		return in.demo(ctx, rest)
	case "terminals":
		return in.terminals(rest)
	case "enrol":
		return in.enrol(ctx, rest)
	case "keygen":
		return in.keygen(rest)
	case "sign":
		return in.sign(rest)
	case "send":
		return in.send(ctx, rest)
	case "version":
		if len(rest) > 0 {
			return in.misuse(fmt.Sprintf("version: do not know what to do with %q", rest[0]))
		}
		_, _ = fmt.Fprintf(in.out, "poshealth-fleet %s (%s/%s, %s)\n", in.version, runtime.GOOS, runtime.GOARCH, runtime.Version())
		return exitDone
	case "completion":
		return in.completion(rest)
	case "help":
		return in.help(rest)
	default:
		if isHelp(command) {
			return in.help(nil)
		}
		return in.unknown(command)
	}
}

// flags makes the flag set of a command that prints lines.
func (in *invocation) flags(command string) *flag.FlagSet {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(io.Discard) // we say it ourselves, once
	f.StringVar(&in.lang, "lang", language(os.Getenv), "")
	f.BoolFunc("no-color", "", func(string) error { in.colour = false; return nil })
	in.colour = colourful(in.out)
	return f
}

// parse reads flags; done says that the command has ended with code already.
func (in *invocation) parse(f *flag.FlagSet, args []string) (code int, done bool) {
	if in.met != nil {
		in.met(f)
	}
	switch err := f.Parse(args); {
	case err != nil:
		return in.misuse(f.Name() + ": " + err.Error()), true
	case f.NArg() > 0:
		return in.misuse(fmt.Sprintf("%s: do not know what to do with %q", f.Name(), f.Arg(0))), true
	case f.Lookup("lang") != nil && in.lang != "zh" && in.lang != "en":
		return in.misuse(fmt.Sprintf("%s: --lang %q: want zh or en", f.Name(), in.lang)), true
	}
	return 0, false
}

// language is that of the person's own settings.
func language(getenv func(string) string) string {
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			if strings.HasPrefix(value, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

// fail says on stderr why a command could not do its work.
func (in *invocation) fail(err error) int {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, _ = fmt.Fprintf(in.err, "poshealth-fleet: %s\n", line)
	}
	return exitFailed
}

func (in *invocation) misuse(what string) int {
	hint := "`poshealth-fleet help` lists the commands"
	if command, _, _ := strings.Cut(what, ":"); theManual().Help(strings.Fields(command)) != "" {
		hint = "`poshealth-fleet help " + command + "` shows its flags and examples"
	}
	_, _ = fmt.Fprintf(in.err, "poshealth-fleet: %s\nhint: %s\n", what, hint)
	return exitMisuse
}
