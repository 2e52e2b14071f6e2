//go:build linux

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

// The programs of the emulated terminal say what those of a simulated one say, on both streams, and end alike; to an app that
// may not ask as well.
func TestToolboxSaysWhatTheScriptSays(t *testing.T) {
	sim, err := probetest.NewTerminal(t.TempDir(), probetest.TerminalOptions{Folder: "sunmi-11-owner"}) // as in the emulated terminal
	require.NoError(t, err)
	bin := filepath.Join(sim.Root(), "toolbox", "bin") // as far from the captures as the script
	require.NoError(t, os.MkdirAll(bin, 0o755))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "toolbox"), ".").CombinedOutput()
	require.NoError(t, err, string(out))
	captures := filepath.Join(sim.Root(), "captures")
	require.NoError(t, os.WriteFile(filepath.Join(captures, "settings_list_secure.txt"), []byte("one=1\ntwo=\n"), 0o644))

	for _, denied := range []string{"", "10123\n"} {
		if denied != "" {
			require.NoError(t, os.WriteFile(filepath.Join(captures, "denied"), []byte(denied), 0o644))
		}
		for _, line := range []string{
			"getprop",
			"getprop ro.serialno",
			"getprop ro.none",
			"df",
			"df /none",
			"settings get global auto_time",
			"settings get global none",
			"settings get secure one",
			"settings get secure two",
			"settings put global none",
			"pm path com.acquirer.pos",
			"pm path com.none",
			"pm",
			"cmd package path com.acquirer.pos",
			"cmd wifi status",
			"cmd settings list global",
			"cmd appops get com.acquirer.pos",
			"cmd none",
			"dumpsys thermalservice",
			"dumpsys dropbox",
			"dumpsys dropbox --print data_app_crash 2026-11-20",
			"dumpsys",
			"dumpsys battery",
			"dumpsys -t 5 battery",
			"dumpsys none --all",
			"dumpsys package com.acquirer.pos",
			"dumpsys package com.none",
		} {
			t.Run(line+" "+denied, func(t *testing.T) {
				words := strings.Fields(line)
				link := filepath.Join(bin, words[0])
				if err := os.Symlink("toolbox", link); err != nil {
					require.ErrorIs(t, err, os.ErrExist)
				}
				wantOut, wantErr, wantCode := said(t, filepath.Join(sim.Root(), "system", "bin", words[0]), words[1:])
				gotOut, gotErr, gotCode := said(t, link, words[1:])
				assert.Equal(t, wantOut, gotOut)
				assert.Equal(t, wantErr, gotErr)
				assert.Equal(t, wantCode, gotCode)
			})
		}
	}
}

func said(t *testing.T, program string, args []string) (out, complaint string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	_ = cmd.Run()
	require.NotNil(t, cmd.ProcessState, "%s did not start", program)
	return regexp.MustCompile(`pid=\d+`).ReplaceAllString(o.String(), "pid=N"), e.String(), cmd.ProcessState.ExitCode()
}
