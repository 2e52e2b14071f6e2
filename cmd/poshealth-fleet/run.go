package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 2 // it could not do what it was asked to
	exitMisuse = 3 // it was not asked for anything that it can do
)

const usage = `poshealth-fleet shows what terminals report.
显示终端上报的内容。

usage: poshealth-fleet COMMAND [flags]

  watch            subscribe to a broker and print what terminals say, a line a change   监听并逐条显示变化
  demo             a broker, terminals and faults that come and go, all on this machine  演示，无需任何服务器
  terminals        list the simulated terminals; NAME DIR writes one out for poshealth check --root   模拟终端
  enrol            give terminals certificates for tokens: serve, tokens; see enrol --help   终端入网服务
  keygen, sign, send   command a terminal; send --help says how                          向终端下发签名指令
  version          print the version

flags of watch:
  --broker URL           tcp://, tls://, ws:// or wss://; default tcp://127.0.0.1:1883
  --ca FILE              who vouches for the broker (PEM); default: the platform's own
  --user NAME            with --password-file FILE, whose first line is the password
  --tenant NAME          default: all tenants
  --client-id NAME       default: one is made
flags of demo:
  --once                 end after the first round; without it, Ctrl-C ends it
flags of both:
  --lang zh|en           default: as LC_ALL or LANG says, English without them
  --no-color

exit codes: 0 done, or ended by Ctrl-C; 2 failed; 3 wrong usage

examples:
  poshealth-fleet demo --lang zh
  poshealth-fleet watch --broker tls://broker.example:8883 --ca ca.pem --user ops --password-file secret
  poshealth-fleet watch --tenant shop-12 | tee watched.log
  poshealth-fleet terminals pax-a920 /tmp/a920 && poshealth check --root /tmp/a920
`

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
}

// run runs the command that args name and returns the exit code. It returns when the command is done or ctx ends.
func run(ctx context.Context, args []string, s streams, me self) int {
	in := &invocation{streams: s, self: me}
	if len(args) == 0 {
		return in.misuse("no command given")
	}
	switch command, rest := args[0], args[1:]; command {
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
		_, _ = fmt.Fprintf(in.out, "poshealth-fleet %s (%s/%s, %s)\n", me.version, runtime.GOOS, runtime.GOARCH, runtime.Version())
		return exitDone
	case "help", "--help", "-h":
		_, _ = io.WriteString(in.out, usage)
		return exitDone
	default:
		return in.misuse(fmt.Sprintf("there is no command %q", command))
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
	return in.parseWith(usage, f, args)
}

// parseWith is parse, for a command whose flags are explained elsewhere.
func (in *invocation) parseWith(usage string, f *flag.FlagSet, args []string) (code int, done bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(in.out, usage)
		return exitDone, true
	case err != nil:
		return in.misuse(f.Name() + ": " + err.Error()), true
	case f.NArg() > 0:
		return in.misuse(fmt.Sprintf("%s: do not know what to do with %q", f.Name(), f.Arg(0))), true
	case in.lang != "zh" && in.lang != "en":
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
	_, _ = fmt.Fprintf(in.err, "poshealth-fleet: %s\nhint: `poshealth-fleet help` lists commands and flags\n", what)
	return exitMisuse
}
