package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// TestTheFirstDay runs the commands of docs/intake.md, as they stand there, against a running agent.
func TestTheFirstDay(t *testing.T) {
	busybox := probetest.Need(t, "busybox") // whose nc is much like Android's
	probetest.Need(t, "curl")
	tools := t.TempDir()
	require.NoError(t, os.Symlink(busybox, filepath.Join(tools, "nc")))
	page, err := os.ReadFile("../docs/intake.md")
	require.NoError(t, err)
	r := runNews(t, nil)
	here := strings.NewReplacer("/data/local/poshealth", r.dir, "127.0.0.1:7311", r.page, "127.0.0.1 7312", strings.Replace(r.lines, ":", " ", 1))
	ran := 0
	for rest := string(page); ; ran++ {
		_, after, found := strings.Cut(rest, "```sh\n")
		if !found {
			break
		}
		command, after, _ := strings.Cut(after, "```\n")
		_, after, found = strings.Cut(after, "```text\n")
		require.True(t, found, "what comes of it: %s", command)
		want, after, _ := strings.Cut(after, "```\n")
		rest = after
		cmd := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(command))
		cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
		got, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", command, got)
		assert.Equal(t, want, string(got), command)
	}
	assert.Equal(t, 3, ran)
}
