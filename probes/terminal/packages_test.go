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

// dump is the dump of pos with the given lines in its block.
func dump(block ...string) string {
	return "Packages:\n  Package [" + pos + "] (662d8c5):\n    " + strings.Join(block, "\n    ") + "\n\nDexopt state:\n  [" + pos + "]\n"
}

func TestParsePackage(t *testing.T) {
	full := terminal.Package{
		Name: pos, Found: true, VersionName: "3.4.1", VersionCode: 30401, MinSDK: 21, TargetSDK: 25,
		LastUpdate: "2026-03-01 09:51:33", HasState: true, Installed: true,
	}
	with := func(change func(*terminal.Package)) terminal.Package {
		p := full
		change(&p)
		return p
	}
	const versions, name, updated = "versionCode=30401 minSdk=21 targetSdk=25", "versionName=3.4.1", "lastUpdateTime=2026-03-01 09:51:33"
	const user0 = "User 0: ceDataInode=131478 installed=true hidden=false suspended=false stopped=false notLaunched=false enabled=0 instant=false"
	user := func(from, to string) string { return strings.Replace(user0, from, to, 1) }

	for _, row := range []struct {
		name, in string
		want     terminal.Package
		missing  bool
	}{
		{"Android 7 to 12", dump(versions, name, updated, user0), full, false},
		{
			"Android 5: no minSdk, a user without inode, two blanks", dump("versionCode=30401 targetSdk=21", name, "grantedPermissions:", "  android.permission.DUMP", "User 0:  installed=true blocked=false stopped=false notLaunched=false enabled=0"),
			with(func(p *terminal.Package) { p.MinSDK, p.TargetSDK, p.LastUpdate = 0, 21, "" }), false,
		},
		{"Android 13: times under the user", dump(versions, name, user0, "  firstInstallTime=2025-01-01 00:00:00", updated), full, false},
		{"a second user has disabled it", dump(versions, name, updated, user0, "User 10: ceDataInode=0 installed=false hidden=true stopped=true enabled=2"), full, false},
		{"a second user comes first", dump(versions, name, updated, "User 10: ceDataInode=0 installed=false hidden=true stopped=true enabled=2", user0), full, false},
		{"force-stopped", dump(versions, name, updated, user("stopped=false", "stopped=true")), with(func(p *terminal.Package) { p.Stopped = true }), false},
		{"disabled by the user", dump(versions, name, updated, user("enabled=0", "enabled=3")), with(func(p *terminal.Package) { p.Enabled = 3 }), false},
		{"enabled as no number", dump(versions, name, updated, user("enabled=0", "enabled=maybe")), with(func(p *terminal.Package) { p.Enabled = terminal.EnabledUnknown }), false},
		{
			"suspended and hidden by policy", dump(versions, name, updated, user("hidden=false suspended=false", "hidden=true suspended=true")),
			with(func(p *terminal.Package) { p.Suspended, p.Hidden = true, true }), false,
		},
		{"left over, not installed for the user", dump(versions, name, updated, user("installed=true", "installed=false")), with(func(p *terminal.Package) { p.Installed = false }), false},
		{"no state told", dump(versions, name, updated), with(func(p *terminal.Package) { p.HasState, p.Installed, p.Enabled = false, false, terminal.EnabledUnknown }), false},
		{"a code over 32 bits", dump("versionCode=9007199254740993 minSdk=21 targetSdk=25", name, updated, user0), with(func(p *terminal.Package) { p.VersionCode = 9007199254740993 }), false},
		{"a code that is none", dump("versionCode=-1 minSdk=x targetSdk=99999", name, updated, user0), with(func(p *terminal.Package) { p.VersionCode, p.MinSDK, p.TargetSDK = 0, 0, 0 }), false},
		{"a version of several words", dump(versions, "versionName=14.9.70-all [0] [PR] 248420241", updated, user0), with(func(p *terminal.Package) { p.VersionName = "14.9.70-all [0] [PR] 248420241" }), false},
		{"no version name", dump(versions, "versionName=null", updated, user0), with(func(p *terminal.Package) { p.VersionName = "" }), false},
		{"an updated system app: the replaced one below", dump(versions, name, updated, user0) + "Hidden system packages:\n  Package [" + pos + "] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n    versionName=0.1\n", full, false},
		{"an updated system app: the replaced one above", "Hidden system packages:\n  Package [" + pos + "] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n    versionName=0.1\n" + dump(versions, name, updated, user0), full, false},
		{"another package before it", "Packages:\n  Package [" + pos + ".demo] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n" + strings.TrimPrefix(dump(versions, name, updated, user0), "Packages:\n"), full, false},
		{"lines as adb on Android 6 ends them", strings.ReplaceAll(dump(versions, name, updated, user0), "\n", "\r\n"), full, false},
		{"cut in its block", "Packages:\n  Package [" + pos + "] (1):\n    " + versions + "\n    versionNa", terminal.Package{Name: pos, Found: true, VersionCode: 30401, MinSDK: 21, TargetSDK: 25, Enabled: terminal.EnabledUnknown}, false},
		{"not installed", "Dexopt state:\n  Unable to find package: " + pos + "\n", terminal.Package{Name: pos, Enabled: terminal.EnabledUnknown}, true},
		{"another one is not installed", "Dexopt state:\n  Unable to find package: " + pos + ".demo\n", terminal.Package{Name: pos, Enabled: terminal.EnabledUnknown}, false},
		{"installed, but not compiled", dump(versions, name, updated, user0) + "Compiler stats:\n  Unable to find package: " + pos + "\n", full, false},
		{"nothing", "", terminal.Package{Name: pos, Enabled: terminal.EnabledUnknown}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, missing := terminal.ParsePackage([]byte(row.in), pos)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.missing, missing)
		})
	}
}

