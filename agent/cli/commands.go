package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/transport/wire"
)

// check looks once.
func (in *invocation) check(ctx context.Context, args []string) int {
	f := in.flags("check", true)
	how := f.Bool("capabilities", false, "")
	f.BoolVar(&in.qr, "qr", false, "")
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	in.warn(o.Config)
	var version uint64
	if o.Config, version = agent.InForce(o.Config); version != 0 {
		_, _ = fmt.Fprintf(in.Err, "poshealth: looking with version %d of the configuration that the fleet desires\n", version)
	}
	if *how {
		c, err := agent.Capabilities(ctx, o, in.progress())
		in.wipe()
		if err != nil {
			return in.fail(err, "")
		}
		return in.showCapabilities(c)
	}
	s, err := agent.Check(ctx, o, in.progress())
	in.wipe()
	if err != nil {
		return in.fail(err, "")
	}
	return in.show(s)
}

// progress says on a terminal what has been looked at while the slow ones are still out, and wipes it in the end.
func (in *invocation) progress() func(probes.Result) {
	if !colourful(in.Err) {
		return nil
	}
	n := 0
	return func(r probes.Result) {
		n++
		_, _ = fmt.Fprintf(in.Err, "\r\x1b[2K%d %s", n, r.Probe)
	}
}

// wipe removes what progress wrote.
func (in *invocation) wipe() {
	if colourful(in.Err) {
		_, _ = io.WriteString(in.Err, "\r\x1b[2K")
	}
}

// show prints a snapshot in the format and language asked for, and gives the exit code for it.
func (in *invocation) show(s wire.Snapshot) int {
	s = status.Texts(s, in.lang)
	if in.format == "json" {
		e := json.NewEncoder(in.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(s); err != nil {
			return in.fail(err, "")
		}
		return exitCode(s)
	}
	text := render(s, in.style())
	if in.qr {
		var err error
		if text, err = card(s, in.style()); err != nil {
			return in.fail(err, "")
		}
	}
	if _, err := io.WriteString(in.Out, text); err != nil {
		return in.fail(err, "")
	}
	return exitCode(s)
}

// exitCode is the worse of the two verdicts. An unknown settlement counts only where the payment app is asked.
func exitCode(s wire.Snapshot) int {
	rank := map[string]int{wire.Ready: 0, wire.Unknown: 1, wire.AtRisk: 2, wire.NotReady: 3}
	code := map[string]int{wire.Ready: exitReady, wire.Unknown: exitUnknown, wire.AtRisk: exitAtRisk, wire.NotReady: exitNotReady}
	worst := s.Verdict.TakeCard.Level
	settle := s.Verdict.Settle
	if settle.Lacks != wire.LacksIntake && rank[settle.Level] > rank[worst] {
		worst = settle.Level
	}
	return code[worst]
}

// run is the daemon.
func (in *invocation) run(ctx context.Context, args []string) int {
	f := in.flags("run", false)
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	in.warn(o.Config)
	o.LogLevel = new(slog.LevelVar)
	o.Log = in.logger(o.LogLevel)
	if err := os.MkdirAll(o.Config.Terminal.StateDir, 0o750); err != nil {
		_, _ = fmt.Fprintf(in.Err, "poshealth: cannot make the state folder: %s; going on without local status\n", err)
		_, _ = fmt.Fprintf(in.Err, "hint: set terminal.state_dir to a folder that this user may write\n")
	}
	if err := agent.Supervise(ctx, o); err != nil {
		return in.fail(err, "")
	}
	return exitReady
}

// status asks the daemon.
func (in *invocation) status(ctx context.Context, args []string) int {
	f := in.flags("status", true)
	watch := f.Bool("watch", false, "")
	f.BoolVar(&in.qr, "qr", false, "")
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	client := status.NewClient(agent.Socket(o.Config))
	const starting = 20 * time.Second // the first look of a daemon that has just started
	s, version, err := client.Status(ctx, in.lang, 0, starting)
	if err != nil {
		return in.fail(err, "")
	}
	if !*watch {
		return in.show(s)
	}
	return in.watch(ctx, watcher{ask: func(ctx context.Context, after uint64) (wire.Snapshot, uint64, error) {
		return client.Status(ctx, in.lang, after, patience)
	}, last: s, version: version})
}

// configure checks a configuration or prints the example.
func (in *invocation) configure(_ context.Context, args []string) int {
	switch {
	case len(args) == 1 && args[0] == "example":
		if _, err := in.Out.Write(config.Example()); err != nil {
			return in.fail(err, "")
		}
		return exitReady
	case len(args) == 2 && args[0] == "check":
		c, err := config.Load(args[1])
		if errors.Is(err, fs.ErrNotExist) {
			return in.fail(fmt.Errorf("cannot check %s: there is no such file", args[1]), "")
		}
		if err != nil {
			return in.fail(err, "")
		}
		in.warn(c)
		for _, w := range missingFiles(c) {
			_, _ = fmt.Fprintf(in.Err, "poshealth: warning: %s\n", w)
		}
		_, _ = fmt.Fprintf(in.Out, "%s is good: %d payment hosts, broker %s\n", args[1], len(c.Hosts), orNone(c.MQTT.Broker))
		return exitReady
	}
	return in.misuse("config: want `config check FILE` or `config example`")
}

// missingFiles tells which files a configuration names that cannot be used on this machine; on the terminal they may be there.
func missingFiles(c config.Config) []string {
	files := [][2]string{
		{"mqtt.ca_file", c.MQTT.CAFile},
		{"mqtt.cert_file", c.MQTT.CertFile},
		{"mqtt.key_file", c.MQTT.KeyFile},
		{"mqtt.password_file", c.MQTT.PasswordFile},
		{"mqtt.proxy_password_file", c.MQTT.ProxyPasswordFile},
		{"enrol.ca_file", c.Enrol.CAFile},
	}
	for i, h := range c.Hosts {
		files = append(files, [2]string{fmt.Sprintf("host[%d].ca_file", i), h.CAFile})
	}
	var missing []string
	for _, f := range files {
		if f[1] == "" {
			continue
		}
		if info, err := os.Stat(f[1]); err != nil {
			missing = append(missing, fmt.Sprintf("%s: %s", f[0], err))
		} else if !info.Mode().IsRegular() {
			missing = append(missing, fmt.Sprintf("%s: %s is not a plain file", f[0], f[1]))
		}
	}
	return missing
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (in *invocation) version(_ context.Context, args []string) int {
	if len(args) > 0 {
		return in.misuse(fmt.Sprintf("version: do not know what to do with %q", args[0]))
	}
	built := ""
	if !in.build.Built.IsZero() {
		built = ", " + in.build.Built.UTC().Format(time.DateOnly)
	}
	_, _ = fmt.Fprintf(in.Out, "poshealth %s (%s/%s, %s%s)\n", in.build.Version, runtime.GOOS, runtime.GOARCH, runtime.Version(), built)
	return exitReady
}
