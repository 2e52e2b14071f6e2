package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/poshealth/poshealth/agent/intake"
	"github.com/poshealth/poshealth/agent/status"
)

// linesSocket, in the state folder, takes a payment app's news as bare lines.
const linesSocket = "intake.sock"

// newsDoors are where a payment app's news come in.
type newsDoors struct {
	desk    *intake.Desk
	token   string
	confirm func(status.Confirmation) error
}

// openNews makes what the doors stand on; nil: the configuration wants none.
func (a *Agent) openNews() *newsDoors {
	c, log := a.options.Config, a.options.Log
	if !c.Intake.Enabled {
		return nil
	}
	token, err := intakeToken(c)
	if err != nil {
		log.Warn("payment app may not find its token", slog.Any("error", err))
	}
	a.sales.desk = a.newsDesk(a.options.Boottime, a.sales.take)
	return &newsDoors{desk: a.sales.desk, token: token, confirm: a.confirm}
}

// newsDesk hands what fits to take. A hello must tell the merchant's number that is configured, where one is.
func (a *Agent) newsDesk(boottime func() time.Duration, take func([]intake.Event) error) *intake.Desk {
	merchant := ""
	for _, h := range a.options.Config.Hosts {
		merchant = cmp.Or(merchant, h.Echo.MerchantID)
	}
	return intake.NewDesk(intake.DeskOptions{
		Reader:   intake.NewReader(merchant),
		Take:     take,
		Boottime: boottime,
		Guarded: func() {
			a.options.Log.Warn("payment app sent what could be card data; nothing of it was taken")
		},
	})
}

// attach opens the doors that the local API has.
func (d *newsDoors) attach(o *status.Options, uids []int) {
	if d == nil {
		return
	}
	o.Intake = func(request []byte) (int, []byte) {
		r := d.desk.Hear(request)
		return r.Code, r.Body
	}
	o.IntakeToken, o.IntakeUIDs = d.token, uids
	o.Confirm = d.confirm
}

// serveLines answers at the doors for bare lines until ctx ends. One that cannot be opened is no reason to close the other.
func (a *Agent) serveLines(ctx context.Context) {
	if a.news == nil {
		return
	}
	c := a.options.Config
	lines := intake.Lines{Hear: a.news.desk.Hear, Token: a.news.token}
	var doors sync.WaitGroup
	open := func(l net.Listener, err error, lines intake.Lines) {
		if err != nil {
			a.options.Log.Warn("door for payment apps is shut", slog.Any("error", err))
			return
		}
		doors.Go(func() {
			if err := lines.Serve(ctx, l); err != nil {
				a.options.Log.Error("door for payment apps has shut", slog.Any("error", err))
			}
		})
	}
	if c.Intake.Lines != "" && a.news.token != "" {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Intake.Lines)
		if err != nil {
			err = fmt.Errorf("cannot listen on %s: end the program that has it, or set another port as lines in the configuration's [intake]: %w", c.Intake.Lines, err)
		}
		open(l, err, lines)
	}
	socket, err := status.ListenSocket(filepath.Join(c.Terminal.StateDir, linesSocket), len(c.Intake.UIDs) > 0)
	lines.Known = func(conn net.Conn) bool {
		uid, err := status.PeerUID(conn)
		return err == nil && (uid == 0 || uid == os.Getuid() || slices.Contains(c.Intake.UIDs, uid))
	}
	if errors.Is(err, status.ErrRunning) {
		err = errors.New(filepath.Join(c.Terminal.StateDir, linesSocket) + " answers already: another program has it")
	}
	open(socket, err, lines)
	doors.Wait()
}
