package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

const visitUsage = `poshealth visit keeps the record of a technician's visit: how the terminal stands when you come and when you leave, and what you did.
登记上门维护：到场与离场时的终端状态对比，以及所做的工作。

usage: poshealth visit start [--by WHO]                    到场
       poshealth visit done --did "…" [--did "…"]          离场
       poshealth visit [show]                              查看

  --by WHO         who comes: a staff number is enough, 32 characters at most     工号
  --did "…"        what you did, 200 characters at most; up to 5 times            所做的工作
  --lang zh|en, --format text|json, --no-color, --config FILE     as with status

Both look at everything first, which takes some 20 s. A sale in doubt that you close meanwhile with poshealth confirm --reason "…" stands in
the record. It is kept on the terminal (the last 20), and goes to the fleet. A visit that nobody ends is given up after 12 hours. Write no
card number, and no customer's name: 13 digits or more in a row are refused.

The daemon takes it from root, its own user and those of local.uids; anyone who may read its status may see it.

exit codes of start and done: as with status, for how the terminal stands then; of show: 0

examples:
  poshealth visit start --by 4711
  poshealth confirm 000123 --result reversed --reason "acquirer's desk, call 8812"
  poshealth visit done --did "antenna cable replaced" --did "SIM seated anew"
`

// lines is a flag that may be given more than once.
type lines []string

func (l *lines) String() string { return "" }

func (l *lines) Set(line string) error {
	*l = append(*l, line)
	return nil
}

// visit begins, ends and shows visits.
func (in *invocation) visit(ctx context.Context, args []string) int {
	what := "show"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		what, args = args[0], args[1:]
	}
	for _, a := range args {
		if a == "--help" || a == "-help" || a == "-h" {
			_, _ = io.WriteString(in.Out, visitUsage)
			return exitReady
		}
	}
	f := in.flags("visit "+what, true)
	ask := status.VisitRequest{Do: what}
	var did lines
	switch what {
	case status.VisitStart:
		f.StringVar(&ask.By, "by", "", "")
	case status.VisitDone:
		f.Var(&did, "did", "")
	case "show":
	default:
		return in.misuse(fmt.Sprintf("visit: there is no %q: want start, done or show", what))
	}
	if code, done := in.parse(f, args); done {
		return code
	}
	if ask.Did = did; what == status.VisitDone && len(did) == 0 {
		return in.misuse(`visit done: want --did "what you did"; see visit --help`)
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	client := status.NewClient(agent.Socket(o.Config))
	defer client.Close()
	if what == "show" {
		return in.showVisits(ctx, client)
	}
	if colourful(in.Err) {
		_, _ = io.WriteString(in.Err, style{lang: in.lang}.say("looking at everything, up to 20 s", "正在检测，最长 20 秒"))
	}
	v, err := client.Visit(ctx, ask)
	in.wipe()
	if err != nil {
		return in.fail(err, "")
	}
	if in.format == "json" {
		in.printJSON(v)
	} else {
		_, _ = io.WriteString(in.Out, visitText(&v, style{lang: in.lang, colour: in.colour}))
	}
	if all, err := client.Visits(ctx); err == nil {
		in.warnOf(all.Fault)
	}
	if v.After != nil {
		return exitCode(wire.Snapshot{Verdict: v.After.Verdict})
	}
	return exitCode(wire.Snapshot{Verdict: v.Before.Verdict})
}

// warnOf says what is wrong with what is kept.
func (in *invocation) warnOf(fault string) {
	if fault != "" {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: %s\n", fault)
	}
}

// showVisits prints the newest visit whole and the others in a line each; as JSON all of them.
func (in *invocation) showVisits(ctx context.Context, client *status.Client) int {
	all, err := client.Visits(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	in.warnOf(all.Fault)
	if in.format == "json" {
		return in.printJSON(all)
	}
	st := style{lang: in.lang, colour: in.colour}
	if len(all.Visits) == 0 {
		_, _ = fmt.Fprintln(in.Out, st.say("no visit has been recorded on this terminal", "本机没有上门维护记录"))
		return exitReady
	}
	text := visitText(&all.Visits[len(all.Visits)-1], st)
	for i := len(all.Visits) - 2; i >= 0; i-- {
		label := ""
		if i == len(all.Visits)-2 {
			label, text = st.say("Earlier", "更早"), text+"\n"
		}
		text += st.paint(bold, pad(label, indent)) + visitLine(&all.Visits[i], st) + "\n"
	}
	if _, err := io.WriteString(in.Out, text); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}

func (in *invocation) printJSON(v any) int {
	e := json.NewEncoder(in.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}
