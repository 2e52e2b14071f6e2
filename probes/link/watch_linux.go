package link

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

// Groups of rtnetlink that are followed.
const watchedGroups = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE

// maxNews bytes are read at once: the kernel sends 8 kB at most.
const maxNews = 32 << 10

// Sizes of linux/netlink.h and linux/rtnetlink.h.
const (
	sizeHeader, sizeLink, sizeAddr, sizeRoute, sizeAttr = 16, 16, 8, 12, 4
)

func (w *Watcher) run(ctx context.Context, changed func(Change)) error {
	if !w.here {
		return &terminal.Error{What: "news of another terminal's links", Reason: probes.Absent, Err: errors.New("only this machine's kernel tells")}
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err == nil {
		if err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: watchedGroups}); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil { // Android keeps this from apps from version 11 on
		return &terminal.Error{What: "the kernel's news of links", Reason: probes.Denied, Err: err}
	}
	socket := os.NewFile(uintptr(fd), "rtnetlink") // read by the runtime's poller: no thread waits
	defer context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })()
	defer func() { _ = socket.Close() }()
	if err := w.begin(); err != nil {
		return &terminal.Error{What: "the list of interfaces", Reason: probes.Denied, Err: err}
	}
	defer w.end()
	return w.follow(ctx, socket, newMerger(changed))
}

// follow reads news until ctx ends, which sets a deadline that is past.
func (w *Watcher) follow(ctx context.Context, socket *os.File, m *merger) error {
	buf := make([]byte, maxNews)
	for {
		err := socket.SetReadDeadline(m.due(time.Now())) // none while nothing waits to be told
		if ctx.Err() != nil {                            // asked after the deadline, which may have replaced the past one
			return nil //nolint:nilerr // to be told to end is no fault
		}
		n := 0
		if err == nil {
			n, err = socket.Read(buf)
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // to be told to end is no fault
		case errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, unix.ENOBUFS):
			_ = w.look() // what cannot be read stays as it was; whoever hears of "lost" looks for himself
			m.add(Change{What: "lost"}, time.Now())
		case err != nil:
			return fmt.Errorf("cannot follow the kernel's news of links: %w", err)
		}
		for _, c := range w.news(buf[:n]) {
			m.add(c, time.Now())
		}
	}
}

// news are the changes in what the kernel sent: messages one behind the other, each with its length. What is cut or makes no
// sense ends it.
func (w *Watcher) news(b []byte) []Change {
	var all []Change
	for len(b) >= sizeHeader {
		length := int(binary.NativeEndian.Uint32(b))
		if length < sizeHeader || length > len(b) {
			return all
		}
		if c, ok := w.message(binary.NativeEndian.Uint16(b[4:]), b[sizeHeader:length]); ok {
			all = append(all, c)
		}
		b = b[min(len(b), aligned(length)):]
	}
	return all
}

func (w *Watcher) message(kind uint16, body []byte) (Change, bool) {
	switch kind {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		if len(body) < sizeLink {
			return Change{}, false
		}
		index, flags := int(int32(binary.NativeEndian.Uint32(body[4:]))), binary.NativeEndian.Uint32(body[8:])
		name := ""
		attributes(body[sizeLink:], func(kind uint16, value []byte) {
			if kind == unix.IFLA_IFNAME {
				name = unix.ByteSliceToString(value)
			}
		})
		// A bridge tells of its ports in the same group: one that leaves the bridge is not gone.
		if flags&unix.IFF_LOOPBACK != 0 || body[0] != unix.AF_UNSPEC {
			return Change{}, false
		}
		if kind == unix.RTM_DELLINK {
			return Change{What: "link", Interface: name}, w.forget(index)
		}
		return Change{What: "link", Interface: name}, w.linked(index, name, flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		if len(body) < sizeAddr {
			return Change{}, false
		}
		if kind == unix.RTM_NEWADDR && refreshed(body) {
			return Change{}, false
		}
		name := w.addressed(int(int32(binary.NativeEndian.Uint32(body[4:]))))
		return Change{What: "address", Interface: name}, name != ""
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		// Only default routes: their destination has no bits.
		if len(body) < sizeRoute || body[1] != 0 || body[7] != unix.RTN_UNICAST {
			return Change{}, false
		}
		return Change{What: "route"}, w.routed(routeKey(body), kind == unix.RTM_DELROUTE)
	}
	return Change{}, false
}

// refreshed: routers renew an IPv6 address every few minutes, and the kernel says so by an address whose times of making and
// of renewing differ.
func refreshed(body []byte) bool {
	same := true
	attributes(body[sizeAddr:], func(kind uint16, value []byte) {
		if kind == unix.IFA_CACHEINFO && len(value) >= 16 { // linux/if_addr.h: preferred, valid, made, changed
			same = binary.NativeEndian.Uint32(value[8:]) == binary.NativeEndian.Uint32(value[12:])
		}
	})
	return !same
}

// routeKey is what makes a default route another one: its family, table, metric, interface, gateway and source.
func routeKey(body []byte) string {
	const maxKey = 256 // bytes: a way by eight gateways at once
	key := []byte{body[0], body[4]}
	attributes(body[sizeRoute:], func(kind uint16, value []byte) {
		switch kind {
		case unix.RTA_TABLE, unix.RTA_PRIORITY, unix.RTA_OIF, unix.RTA_GATEWAY, unix.RTA_PREFSRC, unix.RTA_VIA, unix.RTA_MULTIPATH:
			key = append(append(key, byte(kind)), value...)
		}
	})
	return string(key[:min(len(key), maxKey)])
}

// attributes walks over what follows a message's fixed part.
func attributes(b []byte, each func(kind uint16, value []byte)) {
	for len(b) >= sizeAttr {
		length := int(binary.NativeEndian.Uint16(b))
		if length < sizeAttr || length > len(b) {
			return
		}
		each(binary.NativeEndian.Uint16(b[2:]), b[sizeAttr:length])
		b = b[min(len(b), aligned(length)):]
	}
}

// aligned is a length rounded up to four bytes.
func aligned(n int) int { return (n + 3) &^ 3 }
