package status_test

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
)

// run starts a server that is expected to fail, and returns its error.
func run(t *testing.T, o status.Options) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Board = status.NewBoard()
	o.Ready = func(net.Addr) { cancel() } // a server that does start ends the test, not the wait
	return status.New(o).Run(ctx)
}

func TestTheSocketIsTheAgentsWhileItRuns(t *testing.T) {
	r := start(t, status.Options{})
	info, err := os.Lstat(r.socket)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeSocket, info.Mode().Type())
	assert.Equal(t, fs.FileMode(0o660), info.Mode().Perm())

	err = run(t, status.Options{Socket: r.socket})
	require.ErrorIs(t, err, status.ErrRunning)
	assert.Contains(t, err.Error(), "another poshealth is running: "+r.socket+" answers: stop that one first")
	r.board.Set(status.Update{Snapshot: example()})
	assert.Equal(t, 200, r.askSocket(t, "GET", "/v1/status").code, "the one that runs is not disturbed")

	require.NoError(t, r.stop())
	_, err = os.Lstat(r.socket)
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestASocketThatADeadAgentLeftIsTakenOver(t *testing.T) {
	path := socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	dead.SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())

	r := start(t, status.Options{Socket: path})
	r.board.Set(status.Update{Snapshot: example()})
	assert.Equal(t, 200, r.askSocket(t, "GET", "/v1/status").code)
}

func TestASocketThatIsAnothersByThenIsLeft(t *testing.T) {
	r := start(t, status.Options{})
	require.NoError(t, os.Remove(r.socket))
	other, err := net.Listen("unix", r.socket)
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, r.stop())
	_, err = os.Lstat(r.socket)
	assert.NoError(t, err)
}

func TestWhereASocketCannotBe(t *testing.T) {
	dir := filepath.Dir(socketPath(t))
	file := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(file, link))
	long := filepath.Join(dir, strings.Repeat("x", status.MaxSocketPath), "s")
	for _, row := range []struct{ name, path, says string }{
		{"where a file is", file, "something is there that is not a socket, and it is not removed"},
		{"where a link to a file is", link, "something is there that is not a socket, and it is not removed"},
		{"where a folder is", dir, "something is there that is not a socket"},
		{"in a folder that is not there", filepath.Join(dir, "none", "s"), "the folder is not there: make it"},
		{"below a file", filepath.Join(file, "s"), "cannot look at"},
		{"at a path that no socket can have", long, "a socket's may have 107: choose a shorter state_dir"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := run(t, status.Options{Socket: row.path})
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.says)
			assert.Contains(t, err.Error(), row.path)
		})
	}
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(kept))
}

func TestATakenPortIsNoticedAndTheSocketGoesOn(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	notices := make(chan error, 1)
	r := start(t, status.Options{Listen: other.Addr().String(), Notice: func(err error) { notices <- err }})
	assert.ErrorContains(t, <-notices, "another program has "+other.Addr().String())
	assert.Empty(t, r.page)
	r.board.Set(status.Update{Snapshot: example()})
	assert.Equal(t, 200, r.askSocket(t, "GET", "/v1/status").code)
}

func TestThePageIsNeverShownToTheNetwork(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":7311", "192.0.2.7:7311", "pos.example:7311", "127.0.0.1", "nonsense"} {
		t.Run(listen, func(t *testing.T) {
			path := socketPath(t)
			err := run(t, status.Options{Socket: path, Listen: listen})
			require.ErrorContains(t, err, "not a loopback address: use 127.0.0.1")
			_, err = os.Lstat(path)
			assert.ErrorIs(t, err, fs.ErrNotExist, "nothing is left behind")
		})
	}
}

func TestLocalhostIsKnownWithoutAHostsFile(t *testing.T) {
	r := start(t, status.Options{Listen: "localhost:0"})
	assert.True(t, strings.HasPrefix(r.page, "127.0.0.1:"), r.page)
}

func TestAServerWithoutDoorsWaitsForItsEnd(t *testing.T) {
	assert.NoError(t, run(t, status.Options{}))
}
