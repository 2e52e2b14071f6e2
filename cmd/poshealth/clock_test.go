package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/transport/wire"
)

// sources are real time servers, and such as real ones can't be made to be: right ones, two that are five minutes ahead, one that
// is silent, one that kisses everybody off, one whose answers come late, and one whose clock can be set.
type sources struct {
	right, ahead              []string
	silent, kiss, late, jumpy *probetest.NTPServer
}

func newSources(t *testing.T) *sources {
	t.Helper()
	chronyd, faketime := probetest.Need(t, "chronyd"), probetest.Need(t, "faketime")
	s := &sources{}
	for i, ahead := range []time.Duration{0, 0, 0, 301 * time.Second, 301 * time.Second} {
		c, err := probetest.StartChrony(faketime, chronyd, t.TempDir(), ahead)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, c.Close()) })
		if i < 3 {
			s.right = append(s.right, c.Addr())
		} else {
			s.ahead = append(s.ahead, c.Addr())
		}
	}
	for _, p := range []**probetest.NTPServer{&s.silent, &s.kiss, &s.late, &s.jumpy} {
		server, err := probetest.NewNTPServer()
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, server.Close()) })
		*p = server
	}
	s.silent.SetMode(probetest.NTPSilent)
	s.kiss.SetMode(probetest.NTPKiss)
	s.late.SetDelay(300 * time.Millisecond)
	return s
}

// TestSourcesThatLie runs the daemon on sources that are wrong in every way, and holds it to what it must say, and to nothing else.
func TestSourcesThatLie(t *testing.T) {
	if testing.Short() {
		probetest.Unable(t, "-short leaves out what takes half a minute")
	}
	s := newSources(t)
	binary := buildAgent(t)
	rows := []struct {
		name string
		ntp  []string
		then func()
		want string
	}{
		{name: "three are right", ntp: s.right},
		{name: "one liar of four", ntp: append(s.right[:3:3], s.ahead[0]), want: "clock-sources-disagree info"},
		{name: "two liars of five", ntp: append(s.right[:3:3], s.ahead...), want: "clock-sources-disagree info"},
		{name: "two against two", ntp: append(s.right[:2:2], s.ahead...), want: "clock-sources-disagree degraded"},
		{name: "all are silent", ntp: []string{s.silent.Addr()}, want: "clock-unverified info"},
		{name: "one is silent", ntp: append(s.right[:3:3], s.silent.Addr())},
		{name: "kissed off by all", ntp: []string{s.kiss.Addr()}, want: "clock-unverified info"},
		{name: "kissed off by one", ntp: append(s.right[:2:2], s.kiss.Addr())},
		{name: "one answers late", ntp: append(s.right[:2:2], s.late.Addr())},
		{name: "the only one answers late", ntp: []string{s.late.Addr()}},
		{name: "the only one jumps", ntp: []string{s.jumpy.Addr()}, then: func() { s.jumpy.SetOffset(10 * time.Minute) }, want: "clock-sources-disagree degraded"},
	}
	// All at once: they wait for their time servers, and not for each other.
	said := make([]string, len(rows))
	var wg sync.WaitGroup
	for i, row := range rows {
		file := configured(t, row.ntp)
		newServer(t, "poshealth", binary, "run", "--config", file)
		wg.Go(func() { said[i] = watchSources(t.Context(), filepath.Dir(file), row.then, row.want) })
	}
	wg.Wait()
	for i, row := range rows {
		assert.Empty(t, said[i], row.name)
	}
}

// configured is a daemon's configuration with these time servers.
func configured(t *testing.T, ntp []string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "poshealth.toml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
[terminal]
id = "T0000001"
state_dir = %q
timezone = ""
[clock]
ntp = ["%s"]
[local]
listen = ""
[diagnose]
hold_scale = 0.01
[probe]
clock = { every = "1s" }
`, dir, strings.Join(ntp, `", "`)), 0o600))
	return file
}

// watchSources watches a daemon until it says what is wanted of the clock, and for four looks more, and returns what is wrong with
// what it said.
func watchSources(ctx context.Context, dir string, then func(), want string) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := status.NewClient(filepath.Join(dir, "poshealth.sock"))
	var version uint64
	looks, asOf := 0, -1 // looks at the clock, and how many of them when it was as wanted
	var last wire.Snapshot
	for asOf < 0 || looks < asOf+4 {
		s, v, err := client.Status(ctx, "en", version, time.Second)
		if ctx.Err() != nil {
			return fmt.Sprintf("not said in time: %q; %+v", want, clockOf(last))
		}
		if err != nil {
			continue // it has not begun to listen, or the long poll was cut
		}
		if clockOf(s).TookMS != clockOf(last).TookMS { // no two looks take the same microseconds
			looks++
		}
		version, last = v, s
		if looks == 3 && then != nil {
			then()
			then = nil
		}
		var said []string
		for _, f := range s.Findings {
			if strings.HasPrefix(f.Code, "clock") || strings.HasPrefix(f.Code, "time") {
				said = append(said, f.Code+" "+f.Severity)
			}
		}
		if got := strings.Join(said, ", "); got == want && asOf < 0 && then == nil && looks > 3 {
			asOf = looks
		} else if got != want && (got != "" || asOf >= 0) {
			return fmt.Sprintf("it says %q, want %q and nothing else ever: %s", got, want, clockOf(s).Detail)
		}
	}
	return ""
}

func clockOf(s wire.Snapshot) wire.Result {
	for _, r := range s.Results {
		if r.Probe == "clock" {
			return r
		}
	}
	return wire.Result{}
}
