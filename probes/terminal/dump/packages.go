package dump

import (
	"iter"
	"strconv"
	"strings"
)

// EnabledUnknown is the Enabled of a package whose dump does not tell.
const EnabledUnknown = -1

// maxPermissions bounds the permissions kept of one package. Payment apps ask for 20 to 60; only Android's own shell asks
// for more than 256, and nobody asks about that.
const maxPermissions = 256

// Package is what the package manager says of one package.
type Package struct {
	Name           string `json:"name"`
	Found          bool   `json:"found,omitempty"`           // false: the package manager does not know it, and the rest is empty
	VersionName    string `json:"version_name,omitempty"`    // free text of the app's maker: "14.9.70-all [0] [PR] 248420241"
	VersionCode    int64  `json:"version_code,omitempty"`    // 0: not told
	MinSDK         int    `json:"min_sdk,omitempty"`         // 0: not told (before Android 7)
	TargetSDK      int    `json:"target_sdk,omitempty"`      // 0: not told
	FirstInstall   string `json:"first_install,omitempty"`   // as LastUpdate
	LastUpdate     string `json:"last_update,omitempty"`     // "2020-10-13 09:51:33", local time without a zone; "" when not told
	CodePath       string `json:"code_path,omitempty"`       // the folder, or before Android 5 the APK itself; "" when not told
	UID            int    `json:"uid,omitempty"`             // of user 0; 0: not told
	SharedUser     bool   `json:"shared_user,omitempty"`     // it shares its UID and its permissions with other packages
	Installer      string `json:"installer,omitempty"`       // the package that installed it; "" when not told, as for what adb or the firmware installed
	SigningVersion int    `json:"signing_version,omitempty"` // 1 to 4, the APK signature scheme that Android accepted; 0: not told
	Debuggable     *bool  `json:"debuggable,omitempty"`      // anybody with adb may look into it; nil: not told
	TestOnly       *bool  `json:"test_only,omitempty"`       // built for tests: nil when not told

	// SignatureHash is Java's 32-bit hash of each signing certificate, "acbaf040" or "acbaf040,b1a1812f": a sign that the
	// signer changed, never a proof of who it is. The number before it in the dump, which changes with each boot, is not
	// read. "": not told.
	SignatureHash string `json:"signature_hash,omitempty"`

	// State of user 0, who is all that a payment terminal has. Without HasState it was not told and the rest is empty.
	HasState  bool `json:"has_state,omitempty"`
	Installed bool `json:"installed,omitempty"`
	Stopped   bool `json:"stopped,omitempty"`   // force-stopped, or never opened since it was installed: it does not start by itself
	Suspended bool `json:"suspended,omitempty"` // by device policy: it cannot be opened
	Hidden    bool `json:"hidden,omitempty"`    // by device policy: as good as not installed
	Enabled   int  `json:"enabled"`             // 0 default, 1 enabled, 2 and 3 disabled, 4 disabled until used, EnabledUnknown

	Permissions []Permission `json:"permissions,omitempty"` // at most 256; ask Permission
}

// Disabled reports whether the package was disabled, by anybody.
func (p Package) Disabled() bool { return p.Enabled >= 2 }

// ParsePackage finds a package in what "dumpsys package NAME", or "dumpsys package" for all, prints from Android 5 to 15.
// It reads no further than the end of the package's block. missing: the package manager says in so many words that there is
// none of that name.
//
// An updated system app is there twice; what counts is the block under "Packages:", the other ("Hidden system packages:")
// is the version that it replaced.
func ParsePackage(lines iter.Seq[string], name string) (p Package, missing bool) {
	heading, none := "Package ["+name+"] ", "Unable to find package: "+name
	b := packageBlock{Package: Package{Name: name, Enabled: EnabledUnknown}}
	section := ""
	depth := -1 // the indent of the package's own line while inside its block
	for line := range lines {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if depth >= 0 {
			if text != "" && indent <= depth {
				b.end()
				return b.Package, false
			}
			b.line(text)
			continue
		}
		switch {
		case text == "":
		case indent == 0 && strings.HasSuffix(text, ":"):
			section = text
		case strings.HasPrefix(text, heading) && (section == "" || section == "Packages:"):
			b.Found = true
			depth = indent
		case text == none:
			missing = true
		}
	}
	return b.Package, missing && !b.Found
}

// packageBlock reads the lines of one package's block.
type packageBlock struct {
	Package
	user string // the user whose lines follow; "" before the first
	permissionLists
}

