package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/agent/cli"
)

// TestEnrolRefuses says what is wrong, and never shows a token.
func TestEnrolRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "poshealth.toml")
	require.NoError(t, os.WriteFile(file, []byte("[terminal]\nstate_dir = \""+dir+"\"\nroot = \""+dir+"\"\n"), 0o600))
	claim := filepath.Join(dir, "claim.txt")
	require.NoError(t, os.WriteFile(claim, []byte("a secret that is no token\n"), 0o600))
	for _, row := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--help"}, 0, "examples:"},
		{[]string{"--config", file, "--token", "mfrggzdfmztwq2lknnwg23tpoa"}, 3, "enrol.url is not set"},
		{[]string{"--config", file, "--token", "secret"}, 3, "--token: this is no token"},
		{[]string{"--config", file, "--token-file", claim}, 3, "cannot use --token-file"},
		{[]string{"--config", file, "--token-file", filepath.Join(dir, "none")}, 3, "no such file"},
		{[]string{"--config", file, "more"}, 3, `do not know what to do with "more"`},
	} {
		var said bytes.Buffer
		code := cli.Run(t.Context(), append([]string{"enrol"}, row.args...), cli.Streams{Out: &said, Err: &said}, cli.Build{})
		assert.Equal(t, row.code, code, row.args)
		assert.Contains(t, said.String(), row.says)
		assert.NotContains(t, said.String(), "secret")
	}
}
