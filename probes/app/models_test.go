package app_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes"
	"github.com/poshealth/poshealth/probes/app"
	"github.com/poshealth/poshealth/probes/probetest"
	"github.com/poshealth/poshealth/probes/terminal"
)

const camera, internet = "android.permission.CAMERA", "android.permission.INTERNET"

// v2Signer signed most of the APKs in apk/testdata: see signers.tsv there.
const v2Signer = "805dfff44eab487beba7b0601622054361516763840632bda9fffad597653518"

// both are the probes of this package on one terminal.
func both(term *terminal.Terminal) []probes.Probe {
	return []probes.Probe{
		app.New(app.Options{Terminal: term, Package: pos}),
		app.NewCrashes(app.CrashOptions{Terminal: term, Package: pos, Now: func() time.Time { return noon }, Location: time.UTC}),
	}
}

func model(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	files, err := probetest.Model(name)
	require.NoError(t, err)
	require.NoError(t, probetest.WriteModel(root, files))
	return root
}

type (
	numbers = map[string]float64
	words   = map[string]string
)

// What both probes see of each simulated terminal.
func TestModels(t *testing.T) {
	installed := func(more numbers) numbers {
		all := numbers{"version_code": 30401, "target_sdk": 30, "stopped": 0, "enabled": 1, "running": 1, "permissions_known": 1, "permissions_denied": 1}
		maps.Copy(all, more)
		return all
	}
	facts := words{"package": pos, "version": "3.4.1", "denied": "CAMERA", "unread": "signer, INTERNET"}
	quiet := with(counted(0, 0, 0, 0, 0), 0)
	for _, row := range []struct {
		model    string
		readings numbers
		facts    words
		crashes  numbers       // nil: not told
		reason   probes.Reason // why not
	}{
		{"android-14-app", numbers{"version_code": 30401, "permissions_known": 0, "permissions_denied": 0}, words{"package": pos, "unread": "version, signer, CAMERA, INTERNET"}, nil, probes.Denied},
		{
			"android-5.1", installed(numbers{"target_sdk": 21, "permissions_known": 2, "permissions_denied": 0}),
			words{"package": pos, "version": "3.4.1", "unread": "signer"},
			quiet, "",
		},
		{"pax-a920", installed(numbers{"signers": 1}), words{"package": pos, "version": "3.4.1", "denied": "CAMERA", "unread": "INTERNET", "scheme": "v2", "signer": v2Signer}, quiet, ""},
		{"sunmi-11-owner", installed(numbers{"background_restricted": 0}), facts, quiet, ""},
		{"sunmi-v2-pro", installed(nil), facts, quiet, ""},
	} {
		t.Run(row.model, func(t *testing.T) {
			term := terminal.Open(model(t, row.model))
			probe := app.New(app.Options{Terminal: term, Package: pos, Permissions: []string{camera, internet}, Version: true, Signer: true})
			got := probe.Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			probetest.Told(t, got, row.readings, row.facts)

			// As another than root, who may read what a terminal denies.
			got = probetest.AllowedOnly(t, term.Root(), 0o755, func() probes.Observation { return both(term)[1].Observe(t.Context()) })
			require.Equal(t, row.reason, got.Reason, got.Detail)
			probetest.Told(t, got, row.crashes, nil)
			probetest.Contract(t, probe, both(term)...)
		})
	}
	assert.Len(t, probetest.Models(), 5, "a new simulated terminal: what do these probes see of it?")
}

func TestNothingToBeTold(t *testing.T) {
	rubbish := func(text string) string {
		root := t.TempDir()
		put(t, root, "rubbish", text)
		for _, program := range []string{"getprop", "dumpsys", "cmd", "pm"} {
			put(t, root, "system/bin/"+program, "#!/bin/sh\nexec cat \"${0%/*}/../../rubbish\"\n")
		}
		return root
	}
	denied := model(t, "sunmi-11-owner")
	require.NoError(t, os.RemoveAll(filepath.Join(denied, "captures")))
	require.NoError(t, os.RemoveAll(filepath.Join(denied, "proc")))
	put(t, denied, "captures/denied", "10123\n")
	for _, row := range []struct {
		name, root string
		want       probes.Reason
	}{
		{"all programs deny", denied, probes.Denied},
		{"nothing is there", t.TempDir(), probes.Absent},
		{"all print text", rubbish("some text\nwith: a colon\n"), probes.Malformed},
		{"all print zeros", rubbish("\x00\x00\n\xff\n"), probes.Malformed},
	} {
		for _, probe := range both(terminal.Open(row.root)) {
			t.Run(row.name+" "+string(probe.ID()), func(t *testing.T) {
				got := probe.Observe(t.Context())
				assert.Equal(t, probes.Unknown, got.Outcome)
				assert.Equal(t, row.want, got.Reason, got.Detail)
				probetest.Told(t, got, nil, nil)
			})
		}
	}
	root := model(t, "pax-a920")
	for i := range both(terminal.Open(root)) {
		got := probetest.DeniedTo(t, root, func() probes.Observation { return both(terminal.Open(root))[i].Observe(t.Context()) })
		assert.Equal(t, probes.Denied, got.Reason, got.Detail)
		probetest.Told(t, got, nil, nil)
	}
}

