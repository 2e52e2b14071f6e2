package agent

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/agent/visit"
	"github.com/poshealth/poshealth/transport/wire"
)

// visitDesk is a desk whose agent looks as soon as it is kicked.
func visitDesk(dir string) *visit.Desk {
	board := status.NewBoard()
	return visit.Open(visit.Options{
		File: filepath.Join(dir, visit.FileName), BootID: "b", Boottime: Boottime, Now: time.Now, Write: keepFirmly, Board: board,
		Kick: func() {
			session := wire.Session{BootID: "b", BootS: Boottime().Seconds() + 1, At: time.Now().Format(timeFormat)}
			board.Set(status.Update{Snapshot: wire.Snapshot{Schema: 1, Session: session, Results: []wire.Result{{Probe: "tcp/a"}}}})
		},
	})
}

// TestVisitsOutliveKills kills an agent at any moment of many visits: the next one finds the file whole, with the newest step that a
// technician was told is kept, or the one after it.
func TestVisitsOutliveKills(t *testing.T) {
	if dir := os.Getenv("POSHEALTH_TEST_VISITS"); dir != "" {
		visitForEver(t, visitDesk(dir))
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // chance that can be repeated
	kept := 0
	for range 25 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestVisitsOutliveKills$")
		cmd.Env = append(os.Environ(), "POSHEALTH_TEST_VISITS="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		said := bufio.NewScanner(out)
		for range 1 + r.IntN(5) {
			require.True(t, said.Scan())
		}
		timer := time.AfterFunc(time.Duration(r.IntN(3000))*time.Microsecond, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		for more := true; more; more = said.Scan() {
			if n, err := strconv.Atoi(said.Text()); err == nil { // a kill may cut the last line
				kept = max(kept, n)
			}
		}
		timer.Stop()
		_ = cmd.Wait()
		all, fault := visitDesk(dir).All()
		require.Empty(t, fault)
		require.NotEmpty(t, all)
		newest := stepOf(t, all[len(all)-1])
		assert.GreaterOrEqual(t, newest, kept)
		assert.LessOrEqual(t, newest, kept+1)
	}
	assert.Greater(t, kept, 25)
	assert.NoFileExists(t, filepath.Join(dir, visit.FileName+".damaged"))
}

// stepOf is the number of a step: of the visit's begin, or one more of its end.
func stepOf(t *testing.T, v wire.VisitRecord) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(v.By, "n"))
	require.NoError(t, err)
	if v.State == wire.VisitDone {
		n++
	}
	return n
}

// visitForEver begins and ends visits, and says the number of each step when it is kept, going on where another one was killed.
func visitForEver(t *testing.T, desk *visit.Desk) {
	n := 0
	if all, fault := desk.All(); fault != "" {
		panic(fault)
	} else if len(all) > 0 {
		n = stepOf(t, all[len(all)-1])
	}
	for {
		n++
		var err error
		if desk.Open() == nil {
			_, err = desk.Start(t.Context(), fmt.Sprintf("n%d", n))
		} else {
			_, err = desk.Done(t.Context(), []string{"step"})
		}
		if err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
}
