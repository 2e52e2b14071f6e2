package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/probes/probetest"
)

func TestCommandLine(t *testing.T) {
	for _, row := range []struct {
		name     string
		args     string
		code     int
		out, err string // parts; "": nothing at all
	}{
		{"nothing", "", exitMisuse, "", "no command given"},
		{"an unknown command", "look", exitMisuse, "", `there is no command "look"`},
		{"help", "help", exitDone, "usage: poshealth-fleet COMMAND", ""},
		{"help for a command", "watch --help", exitDone, "examples:", ""},
		{"version", "version", exitDone, "poshealth-fleet 1.2.3 (", ""},
		{"version of something", "version 2", exitMisuse, "", `do not know what to do with "2"`},
		{"an unknown flag", "watch --frob", exitMisuse, "", "-frob"},
		{"too many words", "demo now", exitMisuse, "", `do not know what to do with "now"`},
		{"an unknown language", "demo --lang fr", exitMisuse, "", "want zh or en"},
		{"an address that is none", "watch --broker http://x", exitFailed, "", `scheme "http"`},
		{"a password without a user", "watch --password-file /nowhere", exitFailed, "", "poshealth-fleet: there is a password and no user name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), strings.Fields(row.args), streams{out: &out, err: &errs}, self{version: "1.2.3"})
			assert.Equal(t, row.code, code)
			for _, stream := range []struct{ got, want string }{{out.String(), row.out}, {errs.String(), row.err}} {
				if stream.want != "" {
					assert.Contains(t, stream.got, stream.want)
				} else {
					assert.Empty(t, stream.got)
				}
			}
			assert.NotContains(t, out.String()+errs.String(), "\x1b", "no colour where nobody looks")
		})
	}
}

func TestLanguageIsThePersonsOwn(t *testing.T) {
	for _, row := range []struct{ name, all, lang, want string }{
		{"Chinese", "", "zh_CN.UTF-8", "zh"},
		{"English", "", "en_GB.UTF-8", "en"},
		{"another", "", "de_DE", "en"},
		{"none", "", "", "en"},
		{"LC_ALL comes first", "zh_TW", "en_US", "zh"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := language(func(name string) string { return map[string]string{"LC_ALL": row.all, "LANG": row.lang}[name] })
			assert.Equal(t, row.want, got)
		})
	}
}

func TestWatchPrintsALineAChange(t *testing.T) {
	b, err := fleet.NewBroker(fleet.BrokerOptions{})
	require.NoError(t, err)
	defer func() { _ = b.Close() }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs paperRoll
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"watch", "--lang", "zh", "--broker", b.URL()}, streams{out: &out, err: &errs}, self{})
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "正在监听 "+b.URL()) }, longest, tick)
	stop()
	assert.Equal(t, exitDone, <-code)
	assert.Empty(t, errs.String())
}

func TestScreen(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 31, 0, time.Local)
	long := fleet.Line{
		At: at, Terminal: "POS-0002", Kind: fleet.Raised, Tone: fleet.Bad, Mark: "✗", Head: "cannot take cards",
		Text: "No network connection (link-down)", Notes: []string{"blocking", "shop's network", "no visit needed"},
		Detail: "no interface has a link: eth0 down, wlan0 down", Label: "follows: ",
		List: []string{"dns-failed", "host-unreachable acquirer-a", "host-unreachable acquirer-b", "local-network-fault"},
	}
	for _, row := range []struct {
		name  string
		line  fleet.Line
		style style
		want  string
	}{
		{
			"short",
			fleet.Line{At: at, Terminal: "POS-0002", Mark: "●", Head: "online", Notes: []string{"agent dev"}},
			style{width: 100},
			"12:00:31  POS-0002      ● online             agent dev\n",
		},
		{"folded", long, style{width: 100}, `12:00:31  POS-0002      ✗ cannot take cards  No network connection (link-down)
                          blocking · shop's network · no visit needed
                          no interface has a link: eth0 down, wlan0 down
                          follows: dns-failed, host-unreachable acquirer-a,
                          host-unreachable acquirer-b, local-network-fault
`},
		{"a line a change", long, style{}, "12:00:31  POS-0002      ✗ cannot take cards  No network connection (link-down)   " +
			"blocking · shop's network · no visit needed   no interface has a link: eth0 down, wlan0 down   " +
			"follows: dns-failed, host-unreachable acquirer-a, host-unreachable acquirer-b, local-network-fault\n"},
		{
			"a long name",
			fleet.Line{At: at, Terminal: "tenant-of-somebody/T-0000000001", Mark: "✓", Head: "can take cards"},
			style{width: 100},
			"12:00:31  tenant-of-somebody/T-0000000001  ✓ can take cards\n",
		},
		{"Chinese", fleet.Line{
			At: at, Terminal: "POS-0002", Mark: "✗", Head: "不能收款", Text: "无网络连接 (link-down)",
			Notes: []string{"已阻断", "门店网络", "无需上门"},
		}, style{width: 100}, "12:00:31  POS-0002      ✗ 不能收款           无网络连接 (link-down)   已阻断 · 门店网络 · 无需上门\n"},
		{
			"colour",
			fleet.Line{At: at, Terminal: "P", Tone: fleet.Good, Mark: "✓", Head: "ok"},
			style{colour: true},
			"\x1b[2m12:00:31\x1b[0m  \x1b[1mP\x1b[0m             \x1b[32m✓ ok\x1b[0m\n",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := newScreen(nil, row.style).render(row.line)
			assert.Equal(t, row.want, got)
			for line := range strings.Lines(got) {
				if row.style.width > 0 {
					assert.LessOrEqual(t, columns(strings.TrimSuffix(line, "\n")), row.style.width)
				}
			}
		})
	}
}

func TestTerminals(t *testing.T) {
	call := func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"terminals"}, args...), streams{out: &out, err: &errs}, self{})
		return code, out.String(), errs.String()
	}
	code, out, _ := call()
	assert.Equal(t, exitDone, code)
	assert.Equal(t, strings.Join(probetest.Models(), "\n")+"\n", out)

	dir := t.TempDir()
	code, out, _ = call("pax-a920", dir)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "poshealth check --root "+dir)
	assert.FileExists(t, filepath.Join(dir, "system/bin/dumpsys"))
	assert.FileExists(t, filepath.Join(dir, "captures/getprop.txt"))

	code, _, errs := call("nexgo-x", t.TempDir())
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "want one of android-14-app")
	code, _, errs = call(t.TempDir()+"/", t.TempDir())
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "a simulated terminal needs a file")
	code, _, _ = call("one")
	assert.Equal(t, exitMisuse, code)
}
