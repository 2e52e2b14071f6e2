package android_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rules are the policy's lines in force, without comments.
func rules(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("init/sepolicy/poshealth.te")
	require.NoError(t, err)
	var all []string
	for line := range strings.SplitSeq(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// reads lists what the probes name below /data, two folders deep.
func reads(t *testing.T) []string {
	t.Helper()
	var all []string
	require.NoError(t, filepath.WalkDir("../probes", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "probetest") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range regexp.MustCompile(`"(/data/[a-z]+(?:/[a-z]+)?)`).FindAllStringSubmatch(string(text), -1) {
			all = append(all, match[1])
		}
		return err
	}))
	slices.Sort(all)
	return slices.Compact(all)
}

// Each place below /data that the agent reads has its rule, or a denial that is expected; and the guide says which.
func TestPolicyNamesWhatIsRead(t *testing.T) {
	readme, err := os.ReadFile("init/README.md")
	require.NoError(t, err)
	types := map[string]string{
		"/data/anr": "anr_data_file", "/data/tombstones": "tombstone_data_file", "/data/system/dropbox": "dropbox_data_file",
		"/data/system/users": "system_data_file", "/data/misc/user": "misc_user_data_file", "/data/app": "apk_data_file",
		"/data/misc/zoneinfo": "", // every domain may
	}
	for _, path := range reads(t) {
		if path == "/data/local/poshealth" {
			continue // its own
		}
		if strings.HasPrefix(path, "/data/app/") {
			path = "/data/app"
		}
		kind, known := types[path]
		require.True(t, known, "%s is read: which type does it have, and which rule?", path)
		assert.Contains(t, string(readme), "`"+path, "the guide does not say who may read it")
		if kind == "" {
			continue
		}
		assert.Contains(t, string(readme), "`"+kind+"`")
		ruled := slices.ContainsFunc(rules(t), func(rule string) bool {
			return regexp.MustCompile(`^(r_dir_file\(poshealth, ` + kind + `\)|(allow|dontaudit) poshealth ` + kind + `:)`).MatchString(rule)
		})
		assert.True(t, ruled, "no rule for %s, and no denial that is expected", kind)
	}
}

// What a neverallow of the Android that the policy is written for forbids would not compile.
func TestPolicyAllowsNothingThatIsForbidden(t *testing.T) {
	forbidden := regexp.MustCompile(`dropbox_data_file|sysfs_batteryinfo|serialno_prop|\bsysfs:file|r_dir_file\(poshealth, (sysfs|proc)\)|\bproc:file`)
	for _, rule := range rules(t) {
		if !strings.HasPrefix(rule, "dontaudit ") && !strings.HasPrefix(rule, "neverallow ") {
			assert.NotRegexp(t, forbidden, rule)
		}
	}
}
