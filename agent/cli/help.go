package cli

import (
	"context"
	_ "embed" // the manual's text
	"fmt"
	"io"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/config"
)

//go:generate go test . -run TestManPage -update

// manualText tells of each command; an entry there and a line in handler is all that a command needs.
//
//go:embed manual.txt
var manualText manual.Text

// handler is what runs a command; nil where there is no such, and what the text says of it is told to nobody.
func handler(command string) func(in *invocation, ctx context.Context, args []string) int {
	switch command {
	case "check":
		return (*invocation).check
	case "visit":
		return (*invocation).visit
	case "bundle":
		return (*invocation).bundle
	case "status":
		return (*invocation).status
	case "confirm":
		return (*invocation).confirm
	case "enrol":
		return (*invocation).enrol
	case "config":
		return (*invocation).configure
	case "run":
		return (*invocation).run
	case "completion":
		return (*invocation).completion
	case "version":
		return (*invocation).version
	}
	return nil
}

func theManual() manual.Manual {
	return manual.New(manualText, func(command string) bool { return handler(command) != nil })
}

// help says how to use the command that words name, or what commands there are.
func (in *invocation) help(words []string) int {
	m := theManual()
	text := m.Overview()
	if len(words) > 0 {
		if text = m.Help(words); text == "" {
			return in.unknown(words[0])
		}
	}
	_, _ = io.WriteString(in.Out, text)
	return exitReady
}

// unknown says that there is no such command, and which was meant.
func (in *invocation) unknown(word string) int {
	what := fmt.Sprintf("there is no command %q", word)
	if meant := config.Nearest(word, theManual().Words("")); meant != "" {
		what += ": did you mean " + meant + "?"
	}
	return in.misuse(what)
}

func (in *invocation) completion(_ context.Context, args []string) int {
	text := ""
	switch {
	case len(args) > 1 && args[0] == "words": // what the scripts ask
		text = theManual().Complete(args[1:])
	case len(args) != 1 || manual.Script("poshealth", args[0]) == "":
		return in.misuse("completion: want bash, zsh or fish (Android's own shell, mksh, cannot complete)")
	default:
		text = manual.Script("poshealth", args[0])
	}
	_, _ = io.WriteString(in.Out, text)
	return exitReady
}

// isHelp tells whether a word asks for help wherever it stands.
func isHelp(word string) bool { return word == "--help" || word == "-help" || word == "-h" }
