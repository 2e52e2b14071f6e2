package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/poshealth/poshealth/transport/wire"
)

// showCapabilities prints how a terminal can be read, and why not what cannot.
func (in *invocation) showCapabilities(c wire.Capabilities) int {
	if in.format == "json" {
		e := json.NewEncoder(in.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(c); err != nil {
			return in.fail(err, "")
		}
		return exitReady
	}
	if _, err := io.WriteString(in.Out, capabilities(c, style{lang: in.lang, colour: in.colour})); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}

// capabilities is a line a datum: what is read and by which source, then what is not, with all that was tried.
func capabilities(c wire.Capabilities, st style) string {
	var read, not strings.Builder
	for _, d := range c.Data {
		name := pad(datumName(d.Datum, st), 28)
		if d.Source != "" {
			fmt.Fprintf(&read, "  %s %s %s\n", st.paint(green, "✓"), name, d.Source)
			continue
		}
		fmt.Fprintf(&not, "  %s %s %s\n", st.paint(yellow, "–"), name, reasonIn(st.lang, d.Reason))
		for _, a := range d.Tried {
			not.WriteString(st.paint(dim, st.wrap("", 6, a.Source+": "+a.Detail)))
		}
	}
	words := []string{st.paint(bold, c.Terminal.ID)}
	for _, w := range []string{c.Terminal.Model, c.Terminal.OS, levelName(c.Level, st)} {
		if w != "" {
			words = append(words, w)
		}
	}
	text := strings.Join(words, "  ") + "\n"
	if read.Len() > 0 {
		text += "\n" + st.say("Read here", "本机可读") + "\n" + read.String()
	}
	if not.Len() > 0 {
		text += "\n" + st.say("Cannot be read here", "本机不可读") + "\n" + not.String()
	}
	return text
}

func levelName(level string, st style) string {
	return st.word("level", level, st.say("not known as whom", "权限未知"))
}

func datumName(datum string, st style) string { return st.word("datum", datum, datum) }
