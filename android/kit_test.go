// Package android_test holds what goes onto terminals: the kits hold what they say, and the way in over adb survives
// every cut. It tests nothing on a real terminal; the shells are real, and so is the agent of the long story.
package android_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// standIn builds the stand-in for the agent.
func standIn(t *testing.T, version, manner string) string {
	t.Helper()
	return build(t, "./testdata/agent", version, "-X main.manner="+manner)
}

func build(t *testing.T, source, version, flags string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "poshealth")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+version+" "+flags, "-o", binary, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// pack makes kits, all three where none is named, with one program for every processor, and gives the folder they are in.
func pack(t *testing.T, version, program string, kits ...string) string {
	t.Helper()
	dist := t.TempDir()
	for _, name := range []string{"poshealth-linux-arm", "poshealth-linux-arm64"} {
		require.NoError(t, os.Link(program, filepath.Join(dist, name)))
	}
	cmd := exec.CommandContext(t.Context(), "../scripts/kits.sh", append([]string{dist}, kits...)...)
	cmd.Env = append(os.Environ(), "VERSION="+version, "BUILD_TIME=1700000000")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return dist
}

// unpack unpacks one of them, and gives its folder.
func unpack(t *testing.T, dist, name, version string) string {
	t.Helper()
	top := "poshealth-kit-" + name + "-" + version
	to := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "tar", "-xzf", filepath.Join(dist, top+".tar.gz"), "-C", to).CombinedOutput()
	require.NoError(t, err, string(out))
	entries, err := os.ReadDir(to)
	require.NoError(t, err)
	require.Len(t, entries, 1, "a kit unpacks into one folder")
	require.Equal(t, top, entries[0].Name())
	return filepath.Join(to, top)
}

// adbKit gives the kit for adb with the stand-in. It is made once, and nobody may write to it.
func adbKit(t *testing.T, version, manner string) string {
	t.Helper()
	kits.Lock()
	defer kits.Unlock()
	name := version + " " + manner
	if kits.made[name] == "" {
		kit := unpack(t, pack(t, version, standIn(t, version, manner), "adb"), "adb", version)
		kept := filepath.Join(kits.dir, name)
		require.NoError(t, os.Rename(kit, kept))
		kits.made[name] = kept
	}
	return kits.made[name]
}

// kits are those that were made so far, in a folder that all tests share: making one takes as long as what most tests do with it.
var kits = struct {
	sync.Mutex
	dir  string
	made map[string]string
}{made: make(map[string]string)}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if kits.dir, err = os.MkdirTemp("", "poshealth-kits-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(kits.dir)
		return m.Run()
	}())
}

// files lists a kit's files by their path in it.
func files(t *testing.T, kit string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	require.NoError(t, filepath.WalkDir(kit, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(kit, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all[name] = string(text)
		return err
	}))
	return all
}

// named finds what a README calls a file of the kit: in backquotes, without a slash in front, with an ending that such
// files have, or a program's name.
var named = regexp.MustCompile("`((?:[a-z0-9_.-]+/)*(?:[A-Za-z0-9_-]+\\.(?:md|rc|te|sh|so|toml)|poshealth-(?:adb|linux-[a-z0-9]+)|(?:file|property)_contexts|SHA256SUMS|VERSION|LICENSE))`")

func TestKitsHoldWhatTheySay(t *testing.T) {
	const version = "v1.2.3"
	dist := pack(t, version, standIn(t, version, "good"))
	for _, row := range []struct {
		name   string
		theirs []string // named though they are not in the kit: what an integrator or a technician writes
	}{
		{"init", []string{"poshealth.toml"}},
		{"adb", nil},
		{"app", []string{"poshealth.toml"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			kit := unpack(t, dist, row.name, version)
			all := files(t, kit)
			readme := all["README.md"]
			require.NotEmpty(t, readme)

			for name, text := range all {
				if name != "README.md" {
					assert.True(t, says(readme, name), "README.md does not say what %s is", name)
				}
				if !strings.HasSuffix(name, ".md") {
					continue
				}
				for _, match := range named.FindAllStringSubmatch(text, -1) {
					if _, there := all[match[1]]; !there {
						assert.Contains(t, row.theirs, match[1], "%s names a file that is not in the kit", name)
					}
				}
			}
			assert.Equal(t, version+"\n", all["VERSION"])
			check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
			check.Dir = kit
			out, err := check.CombinedOutput()
			require.NoError(t, err, string(out))
			assert.Equal(t, len(all)-1, strings.Count(all["SHA256SUMS"], "\n"), "SHA256SUMS lists every file but itself")
		})
	}
}

// says tells whether a README names a file: by its whole path, or by its name and, somewhere, its folder.
func says(readme, file string) bool {
	folder, name := filepath.Split(file)
	return strings.Contains(readme, "`"+file+"`") || folder != "" && strings.Contains(readme, "`"+folder+"`") && strings.Contains(readme, "`"+name+"`")
}

func TestProgramsOfTheAppAreThoseOfTheOthers(t *testing.T) {
	dist := pack(t, "v1", standIn(t, "v1", "good"))
	initKit, app := files(t, unpack(t, dist, "init", "v1")), files(t, unpack(t, dist, "app", "v1"))
	assert.Equal(t, initKit["poshealth-linux-arm"], app["lib/armeabi-v7a/libposhealth.so"])
	assert.Equal(t, initKit["poshealth-linux-arm64"], app["lib/arm64-v8a/libposhealth.so"])
}

func TestKitsAreTheSameBytesTwice(t *testing.T) {
	program := standIn(t, "v1", "good")
	sums := func() string {
		dist := pack(t, "v1", program)
		archives, err := filepath.Glob(filepath.Join(dist, "*.tar.gz"))
		require.NoError(t, err)
		require.Len(t, archives, 3)
		sort.Strings(archives)
		var all strings.Builder
		for _, archive := range archives {
			text, err := os.ReadFile(archive)
			require.NoError(t, err)
			fmt.Fprintf(&all, "%x", text)
		}
		return all.String()
	}
	if first, second := sums(), sums(); first != second {
		t.Error("two kits of one build differ")
	}
}

// Every guide links only to what is there: a reader on the terminal maker's side has the repository, or its archive.
func TestInstallGuideLinks(t *testing.T) {
	text, err := os.ReadFile("../docs/install.md")
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		assert.FileExists(t, filepath.Join("../docs", match[1]))
	}
}
