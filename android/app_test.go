package android_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/probetest"
)

const (
	appMain = "app/src/main"
	appCore = appMain + "/java/com/github/poshealth/core"
	// frameworkRes is Android's own resources, of Debian's android-framework-res: API 29 there.
	frameworkRes = "/usr/share/android-framework-res/framework-res.apk"
	// appMinSDK is minSdk of build.gradle.
	appMinSDK = 21
)

// app is what came of the app's sources: once for all tests, in the folder that the kits share.
var app struct {
	core, all, drive sync.Once
	dir              string // core, all, drive: classes; gen: R.java
}

// javaFiles lists the Java sources below a folder.
func javaFiles(t *testing.T, folder string) []string {
	t.Helper()
	var all []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".java" {
			all = append(all, path)
		}
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// javac compiles; every warning is an error.
func javac(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-Xlint:all,-options,-serial", "-Werror", "-encoding", "UTF-8"}, args...)
	out, err := exec.CommandContext(t.Context(), probetest.Need(t, "javac"), args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// javaVersion is the compiler's: "javac 17.0.15" is 17.
func javaVersion(t *testing.T) int {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), probetest.Need(t, "javac"), "-version").CombinedOutput()
	require.NoError(t, err, "%s", said)
	var version int
	_, err = fmt.Sscanf(string(said), "javac %d", &version)
	require.NoError(t, err, "%s", said)
	return version
}

// javaLevel is the language that the app's sources are compiled as: Java 7, and 8 where the compiler knows nothing older.
func javaLevel(t *testing.T) string {
	t.Helper()
	if javaVersion(t) >= 20 {
		return "8"
	}
	return "7"
}

// appClasses compiles what the app decides, with nothing of Android in reach.
func appClasses(t *testing.T) string {
	t.Helper()
	probetest.Need(t, "javac")
	app.core.Do(func() {
		app.dir = filepath.Join(kits.dir, "classes")
		javac(t, append([]string{"--release", javaLevel(t), "-d", app.dir + "/core"}, javaFiles(t, appCore)...)...)
	})
	require.DirExists(t, app.dir+"/core")
	return app.dir + "/core"
}

// driveClasses compiles the tests' own Java, and gives the class path of it all.
func driveClasses(t *testing.T) string {
	t.Helper()
	core := appClasses(t)
	if javaVersion(t) < 16 {
		probetest.Unable(t, "no unix sockets before Java 16: apt-get install default-jdk-headless of a newer Debian")
	}
	app.drive.Do(func() {
		javac(t, append([]string{"-cp", core, "-d", app.dir + "/drive"}, javaFiles(t, "testdata/app")...)...)
	})
	require.DirExists(t, app.dir+"/drive")
	return core + ":" + app.dir + "/drive"
}

// olderManifest is the manifest as Debian's aapt can read it. What is newer than its Android is replaced or left out, and checked by
// TestTheAppsManifest as text.
func olderManifest(t *testing.T) string {
	t.Helper()
	text := read(t, appMain+"/AndroidManifest.xml")
	for _, row := range [][2]string{
		{"<manifest ", `<manifest package="com.github.poshealth" `}, // Gradle puts it in
		{`android:foregroundServiceType="specialUse"`, `android:foregroundServiceType="dataSync"`},
		{"android:dataExtractionRules=\"@xml/no_extraction\"\n", "\n"},
	} {
		require.Equal(t, 1, strings.Count(text, row[0]), row[0])
		text = strings.Replace(text, row[0], row[1], 1)
	}
	file := filepath.Join(t.TempDir(), "AndroidManifest.xml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// TestTheAppCompiles as Java 7 against the stubs, with the names of resources that aapt makes of the real ones.
func TestTheAppCompiles(t *testing.T) {
	appClasses(t)
	aapt := probetest.Need(t, "aapt")
	if _, err := os.Stat(frameworkRes); err != nil {
		probetest.Unable(t, "no "+frameworkRes+": apt-get install android-framework-res")
	}
	gen, apk := t.TempDir(), filepath.Join(t.TempDir(), "app.apk")
	out, err := exec.CommandContext(t.Context(), aapt, "package", "-f", "-M", olderManifest(t), "-S", appMain+"/res", "-I", frameworkRes,
		"--min-sdk-version", strconv.Itoa(appMinSDK), "--target-sdk-version", "34", "--error-on-missing-config-entry", "-J", gen, "-F", apk).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.NotContains(t, string(out), "warning", "%s", out)

	badging, err := exec.CommandContext(t.Context(), aapt, "dump", "badging", apk).CombinedOutput()
	require.NoError(t, err, "%s", badging)
	for _, want := range []string{
		"sdkVersion:'21'", "targetSdkVersion:'34'", "application-label:'Terminal health'", "application-label-zh:'终端健康'",
		"launchable-activity: name='com.github.poshealth.StatusActivity'", "uses-feature-not-required: name='android.hardware.telephony'",
	} {
		assert.Contains(t, string(badging), want)
	}
	javac(t, append([]string{"--release", javaLevel(t), "-sourcepath", "stubs", "-implicit:class", "-d", t.TempDir(), filepath.Join(gen, "R.java")},
		javaFiles(t, appMain+"/java")...)...)
}

// code is a source without its comments and texts.
func code(source string) string {
	return regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`).ReplaceAllString(source, " ")
}

// newerThanJava7 finds words of a newer language, and what of Java 7 itself Android 5 does not have.
func newerThanJava7() *regexp.Regexp {
	return regexp.MustCompile(`->|::|\bvar\s|\brecord\s|\bdefault\s+\w+\s+\w+\(|"""|java[.](nio[.]file|time|util[.](function|stream|Optional|Base64)|lang[.]invoke)|` +
		`\b(Redirect|redirectOutput|redirectError|redirectInput|inheritIO|destroyForcibly|toHandle|computeIfAbsent|getOrDefault|removeIf)\b`)
}

// TestTheAppIsJava7, whatever the compiler here takes it for.
func TestTheAppIsJava7(t *testing.T) {
	newer := newerThanJava7()
	for _, file := range javaFiles(t, "app") {
		assert.Empty(t, newer.FindString(code(read(t, file))), file)
	}
	assert.Equal(t, "->", newer.FindString(code("a = () -> 1; // b")))
	assert.Empty(t, newer.FindString(code(`a = "->"; // ::`)))
}

// TestTheAppsCoreKnowsNoAndroid, which its compilation shows too: here it is by name.
func TestTheAppsCoreKnowsNoAndroid(t *testing.T) {
	for _, file := range javaFiles(t, appCore) {
		assert.NotRegexp(t, `\bandroid[.]`, code(read(t, file)), file)
	}
}

// TestWhatIsNewerIsAskedForFirst: who uses a name that came after Android 5 asks for its version, or a newer one, in the same file.
func TestWhatIsNewerIsAskedForFirst(t *testing.T) {
	since := make(map[string]int)
	named := regexp.MustCompile(`(\w+)(?:\(.*\)| = .*)?(?: throws \w+)?(?: \{.*\})?;? // API (\d+)`)
	for _, file := range javaFiles(t, "stubs") {
		for line := range strings.SplitSeq(read(t, file), "\n") {
			if !strings.Contains(line, "// API ") {
				continue
			}
			match := named.FindStringSubmatch(line)
			require.NotNil(t, match, line)
			level, err := strconv.Atoi(match[2])
			require.NoError(t, err)
			since[match[1]] = level
		}
	}
	require.Greater(t, len(since), 40)
	require.Equal(t, 28, since["signingInfo"], "the stubs' marks are read")
	asked := regexp.MustCompile(`SDK_INT >= (\d+)`)
	for _, file := range javaFiles(t, appMain+"/java") {
		source := code(read(t, file))
		most := appMinSDK
		for _, match := range asked.FindAllStringSubmatch(source, -1) {
			level, err := strconv.Atoi(match[1])
			require.NoError(t, err)
			most = max(most, level)
		}
		if regexp.MustCompile(`SDK_INT < (\d+)`).MatchString(source) { // "if (SDK_INT < 24) return"
			level, err := strconv.Atoi(regexp.MustCompile(`SDK_INT < (\d+)`).FindStringSubmatch(source)[1])
			require.NoError(t, err)
			most = max(most, level)
		}
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(source, -1) {
			if level := since[word]; level > most {
				t.Errorf("%s uses %s, which is there from API %d on, and asks for %d at most", file, word, level, most)
			}
		}
	}
}

// TestTheAppsManifest holds what it may do to what README.md says, and what is newer than Debian's aapt to what Android wants.
func TestTheAppsManifest(t *testing.T) {
	manifest := read(t, appMain+"/AndroidManifest.xml")
	readme := read(t, "app/README.md")
	var permissions []string
	for _, match := range regexp.MustCompile(`uses-permission android:name="android[.]permission[.](\w+)"`).FindAllStringSubmatch(manifest, -1) {
		permissions = append(permissions, match[1])
		assert.True(t, strings.Contains(readme, "| `"+match[1]+"` |"), "README.md does not say why %s", match[1])
	}
	assert.Equal(t, []string{
		"INTERNET", "ACCESS_NETWORK_STATE", "ACCESS_WIFI_STATE", "RECEIVE_BOOT_COMPLETED", "FOREGROUND_SERVICE", "FOREGROUND_SERVICE_SPECIAL_USE",
		"POST_NOTIFICATIONS", "READ_PHONE_STATE", "DUMP",
	}, permissions, "no place, no storage, no list of all apps")
	assert.Contains(t, manifest, `android:foregroundServiceType="specialUse"`)
	assert.Contains(t, manifest, `android:name="android.app.PROPERTY_SPECIAL_USE_FGS_SUBTYPE"`)
	assert.Contains(t, manifest, `android:extractNativeLibs="true"`)
	assert.Contains(t, manifest, `android:allowBackup="false"`)

	exported := make(map[string]string)
	for _, match := range regexp.MustCompile(`(?s)<(?:activity|service|receiver)\s[^>]*>`).FindAllString(manifest, -1) {
		name := regexp.MustCompile(`android:name="[.](\w+)"`).FindStringSubmatch(match)
		open := regexp.MustCompile(`android:exported="(\w+)"`).FindStringSubmatch(match)
		require.NotNil(t, name, match)
		require.NotNil(t, open, "Android 12 refuses to install what does not say it: %s", match)
		exported[name[1]] = open[1]
		assert.FileExists(t, appMain+"/java/com/github/poshealth/"+name[1]+".java")
	}
	assert.Equal(t, map[string]string{"StatusActivity": "true", "IntakeService": "true", "HealthService": "false", "BootReceiver": "false"}, exported)

	clear := read(t, appMain+"/res/xml/network_security.xml")
	assert.Equal(t, 1, strings.Count(clear, "<domain "))
	assert.Contains(t, clear, ">127.0.0.1</domain>")
	assert.Contains(t, clear, `<base-config cleartextTrafficPermitted="false"`)
}

// texts are the strings of a language, by name.
func texts(t *testing.T, folder string) map[string]string {
	t.Helper()
	var r struct {
		Strings []struct {
			Name string `xml:"name,attr"`
			Text string `xml:",chardata"`
		} `xml:"string"`
	}
	require.NoError(t, xml.Unmarshal([]byte(read(t, appMain+"/res/"+folder+"/strings.xml")), &r))
	all := make(map[string]string)
	for _, s := range r.Strings {
		require.NotContains(t, all, s.Name)
		all[s.Name] = s.Text
	}
	return all
}

// TestTheAppsTexts are the same in both languages, with the same places to fill in, and short enough for a notification.
func TestTheAppsTexts(t *testing.T) {
	en, zh := texts(t, "values"), texts(t, "values-zh")
	holes := regexp.MustCompile(`%\d\$\w`)
	for name, text := range en {
		require.Contains(t, zh, name)
		assert.Equal(t, holes.FindAllString(text, -1), holes.FindAllString(zh[name], -1), name)
		assert.NotEmpty(t, strings.TrimSpace(text), name)
		assert.Regexp(t, `\p{Han}`, zh[name], name)
		assert.NotRegexp(t, `\p{Han}`, text, name)
		if strings.HasPrefix(name, "title_") {
			assert.LessOrEqual(t, len(text), 40, name)
			assert.LessOrEqual(t, len([]rune(zh[name])), 20, name)
		}
	}
	assert.Len(t, zh, len(en))
	said := make(map[string]bool)
	for _, file := range append(javaFiles(t, appMain+"/java"), appMain+"/res/layout/status.xml", appMain+"/res/xml/app_restrictions.xml", appMain+"/AndroidManifest.xml") {
		for _, match := range regexp.MustCompile(`(?:R[.]string[.]|@string/)(\w+)`).FindAllStringSubmatch(read(t, file), -1) {
			said[match[1]] = true
		}
	}
	for name := range en {
		assert.True(t, said[name], "nobody says %s", name)
	}
}

// TestTheAppsParameters have one list of names: in the code, in what a store can set, and in README.md.
func TestTheAppsParameters(t *testing.T) {
	var inCode, inStore []string
	for _, match := range regexp.MustCompile(`public static final String \w+ = "(\w+)"`).FindAllStringSubmatch(read(t, appCore+"/Parameters.java"), -1) {
		inCode = append(inCode, match[1])
	}
	for _, match := range regexp.MustCompile(`android:key="(\w+)"`).FindAllStringSubmatch(read(t, appMain+"/res/xml/app_restrictions.xml"), -1) {
		inStore = append(inStore, match[1])
	}
	require.Len(t, inCode, 10)
	assert.ElementsMatch(t, inCode, inStore)
	readme := read(t, "app/README.md")
	for _, name := range inCode {
		assert.True(t, strings.Contains(readme, "| `"+name+"` |"), "README.md has no %s", name)
	}
}

// TestThePaymentAppsBoundClient: the file of the documentation, which is in no package, against the service's own binder.
func TestThePaymentAppsBoundClient(t *testing.T) {
	if javaVersion(t) < 16 {
		probetest.Unable(t, "the tests' own Java wants 16: apt-get install default-jdk-headless of a newer Debian")
	}
	client := read(t, "../docs/intake/PoshealthBound.java")
	assert.Empty(t, newerThanJava7().FindString(code(client)))
	javac(t, "--release", javaLevel(t), "-sourcepath", "stubs", "-implicit:none", "-d", t.TempDir(), "../docs/intake/PoshealthBound.java")

	// A class without a package cannot be named by one with a package: here it gets another name, and nothing else.
	named := filepath.Join(t.TempDir(), "PoshealthBoundDriver.java")
	require.NoError(t, os.WriteFile(named, []byte("package com.github.poshealth; "+strings.ReplaceAll(client, "PoshealthBound", "PoshealthBoundDriver")), 0o600))
	to := t.TempDir()
	javac(t, "-cp", appClasses(t), "-sourcepath", "testdata/bound:"+appMain+"/java:stubs", "-implicit:class", "-d", to, "testdata/bound/com/github/poshealth/Bound.java", named)
	sum := sha256.Sum256([]byte("0d1f2a3b"))
	out, err := exec.CommandContext(t.Context(), probetest.Need(t, "java"), "-cp", to+":"+appClasses(t), "com.github.poshealth.Bound", hex.EncodeToString(sum[:])).CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, []string{
		"before it is bound: 0 wait, 6 lost",
		"bound: 64 wait, heard []",
		"another's signature: 64 wait, 0 lost, heard [403]",
		"nobody: heard [403, 403]",
		"nothing and too much: heard [403, 403, 400, 413]",
		"gone: 0 lost",
		"back: 1 lost",
	}, strings.Split(strings.TrimSpace(string(out)), "\n"))
}
