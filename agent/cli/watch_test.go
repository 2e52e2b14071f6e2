package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestWatchFollowsTheAgent: a busy agent is asked once a second, one that is gone is waited for, and what was seen of it is called old.
func TestWatchFollowsTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begun, asked := time.Now(), 0
		ready := wire.Snapshot{Verdict: wire.Verdict{TakeCard: wire.Answer{Level: wire.Ready}, Settle: wire.Answer{Lacks: wire.LacksIntake}}}
		var out, errs bytes.Buffer
		in := &invocation{Streams: Streams{Out: &out, Err: &errs}, lang: "en", format: "text", colour: true}
		code := in.watch(ctx, watcher{last: ready, version: 1, ask: func(_ context.Context, after uint64) (wire.Snapshot, uint64, error) {
			asked++
			if at := time.Since(begun); at > 20*time.Minute && at < 30*time.Minute {
				return wire.Snapshot{}, 0, errors.New("the agent does not run")
			}
			return ready, after + 1, nil
		}})
		assert.Equal(t, exitReady, code)
		assert.InDelta(t, 50*60+10*30, asked, 5, "once a second, and each two seconds one that is gone")
		shown := out.String()
		assert.Equal(t, 1, strings.Count(shown, "\x1b[2J"), "the screen is cleared once: what changes is written over")
		assert.Equal(t, 1, strings.Count(shown, "The agent has not answered since"))
		assert.InDelta(t, 50*60, strings.Count(shown, "\x1b[H"), 5, "a frame a second, one that calls it old, and the first")
		assert.Empty(t, errs.String())
	})
}

// TestWatchElsewhereThanOnATerminal: a file gets what means something else, and the rest goes to stderr.
func TestWatchElsewhereThanOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		version := uint64(0)
		var out, errs bytes.Buffer
		in := &invocation{Streams: Streams{Out: &out, Err: &errs}, lang: "en", format: "text"}
		code := in.watch(ctx, watcher{ask: func(context.Context, uint64) (wire.Snapshot, uint64, error) {
			if version++; version == 100 {
				return wire.Snapshot{}, 0, errors.New("the agent does not run")
			}
			s := wire.Snapshot{Session: wire.Session{Seq: version}}
			if version >= 50 {
				s.Verdict.TakeCard.Level = wire.NotReady
			}
			return s, version, nil
		}})
		assert.Equal(t, exitNotReady, code)
		assert.Equal(t, 2, strings.Count(out.String(), "cannot take cards"), "when it became so, and when the agent was back")
		assert.NotContains(t, out.String(), "\x1b[")
		assert.Equal(t, "poshealth: the agent does not run; waiting for it\n", errs.String())
	})
}

func TestFrameFitsTheWindow(t *testing.T) {
	text := "one\ntwo\nthree\nfour\nfive\n"
	assert.Equal(t, "\x1b[Hone\x1b[K\ntwo\x1b[K\nthree\x1b[K\nfour\x1b[K\nfive\x1b[K\n\x1b[J", frame(text, 6, style{lang: "en"}))
	assert.Equal(t, "\x1b[Hone\x1b[K\ntwo\x1b[K\n… 3 lines more: make the window higher\x1b[K\n\x1b[J", frame(text, 4, style{lang: "en"}), "it never scrolls")
	assert.Equal(t, frame(text, 6, style{}), frame(text, 0, style{}), "where nobody knows how high it is")
}

// TestNarrowWindows: no line is broken by the terminal, which would upset what is drawn in place.
func TestNarrowWindows(t *testing.T) {
	for _, file := range []string{"in-doubt", "cable-pulled", "clock-set", "ready"} {
		for _, lang := range []string{"zh", "en"} {
			for _, columns := range []int{60, 80, 96} {
				text := render(textsOf(t, file, lang), style{lang: lang, columns: columns})
				for line := range strings.Lines(text) {
					require.LessOrEqual(t, width(strings.TrimRight(line, "\n")), columns, "%s %s: %s", file, lang, line)
				}
			}
		}
	}
}