func TestCutAnywhere(t *testing.T) {
	for _, name := range probetest.Models() {
		probetest.CutAnywhere(t, t.TempDir(), name, both)
	}
}

// A package dump that ends early denies nothing.
func TestPermissionsOfACutDump(t *testing.T) {
	root := model(t, "pax-a920")
	path := filepath.Join(root, "captures/dumpsys_package_"+pos+".txt")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	look := func() probes.Observation {
		return app.New(app.Options{Terminal: terminal.Open(root), Package: pos, Permissions: []string{camera, internet, "android.permission.NFC"}}).Observe(t.Context())
	}
	want := look()
	for n := 0; n < len(whole); n += 137 {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o644))
		got := look()
		if denied := got.Fact("denied"); denied != "" {
			assert.Equal(t, want.Fact("denied"), denied, "cut at byte %d", n)
		}
	}
}

// A permission that this Android does not have is not denied.
func TestPermissionsOfOtherAndroids(t *testing.T) {
	const notify, overlay = "android.permission.POST_NOTIFICATIONS", "android.permission.SYSTEM_ALERT_WINDOW"
	for _, row := range []struct {
		name, sdk string
		known     float64
		denied    string
	}{
		{"Android 7", "25", 1, "CAMERA"},
		{"Android 13", "33", 2, "CAMERA, POST_NOTIFICATIONS"},
		{"an Android that is not known", "", 1, "CAMERA"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := model(t, "pax-a920")
			path := "captures/dumpsys_package_" + pos + ".txt"
			text, err := os.ReadFile(filepath.Join(root, path))
			require.NoError(t, err)
			const heading = "requested permissions:\n"
			require.Contains(t, string(text), heading)
			put(t, root, path, strings.Replace(string(text), heading, heading+"      "+notify+"\n      "+overlay+"\n", 1))
			put(t, root, "captures/getprop.txt", "[ro.build.version.sdk]: ["+row.sdk+"]\n")
			got := app.New(app.Options{Terminal: terminal.Open(root), Package: pos, Permissions: []string{camera, internet, notify, overlay}}).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			known, _ := got.Reading("permissions_known")
			assert.InDelta(t, row.known, known, 0)
			assert.Equal(t, row.denied, got.Fact("denied"))
		})
	}
}

// apkOf is an APK that real tools signed.
func apkOf(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("apk/testdata/" + name + ".apk")
	require.NoError(t, err)
	return string(content)
}

func TestSigner(t *testing.T) {
	const second, third = "0baf49216ff580eb2a0da71072d89262c6d098a21c0332f73227af5ed5f43a06", "ea1a2287f37d109243f875268a31a370d79312e2b8c65ec42a9bfcb4d54ea064"
	const folder = "data/app/" + pos + "-1/"
	sdk := func(root, level string) {
		text, err := os.ReadFile(filepath.Join(root, "captures/getprop.txt"))
		require.NoError(t, err)
		put(t, root, "captures/getprop.txt", strings.Replace(string(text), "[ro.build.version.sdk]: [25]", "[ro.build.version.sdk]: ["+level+"]", 1))
	}
	for _, row := range []struct {
		name string
		make func(root string)
		want words
	}{
		{"one signer", func(root string) { put(t, root, folder+"base.apk", apkOf(t, "v2")) }, words{"scheme": "v2", "signer": v2Signer}},
		{"two signers", func(root string) { put(t, root, folder+"base.apk", apkOf(t, "v1-two")) }, words{"scheme": "v1", "signer": v2Signer, "signer_2": second}},
		{"a key that was rotated, as an Android sees it that knows of none", func(root string) { put(t, root, folder+"base.apk", apkOf(t, "rotated-twice")) }, words{"scheme": "v2", "signer": v2Signer}},
		{"as Android 9 sees it", func(root string) {
			sdk(root, "28")
			put(t, root, folder+"base.apk", apkOf(t, "rotated-twice"))
		}, words{"scheme": "v3", "signer": third, "past_signer": v2Signer, "past_signer_2": second}},
		{"an APK by another name, alone", func(root string) { put(t, root, folder+"pos.apk", apkOf(t, "v2")) }, words{"scheme": "v2", "signer": v2Signer}},
		{"split APKs beside it", func(root string) {
			put(t, root, folder+"base.apk", apkOf(t, "v2"))
			put(t, root, folder+"split_config.arm.apk", apkOf(t, "v1-rsa"))
		}, words{"scheme": "v2", "signer": v2Signer}},
		{"no APK", func(root string) { put(t, root, folder+"lib/arm/x.so", "x") }, words{}},
		{"no folder", func(string) {}, words{}},
		{"one that is no APK", func(root string) { put(t, root, folder+"base.apk", "PK") }, words{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := model(t, "pax-a920")
			require.NoError(t, os.RemoveAll(filepath.Join(root, "data/app")))
			row.make(root)
			term := terminal.Open(root)
			got := app.New(app.Options{Terminal: term, Package: pos}).Observe(t.Context())
			require.Equal(t, probes.Pass, got.Outcome, got.Detail)
			assert.Empty(t, probetest.Faults(got))
			for _, name := range []string{"scheme", "signer", "signer_2", "past_signer", "past_signer_2"} {
				assert.Equal(t, row.want[name], got.Fact(name), name)
			}
			probetest.Contract(t, app.New(app.Options{Terminal: term, Package: pos}))
		})
	}
}

