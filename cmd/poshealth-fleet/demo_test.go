package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// tick is how often tests look at what they wait for, longest how long they wait before they call it lost.
const (
	tick    = 5 * time.Millisecond
	longest = 60 * time.Second
)

// paperRoll is a stream that can be read while it is written.
type paperRoll struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paperRoll) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paperRoll) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// story joins the rows of each line again, and drops the times.
func story(text string) []string {
	text = regexp.MustCompile(`\n {20,}`).ReplaceAllString(text, " ")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = regexp.MustCompile(`^\d\d:\d\d:\d\d\s+`).ReplaceAllString(line, "")
	}
	return lines
}

// index finds the first line at or after from that has all parts, or fails.
func index(t *testing.T, lines []string, from int, parts ...string) int {
	t.Helper()
next:
	for i := from; i < len(lines); i++ {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				continue next
			}
		}
		return i
	}
	require.FailNow(t, "not told", "%q after line %d of:\n%s", parts, from, strings.Join(lines, "\n"))
	return 0
}

// TestDemoTellsItsStory plays one round over a real broker, as a person would see it.
func TestDemoTellsItsStory(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes as long as the demo: a minute")
	}
	t.Setenv("TMPDIR", t.TempDir())
	before := runtime.NumGoroutine()
	var out, errs paperRoll
	code := run(t.Context(), []string{"demo", "--once", "--lang", "en"}, streams{out: &out, err: &errs}, self{version: "test", name: "poshealth-fleet"})
	require.Equal(t, exitDone, code, "%s\n%s", &out, &errs)
	assert.Empty(t, errs.String())
	lines := story(out.String())

	pulled := index(t, lines, 0, "we pull the cable of POS-0002")
	for _, id := range []string{"POS-0001", "POS-0002", "POS-0003", "POS-0004"} {
		assert.Less(t, index(t, lines, 0, id, "✓ can take cards"), pulled, "%s is well before anything happens", id)
	}
	index(t, lines, 0, "this-machine", "● online")

	// One fault breaks five things at once and is told as one root.
	plugged := index(t, lines, pulled, "and plug it in again")
	down := index(t, lines, pulled, "POS-0002", "✗ cannot take cards", "No network connection (link-down)", "blocking · shop's network · no visit needed")
	var roots []string
	last := ""
	for _, line := range lines[pulled:plugged] {
		if strings.HasPrefix(line, "POS-0002") && regexp.MustCompile(`[✗!·] `).MatchString(line) && strings.Contains(line, "visit") {
			roots = append(roots, line)
		}
		if strings.Contains(line, "follows: ") {
			_, last, _ = strings.Cut(line, "follows: ")
		}
	}
	assert.Len(t, roots, 1, "exactly one root")
	assert.Less(t, down, plugged)
	for _, symptom := range []string{"dns-failed", "host-unreachable acquirer-a", "host-unreachable acquirer-b", "local-network-fault", "clock-unverified"} {
		assert.Contains(t, last, symptom, "listed under the root")
	}
	gone := index(t, lines, plugged, "POS-0002", "cleared", "link-down after")
	well := index(t, lines, gone, "POS-0002", "✓ can take cards")

	expired := index(t, lines, well, "POS-0003", "! at risk", "cert-expired acquirer-a", "acquirer")
	expired = index(t, lines, expired, "POS-0003", "✓ can take cards", "cleared: cert-expired acquirer-a")
	skewed := index(t, lines, expired, "POS-0003", "✗ cannot take cards", "clock-skew", "10m0s behind")
	skewed = index(t, lines, skewed, "POS-0003", "✓ can take cards", "cleared: clock-skew")

	old := index(t, lines, skewed, "POS-0004", "app-version-incompatible com.acquirer.pos", "version 3.1.0, at least 3.2.0 is needed")
	old = index(t, lines, old, "POS-0004", "✓ can take cards", "cleared: app-version-incompatible")

	offline := index(t, lines, old, "POS-0004", "○ offline", "last known: can take cards")
	online := index(t, lines, offline, "POS-0004", "● online", "back again")
	late := index(t, lines, offline, "POS-0004", "storage-low", "late by")
	assert.Greater(t, late, online)
	index(t, lines, late, "POS-0004", "cleared", "storage-low")

	restarted := index(t, lines, online, "POS-0002", "○ offline")
	index(t, lines, restarted, "POS-0002", "✓ can take cards")
	assert.Contains(t, lines[len(lines)-1], "the end, after")
	assert.NotContains(t, out.String(), "not told within")
	assert.NotContains(t, out.String(), "unreadable")
	for row := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, columns(strings.TrimSuffix(row, "\n")), screenWidth, "%s", row)
	}
	nothingIsLeft(t, before)
}

// TestDemoStops: at every moment, without a complaint, and within the time that Ctrl-C may take.
func TestDemoStops(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, row := range []struct{ name, after string }{
		{"before it has begun", ""},
		{"while it starts", "to stop"},
		{"while a cable is out", "(link-down)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var out, errs paperRoll
			code := make(chan int, 1)
			if row.after == "" {
				stop()
			}
			go func() {
				code <- run(ctx, []string{"demo", "--lang", "en"}, streams{out: &out, err: &errs}, self{version: "test"})
			}()
			require.Eventually(t, func() bool { return strings.Contains(out.String(), row.after) }, longest, tick)
			stop()
			select {
			case got := <-code:
				assert.Equal(t, exitDone, got)
			case <-time.After(longest):
				require.FailNow(t, "it does not stop", "%s", stacks())
			}
			assert.Empty(t, errs.String())
			assert.Contains(t, out.String(), "nothing is left behind")
			nothingIsLeft(t, before)
		})
	}
}

func TestDemoNeedsNoShortTemporaryFolder(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), strings.Repeat("a", 80)))
	require.NoError(t, os.Mkdir(os.TempDir(), 0o700))
	folder, err := newFolder()
	require.NoError(t, err)
	defer func() { _ = os.RemoveAll(folder) }()
	assert.LessOrEqual(t, len(folder), mostFolder)
}

// TestDemoEndsWithItsAgents: an agent that cannot run ends the play at once, and says why.
func TestDemoEndsWithItsAgents(t *testing.T) {
	a, err := thisMachine(t.TempDir(), "127.0.0.1:1")
	require.NoError(t, err)
	// Somebody sits in its place already.
	a.config.Terminal.StateDir = t.TempDir()
	other, err := net.Listen("unix", filepath.Join(a.config.Terminal.StateDir, "poshealth.sock"))
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	died := make(chan struct{})
	require.NoError(t, a.start(t.Context(), "test", func() { close(died) }))
	select {
	case <-died:
	case <-time.After(longest):
		require.FailNow(t, "nobody was told")
	}
	require.ErrorContains(t, a.halt(), "this-machine: another poshealth")
}

// nothingIsLeft looks for files and goroutines. It is looked at from a goroutine of its own.
func nothingIsLeft(t *testing.T, before int) {
	t.Helper()
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left)
	if !assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, longest, tick) {
		require.FailNow(t, "goroutines are left", "%s", stacks())
	}
}

func stacks() string {
	buffer := make([]byte, 1<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}
