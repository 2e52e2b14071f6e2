package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/poshealth/poshealth/fleet"
	"github.com/poshealth/poshealth/probes/probetest"
)

// demo plays terminals and their faults until ctx ends, or once. All that it makes lies in one folder, which goes with it.
func (in *invocation) demo(ctx context.Context, args []string) int {
	f := in.flags("demo")
	once := f.Bool("once", false, "")
	if code, done := in.parse(f, args); done {
		return code
	}
	screen := newScreen(in.out, style{lang: in.lang, colour: in.colour, width: screenWidth})
	began := time.Now()
	s, err := in.setUp(screen) //nolint:contextcheck // nothing in it waits, and what it has built must be taken down
	if err == nil {
		err = s.run(ctx, *once)
	}
	err = errors.Join(err, s.takeDown())
	if err != nil {
		return in.fail(fmt.Errorf("the demo failed: %w", err))
	}
	screen.narrate(fmt.Sprintf("the end, after %v; nothing is left behind", time.Since(began).Round(time.Second)),
		fmt.Sprintf("演示结束，历时 %v，未留下任何文件", time.Since(began).Round(time.Second)))
	return exitDone
}

// stage is all that stands while the demonstration runs.
type stage struct {
	*screen
	self
	folder string
	broker *fleet.Broker
	cast   []*actor // this machine, and the simulated terminals
	page   string   // URL of the page of one of them; "": none
}

// simulated are the terminals of the demonstration.
func simulated() []probetest.TerminalOptions {
	return []probetest.TerminalOptions{
		{Serial: "POS-0001", Folder: "sunmi-v2-pro", Brand: "SUNMI", Model: "V2 PRO", Release: "7.1.2"},
		{Serial: "POS-0002", Folder: "pax-a920", Brand: "PAX", Model: "A920", Release: "7.1.2"},
		{Serial: "POS-0003", Folder: "android-5.1", Brand: "NEWLAND", Model: "N910", Release: "5.1.1"},
		{Serial: "POS-0004", Brand: "LANDI", Model: "APOS A8", Release: "5.1.1"},
	}
}

// setUp builds the stage. What is built when it fails is taken down by takeDown all the same.
func (in *invocation) setUp(s *screen) (*stage, error) {
	st := &stage{screen: s, self: in.self}
	progress := func(what string) {
		if colourful(in.err) {
			_, _ = fmt.Fprintf(in.err, "\r\x1b[2K%s\r", what)
		}
	}
	defer progress("")
	progress(s.say("starting a broker …", "正在启动服务器…"))
	var err error
	if st.folder, err = newFolder(); err != nil {
		return st, err
	}
	if st.broker, err = fleet.NewBroker(fleet.BrokerOptions{}); err != nil {
		return st, err
	}
	machine, err := thisMachine(st.folder, st.broker.Addr())
	if err != nil {
		return st, err
	}
	st.cast = append(st.cast, machine)
	for _, o := range simulated() {
		progress(s.say("building ", "正在搭建 ") + o.Serial + " …")
		a, err := newActor(st.folder, st.broker.Addr(), o)
		st.cast = append(st.cast, a)
		if err != nil {
			return st, err
		}
	}
	// The agent does not tell which port it was given, so one is chosen that is free now; if it is taken by then, there is
	// no page, and nothing else is lost.
	if port, err := freePort(); err == nil {
		a := st.cast[2]
		a.config.Local.Listen, a.config.Terminal.Lang = port, s.lang
		st.page = "http://" + port + "/"
	}
	return st, nil
}

// mostFolder leaves room for "/this-machine/poshealth.sock" in the 107 bytes that a socket's path may have.
const mostFolder = 107 - 28

