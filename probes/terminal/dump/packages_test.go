package dump_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

const pos = "com.acquirer.pos"

// packageDump is the dump of pos with the given lines in its block.
func packageDump(block ...string) string {
	return "Packages:\n  Package [" + pos + "] (662d8c5):\n    " + strings.Join(block, "\n    ") + "\n\nDexopt state:\n  [" + pos + "]\n"
}

func TestParsePackage(t *testing.T) {
	full := dump.Package{
		Name: pos, Found: true, VersionName: "3.4.1", VersionCode: 30401, MinSDK: 21, TargetSDK: 25,
		LastUpdate: "2026-03-01 09:51:33", HasState: true, Installed: true,
	}
	with := func(change func(*dump.Package)) dump.Package {
		p := full
		change(&p)
		return p
	}
	const versions, name, updated = "versionCode=30401 minSdk=21 targetSdk=25", "versionName=3.4.1", "lastUpdateTime=2026-03-01 09:51:33"
	const user0 = "User 0: ceDataInode=131478 installed=true hidden=false suspended=false stopped=false notLaunched=false enabled=0 instant=false"
	user := func(from, to string) string { return strings.Replace(user0, from, to, 1) }

	for _, row := range []struct {
		name, in string
		want     dump.Package
		missing  bool
	}{
		{"Android 7 to 12", packageDump(versions, name, updated, user0), full, false},
		{
			"Android 5: no minSdk, a user without inode, two blanks", packageDump("versionCode=30401 targetSdk=21", name, "grantedPermissions:", "  android.permission.DUMP", "User 0:  installed=true blocked=false stopped=false notLaunched=false enabled=0"),
			with(func(p *dump.Package) {
				p.MinSDK, p.TargetSDK, p.LastUpdate = 0, 21, ""
				p.Permissions = []dump.Permission{{Name: "android.permission.DUMP", Granted: true}}
			}), false,
		},
		{"Android 13: times under the user", packageDump(versions, name, user0, "  firstInstallTime=2025-01-01 00:00:00", updated), with(func(p *dump.Package) { p.FirstInstall = "2025-01-01 00:00:00" }), false},
		{"a second user has disabled it", packageDump(versions, name, updated, user0, "User 10: ceDataInode=0 installed=false hidden=true stopped=true enabled=2"), full, false},
		{"a second user comes first", packageDump(versions, name, updated, "User 10: ceDataInode=0 installed=false hidden=true stopped=true enabled=2", user0), full, false},
		{"force-stopped", packageDump(versions, name, updated, user("stopped=false", "stopped=true")), with(func(p *dump.Package) { p.Stopped = true }), false},
		{"disabled by the user", packageDump(versions, name, updated, user("enabled=0", "enabled=3")), with(func(p *dump.Package) { p.Enabled = 3 }), false},
		{"enabled as no number", packageDump(versions, name, updated, user("enabled=0", "enabled=maybe")), with(func(p *dump.Package) { p.Enabled = dump.EnabledUnknown }), false},
		{
			"suspended and hidden by policy", packageDump(versions, name, updated, user("hidden=false suspended=false", "hidden=true suspended=true")),
			with(func(p *dump.Package) { p.Suspended, p.Hidden = true, true }), false,
		},
		{"left over, not installed for the user", packageDump(versions, name, updated, user("installed=true", "installed=false")), with(func(p *dump.Package) { p.Installed = false }), false},
		{"no state told", packageDump(versions, name, updated), with(func(p *dump.Package) { p.HasState, p.Installed, p.Enabled = false, false, dump.EnabledUnknown }), false},
		{"a code over 32 bits", packageDump("versionCode=9007199254740993 minSdk=21 targetSdk=25", name, updated, user0), with(func(p *dump.Package) { p.VersionCode = 9007199254740993 }), false},
		{"a code that is none", packageDump("versionCode=-1 minSdk=x targetSdk=99999", name, updated, user0), with(func(p *dump.Package) { p.VersionCode, p.MinSDK, p.TargetSDK = 0, 0, 0 }), false},
		{"a version of several words", packageDump(versions, "versionName=14.9.70-all [0] [PR] 248420241", updated, user0), with(func(p *dump.Package) { p.VersionName = "14.9.70-all [0] [PR] 248420241" }), false},
		{"hashes that are none", packageDump(versions, name, updated, user0, "signatures=PackageSignatures{af09595 [53c7caa2, signers]}"), full, false},
		{"no signer", packageDump(versions, name, updated, user0, "signatures=PackageSignatures{af09595 []}"), full, false},
		{"a list of flags without an end", packageDump(versions, name, updated, user0, "flags=[ DEBUGGABLE", "pkgFlags=DEBUGGABLE"), full, false},
		{"an app's number that is none", packageDump(versions, name, updated, user0, "userId=0", "appId=100000", "appId=x"), full, false},
		{"a path that is none, an installer with a blank", packageDump(versions, name, updated, user0, "codePath=base.apk", "installerPackageName=a b"), full, false},
		{"times that cannot be", packageDump(versions, name, "firstInstallTime=1970-01-01 08:00:00", "lastUpdateTime=now", updated, user0), full, false},
		{"a signing scheme that is none", packageDump(versions, name, updated, user0, "apkSigningVersion=0", "apkSigningVersion=9"), full, false},
		{"no version name", packageDump(versions, "versionName=null", updated, user0), with(func(p *dump.Package) { p.VersionName = "" }), false},
		{"an updated system app: the replaced one below", packageDump(versions, name, updated, user0) + "Hidden system packages:\n  Package [" + pos + "] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n    versionName=0.1\n", full, false},
		{"an updated system app: the replaced one above", "Hidden system packages:\n  Package [" + pos + "] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n    versionName=0.1\n" + packageDump(versions, name, updated, user0), full, false},
		{"another package before it", "Packages:\n  Package [" + pos + ".demo] (1):\n    versionCode=1 minSdk=1 targetSdk=1\n" + strings.TrimPrefix(packageDump(versions, name, updated, user0), "Packages:\n"), full, false},
		{"lines as adb on Android 6 ends them", strings.ReplaceAll(packageDump(versions, name, updated, user0), "\n", "\r\n"), full, false},
		{"cut in its block", "Packages:\n  Package [" + pos + "] (1):\n    " + versions + "\n    versionNa", dump.Package{Name: pos, Found: true, VersionCode: 30401, MinSDK: 21, TargetSDK: 25, Enabled: dump.EnabledUnknown}, false},
		{"not installed", "Dexopt state:\n  Unable to find package: " + pos + "\n", dump.Package{Name: pos, Enabled: dump.EnabledUnknown}, true},
		{"another one is not installed", "Dexopt state:\n  Unable to find package: " + pos + ".demo\n", dump.Package{Name: pos, Enabled: dump.EnabledUnknown}, false},
		{"installed, but not compiled", packageDump(versions, name, updated, user0) + "Compiler stats:\n  Unable to find package: " + pos + "\n", full, false},
		{"nothing", "", dump.Package{Name: pos, Enabled: dump.EnabledUnknown}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, missing := dump.ParsePackage(dump.Lines([]byte(row.in)), pos)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.missing, missing)
		})
	}
}

