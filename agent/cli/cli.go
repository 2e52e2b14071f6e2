// Package cli is the terminal's command line: daemon and technician's tool in one. It parses, asks the agent, and prints.
//
// Answers go to stdout and everything else to stderr, prefixed "poshealth: "; a hint has a line of its own. Colour is used
// only on a terminal, and nothing but words and symbols carries meaning. Exit codes are those of monitoring plugins,
// whatever the format: 0 ready, 1 at-risk, 2 not-ready, 3 unknown, bad usage and bad configuration included.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/config"
)

// Exit codes.
const (
	exitReady    = 0
	exitAtRisk   = 1
	exitNotReady = 2
	exitUnknown  = 3
)

// Build is what the linker says of this binary.
type Build struct {
	Version string
	Built   time.Time // zero when not known
	// EchoScale is config.Diagnose's: 0 but in a lab's build.
	EchoScale float64
}

// Streams are where a command reads and writes.
type Streams struct {
	Out, Err io.Writer
}

// invocation is one call of the program.
type invocation struct {
	Streams
	build Build

	config, root, lang, format string
	colour                     bool
	qr                         bool                // the support card instead of all
	met                        func(*flag.FlagSet) // of a test: hears which flags a command has
}

// style is how text is to look where it goes.
func (in *invocation) style() style {
	columns, _ := window(in.Out)
	return style{lang: in.lang, colour: in.colour, columns: min(columns, screen)}
}

// Run runs the command that args name and returns the exit code. It returns when the command is done or ctx ends.
func Run(ctx context.Context, args []string, streams Streams, build Build) int {
	in := &invocation{Streams: streams, build: build}
	if len(args) == 0 {
		return in.misuse("no command given")
	}
	command, rest := args[0], args[1:]
	switch run := handler(command); {
	case command == "help":
		return in.help(rest)
	case isHelp(command):
		return in.help(nil)
	case run == nil:
		return in.unknown(command)
	case slices.ContainsFunc(rest, isHelp) && command != "completion":
		return in.help(args)
	default:
		return run(in, ctx, rest)
	}
}

// flags makes the flag set of a command that looks at a terminal.
func (in *invocation) flags(command string, shows bool) *flag.FlagSet {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(io.Discard) // we say it ourselves, once
	f.StringVar(&in.config, "config", "", "")
	f.StringVar(&in.root, "root", "", "")
	if shows {
		f.StringVar(&in.lang, "lang", "", "")
		f.StringVar(&in.format, "format", "text", "")
		f.BoolFunc("no-color", "", func(string) error { in.colour = false; return nil })
		in.colour = colourful(in.Out)
	}
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
	case in.format != "" && in.format != "text" && in.format != "json":
		return in.misuse(fmt.Sprintf("%s: --format %q: want text or json", f.Name(), in.format)), true
	case in.lang != "" && in.lang != "zh" && in.lang != "en":
		return in.misuse(fmt.Sprintf("%s: --lang %q: want zh or en", f.Name(), in.lang)), true
	}
	return 0, false
}

// options loads the configuration, lays the floor, and gives what an agent needs. Without a file the defaults serve, unless
// one was named.
func (in *invocation) options(ctx context.Context) (agent.Options, error) {
	file := in.config
	if file == "" {
		file = defaultFile()
	}
	c, err := config.Load(file)
	if errors.Is(err, fs.ErrPermission) && in.config == "" {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: this user may not read %s: looking with the defaults\n", file)
	}
	if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) && in.config == "" {
		c, err = config.Default(), nil
	}
	if err != nil {
		return agent.Options{}, err
	}
	if in.root != "" {
		if info, err := os.Stat(in.root); err != nil || !info.IsDir() {
			return agent.Options{}, fmt.Errorf("--root %s: not a folder", in.root)
		}
		if hasFolder(in.root, "captures") && !hasFolder(in.root, "system") {
			return agent.Options{}, fmt.Errorf("--root %s: captures without the programs that print them: write it out first, with `poshealth-fleet terminals %s/ DIR`", in.root, filepath.Clean(in.root))
		}
		c.Terminal.Root = in.root
	}
	if in.lang == "" {
		in.lang = c.Terminal.Lang
	}
	in.floor(ctx, c)
	c.Diagnose.EchoScale = in.build.EchoScale
	return agent.Options{Config: c, Version: in.build.Version, Built: in.build.Built}, nil
}

// hasFolder tells whether a folder has another in it.
func hasFolder(root, folder string) bool {
	info, err := os.Stat(filepath.Join(root, folder))
	return err == nil && info.IsDir()
}

// defaultFile is where the configuration lies when nobody says.
func defaultFile() string {
	const linux = "/etc/poshealth/poshealth.toml"
	if dir := config.Default().Terminal.StateDir; dir == "/data/local/poshealth" {
		return filepath.Join(dir, "poshealth.toml")
	}
	return linux
}

// warn says on stderr what is not fatal.
func (in *invocation) warn(c config.Config) {
	for _, w := range c.Warnings() {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: %s\n", w)
	}
}

// fail says on stderr why a command could not do its work. Faults of a configuration are a line each.
func (in *invocation) fail(err error, hint string) int {
	if faults, ok := errors.AsType[config.Faults](err); ok {
		for _, f := range faults {
			_, _ = fmt.Fprintf(in.Err, "poshealth: %s\n", f.Error())
		}
		_, _ = fmt.Fprintf(in.Err, "hint: `poshealth config example` prints a file with every key explained\n")
		return exitUnknown
	}
	_, _ = fmt.Fprintf(in.Err, "poshealth: %s\n", err)
	if hint != "" {
		_, _ = fmt.Fprintf(in.Err, "hint: %s\n", hint)
	}
	return exitUnknown
}

func (in *invocation) misuse(what string) int {
	hint := "`poshealth help` lists the commands"
	if command, _, ok := strings.Cut(what, ":"); ok && handler(command) != nil {
		hint = "`poshealth help " + command + "` shows its flags and examples"
	}
	return in.fail(errors.New(what), hint)
}

func (in *invocation) logger(level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(in.Err, &slog.HandlerOptions{Level: level}))
}
