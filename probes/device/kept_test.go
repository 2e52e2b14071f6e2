package device

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever the file holds, this start is entered first, once, beside seven others at most, and what was written is read again.
func FuzzBootsFile(f *testing.F) {
	const id = "0b1c2d3e-4f50-4a61-8b72-8c93a4b5c6d7"
	f.Add([]byte(id + " 1772452800 unplanned kernel_panic\n"))
	f.Add([]byte("other 1772452800 - -\n" + id + " -1 planned reboot,userrequested"))
	f.Add([]byte(id + " 99999999999999999999 - -\n\x00"))
	dir := f.TempDir()
	path := filepath.Join(dir, bootsFile)
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		p := NewReboots(RebootsOptions{StateDir: dir, Write: func(file, content string) error { return os.WriteFile(file, []byte(content), 0o600) }})
		this := boot{id: id, at: time.Unix(1772452800, 0), kind: "unplanned", cause: "kernel_panic"}
		boots := p.enter(this)
		require.NotEmpty(t, boots)
		require.LessOrEqual(t, len(boots), bootsKept)
		assert.Equal(t, this, boots[0])
		assert.Equal(t, boots, p.enter(this), "entered twice")
		for _, b := range boots[1:] {
			assert.NotEqual(t, id, b.id)
		}
	})
}
