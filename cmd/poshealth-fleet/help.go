package main

import (
	_ "embed" // the manual's text
	"fmt"
	"io"

	"github.com/poshealth/poshealth/agent/cli/manual"
	"github.com/poshealth/poshealth/config"
)

//go:generate go test . -run TestManPage -update

// manualText tells of each command.
//
//go:embed manual.txt
var manualText manual.Text

func theManual() manual.Manual { return manual.New(manualText, func(string) bool { return true }) }

// help says how to use the command that words name, or what commands there are.
func (in *invocation) help(words []string) int {
	text := theManual().Overview()
	if len(words) > 0 {
		if text = theManual().Help(words); text == "" {
			return in.unknown(words[0])
		}
	}
	_, _ = io.WriteString(in.out, text)
	return exitDone
}

// unknown says that there is no such command, and which was meant.
func (in *invocation) unknown(word string) int {
	what := fmt.Sprintf("there is no command %q", word)
	if meant := config.Nearest(word, theManual().Words("")); meant != "" {
		what += ": did you mean " + meant + "?"
	}
	return in.misuse(what)
}

func (in *invocation) completion(args []string) int {
	text := ""
	switch {
	case len(args) > 1 && args[0] == "words": // what the scripts ask
		text = theManual().Complete(args[1:])
	case len(args) == 1:
		text = manual.Script("poshealth-fleet", args[0])
	}
	if text == "" && (len(args) < 2 || args[0] != "words") {
		return in.misuse("completion: want bash, zsh or fish")
	}
	_, _ = io.WriteString(in.out, text)
	return exitDone
}

// isHelp tells whether a word asks for help wherever it stands.
func isHelp(word string) bool { return word == "--help" || word == "-help" || word == "-h" }