func TestParsePackageOfRealTerminals(t *testing.T) {
	got, _ := terminal.ParsePackage(capture(t, "dumpsys_package-11.txt"), "com.sunmi.displaydemo")
	assert.Equal(t, terminal.Package{
		Name: "com.sunmi.displaydemo", Found: true, VersionName: "1.0", VersionCode: 1, MinSDK: 29, TargetSDK: 30,
		LastUpdate: "2020-10-13 09:51:33", HasState: true, Installed: true,
	}, got)

	got, _ = terminal.ParsePackage(capture(t, "dumpsys_package-5.0.txt"), "com.google.android.gms")
	assert.Equal(t, terminal.Package{
		Name: "com.google.android.gms", Found: true, VersionName: "6.7.59 (1671217-430)", VersionCode: 6759430, TargetSDK: 21,
		Enabled: terminal.EnabledUnknown,
	}, got)
}

func TestPackageAsksPmWhereTheDumpIsSilent(t *testing.T) {
	for _, row := range []struct {
		name, pm string // pm's script; "-" for none
		want     probes.Reason
	}{
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

func FuzzParsePackage(f *testing.F) {
	f.Add(capture(f, "dumpsys_package-11.txt"), "com.sunmi.displaydemo")
	f.Add(capture(f, "dumpsys_package-5.0.txt"), "com.google.android.gsf")
	f.Add([]byte("Dexopt state:\n  Unable to find package: a\n"), "a")
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		got, missing := terminal.ParsePackage(in, name)
		if missing && got.Found {
			t.Error("both found and missing")
		}
		if got.VersionCode < 0 || got.MinSDK < 0 || got.TargetSDK < 0 || got.Enabled < terminal.EnabledUnknown || got.Enabled > 4 {
			t.Errorf("impossible: %+v", got)
		}
		if !got.Found && (got.HasState || got.VersionName != "") {
			t.Errorf("state of a package that is not there: %+v", got)
		}
	})
}