func TestParsePackageOfRealTerminals(t *testing.T) {
	got, _ := dump.ParsePackage(sample(t, "dumpsys_package/11-emulator-com.sunmi.displaydemo.txt"), "com.sunmi.displaydemo")
	assert.Equal(t, dump.Package{
		Name: "com.sunmi.displaydemo", Found: true, VersionName: "1.0", VersionCode: 1, MinSDK: 29, TargetSDK: 30,
		FirstInstall: "2020-10-13 09:51:33", LastUpdate: "2020-10-13 09:51:33",
		CodePath: "/data/app/~~DBqq7mV3srVVGpM_fd20wQ==/com.sunmi.displaydemo-cTBH9g95Necb_htjCdQlOg==", UID: 10152,
		SignatureHash: "acbaf040", SigningVersion: 2, Debuggable: new(true), TestOnly: new(true), HasState: true, Installed: true,
		Permissions: []dump.Permission{
			{Name: "android.permission.ACCESS_FINE_LOCATION", Runtime: true},
			{Name: "android.permission.ACCESS_COARSE_LOCATION", Runtime: true},
			{Name: "android.permission.CAMERA", Runtime: true},
			{Name: "android.permission.ACCESS_BACKGROUND_LOCATION", Runtime: true},
		},
	}, got)

	for _, want := range []dump.Package{
		{
			Name: "com.google.android.youtube", Found: true, VersionName: "6.0.13", VersionCode: 60013301, TargetSDK: 21,
			FirstInstall: "2014-12-05 14:23:12", LastUpdate: "2014-12-10 21:46:43", CodePath: "/data/app/com.google.android.youtube-1",
			UID: 10089, Enabled: dump.EnabledUnknown,
		},
		{
			Name: "com.google.android.gms", Found: true, VersionName: "6.7.59 (1671217-430)", VersionCode: 6759430, TargetSDK: 21,
			UID: 10012, SharedUser: true, Enabled: dump.EnabledUnknown,
		},
		{
			Name: "com.google.android.gsf", Found: true, VersionName: "LollipopMR1-1629941", VersionCode: 22, TargetSDK: 22,
			UID: 10012, SharedUser: true, Enabled: dump.EnabledUnknown,
		},
		{
			Name: "com.google.android.apps.photos", Found: true, VersionName: "1.1.1.9", VersionCode: 40112, TargetSDK: 21,
			FirstInstall: "2015-06-05 14:21:22", LastUpdate: "2015-06-25 10:11:29", UID: 10070, Enabled: dump.EnabledUnknown,
		},
	} {
		got, missing := dump.ParsePackage(sample(t, "dumpsys_package_packages/5.0-battery-historian.txt"), want.Name)
		assert.Equal(t, want, got)
		assert.False(t, missing)
	}
}

