package radio

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever the file holds, what is kept of it is nothing or whole, and the next SIM is compared with it and kept again.
func FuzzSIMFile(f *testing.F) {
	const key, own, other = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100", "0123456789abcdef0123456789abcdef"
	f.Add([]byte(key + " " + own + "\n"))
	f.Add([]byte(key + " " + own + "," + other + " " + other + " 2026-03-02T09:00:00Z\n"))
	f.Add([]byte(key + " " + own + " " + other + " yesterday\n"))
	f.Add([]byte("\x00\x00"))
	dir := f.TempDir()
	path := filepath.Join(dir, simFile)
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		s := &SIMs{StateDir: dir, Now: func() time.Time { return now }, Write: func(file, content string) error {
			return os.WriteFile(file, []byte(content), 0o600)
		}}
		if k := s.read(); k.key != "" {
			for _, part := range append(strings.Split(k.own, ","), k.key) {
				decoded, err := hex.DecodeString(part)
				require.NoError(t, err)
				require.Len(t, decoded, simDigits/2)
			}
		}
		cards := []string{"89860012345678901234"}
		first := s.compare(cards[0], cards)
		kept := s.read()
		assert.NotEmpty(t, kept.key)
		assert.Equal(t, first, s.compare(cards[0], cards), "asked again")
		assert.Equal(t, kept, s.read())
	})
}
