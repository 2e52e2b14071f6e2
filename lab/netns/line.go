package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Shape is what one direction of a line does to packets. The zero value carries all of them at once.
type Shape struct {
	Delay  time.Duration // of each packet
	Jitter time.Duration // added to it, up to as much, evenly; packets stay in order
	// Shares of all packets, 0 to 1: those that are dropped, sent twice, or held back by ReorderBy while others pass.
	Loss, Duplicate, Reorder float64
	ReorderBy                time.Duration
	Rate                     int // bytes of IP a second; 0: as fast as can be
	LargerThan               int // packets of more bytes of IP vanish without a word; 0: none do
	Down                     bool
}

// Count is what went over one direction of a line: what was sent into it, and what came out.
type Count struct{ Packets, Bytes, Lost int64 }

// Line joins two namespaces by a pair of TUN devices and a relay in this process.
type Line struct {
	there, back *way
	files       [2]*os.File
	wg          sync.WaitGroup
}

// NewLine joins near and far. Packets to far's address leave near by its device, and the other way round; routes are the
// caller's. seed makes a line's chance the same each time.
func NewLine(ctx context.Context, near, far Plug, seed uint64) (*Line, error) {
	l := &Line{}
	for i, p := range []Plug{near, far} {
		file, err := openTUN(p)
		if err == nil {
			l.files[i], err = file, p.up(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.there, l.back = newWay(seed), newWay(seed+1)
	l.wg.Go(func() { l.there.carry(l.files[0]) })
	l.wg.Go(func() { l.back.carry(l.files[1]) })
	l.wg.Go(func() { l.there.deliver(l.files[1]) })
	l.wg.Go(func() { l.back.deliver(l.files[0]) })
	return l, nil
}

// Shape changes both directions from now on: from near to far, and back.
func (l *Line) Shape(there, back Shape) {
	l.there.shape.Store(&there)
	l.back.shape.Store(&back)
}

// Count tells what went from near to far, and back.
func (l *Line) Count() (there, back Count) { return l.there.count(), l.back.count() }

// Close takes the line away.
func (l *Line) Close() error {
	var err error
	for _, f := range l.files {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	for _, w := range []*way{l.there, l.back} {
		if w != nil {
			w.close()
		}
	}
	l.wg.Wait()
	return err
}

// openTUN makes a device that hands IP packets to this process.
func openTUN(p Plug) (file *os.File, err error) {
	err = p.In.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("cannot open /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(p.Name)
		if err == nil {
			request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("cannot make device %s: %w", p.Name, err), unix.Close(fd))
		}
		file = os.NewFile(uintptr(fd), p.Name)
		return nil
	})
	return file, err
}

// counter is a Count that is added to from several sides.
type counter struct{ packets, bytes, lost atomic.Int64 }

func (c *counter) count() Count {
	return Count{Packets: c.packets.Load(), Bytes: c.bytes.Load(), Lost: c.lost.Load()}
}
