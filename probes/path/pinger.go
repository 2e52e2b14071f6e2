package path

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/poshealth/poshealth/probes/dial"
	"github.com/poshealth/poshealth/probes/meter"
)

const (
	// maxPackets of one look: 50 paced, 300 in a train, and twice 4 large ones, which have a pinger of their own.
	maxPackets = 400

	// maxStrays of a look: packets that are no reply to us, and errors that routers report. A path that brings more is
	// not listened to any longer.
	maxStrays = 4 * maxPackets

	// maxPacket bytes of a message are read: the largest that we send, with an IP header before it.
	maxPacket = 2048

	// minPatience is the least that a reply is waited for, and three times the longest round trip the most, up to what the
	// plan grants: a slow path is no lossy one.
	minPatience = 1 * time.Second
)

// errSilent: nothing answered the first packets, and the others were spared.
var errSilent = errors.New("no reply")

// plan says what is sent.
type plan struct {
	count   int
	gap     time.Duration // between one packet and the next; 0: back to back
	payload int           // bytes, token included
	// After so many packets the pinger waits for a first reply: what is silent is not sent the rest. 0: no.
	taste int
	// The longest a reply is waited for, and the longest round trip that is known of this path. Known by nothing: 0.
	patience, known time.Duration
	// Counts what is sent and comes back; nil: nobody does.
	meter *meter.Meter
}

// wait is how long the replies that lack are waited for, where longest is the longest round trip so far.
func (p plan) wait(longest time.Duration) time.Duration {
	return min(max(3*max(longest, p.known), minPatience), p.patience)
}

// pinger sends echo requests to one address and times the replies. Bursts follow each other; the replies are read by a
// goroutine that ends with close.
type pinger struct {
	socket *socket
	token  token
	began  time.Time
	next   int // sequence number of the next burst's first packet
	buf    []byte
	wg     sync.WaitGroup
	unhook func() bool

	mu      sync.Mutex
	burst   *burst        // under way, or the last
	arrived chan struct{} // something was received
}

// startPinger opens a socket for addr. The pinger must be closed. All it does ends with ctx.
func startPinger(ctx context.Context, addr netip.Addr, whole bool) (*pinger, error) {
	s, err := openICMP(addr, whole)
	if err != nil {
		return nil, err
	}
	p := &pinger{socket: s, began: time.Now(), buf: make([]byte, maxPacket), arrived: make(chan struct{}, 1)}
	_, _ = rand.Read(p.token[:]) // never fails
	p.wg.Go(p.listen)
	p.unhook = context.AfterFunc(ctx, func() { _ = s.file.SetDeadline(time.Unix(1, 0)) })
	return p, nil
}

func (p *pinger) close() {
	p.unhook()
	_ = p.socket.file.Close()
	p.wg.Wait()
}

// listen notes replies until the socket closes or its deadline has come.
func (p *pinger) listen() {
	buf := make([]byte, maxPacket)
	for strays := 0; strays < maxStrays; {
		n, err := p.socket.file.Read(buf)
		at := time.Since(p.began)
		if errors.Is(err, os.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		// Another error is what a router, or our own kernel, says about a packet: no reply, and more may come.
		seq, ok := p.socket.reply(buf[:max(n, 0)], p.token)
		if err != nil || !ok || !p.note(int(seq), at) {
			strays++
		}
	}
}

func (p *pinger) note(seq int, at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.burst == nil || !p.burst.reply(seq, at) {
		return false
	}
	select {
	case p.arrived <- struct{}{}:
	default:
	}
	return true
}

// send sends a burst and waits for its replies, until all are there or those that lack are lost. The error is what kept
// packets from being sent; the burst tells whatever came of the others. It is nobody else's when send returns.
func (p *pinger) send(ctx context.Context, how plan) (*burst, error) {
	b := newBurst(p.next, min(how.count, maxPackets-p.next))
	p.next += len(b.at)
	p.mu.Lock()
	p.burst = b
	p.mu.Unlock()

	err := p.sendAll(ctx, b, how)
	if !errors.Is(err, errSilent) {
		p.await(ctx, func() (bool, time.Duration) {
			return b.received == b.sent, how.wait(b.longest())
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.burst = nil
	b.end(time.Since(p.began), how.wait(b.longest()))
	how.meter.Add(meter.Probes, int64(b.sent+b.received)*p.socket.size(how.payload))
	return b, err
}

func (p *pinger) sendAll(ctx context.Context, b *burst, how plan) error {
	start := time.Now()
	for i := range b.at {
		if how.taste > 0 && i == how.taste && !p.await(ctx, func() (bool, time.Duration) { return b.received > 0, how.patience }) {
			return errSilent
		}
		if i == how.taste {
			start = time.Now().Add(-time.Duration(i) * how.gap) // the rest at the same pace, not in a heap
		}
		if how.gap > 0 && !dial.Pause(ctx, time.Until(start.Add(time.Duration(i)*how.gap))) {
			return ctx.Err()
		}
		message := p.socket.request(p.buf, uint16(b.first+i), p.token, how.payload)
		p.mu.Lock()
		b.went(i, time.Since(p.began))
		p.mu.Unlock()
		if err := p.write(ctx, message); err != nil {
			p.mu.Lock()
			b.didNot(i)
			p.mu.Unlock()
			return err
		}
	}
	return nil
}

// write sends one message. An error may be about an earlier packet, and a full queue drains soon: both are tried again.
func (p *pinger) write(ctx context.Context, message []byte) (err error) {
	for try := range 4 {
		if _, err = p.socket.file.Write(message); err == nil {
			return nil
		}
		switch {
		case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.EAGAIN):
			if !dial.Pause(ctx, time.Millisecond<<try) {
				return err
			}
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		default:
			return err
		}
	}
	return err
}

// grace is for replies that came in time and have not been read: a busy terminal may keep us from running for a second.
const grace = 100 * time.Millisecond

// await waits until enough has come, for the time that enough gives at most, counted from now, and some grace; enough is
// asked anew at each arrival, under the lock.
func (p *pinger) await(ctx context.Context, enough func() (bool, time.Duration)) bool {
	start := time.Now()
	for {
		p.mu.Lock()
		done, patience := enough()
		p.mu.Unlock()
		if done {
			return true
		}
		wait := time.Until(start.Add(patience))
		last := wait <= 0
		if last {
			wait = grace
		}
		timer := time.NewTimer(wait)
		select {
		case <-p.arrived:
			timer.Stop()
		case <-timer.C:
			if last {
				return false
			}
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
