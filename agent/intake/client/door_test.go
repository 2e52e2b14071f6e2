package client_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/intake"
)

const (
	tick     = 5 * time.Millisecond
	patience = 60 * time.Second // far more than a busy machine needs

	token = "dGhlIHRva2VuIG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM"
	// asDoor makes this program the agent's door at an address, in a process of its own that can be stopped.
	asDoor = "POSHEALTH_TEST_DOOR"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(asDoor); address != "" {
		beDoor(address)
		return
	}
	code := m.Run()
	if compiled.dir != "" {
		_ = os.RemoveAll(compiled.dir)
	}
	os.Exit(code)
}

// beDoor serves the real door, and prints what was taken. It ends with its input.
func beDoor(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var mu sync.Mutex
	start, seen := time.Now(), make(map[string]bool)
	desk := intake.NewDesk(intake.DeskOptions{
		Reader:   intake.NewReader(""),
		Boottime: func() time.Duration { return time.Hour + time.Since(start) },
		Take: func(events []intake.Event) error {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events { // a busy machine may have answered too late: the same comes again then, and is none
				if line := fmt.Sprint(e.Kind, " ", e.Seq); !seen[line] {
					seen[line] = true
					fmt.Println(line)
				}
			}
			return nil
		},
	})
	fmt.Println("open")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		cancel()
	}()
	_ = intake.Lines{Hear: desk.Hear, Token: token}.Serve(ctx, l)
}

// door is the agent's, in a process of its own.
type door struct {
	process *exec.Cmd
	end     func()

	mu   sync.Mutex
	told []string // "kind seq"
}

// openDoor starts one, and ends it with the test.
func openDoor(t *testing.T, address string) *door {
	t.Helper()
	d := &door{process: exec.Command(os.Args[0])}
	d.process.Env = append(os.Environ(), asDoor+"="+address)
	in, err := d.process.StdinPipe()
	require.NoError(t, err)
	out, err := d.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, d.process.Start())
	d.end = sync.OnceFunc(func() {
		d.signal(t, syscall.SIGCONT)
		in.Close()
		_ = d.process.Wait()
	})
	t.Cleanup(d.end)
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.Equal(t, "open", lines.Text())
	go func() {
		for lines.Scan() {
			d.mu.Lock()
			d.told = append(d.told, lines.Text())
			d.mu.Unlock()
		}
	}()
	return d
}

func (d *door) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := d.process.Process.Signal(s); err != nil {
		t.Logf("%v: %v", s, err)
	}
	if s == syscall.SIGSTOP { // its threads stop one after the other
		require.Eventually(t, func() bool { return stopped(d.process.Process.Pid) }, patience, tick)
	}
}

// stopped tells whether no thread of a process runs.
func stopped(pid int) bool {
	all, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	return len(all) > 0 && !slices.ContainsFunc(all, func(file string) bool {
		stat, err := os.ReadFile(file)
		_, after, ok := bytes.Cut(stat, []byte(") ")) // behind the name: the state
		return err != nil || !ok || after[0] != 'T'
	})
}

// heard is what was taken so far.
func (d *door) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.told...)
}

// until waits until all of these were taken.
func (d *door) until(t *testing.T, what string, n int) []string {
	t.Helper()
	count := func() int {
		found := 0
		for _, line := range d.heard() {
			if strings.HasPrefix(line, what+" ") {
				found++
			}
		}
		return found
	}
	require.Eventually(t, func() bool { return count() >= n }, patience, tick, "%d %s", n, what)
	return d.heard()
}

// tokenFile is what the agent made for the app.
func tokenFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "intake.token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	return file
}
