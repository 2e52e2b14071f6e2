package terminal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/terminal"
)

const pos = "com.acquirer.pos"

func TestPackageAsksPmWhereTheDumpIsSilent(t *testing.T) {
	for _, row := range []struct {
		name, pm string // pm's script; "-" for none
		want     probes.Reason
	}{
		{"Android 7 would have said so, whatever pm says", "7", probes.Malformed},
		{"pm has no path either", "exit 1", ""},
		{"pm has no path and says so by nothing", "exit 0", ""},
		{"pm knows it", "echo package:/data/app/" + pos + "-1/base.apk", probes.Malformed},
		{"pm is refused", "echo 'java.lang.SecurityException: no' >&2; exit 1", probes.Denied},
		{"pm breaks", "echo 'Error: what' >&2; exit 1", probes.Malformed},
		{"the system is not up", "echo 'Error: Could not access the Package Manager.  Is the system running?' >&2; exit 1", probes.Malformed},
		{"there is no pm", "-", probes.Malformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			put(t, root, "system/bin/dumpsys", "#!/bin/sh\necho 'Database versions:'\n", 0o755)
			sdk := "22"
			if row.pm == "7" {
				sdk, row.pm = "24", "exit 1"
			}
			put(t, root, "system/bin/getprop", "#!/bin/sh\necho '[ro.build.version.sdk]: ["+sdk+"]'\n", 0o755)
			if row.pm != "-" {
				put(t, root, "system/bin/pm", "#!/bin/sh\n[ \"$*\" = 'path "+pos+"' ] || exit 99\n"+row.pm+"\n", 0o755)
			}
			got, err := terminal.Open(root).Package(t.Context(), pos)
			require.Equal(t, row.want, terminal.ReasonOf(err), "%v", err)
			assert.False(t, got.Found)
		})
	}
}

func TestPackageRefusesNamesThatAreNone(t *testing.T) {
	for _, name := range []string{"", "-a", "a b", "com..pos", ".com", "com.acquirer.pos;ls", "1com.pos", strings.Repeat("a", 201)} {
		_, err := terminal.Open(t.TempDir()).Package(t.Context(), name)
		assert.Equal(t, probes.Malformed, terminal.ReasonOf(err), "%q", name)
	}
}
