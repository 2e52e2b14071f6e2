package cli

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/transport/wire"
)

const (
	patience = 20 * time.Second // the longest that one question waits for news
	again    = 2 * time.Second  // between attempts to reach a daemon that is gone
	// pace: looks end one by one, and nobody reads faster.
	pace = time.Second
)

// watcher follows a daemon.
type watcher struct {
	ask     func(ctx context.Context, after uint64) (wire.Snapshot, uint64, error) // waits until there is a version other than after
	last    wire.Snapshot
	version uint64
	lost    time.Time // when the daemon stopped answering; zero: it does
}

// watch shows the status anew until ctx ends: on a terminal in place and after every look, at most once a second, elsewhere when it
// means something else. A daemon that is being restarted is waited for, and until then what is shown is called old.
func (in *invocation) watch(ctx context.Context, w watcher) int {
	screen := in.colour && in.format == "text"
	code := exitReady
	redraw := func() {
		if !screen {
			code = in.show(w.last)
			return
		}
		code = exitCode(w.last)
		in.draw(w)
	}
	if screen {
		_, _ = io.WriteString(in.Out, "\x1b[2J")
	}
	redraw()
	for wait(ctx, pace) {
		next, v, err := w.ask(ctx, w.version)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if w.lost.IsZero() {
				w.lost = time.Now()
				if screen {
					in.draw(w)
				} else {
					_, _ = fmt.Fprintf(in.Err, "poshealth: %s; waiting for it\n", err)
				}
			}
			w.version, code = 0, exitUnknown
			wait(ctx, again-pace)
		case w.lost.IsZero() && (v == w.version || !screen && sameMeaning(w.last, next)):
			w.version = v
		default:
			if !screen {
				_, _ = io.WriteString(in.Out, "\n")
			}
			w.lost, w.last, w.version = time.Time{}, next, v
			redraw()
		}
	}
	return code
}

// wait lets time pass, and tells whether ctx still lives.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// draw shows the newest snapshot over the one before.
func (in *invocation) draw(w watcher) {
	st := in.style()
	_, rows := window(in.Out)
	text := render(status.Texts(w.last, in.lang), st)
	if in.qr {
		text, _ = card(w.last, st) // a card is never too long for a code
	}
	if !w.lost.IsZero() {
		text = st.paint(red, st.say("The agent has not answered since ", "监测程序没有应答，自 ")+w.lost.Format("15:04:05")+st.say(": what follows is old.", " 起：以下为旧数据。")) + "\n" + text
	}
	_, _ = io.WriteString(in.Out, frame(text, rows, st))
}

// frame is what draws text in place: from the first line on, without a flicker, and without scrolling where the window is too low.
func frame(text string, rows int, st style) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if room := rows - 1; rows > 2 && len(lines) > room {
		left := len(lines) - room + 1
		lines = append(lines[:room-1], st.paint(dim, fmt.Sprintf(st.say("… %d lines more: make the window higher", "… 还有 %d 行：请增大窗口"), left)))
	}
	return "\x1b[H" + strings.Join(lines, "\x1b[K\n") + "\x1b[K\n\x1b[J"
}

// sameMeaning tells whether two snapshots say the same but for numbers and times.
func sameMeaning(a, b wire.Snapshot) bool {
	return reflect.DeepEqual(a.Verdict, b.Verdict) && slices.EqualFunc(a.Findings, b.Findings, func(x, y wire.Finding) bool {
		x.Detail, y.Detail = "", ""
		return reflect.DeepEqual(x, y)
	}) && slices.EqualFunc(a.Results, b.Results, func(x, y wire.Result) bool {
		return x.Probe == y.Probe && x.Outcome == y.Outcome && x.Reason == y.Reason
	})
}
