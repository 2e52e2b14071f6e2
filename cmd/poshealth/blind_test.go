package main_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/transport/wire"
)

// TestReportsWithoutAStateFolder: flash that can no longer be written is what the fleet must hear of. Nothing can be kept and
// nobody can be answered on the terminal, and reports go out all the same.
func TestReportsWithoutAStateFolder(t *testing.T) {
	l := &lab{t: t, dir: t.TempDir(), binary: buildAgent(t)}
	broker, ca := l.broker("localhost")
	l.config = l.write("poshealth.toml", fmt.Sprintf(
		"[terminal]\nid = \"T0000001\"\nstate_dir = \"/proc/poshealth\"\n[mqtt]\nbroker = %q\nca_file = %q\npulse = \"10s\"\n[local]\nlisten = \"\"\n", broker, ca))
	daemon := newServer(t, "poshealth", l.binary, "run", "--config", l.config)
	l.hearsState(true)
	// The subscriber may have come too late for the first one.
	l.heard.until("a pulse that says where records are, and why", func(topic string, body []byte) bool {
		if topic != "pos/v1/demo/T0000001/health" {
			return false
		}
		s, err := wire.Decode[wire.Snapshot](body)
		require.NoError(t, err)
		return len(s.Results) > 0 && holds(s, "mkdir /proc/poshealth")
	})
	daemon.stop()
	assert.Equal(t, 0, daemon.cmd.ProcessState.ExitCode(), daemon.log())
	assert.Contains(t, daemon.log(), "cannot make the state folder")
	l.hearsState(false)
}