func TestParsePackageOfEachAndroid(t *testing.T) {
	base := dump.Package{Name: pos, Found: true, VersionName: "3.4.1", VersionCode: 30401, HasState: true, Installed: true, Debuggable: new(false), TestOnly: new(false)}
	with := func(change func(*dump.Package)) dump.Package {
		p := base
		change(&p)
		return p
	}
	for _, row := range []struct {
		file string
		want dump.Package
	}{
		{"made/package-5.1.txt", with(func(p *dump.Package) {
			p.TargetSDK, p.FirstInstall, p.LastUpdate = 21, "2025-01-10 08:00:00", "2026-03-01 09:51:33"
			p.CodePath, p.UID, p.Installer, p.SignatureHash = "/data/app/com.acquirer.pos-1", 10057, "com.acquirer.store", "53c7caa2"
			p.Permissions = []dump.Permission{{Name: "android.permission.INTERNET", Granted: true}, {Name: "android.permission.CAMERA", Granted: true}}
		})},
		{"made/package-6.0.txt", with(func(p *dump.Package) {
			p.TargetSDK, p.FirstInstall, p.LastUpdate = 23, "2026-03-01 09:51:33", "2026-03-01 09:51:33"
			p.CodePath, p.UID, p.SignatureHash = "/data/app/com.acquirer.pos-2", 10061, "53c7caa2,b1a1812f"
			p.Debuggable, p.Stopped, p.Enabled = new(true), true, 3
			p.Permissions = []dump.Permission{
				{Name: "android.permission.INTERNET", Granted: true},
				{Name: "android.permission.READ_PHONE_STATE", Granted: true, Runtime: true},
				{Name: "android.permission.CAMERA", Assumed: true},
				{Name: "com.vendor.permission.PRINTER", Assumed: true},
			}
		})},
		{"made/package-9.txt", with(func(p *dump.Package) {
			p.MinSDK, p.TargetSDK, p.FirstInstall, p.LastUpdate = 22, 28, "2009-01-01 08:00:00", "2009-01-01 08:00:00"
			p.CodePath, p.UID, p.SharedUser, p.SignatureHash, p.SigningVersion = "/system/priv-app/Pos", 1000, true, "acbaf040", 3
			p.Suspended = true
			p.Permissions = []dump.Permission{{Name: "android.permission.REBOOT", Granted: true}}
		})},
		{"made/package-13.txt", with(func(p *dump.Package) {
			p.MinSDK, p.TargetSDK, p.FirstInstall, p.LastUpdate = 24, 33, "2025-06-01 10:00:00", "2026-03-01 09:51:33"
			p.CodePath, p.UID, p.Installer = "/data/app/~~DBqq7mV3srVVGpM==/com.acquirer.pos-cTBH9g95==", 10152, "com.acquirer.store"
			p.SignatureHash, p.SigningVersion, p.Enabled = "acbaf040", 3, 1
			p.Permissions = []dump.Permission{
				{Name: "android.permission.INTERNET", Granted: true},
				{Name: "android.permission.SCHEDULE_EXACT_ALARM"},
				{Name: "android.permission.POST_NOTIFICATIONS", Runtime: true},
				{Name: "android.permission.ACCESS_BACKGROUND_LOCATION", Assumed: true},
			}
		})},
	} {
		t.Run(row.file, func(t *testing.T) {
			got, missing := dump.ParsePackage(sample(t, row.file), pos)
			assert.Equal(t, row.want, got)
			assert.False(t, missing)
		})
	}
}

