package status_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/status"
	"github.com/poshealth/poshealth/probes/probetest"
)

// TestQRIsReadByAStranger: at every length that a card can have, somebody else's decoder reads what was written, from the modules as
// well as from what a text terminal shows of them.
func TestQRIsReadByAStranger(t *testing.T) {
	card := status.Support(snapshotOf(t, "cable-pulled"))
	letters := strings.Repeat(card, longestCard/len(card)+1)
	var want, files []string
	folder := t.TempDir()
	for n := 1; n <= longestCard; n++ {
		text := letters[n%7 : n%7+n]
		q, err := status.EncodeQR(text)
		require.NoError(t, err)
		dark := q.Dark
		switch n % 3 {
		case 1:
			dark = shown(q.Blocks(false), false)
		case 2:
			dark = shown(q.Blocks(true), true)
		}
		file := filepath.Join(folder, fmt.Sprintf("%03d.pbm", n))
		require.NoError(t, os.WriteFile(file, bitmap(q.Size, dark), 0o600))
		files, want = append(files, file), append(want, text)
	}
	assert.Equal(t, want, decoded(t, files))
}

func TestQRHasItsLimits(t *testing.T) {
	q, err := status.EncodeQR(strings.Repeat("x", longestCard))
	require.NoError(t, err)
	assert.Equal(t, 73, q.Size, "65 modules and the quiet zone: narrower than 80 columns")
	_, err = status.EncodeQR(strings.Repeat("x", 2953))
	require.NoError(t, err)
	_, err = status.EncodeQR(strings.Repeat("x", 2954))
	assert.EqualError(t, err, "no QR code holds 2954 bytes: 2953 at most")
	assert.Contains(t, q.SVG(), `viewBox="0 0 73 73"`)
}

// decoded has zbar read pictures, and returns what it read of each.
func decoded(t *testing.T, files []string) []string {
	t.Helper()
	program := probetest.Need(t, "zbarimg")
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--quiet", "--xml", "-Sdisable", "-Sqrcode.enable"}, files...)...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	require.NoError(t, err, "%s", said.String())
	var texts []string
	for _, part := range strings.Split(string(out), "<data><![CDATA[")[1:] {
		text, _, _ := strings.Cut(part, "]]></data>")
		texts = append(texts, text)
	}
	return texts
}

// bitmap is a picture of modules, four pixels each, as portable bitmap.
func bitmap(size int, dark func(x, y int) bool) []byte {
	const scale = 4
	var b bytes.Buffer
	fmt.Fprintf(&b, "P1\n%d %d\n", size*scale, size*scale)
	for y := range size * scale {
		for x := range size * scale {
			if dark(x/scale, y/scale) {
				b.WriteString("1 ")
			} else {
				b.WriteString("0 ")
			}
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// shown reads block characters as an eye does.
func shown(text string, lit bool) func(x, y int) bool {
	var rows [][]rune
	for line := range strings.Lines(text) {
		rows = append(rows, []rune(strings.TrimSuffix(line, "\n")))
	}
	return func(x, y int) bool {
		printed := rows[y/2][x] == '█' || rows[y/2][x] == '▀' && y%2 == 0 || rows[y/2][x] == '▄' && y%2 == 1
		return printed != lit
	}
}