func (p *packageBlock) line(text string) {
	if rest, ok := strings.CutPrefix(text, "User "); ok {
		id, state, _ := strings.Cut(rest, ":")
		p.user = id
		p.heading("")
		if id == "0" {
			p.state(state)
		}
		return
	}
	if strings.HasSuffix(text, ":") {
		p.heading(text)
		return
	}
	if p.permission(text, p.user) {
		return
	}
	if key, value, ok := strings.Cut(text, "="); ok {
		p.heading("")
		p.field(key, value, text)
	}
}

// field takes one line "key=value" of the block; the first of a key counts.
func (p *packageBlock) field(key, value, text string) {
	own := p.user == "" || p.user == "0"
	switch key {
	case "versionName":
		if p.VersionName == "" && value != "null" {
			p.VersionName = value
		}
	case "versionCode":
		p.versions(text)
	case "firstInstallTime":
		if p.FirstInstall == "" && own {
			p.FirstInstall = localTime(value)
		}
	case "lastUpdateTime":
		if p.LastUpdate == "" {
			p.LastUpdate = localTime(value)
		}
	case "codePath":
		if p.CodePath == "" && strings.HasPrefix(value, "/") && len(value) <= 512 {
			p.CodePath = value
		}
	case "userId", "appId": // userId until Android 12; "userId=10057 gids=[3003]" in Android 5
		if p.UID == 0 {
			p.UID = appID(value)
		}
	case "sharedUser":
		p.SharedUser = value != "null"
	case "installerPackageName":
		if p.Installer == "" && plain(value, 200) {
			p.Installer = value
		}
	case "signatures":
		p.signatures(value)
	case "apkSigningVersion":
		if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= 4 {
			p.SigningVersion = n
		}
	case "flags", "pkgFlags": // flags is what the APK says, pkgFlags what the package manager made of it
		p.flags(value)
	case "installed":
		if own { // a line of its own before Android 5
			p.state(text)
		}
	}
}

func (p *packageBlock) versions(text string) {
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "versionCode":
			if code, err := strconv.ParseInt(value, 10, 64); err == nil && code >= 0 && p.VersionCode == 0 {
				p.VersionCode = code
			}
		case "minSdk":
			p.MinSDK = level(value)
		case "targetSdk":
			p.TargetSDK = level(value)
		}
	}
}

// signatures takes "PackageSignatures{af09595 [53c7caa2]}" of Android 5 to 8, or
// "PackageSignatures{ef96967 version:2, signatures:[acbaf040], past signatures:[]}" of 9 and later.
func (p *packageBlock) signatures(value string) {
	_, list, ok := strings.Cut(value, "[")
	list, _, ended := strings.Cut(list, "]")
	if !ok || !ended || p.SignatureHash != "" {
		return
	}
	var hashes []string
	for hash := range strings.SplitSeq(list, ", ") {
		if _, err := strconv.ParseUint(hash, 16, 32); err != nil || len(hashes) == 10 {
			return // as Android, which allows ten signers
		}
		hashes = append(hashes, hash)
	}
	p.SignatureHash = strings.Join(hashes, ",")
}

func (p *packageBlock) flags(value string) {
	list, ok := strings.CutPrefix(value, "[")
	list, ended := strings.CutSuffix(list, "]")
	if !ok || !ended || p.Debuggable != nil {
		return
	}
	debuggable, testOnly := false, false
	for word := range strings.FieldsSeq(list) {
		debuggable = debuggable || word == "DEBUGGABLE"
		testOnly = testOnly || word == "TEST_ONLY"
	}
	p.Debuggable, p.TestOnly = &debuggable, &testOnly
}

// state takes the line of user 0. A suspended package's line may hold words of whoever suspended it, before "stopped"; so
// the first counts of what stands before them, and the last of what comes behind.
func (p *packageBlock) state(text string) {
	seen := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		first := !seen[key]
		switch key {
		case "installed", "suspended", "hidden", "blocked", "stopped", "enabled":
			seen[key] = true
		}
		switch {
		case key == "installed" && first:
			// Without this word the line is about something else.
			p.HasState, p.Installed = true, value == "true"
		case key == "suspended" && first:
			p.Suspended = value == "true"
		case (key == "hidden" || key == "blocked") && first: // "blocked" in Android 5.0
			p.Hidden = value == "true"
		case key == "stopped":
			p.Stopped = value == "true"
		case key == "enabled":
			p.Enabled = EnabledUnknown
			if n, err := strconv.Atoi(value); err == nil && n >= 0 && n <= 4 {
				p.Enabled = n
			}
		}
	}
}

// level is an API level; 0 for what is none. Previews have 10000, as does an app without a target.
func level(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 10000 {
		return 0
	}
	return n
}

// appID is an app's number, which is its UID for user 0; 0 for what is none. Android gives each user 100000 of them.
func appID(value string) int {
	number, _, _ := strings.Cut(value, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n >= 100_000 {
		return 0
	}
	return n
}
