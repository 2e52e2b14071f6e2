package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/config"
	"github.com/poshealth/poshealth/probes/terminal"
)

// TestNoFileHastensEchoes: whatever a file bends for a demonstration, an acquirer's host is asked each ten minutes at most.
func TestNoFileHastensEchoes(t *testing.T) {
	c, err := config.Parse("", []byte("[[host]]\nname = \"a\"\naddress = \"192.0.2.1:6000\"\nkind = \"iso8583\"\n[host.echo]\ndialect = \"generic\"\n[diagnose]\nhold_scale = 0.01\n"))
	require.NoError(t, err)
	least := func() time.Duration {
		cat, err := newCatalog(Options{Config: c, Boottime: Boottime}.withDefaults(), terminal.Open(t.TempDir()), nil)
		require.NoError(t, err)
		for _, task := range cat.tasks {
			if task.Probe.ID() == "iso8583/a" {
				assert.Equal(t, task.Floor*9/8, task.Every, "up to a tenth early, and a little")
				return task.Floor
			}
		}
		return 0
	}
	assert.Equal(t, 10*time.Minute, least())

	c.Diagnose.EchoScale = 0.1
	assert.Equal(t, time.Minute, least(), "but in a lab's build")
}
