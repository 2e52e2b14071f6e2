package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent"
	"github.com/poshealth/poshealth/agent/bundle"
	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/transport/wire"
)

// bundle writes the file.
func (in *invocation) bundle(ctx context.Context, args []string) int {
	f := in.flags("bundle", false)
	out := f.String("out", "", "")
	if code, done := in.parse(f, args); done {
		return code
	}
	o, err := in.options(ctx)
	if err != nil {
		return in.fail(err, "")
	}
	now := time.Now()
	if *out != "" {
		if _, err := os.Lstat(*out); err == nil { // before anybody waits
			return in.fail(fmt.Errorf("%s is there already, and is not replaced: name another --out", *out), "")
		}
	}
	o.Config, _ = agent.InForce(o.Config)
	seen, err := in.gather(ctx, o)
	if err != nil {
		return in.fail(err, "")
	}
	folder := "poshealth-bundle-" + fileWord(seen.snapshot.Terminal.ID) + "-" + now.Format("20060102-150405")
	if *out == "" {
		*out = folder + ".tar.gz"
	}
	p := bundle.New("poshealth "+in.build.Version, seen.from(), now, secretsOf(o.Config))
	in.fill(p, o.Config, seen)
	packed, err := p.Pack(folder, bundleReadme)
	if err != nil {
		return in.fail(err, "")
	}
	if err := bundle.Write(*out, packed); err != nil {
		hint := ""
		if errors.Is(err, fs.ErrPermission) {
			hint = "name a file that this user may write with --out"
		}
		return in.fail(err, hint)
	}
	in.announce(*out, len(packed), p.Manifest())
	return exitReady
}

// announce says where the bundle is, and what next.
func (in *invocation) announce(file string, size int, m bundle.Manifest) {
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	removed := 0
	for _, f := range m.Files {
		removed += f.Removed
	}
	st := style{lang: in.lang}
	_, _ = fmt.Fprintf(in.Out, st.say("%s\n%d files, %s. Give it to support.\n", "%s\n%d 个文件，%s。请发送给技术支持。\n"), file, len(m.Files), kilobytes(size))
	if removed > 0 {
		_, _ = fmt.Fprintf(in.Out, st.say("%d places were taken out of it: MANIFEST.json says where.\n", "已移除 %d 处敏感内容，详见 MANIFEST.json。\n"), removed)
	}
}

func kilobytes(n int) string { return fmt.Sprintf("%d kB", (n+999)/1000) }

// fileWord keeps of a name what a file's may have.
func fileWord(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, name)
}

// gathered is what a bundle is made of.
type gathered struct {
	snapshot     wire.Snapshot // of the daemon, else the look
	look         wire.Snapshot
	capabilities wire.Capabilities
	history      []status.Change
	visits       status.Visits
	unasked      error // why the daemon was not asked; nil: it was
}

func (g gathered) from() string {
	if g.unasked != nil {
		return "one-look"
	}
	return "daemon"
}

// gather asks the daemon, and looks once.
func (in *invocation) gather(ctx context.Context, o agent.Options) (g gathered, err error) {
	client := status.NewClient(agent.Socket(o.Config))
	if g.snapshot, _, g.unasked = client.Status(ctx, in.lang, 0, 20*time.Second); g.unasked == nil {
		g.history, err = client.History(ctx)
		if err == nil {
			g.visits, err = client.Visits(ctx)
		}
		if err != nil {
			_, _ = fmt.Fprintf(in.Err, "poshealth: warning: not all that the daemon knows is in the bundle: %s\n", err)
		}
	} else {
		_, _ = fmt.Fprintf(in.Err, "poshealth: %s; looking once instead\n", g.unasked)
	}
	g.look, g.capabilities, err = agent.Whole(ctx, o, in.progress())
	in.wipe()
	if g.unasked != nil {
		g.snapshot = g.look
	} else if err != nil {
		_, _ = fmt.Fprintf(in.Err, "poshealth: warning: the bundle has no look of its own: %s\n", err)
		err = nil
	}
	return g, err
}

// fill puts into the bundle what may be in it.
func (in *invocation) fill(p *bundle.Packer, c config.Config, g gathered) {
	g.snapshot.Findings = append([]wire.Finding{}, g.snapshot.Findings...) // both languages are made of it
	zh, en := status.Texts(g.snapshot, status.Chinese), status.Texts(g.snapshot, status.English)
	p.AddJSON("status.json", "the newest snapshot, as `status --format json` prints it", en)
	p.Add("status.zh.txt", "the same for people, in Chinese", render(zh, style{lang: status.Chinese}))
	p.Add("status.en.txt", "the same for people, in English", render(en, style{lang: status.English}))
	p.Add("support.txt", "the support card", status.Support(g.snapshot))
	if g.unasked == nil {
		p.AddJSON("history.json", "what changed, oldest first, as GET /v1/history", g.history)
		p.AddJSON("visits.json", "technicians' visits, oldest first", g.visits)
		if g.look.Schema != 0 {
			p.AddJSON("look.json", "what this command saw by itself, by one look", status.Texts(g.look, status.English))
		}
	} else {
		p.Leave("history, visits, counters since the start", "only the daemon knows them, and it did not answer: "+g.unasked.Error())
	}
	if g.capabilities.Schema != 0 {
		p.AddJSON("capabilities.json", "how each thing is read on this terminal, or why not, as `check --capabilities`", g.capabilities)
	}
	p.AddJSON("config.json", "the configuration in force; what is secret is only said to be set", shownConfig(c))
	p.AddJSON("state.json", "names and sizes of the files in the state folder", stateFiles(c.Terminal.StateDir))
	p.Add("version.txt", "the program", fmt.Sprintf("poshealth %s (%s/%s, %s)\n", in.build.Version, runtime.GOOS, runtime.GOARCH, runtime.Version()))
	p.Leave("logs", "the daemon keeps none: it writes to stderr, and the system may keep that (logcat, journalctl -u poshealth)")
	p.Leave("passwords, keys, certificates, tokens, user names", "secret; config.json says which are set")
	p.Leave("contents of the state folder", "sales, spool and identity are the daemon's own; state.json has their sizes")
	p.Leave("merchant's and terminal's number at the acquirer (echo)", "not needed for a diagnosis; config.json says whether they are set")
}
