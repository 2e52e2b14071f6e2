package status

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxBody: nothing but the feed and the intake takes more than an empty body.
	maxBody = 1 << 10
	// MaxFeed bounds one telling of the feed in bytes; a dual-SIM terminal with three networks has 2 kB to tell.
	MaxFeed = 64 << 10
	// bodyTimeout: a body comes with its header or not at all.
	bodyTimeout = 5 * time.Second
	// pageEvery spaces the looks that the page asks for: a round of probes costs data and power, and any app can pretend
	// to be the page.
	pageEvery = 15 * time.Second
)

// policy lets the page load what this server gives it and nothing else: no inline script, no frame around it.
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// guardPage lets in who comes over loopback. Reading is for anyone on this terminal but a page of another site, and acting
// is for our own page, once each pageEvery.
func (s *Server) guardPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			// A name that somebody made to resolve to 127.0.0.1, so that his page may read ours.
			refuse(w, http.StatusMisdirectedRequest, "this is not the host of "+strconv.Quote(clip(r.Host))+": ask for 127.0.0.1 or localhost")
			return
		}
		origin, site := r.Header.Values("Origin"), r.Header.Get("Sec-Fetch-Site")
		ours := len(origin) == 1 && origin[0] == "http://"+r.Host
		switch {
		case len(origin) > 0 && !ours:
			refuse(w, http.StatusForbidden, "a page of another site may neither read nor ask here")
			return
		case (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			refuse(w, http.StatusForbidden, "a page of another site may neither read nor ask here")
			return
		}
		if reads(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == intakePath {
			s.guardIntake(next, w, r)
			return
		}
		if r.URL.Path == confirmPath {
			refuse(w, http.StatusForbidden, "a sale is confirmed over the unix socket only, where the kernel says who does: poshealth confirm")
			return
		}
		if r.URL.Path == visitPath {
			refuse(w, http.StatusForbidden, "a visit begins and ends over the unix socket only, where the kernel says who does: poshealth visit")
			return
		}
		if r.URL.Path == feedPath {
			refuse(w, http.StatusForbidden, "facts are taken over the unix socket only, where the kernel says who tells them")
			return
		}
		if !ours && site != "same-origin" {
			refuse(w, http.StatusForbidden, "over loopback only the page itself may ask for a look: press its button, or use the unix socket")
			return
		}
		if r.URL.Path == "/v1/check" && r.Method == http.MethodPost {
			if left := s.pages.take(); left > 0 {
				seconds := strconv.FormatInt(int64((left+time.Second-1)/time.Second), 10)
				w.Header().Set("Retry-After", seconds)
				refuse(w, http.StatusTooManyRequests, "a look was asked for just now: again in "+seconds+" s")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// guardSocket lets in who comes over the unix socket. The file's mode says who may read; acting is for root, the agent's
// own user and those the configuration names.
func (s *Server) guardSocket(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reads(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == intakePath {
			s.guardIntake(next, w, r)
			return
		}
		p, ok := r.Context().Value(peerKey{}).(peer)
		switch {
		case !ok || p.err != nil:
			refuse(w, http.StatusForbidden, "cannot tell which user is asking, so nothing is done for it: run this as root")
			return
		case p.uid != 0 && p.uid != os.Getuid() && !slices.Contains(s.o.UIDs, p.uid):
			refuse(w, http.StatusForbidden, fmt.Sprintf("uid %d may read here and not act: run this as root, or add %d to uids in the configuration's [local]", p.uid, p.uid))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// peer is who is at the other end of a connection, or why that is not known.
type peer struct {
	uid int
	err error
}

// peerKey is the key under which a connection's context holds its peer.
type peerKey struct{}

// withPeer notes once for a connection who is at its other end.
func (s *Server) withPeer(ctx context.Context, c net.Conn) context.Context {
	if c.LocalAddr().Network() != "unix" {
		return ctx
	}
	uid, err := s.o.Peer(c)
	return context.WithValue(ctx, peerKey{}, peer{uid: uid, err: err})
}

// reads tells whether a request can change nothing.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// loopbackHost tells whether a Host header names this machine by a name that nobody else can own. The port may be any: a
// technician may reach the page through a forwarded one.
func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && (addr == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || addr == netip.IPv6Loopback())
}

// secured sets what every answer carries.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for WebViews that don't know frame-ancestors
		next.ServeHTTP(w, r)
	})
}

// bodies reads what body a request has, within a bound of bytes and time, so that no handler need care. All but what apps tell
// is forgotten.
func bodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		limit, hint, kept := int64(maxBody), "nothing here needs one", io.Discard
		var told bytes.Buffer
		switch {
		case r.Method != http.MethodPost:
		case r.URL.Path == feedPath:
			limit, hint, kept = MaxFeed, "tell at most 64 KiB at once", &told
		case r.URL.Path == visitPath:
			limit, hint, kept = maxVisitRequest, "tell at most 16 KiB at once", &told
		case r.URL.Path == intakePath:
			limit, hint, kept = MaxIntake, "tell at most 32 KiB at once", &told
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
		_, err := io.Copy(kept, http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			w.Header().Set("Connection", "close")
			code, why := http.StatusBadRequest, "the request's body did not come whole: send it again, or none"
			if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
				code, why = http.StatusRequestEntityTooLarge, "the request's body is too large: "+hint
			}
			refuse(w, code, why)
			return
		}
		_ = control.SetReadDeadline(time.Time{}) // a long poll must not end by it
		r.Body = io.NopCloser(&told)
		next.ServeHTTP(w, r)
	})
}

// throttle lets one through each so often.
type throttle struct {
	every time.Duration
	now   func() time.Time
	mu    sync.Mutex
	next  time.Time
}

// take returns 0 and starts a new period, or how long this one still lasts.
func (t *throttle) take() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if left := t.next.Sub(now); left > 0 {
		return min(left, t.every)
	}
	t.next = now.Add(t.every)
	return 0
}

// discardLog swallows what net/http would say of broken requests: any app can make them, and a log is flash.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