// The file is read once while it stays the same, and anew when the app was updated.
func TestSignerIsReadOnce(t *testing.T) {
	root := model(t, "pax-a920")
	path := filepath.Join(root, "data/app/"+pos+"-1/base.apk")
	require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	put(t, root, "data/app/"+pos+"-1/base.apk", apkOf(t, "v2"))
	probe := app.New(app.Options{Terminal: terminal.Open(root), Package: pos})
	require.Equal(t, v2Signer, probe.Observe(t.Context()).Fact("signer"))

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", int(info.Size()))), 0o644))
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	assert.Equal(t, v2Signer, probe.Observe(t.Context()).Fact("signer"), "the same size and time: not read")

	put(t, root, "data/app/"+pos+"-1/base.apk", apkOf(t, "v1-rsa"))
	require.NoError(t, os.Chtimes(path, noon, noon))
	assert.Equal(t, "847be237f5b3a8076480e44bbd41133ebbdd2b949d5cc7170f5ef6726414209b", probe.Observe(t.Context()).Fact("signer"), "updated in place")

	dump := filepath.Join(root, "captures/dumpsys_package_"+pos+".txt")
	text, err := os.ReadFile(dump)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dump, []byte(strings.ReplaceAll(string(text), pos+"-1", pos+"-2")), 0o644))
	put(t, root, "data/app/"+pos+"-2/base.apk", apkOf(t, "v2"))
	assert.Equal(t, v2Signer, probe.Observe(t.Context()).Fact("signer"), "updated into another folder")
}

// An app may open the file of another but not list its folder.
func TestSignerOfAFolderThatCannotBeListed(t *testing.T) {
	root := model(t, "pax-a920")
	folder := filepath.Join(root, "data/app/"+pos+"-1")
	put(t, root, "data/app/"+pos+"-1/base.apk", apkOf(t, "v2"))
	look := func() probes.Observation {
		return app.New(app.Options{Terminal: terminal.Open(root), Package: pos}).Observe(t.Context())
	}
	assert.Equal(t, v2Signer, probetest.AllowedOnly(t, folder, 0o711, look).Fact("signer"))
	got := probetest.DeniedTo(t, filepath.Join(folder, "base.apk"), look)
	assert.Equal(t, probes.Pass, got.Outcome)
	assert.Empty(t, got.Fact("signer"))
}

func TestBackground(t *testing.T) {
	for _, row := range []struct {
		name, ops string
		want      float64 // -1: not told
	}{
		{"forbidden by the battery settings", "COARSE_LOCATION: allow\nRUN_ANY_IN_BACKGROUND: ignore\n", 1},
		{"forbidden before Android 9", "RUN_IN_BACKGROUND: ignore; rejectTime=+3d ago\n", 1},
		{"denied", "RUN_ANY_IN_BACKGROUND: deny\n", 1},
		{"allowed", "RUN_ANY_IN_BACKGROUND: allow\nRUN_IN_BACKGROUND: allow\n", 0},
		{"nothing was ever set", "No operations.\n", 0},
		{"no answer that can be read", "Error: Unknown operation string\n", -1},
		{"nothing", "", -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := model(t, "sunmi-11-owner")
			put(t, root, "captures/cmd_appops_get_"+pos+".txt", row.ops)
			restricted, told := app.New(app.Options{Terminal: terminal.Open(root), Package: pos}).Observe(t.Context()).Reading("background_restricted")
			assert.Equal(t, row.want >= 0, told)
			if told {
				assert.InDelta(t, row.want, restricted, 0)
			}
		})
	}
}