func TestPermissionIsDeniedOnlyWhereTheDumpSaysSo(t *testing.T) {
	const user0 = "User 0: installed=true stopped=false enabled=0"
	for _, row := range []struct {
		name, in       string
		granted, known bool
	}{
		{"granted by its line", packageDump("install permissions:", "  P.X: granted=true", user0), true, true},
		{"denied by its line", packageDump(user0, "  runtime permissions:", "    P.X: granted=false, flags=[ USER_SET ]"), false, true},
		{"asked for, without a line, the block whole", packageDump("requested permissions:", "  P.X", user0), false, true},
		{"asked for, without a line, the block cut", "Packages:\n  Package [" + pos + "] (1):\n    requested permissions:\n      P.X\n    " + user0 + "\n", false, false},
		{"asked for, without a line, shared user", packageDump("sharedUser=SharedUserSetting{1 a.b/1000}", "requested permissions:", "  P.X", user0), false, false},
		{"asked for, without a line, no user told", packageDump("requested permissions:", "  P.X"), false, false},
		{"not asked for", packageDump("requested permissions:", "  P.Y", user0), false, false},
		{"Android 5: listed", packageDump(user0, "grantedPermissions:", "  P.X"), true, true},
		{"Android 5: not listed", packageDump(user0, "grantedPermissions:", "  P.Y"), false, false},
		{"only another user has it", packageDump("requested permissions:", "  P.X", user0, "User 10: installed=true", "  runtime permissions:", "    P.X: granted=true"), false, true},
		{"neither true nor false", packageDump("install permissions:", "  P.X: granted=maybe", user0), false, false},
		{"more are told than are kept", packageDump(append(append([]string{"requested permissions:", "  P.X", "install permissions:"}, told300()...), user0)...), false, false},
		{"more are asked for than are kept", packageDump(append(append([]string{"requested permissions:"}, numbered("  P.N", 300)...), "  P.X", user0)...), false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, _ := dump.ParsePackage(dump.Lines([]byte(row.in)), pos)
			granted, known := p.Permission("P.X")
			assert.Equal(t, row.granted, granted)
			assert.Equal(t, row.known, known)
			assert.LessOrEqual(t, len(p.Permissions), 256)
		})
	}
}

