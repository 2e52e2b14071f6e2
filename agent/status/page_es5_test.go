package status_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
)

// TestThePagesScriptIsES5: acorn, which nobody here wrote, parses the page's scripts as the WebViews of Android 5 do.
func TestThePagesScriptIsES5(t *testing.T) {
	modules, err := filepath.Abs("../../.tools/npm/node_modules")
	assert.NoError(t, err)
	if _, err := os.Stat(filepath.Join(modules, "acorn")); err != nil {
		probetest.Unable(t, "the npm package acorn is not there: scripts/npm.sh installs it")
	}
	node := probetest.Need(t, "node")
	parse := func(script string) error {
		file := filepath.Join(t.TempDir(), "page.js")
		assert.NoError(t, os.WriteFile(file, []byte(script), 0o600))
		cmd := exec.CommandContext(t.Context(), node, "-e", `require('acorn').parse(require('fs').readFileSync(process.argv[1], 'utf8'), {ecmaVersion: 5})`, file)
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Logf("%.300s", out)
		}
		return err
	}
	_, _, js := status.Page()
	assert.NoError(t, parse(js))
	assert.Error(t, parse(js+"\nvar f = () => 1;"), "what is newer is seen")
}
