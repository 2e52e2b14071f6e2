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

// visit begins, ends and shows visits.
func (in *invocation) visit(ctx context.Context, args []string) int {
	what := "show"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		what, args = args[0], args[1:]
	}
	f := in.flags("visit "+what, true)
	ask := status.VisitRequest{Do: what}
	switch what {
	case status.VisitStart:
		f.StringVar(&ask.By, "by", "", "")
	case status.VisitDone:
		f.Func("did", "", func(line string) error { ask.Did = append(ask.Did, line); return nil })
	case "show":
	default:
		return in.misuse(fmt.Sprintf("visit: there is no %q: want start, done or show", what))
	}
	if code, done := in.parse(f, args); done {
		return code
	}
	if what == status.VisitDone && len(ask.Did) == 0 {
		return in.misuse(`visit done: want --did "what you did"; see visit --help`)
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	client := status.NewClient(agent.Socket(o.Config))
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
		_, _ = io.WriteString(in.Out, visitText(&v, in.style()))
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
	st := in.style()
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