func TestPermissionOfEachAndroid(t *testing.T) {
	const user0 = "User 0: installed=true stopped=false enabled=0"
	asked := func(target, name string) string {
		return packageDump("versionCode=1 minSdk=21 targetSdk="+target, "requested permissions:", "  android.permission."+name, user0)
	}
	said := func(target, name, granted string) string {
		return packageDump("versionCode=1 minSdk=21 targetSdk="+target, "requested permissions:", "  android.permission."+name,
			"install permissions:", "  android.permission."+name+": granted="+granted, user0)
	}
	for _, row := range []struct {
		name, permission, in string
		sdk                  int
		granted, known       bool
	}{
		{"no line", "CAMERA", asked("25", "CAMERA"), 25, false, true},
		{"no line, an Android that is not known", "CAMERA", asked("25", "CAMERA"), 0, false, true},
		{"no line, and Android 7 does not have it", "POST_NOTIFICATIONS", asked("33", "POST_NOTIFICATIONS"), 25, false, false},
		{"no line, and Android 12L does not have it yet", "POST_NOTIFICATIONS", asked("33", "POST_NOTIFICATIONS"), 32, false, false},
		{"no line, and Android 13 has it", "POST_NOTIFICATIONS", asked("33", "POST_NOTIFICATIONS"), 33, false, true},
		{"no line, an Android that may not have it", "POST_NOTIFICATIONS", asked("33", "POST_NOTIFICATIONS"), 0, false, false},
		{"a line, which an Android prints that has it", "POST_NOTIFICATIONS", said("33", "POST_NOTIFICATIONS", "false"), 0, false, true},
		{"granted by an Android that should not have it", "BLUETOOTH_CONNECT", said("31", "BLUETOOTH_CONNECT", "true"), 25, true, true},
		{"Bluetooth before Android 12", "BLUETOOTH_CONNECT", asked("31", "BLUETOOTH_CONNECT"), 30, false, false},
		{"Bluetooth of Android 12", "BLUETOOTH_CONNECT", asked("31", "BLUETOOTH_CONNECT"), 31, false, true},
		{"a service before Android 9", "FOREGROUND_SERVICE", asked("28", "FOREGROUND_SERVICE"), 27, false, false},
		{"a service's kind before Android 14", "FOREGROUND_SERVICE_LOCATION", asked("34", "FOREGROUND_SERVICE_LOCATION"), 33, false, false},
		{"writing, before Android 11", "WRITE_EXTERNAL_STORAGE", said("30", "WRITE_EXTERNAL_STORAGE", "false"), 29, false, true},
		{"writing, which has no effect any more", "WRITE_EXTERNAL_STORAGE", said("30", "WRITE_EXTERNAL_STORAGE", "false"), 30, false, false},
		{"writing, of an app made for Android 10", "WRITE_EXTERNAL_STORAGE", said("29", "WRITE_EXTERNAL_STORAGE", "false"), 30, false, true},
		{"writing, on an Android that is not known", "WRITE_EXTERNAL_STORAGE", said("30", "WRITE_EXTERNAL_STORAGE", "false"), 0, false, false},
		{"reading, which still has effect", "READ_EXTERNAL_STORAGE", said("33", "READ_EXTERNAL_STORAGE", "false"), 32, false, true},
		{"reading, which has none any more", "READ_EXTERNAL_STORAGE", said("33", "READ_EXTERNAL_STORAGE", "false"), 33, false, false},
		{"switched in the settings, no line", "SYSTEM_ALERT_WINDOW", asked("25", "SYSTEM_ALERT_WINDOW"), 25, false, false},
		{"switched in the settings, whatever the line says", "WRITE_SETTINGS", said("25", "WRITE_SETTINGS", "false"), 25, false, false},
		{"of the maker's apps, and granted", "WRITE_SETTINGS", said("25", "WRITE_SETTINGS", "true"), 25, true, true},
		{"for the maker's apps, asked for in vain", "INSTALL_PACKAGES", asked("25", "INSTALL_PACKAGES"), 25, false, false},
		{"for Android alone", "BIND_ACCESSIBILITY_SERVICE", asked("25", "BIND_ACCESSIBILITY_SERVICE"), 25, false, false},
		{"for the maker's apps, and taken away", "INSTALL_PACKAGES", said("25", "INSTALL_PACKAGES", "false"), 25, false, true},
		{"not asked for", "NFC", asked("25", "CAMERA"), 25, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, _ := dump.ParsePackage(dump.Lines([]byte(row.in)), pos)
			granted, known := p.PermissionOn("android.permission."+row.permission, func() int { return row.sdk })
			assert.Equal(t, row.granted, granted)
			assert.Equal(t, row.known, known)
		})
	}
}

