package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	// patience: a change is told within seconds even on a slow machine; what was not told by then never will be, and the
	// play goes on.
	patience = 40 * time.Second
	// breath is the time to read what was told before the next thing happens.
	breath = 2 * time.Second
	// outage of the uplink, after the last change in it: what waits for longer than 5 s is told as late.
	outage = 6 * time.Second
	// wanted symptoms of a pulled cable: two hosts, names, the network and the time.
	wanted = 5
)

// play is the script: what is done to whom, in turn, and what is waited for.
type play struct {
	*screen
	*audience
	cast    map[string]*actor
	version string
	died    func() // ends the play with an agent
	fault   error  // of the scenery, which ends the play
}

// round plays all acts once. It returns early when ctx ends.
func (p *play) round(ctx context.Context) error {
	for _, act := range []func(context.Context){p.ready, p.cable, p.certificate, p.clock, p.app, p.uplink, p.restart} {
		if act(ctx); p.fault != nil || ctx.Err() != nil {
			return p.fault
		}
	}
	return nil
}

// do changes the scenery.
func (p *play) do(errs ...error) { p.fault = errors.Join(append(errs, p.fault)...) }

// announce says what happens next, unless the play has ended.
func (p *play) announce(ctx context.Context, en, zh string) {
	if p.fault == nil && ctx.Err() == nil {
		p.narrate(en, zh)
	}
}

// until waits for the story to tell something.
func (p *play) until(ctx context.Context, holds func() bool) {
	if p.fault == nil && !p.await(ctx, patience, holds) && ctx.Err() == nil {
		p.announce(ctx, fmt.Sprintf("that was not told within %v; on we go", patience), fmt.Sprintf("%v 内未收到预期上报，继续演示", patience))
	}
}

// pause lets people read.
func (p *play) pause(ctx context.Context, d time.Duration) {
	p.await(ctx, d, func() bool { return false })
}

// stands tells whether a root with so many symptoms has been told; cleared, whether it has been told as gone and cards are
// taken again.
func (p *play) stands(id, code string, symptoms int) func() bool {
	return func() bool {
		n, ok := p.of(id).roots[code]
		return ok && n >= symptoms
	}
}

func (p *play) cleared(id, code string) func() bool {
	return func() bool { return p.of(id).gone[code] && p.of(id).level == wire.Ready }
}

func (p *play) ready(ctx context.Context) {
	p.until(ctx, func() bool {
		for id, a := range p.cast {
			if a.terminal != nil && p.of(id).level != wire.Ready {
				return false
			}
		}
		return true
	})
	p.pause(ctx, breath)
}

func (p *play) cable(ctx context.Context) {
	const id, root = "POS-0002", "link-down"
	p.act(id)
	p.announce(ctx, "we pull the cable of POS-0002: link, names, time and both payment hosts go at once",
		"拔掉 POS-0002 的网线：链路、域名、对时和两台支付主机同时不通")
	p.do(p.cast[id].pull())
	p.until(ctx, p.stands(id, root, wanted))
	p.pause(ctx, breath)
	p.announce(ctx, "and plug it in again", "重新插上网线")
	p.do(p.cast[id].plug())
	p.until(ctx, func() bool { return p.cleared(id, root)() && len(p.of(id).roots) == 0 })
	p.pause(ctx, breath)
}

func (p *play) certificate(ctx context.Context) {
	const id, root = "POS-0003", "cert-expired"
	p.act(id)
	host := p.cast[id].lab.hosts[0]
	p.announce(ctx, "acquirer-a of POS-0003 lets its certificate expire; acquirer-b can stand in", "POS-0003 的 acquirer-a 证书过期，acquirer-b 可以顶替")
	p.do(host.SetLeaf(probetest.LeafExpired))
	p.until(ctx, p.stands(id, root, 0))
	p.pause(ctx, breath)
	p.announce(ctx, "and renews it", "证书已更换")
	p.do(host.SetLeaf(probetest.LeafValid))
	p.until(ctx, p.cleared(id, root))
	p.pause(ctx, breath)
}

func (p *play) clock(ctx context.Context) {
	const id, root = "POS-0003", "clock-skew"
	const wrong = 10 * time.Minute
	p.act(id)
	p.announce(ctx, "all time sources of POS-0003 say that its clock is 10 minutes behind", "POS-0003 的所有时间源都表明其时钟慢 10 分钟")
	p.cast[id].lab.ahead(wrong)
	p.until(ctx, p.stands(id, root, 0))
	p.pause(ctx, breath)
	p.announce(ctx, "and now that it is right", "时钟恢复正常")
	p.cast[id].lab.ahead(0)
	p.until(ctx, p.cleared(id, root))
	p.pause(ctx, breath)
}

func (p *play) app(ctx context.Context) {
	const id, root = "POS-0004", "app-version-incompatible"
	p.act(id)
	t := p.cast[id].terminal
	p.announce(ctx, "somebody puts an old payment app on POS-0004", "有人在 POS-0004 上装了旧版支付应用")
	p.do(t.SetApp(payApp, "3.1.0", 30100, probetest.AppRunning))
	p.until(ctx, p.stands(id, root, 0))
	p.pause(ctx, breath)
	p.announce(ctx, "and it is updated", "应用已更新")
	p.do(t.SetApp(payApp, "3.4.2", 30402, probetest.AppRunning))
	p.until(ctx, p.cleared(id, root))
	p.pause(ctx, breath)
}

func (p *play) uplink(ctx context.Context) {
	const id, code = "POS-0004", "storage-low"
	const full, roomy = 12_000_000, 2_100_000_000 // bytes free
	p.act(id)
	a := p.cast[id]
	p.announce(ctx, "POS-0004 loses its way to the broker; meanwhile its storage fills up and is cleaned",
		"POS-0004 与服务器断开，其间存储空间告急又被清理")
	p.do(a.uplink.set(broken), a.terminal.SetDisk(full))
	p.until(ctx, func() bool { return !p.of(id).online })
	p.until(ctx, func() bool { return a.stands(code) })
	p.do(a.terminal.SetDisk(roomy))
	p.until(ctx, func() bool { return !a.stands(code) })
	p.pause(ctx, outage)
	p.announce(ctx, "the way is open again: what could not be said comes now, and is marked as late", "线路恢复：补报断线期间的变化，并标明迟到")
	p.do(a.uplink.set(plugged))
	p.until(ctx, func() bool { return p.of(id).online && p.of(id).late >= 2 })
	p.pause(ctx, breath)
}

// restart is the night of a terminal: what it remembers of its troubles ends with it.
func (p *play) restart(ctx context.Context) {
	const id = "POS-0002"
	p.act(id)
	p.announce(ctx, "POS-0002 is restarted, as terminals are every night", "POS-0002 重启，与每晚的例行重启一样")
	p.do(p.cast[id].halt())
	p.until(ctx, func() bool { return !p.of(id).online })
	p.of(id).level = ""
	if p.fault == nil && ctx.Err() == nil {
		p.do(p.cast[id].start(context.WithoutCancel(ctx), p.version, p.died))
	}
	p.until(ctx, func() bool { return p.of(id).online && p.of(id).level == wire.Ready })
	p.pause(ctx, breath)
}