// newFolder makes the folder for all that the demonstration writes: in the usual place for such, or nearer to the root where
// that is too deep for a socket.
func newFolder() (string, error) {
	const name = "poshealth-demo-"
	folder, err := os.MkdirTemp("", name)
	if err != nil || len(folder) <= mostFolder {
		return folder, err
	}
	if err := os.Remove(folder); err != nil {
		return "", err
	}
	return os.MkdirTemp("/tmp", name)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// run shows the legend, starts the watcher and the agents, and plays.
func (st *stage) run(ctx context.Context, once bool) error {
	st.print(st.legend())
	watching, stopWatching := context.WithCancel(ctx)
	audience := newAudience()
	var watcher sync.WaitGroup
	var watchErr error
	watcher.Go(func() {
		o := fleet.Options{Broker: st.broker.URL(), Tenant: tenant, Lang: st.lang}
		watchErr = fleet.Watch(watching, o, func(l fleet.Line) {
			if watching.Err() == nil {
				st.line(l)
				audience.hear(l)
			}
		})
	})
	playing, stop := context.WithCancel(ctx)
	defer stop()
	play := &play{screen: st.screen, audience: audience, cast: make(map[string]*actor), version: st.version, died: stop}
	err := error(nil)
	for _, a := range st.cast {
		play.cast[a.id] = a
		// Agents end by halt, in their time: not with ctx, which ends the play.
		err = errors.Join(err, a.start(context.WithoutCancel(playing), st.version, stop))
	}
	for err == nil && playing.Err() == nil {
		err = play.round(playing)
		if once || err != nil || playing.Err() != nil {
			break
		}
		st.narrate("once more from the start; Ctrl-C ends it", "从头再演一遍，按 Ctrl-C 结束")
	}
	// What the agents say when they end is no part of the story.
	stopWatching()
	watcher.Wait()
	return errors.Join(err, watchErr)
}

// takeDown ends the agents, all at once, then what they looked at, the broker and the folder.
func (st *stage) takeDown() error {
	errs := make([]error, len(st.cast))
	var agents sync.WaitGroup
	for i, a := range st.cast {
		agents.Go(func() { errs[i] = errors.Join(a.halt(), a.close()) })
	}
	agents.Wait()
	if st.broker != nil {
		errs = append(errs, st.broker.Close())
	}
	if st.folder != "" {
		errs = append(errs, os.RemoveAll(st.folder))
	}
	return errors.Join(errs...)
}

// legend says what is to be seen, and what of it is not real.
func (st *stage) legend() string {
	var b strings.Builder
	part := func(en, zh string) {
		p := paper{style: st.style}
		p.sentence("", st.say(en, zh))
		b.WriteString(p.String())
	}
	row := func(id, model, en, zh string) {
		b.WriteString("  " + st.paint(bold, pad(id, 14)) + pad(model, 30) + st.say(en, zh) + "\n")
	}
	part("The health agent on five terminals, a broker, and a watcher of what they report over MQTT. All of it runs in this program.",
		"五台终端上的监测程序、一台 MQTT 服务器，以及一个显示上报内容的监听程序，全部在本程序内运行。")
	b.WriteString("\n")
	row("this-machine", st.say("this machine, real", "本机，真实"), "no payment host is configured, so it cannot say ready", "未配置支付主机，因此不会显示可以收款")
	acts := [][2]string{
		{"stays well", "始终正常"},
		{"its cable is pulled: one cause, many symptoms", "网线被拔：一个原因，多项连带"},
		{"an expired certificate, then a wrong clock", "证书过期，然后时钟不准"},
		{"an old payment app, then no way to the broker", "应用版本过旧，然后与服务器断开"},
	}
	for i, o := range simulated() {
		row(o.Serial, o.Brand+" "+o.Model+", Android "+o.Release, acts[i][0], acts[i][1])
	}
	b.WriteString("\n")
	part("The POS terminals are simulated: files from real captures, and servers on loopback behind a cable of their own. Their reports take another way, so a pulled cable is heard of at once. Waiting times are a twentieth of the real ones.",
		"POS 终端是模拟的：文件取自真实终端，网络由本机回环上的服务器充当，各有一根网线。上报走另一条路，所以拔线后仍能立即收到上报。等待时间为实际的二十分之一。")
	b.WriteString("\n")
	b.WriteString(st.say("another shell  ", "另开终端  ") + st.paint(bold, st.name+" watch --broker "+st.broker.URL()) + "\n")
	if st.page != "" {
		b.WriteString(st.say("a local page   ", "本地页面  ") + st.paint(bold, st.page) + st.say("  what POS-0002 shows", "  POS-0002 自己的页面") + "\n")
	}
	b.WriteString(st.say("to stop        ", "结束      ") + "Ctrl-C\n\n")
	return b.String()
}