// told300 are lines of 300 permissions, each told twice.
func told300() []string {
	var lines []string
	for _, name := range numbered("  P.N", 300) {
		lines = append(lines, name+": granted=true", name+": granted=false")
	}
	return lines
}

func TestPackageDisabled(t *testing.T) {
	for enabled, want := range map[int]bool{dump.EnabledUnknown: false, 0: false, 1: false, 2: true, 3: true, 4: true} {
		assert.Equal(t, want, dump.Package{Enabled: enabled}.Disabled(), enabled)
	}
}

func TestParsePackageStopsBehindItsBlock(t *testing.T) {
	read := 0
	_, _ = dump.ParsePackage(counted(sample(t, "dumpsys_package/11-emulator-com.sunmi.displaydemo.txt"), &read), "com.sunmi.displaydemo")
	assert.Less(t, read, 55, "of 115 lines")
	require.Positive(t, read)
}

func TestParsePackageCutAnywhere(t *testing.T) {
	for file, name := range map[string]string{
		"dumpsys_package/11-emulator-com.sunmi.displaydemo.txt": "com.sunmi.displaydemo",
		"dumpsys_package_packages/5.0-battery-historian.txt":    "com.google.android.gsf",
		"made/package-5.1.txt":                                  pos,
		"made/package-6.0.txt":                                  pos,
		"made/package-9.txt":                                    pos,
		"made/package-13.txt":                                   pos,
	} {
		t.Run(file, func(t *testing.T) {
			whole := sampleBytes(t, file)
			cutEverywhere(t, whole, func(lines iter.Seq[string]) dump.Package {
				p, _ := dump.ParsePackage(lines, name)
				return p
			})
		})
	}
}

func FuzzParsePackage(f *testing.F) {
	for _, name := range []string{"dumpsys_package/11-emulator-com.sunmi.displaydemo.txt", "dumpsys_package_packages/5.0-battery-historian.txt", "made/package-5.1.txt", "made/package-6.0.txt", "made/package-9.txt", "made/package-13.txt"} {
		f.Add(sampleBytes(f, name), "com.acquirer.pos")
	}
	f.Add([]byte("Dexopt state:\n  Unable to find package: a\n"), "a")
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		got, missing := dump.ParsePackage(dump.Lines(in), name)
		if missing && got.Found {
			t.Error("both found and missing")
		}
		if got.VersionCode < 0 || got.MinSDK < 0 || got.TargetSDK < 0 || got.UID < 0 || got.UID >= 100_000 || got.SigningVersion < 0 || got.SigningVersion > 4 {
			t.Errorf("impossible: %+v", got)
		}
		if got.Enabled < dump.EnabledUnknown || got.Enabled > 4 || len(got.Permissions) > 256 {
			t.Errorf("impossible: %+v", got)
		}
		if !got.Found && (got.HasState || got.VersionName != "") {
			t.Errorf("state of a package that is not there: %+v", got)
		}
	})
}
