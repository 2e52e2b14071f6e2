package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingIsSkippedUnseen: a test is left out by probetest.Unable alone, which fails where CI=true.
func TestNothingIsSkippedUnseen(t *testing.T) {
	skips := regexp.MustCompile(`[.]Skip(f|Now)?[(]`)
	read := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "probes/probetest/need.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		read++
		assert.False(t, skips.Match(text), "%s skips a test: say probetest.Unable", path)
		return err
	}))
	assert.Greater(t, read, 300)
}
