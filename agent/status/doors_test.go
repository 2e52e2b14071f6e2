package status_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
)

// A state folder that cannot be written takes the socket, and nothing else: the page needs no folder.
func TestPageStandsWithoutASocket(t *testing.T) {
	ready, noticed := make(chan net.Addr, 1), make(chan error, 4)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	server := status.New(status.Options{
		Board: status.NewBoard(), Socket: filepath.Join(t.TempDir(), "no such folder", "poshealth.sock"), Listen: "127.0.0.1:0",
		Notice: func(err error) { noticed <- err }, Ready: func(page net.Addr) { ready <- page },
	})
	go func() { ended <- server.Run(ctx) }()
	page := <-ready
	require.NotNil(t, page)
	assert.ErrorContains(t, <-noticed, "the folder is not there")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+page.String()+"/", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
	stop()
	require.NoError(t, <-ended)

	// Without a page either there is nothing to stand on.
	server = status.New(status.Options{Board: status.NewBoard(), Socket: filepath.Join(t.TempDir(), "no such folder", "poshealth.sock")})
	require.Error(t, server.Run(t.Context()))
}

// Users who are named may come to the socket through a folder that is otherwise ours; without any it is closed to others.
func TestSocketIsOpenToNamedUsers(t *testing.T) {
	for _, row := range []struct {
		name           string
		uids           []int
		socket, folder os.FileMode
	}{
		{"nobody is named", nil, 0o660, 0o750},
		{"an app is", []int{10123}, 0o666, 0o751},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "state")
			require.NoError(t, os.Mkdir(folder, 0o750))
			require.NoError(t, os.Chmod(folder, 0o750)) // whatever the umask is
			ready := make(chan struct{})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			server := status.New(status.Options{
				Board: status.NewBoard(), Socket: filepath.Join(folder, "poshealth.sock"), UIDs: row.uids,
				Ready: func(net.Addr) { close(ready) },
			})
			go func() { ended <- server.Run(ctx) }()
			<-ready
			for path, want := range map[string]os.FileMode{folder: row.folder, filepath.Join(folder, "poshealth.sock"): row.socket} {
				info, err := os.Stat(path)
				require.NoError(t, err)
				assert.Equal(t, want, info.Mode().Perm(), path)
			}
			stop()
			require.NoError(t, <-ended)
		})
	}
}
