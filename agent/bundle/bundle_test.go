package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/bundle"
	"github.com/poshealth/poshealth/probes/probetest"
)

const (
	secret = `s3cret "word"`
	card   = "6222021234567890128"
)

// TestWhatIsInABundle: what was put in comes out of other people's tar, without the secret and the card that stood in it, and the manifest
// tells of each file, of what was taken out and of what is missing.
func TestWhatIsInABundle(t *testing.T) {
	at := time.Date(2026, 11, 28, 10, 32, 0, 0, time.UTC)
	p := bundle.New("poshealth test", "daemon", at, []string{secret, "short"})
	p.Add("a.txt", "words", "short and "+secret+"\n3.4.1 "+card+" 7\n\x1b[31mred\xff\n")
	p.AddJSON("b.json", "words as JSON", map[string]string{"said": "it was\n" + card, "is": secret})
	p.Leave("logs of "+card, "there are none")
	packed, err := p.Pack("folder", "read me\n")
	require.NoError(t, err)

	files := map[string]string{}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		body, err := io.ReadAll(r)
		require.NoError(t, err)
		files[h.Name] = string(body)
		assert.Equal(t, int64(0o600), h.Mode&0o777)
		assert.True(t, at.Equal(h.ModTime))
	}
	assert.Equal(t, "read me\n", files["folder/README.txt"])
	assert.Equal(t, "short and [removed]\n3.4.1 [removed] 7\n?[31mred?\n", files["folder/a.txt"])
	assert.JSONEq(t, `{"said": "it was  [removed]", "is": "[removed]"}`, files["folder/b.json"])
	var m bundle.Manifest
	require.NoError(t, json.Unmarshal([]byte(files["folder/MANIFEST.json"]), &m))
	assert.Equal(t, []bundle.LeftOut{{What: "logs of [removed]", Why: "there are none"}}, m.LeftOut)
	for _, f := range m.Files {
		body := files["folder/"+f.Name]
		sum := sha256.Sum256([]byte(body))
		assert.Equal(t, hex.EncodeToString(sum[:]), f.SHA256)
		assert.Equal(t, len(body), f.Bytes)
		assert.Equal(t, 2, f.Removed, f.Name)
	}
	assert.Len(t, files, 2+len(m.Files))

	file := filepath.Join(t.TempDir(), "b.tar.gz")
	require.NoError(t, bundle.Write(file, packed))
	require.Error(t, bundle.Write(file, packed), "no file is replaced")
	for _, program := range [][]string{{"tar", "-tzf"}, {"busybox", "tar", "-tzf"}} {
		out, err := exec.CommandContext(t.Context(), probetest.Need(t, program[0]), append(program[1:], file)...).Output()
		require.NoError(t, err)
		assert.Equal(t, "folder/README.txt\nfolder/MANIFEST.json\nfolder/a.txt\nfolder/b.json\n", string(out))
	}
}

// TestABundleIsBounded: what is too much is left out, and named.
func TestABundleIsBounded(t *testing.T) {
	p := bundle.New("poshealth test", "daemon", time.Now(), nil)
	p.Add("huge.txt", "", strings.Repeat("x", bundle.Most+1))
	for i := range 50 {
		p.Add(fmt.Sprintf("%d.txt", i), "", strings.Repeat("x", bundle.Most/40))
	}
	for range 500 {
		p.Leave("much", "for a reason")
	}
	m := p.Manifest()
	total := 0
	for _, f := range m.Files {
		total += f.Bytes
	}
	assert.LessOrEqual(t, total, bundle.Most)
	assert.Len(t, m.Files, 32)
	assert.Equal(t, "huge.txt", m.LeftOut[0].What)
	assert.LessOrEqual(t, len(m.LeftOut), 64)
	_, err := p.Pack("folder", "")
	require.NoError(t, err)
}

// TestAFolderThatTakesNoFile says so, and leaves nothing behind.
func TestAFolderThatTakesNoFile(t *testing.T) {
	dir := t.TempDir()
	require.Error(t, bundle.Write(filepath.Join(dir, "no such folder", "b.tar.gz"), []byte("x")))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
