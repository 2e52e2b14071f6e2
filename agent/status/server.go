package status

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/poshealth/poshealth/transport/wire"
)

// SocketName is the name of the unix socket in the agent's state folder.
const SocketName = "poshealth.sock"

// Limits of each listener. Only this terminal can reach them, and any app on it may try.
const (
	// headerTimeout: who connects here is on the same machine; a request that takes longer is one that does not come.
	headerTimeout = 5 * time.Second
	// idleTimeout: the page asks again within a second of an answer, a command line once; longer than that is forgotten.
	idleTimeout = 30 * time.Second
	// writeTimeout outlasts the longest poll by enough to write a snapshot to a busy reader.
	writeTimeout = maxWait + 10*time.Second
	// maxHeader: a browser's request for the page has about 600 bytes.
	maxHeader = 8 << 10
	// maxConns: a browser opens six, a command line one.
	maxConns = 32
	// maxPolls leaves a slow poller's connections to others.
	maxPolls = 8
	// stopTimeout: answers under way are short once the polls have been told to end.
	stopTimeout = time.Second
)

// Options of a server. Board is needed; everything else has a meaning when it is zero.
type Options struct {
	Board  *Board
	Socket string // path of the unix socket; "": none
	Listen string // loopback address and port of the page, "127.0.0.1:7311"; "": no page
	UIDs   []int  // users who may act over the socket, besides root and the agent's own
	Lang   string // "zh" or "en" where a reader asks for none; "" is English

	// Kick asks the agent to look again now. It returns when that is asked, not when it is done; its error is told to who
	// asked. Nil: nobody may ask.
	Kick func(ctx context.Context) error
	// Feed takes the facts that an app tells over the socket, all or nothing; its error is told to the app. Nil: none are taken.
	Feed func(body []byte) error
	// Intake takes a request of a payment app and answers it with a status code of HTTP and a JSON body. It is called only for those
	// who may tell: the agent's own user, root, IntakeUIDs over the socket, and who shows IntakeToken. Nil: none are taken.
	Intake      func(request []byte) (code int, reply []byte)
	IntakeToken string // "": none is right
	IntakeUIDs  []int
	// Confirm takes a technician's word of a sale; its error is told to him. Nil: nobody hears of sales.
	Confirm func(Confirmation) error
	// Visit begins or ends a technician's visit, and returns when everything has been looked at for it; its error is told to him. Visits
	// are those that are kept. Nil: none are.
	Visit  func(context.Context, VisitRequest) (wire.VisitRecord, error)
	Visits func() Visits
	// Notice is told what went wrong without ending the server, such as a loopback port that is taken. Nil: nobody is.
	Notice func(error)
	// Ready is called once, when all that can listen does: page is where the page is, nil when it is nowhere.
	Ready func(page net.Addr)

	// Peer returns the uid at the other end of a unix socket. Nil asks the kernel.
	Peer func(net.Conn) (uid int, err error)
	// Now is the clock that spaces looks asked for by the page. Nil: time.Now.
	Now func() time.Time
}

// Server answers the local API on a unix socket and on loopback.
type Server struct {
	o     Options
	pages throttle // looks asked for over loopback
}

// New returns a server that does not listen yet.
func New(o Options) *Server {
	if o.Notice == nil {
		o.Notice = func(error) {}
	}
	if o.Ready == nil {
		o.Ready = func(net.Addr) {}
	}
	if o.Peer == nil {
		o.Peer = PeerUID
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{o: o, pages: throttle{every: pageEvery, now: o.Now}}
}

// Run listens and answers until ctx ends, then returns nil. A socket that another agent has (errors.Is ErrRunning), or an
// address that is not loopback, is an error. A socket that cannot be made, or a loopback port that is taken, is not while the
// other can be had: that one goes on alone, and Options.Notice is told.
func (s *Server) Run(ctx context.Context) error {
	var doors []door
	if s.o.Socket != "" {
		listener, err := ListenSocket(s.o.Socket, len(s.o.UIDs)+len(s.o.IntakeUIDs) > 0)
		switch {
		case err == nil:
			doors = append(doors, door{listener: listener, guard: s.guardSocket})
		case errors.Is(err, ErrRunning) || s.o.Listen == "":
			return err
		default:
			s.o.Notice(err) // the page needs no folder
		}
	}
	var page net.Addr
	if s.o.Listen != "" {
		listener, err := listenLoopback(s.o.Listen)
		switch {
		case errors.Is(err, errNotLoopback):
			closeAll(doors)
			return err
		case err != nil:
			s.o.Notice(err)
		default:
			page = listener.Addr()
			doors = append(doors, door{listener: listener, guard: s.guardPage})
		}
	}
	s.o.Ready(page)
	return s.serve(ctx, doors)
}

// door is one listener, and who may come in by it.
type door struct {
	listener net.Listener
	guard    func(http.Handler) http.Handler
}

// serve answers at all doors until ctx ends or one of them breaks.
func (s *Server) serve(ctx context.Context, doors []door) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make(chan error, len(doors))
	servers := make([]*http.Server, len(doors))
	for i, d := range doors {
		server := s.httpServer(ctx, d)
		servers[i] = server
		go func() { errs <- server.Serve(capped(d.listener, maxConns)) }()
	}

	var failed error
	select {
	case <-ctx.Done():
	case err := <-errs:
		failed = fmt.Errorf("the local API has stopped: %w", err)
	}
	stop() // ends the long polls
	var stopping sync.WaitGroup
	for _, server := range servers {
		stopping.Go(func() { shut(context.WithoutCancel(ctx), server) })
	}
	stopping.Wait()
	return failed
}

// httpServer makes the server of one door. Its requests end with ctx.
func (s *Server) httpServer(ctx context.Context, d door) *http.Server {
	polls := make(chan struct{}, maxPolls)
	return &http.Server{
		Handler:           secured(bodies(d.guard(s.router(polls)))),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       s.withPeer,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		WriteTimeout:      writeTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          discardLog(),
	}
}

// shut ends a server: gently, then at once.
func shut(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// closeAll gives the listeners up before they served.
func closeAll(doors []door) {
	for _, d := range doors {
		d.listener.Close()
	}
}
