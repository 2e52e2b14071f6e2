package terminal

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// EnabledUnknown is the Enabled of a package whose dump does not tell.
const EnabledUnknown = -1

// Package is what the package manager says of one package.
type Package struct {
	Name        string
	Found       bool   // false: the package manager does not know it, and the rest is empty
	VersionName string // free text of the app's maker: "14.9.70-all [0] [PR] 248420241"
	VersionCode int64  // 0: not told
	MinSDK      int    // 0: not told (before Android 7)
	TargetSDK   int    // 0: not told
	LastUpdate  string // "2020-10-13 09:51:33", local time without a zone; "" when not told

	// State of user 0, who is all that a payment terminal has. Without HasState it was not told and the rest is empty.
	HasState  bool
	Installed bool
	Stopped   bool // force-stopped, or never opened since it was installed: it does not start by itself
	Suspended bool // by device policy: it cannot be opened
	Hidden    bool // by device policy: as good as not installed
	Enabled   int  // 0 default, 1 enabled, 2 and 3 disabled, 4 disabled until used, EnabledUnknown
}

// Disabled reports whether the package was disabled, by anybody.
func (p Package) Disabled() bool { return p.Enabled >= 2 }

// Package asks the package manager for a package. That it is not installed is an answer (Found false), not an error.
//
// Where the dump neither has the package nor says that there is none, as before Android 7, it also asks pm for the
// package's path, which starts a Java machine there (a second of processor time).
func (t *Terminal) Package(ctx context.Context, name string) (Package, error) {
	if !packageName(name) {
		return Package{}, &Error{What: "package " + Printable(name, 80), Reason: malformed, Err: errors.New("not a package's name, as com.example.pos is")}
	}
	out, err := t.Run(ctx, "dumpsys", "package", name)
	if err != nil && !errors.Is(err, ErrTruncated) {
		return Package{}, err
	}
	p, missing := ParsePackage(out, name)
	switch {
	case p.Found, missing && err == nil:
		return p, nil
	case err != nil:
		return Package{}, err
	}
	return t.packageByPath(ctx, name)
}

func (t *Terminal) packageByPath(ctx context.Context, name string) (Package, error) {
	unclear := &Error{What: "dumpsys package " + name, Reason: malformed, Err: errors.New("neither the package nor a word that there is none")}
	out, err := t.Run(ctx, "pm", "path", name)
	var exit *ExitError
	switch {
	case strings.HasPrefix(string(out), "package:"):
		return Package{}, unclear
	case err == nil, errors.As(err, &exit) && exit.Code == 1 && exit.Complaint == "":
		return Package{Name: name}, nil
	case errors.As(err, &exit), ReasonOf(err) == absent:
		return Package{}, unclear
	}
	return Package{}, err
}

// packageName tells whether a package can be called so: words of letters, digits and underscores between dots, the first
// beginning with a letter.
func packageName(name string) bool {
	if len(name) > 200 || name == "" || name[0] >= '0' && name[0] <= '9' || name[0] == '_' {
		return false
	}
	for word := range strings.SplitSeq(name, ".") {
		const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
		if word == "" || strings.Trim(word, allowed) != "" {
			return false
		}
	}
	return true
}

// ParsePackage finds a package in what "dumpsys package NAME", or "dumpsys package" for all, prints from Android 5 to 15.
// missing: the package manager says in so many words that there is none of that name.
//
// An updated system app is there twice; what counts is the block under "Packages:", the other ("Hidden system packages:")
// is the version that it replaced.
func ParsePackage(out []byte, name string) (p Package, missing bool) {
	p = Package{Name: name, Enabled: EnabledUnknown}
	heading, none := "Package ["+name+"] ", "Unable to find package: "+name
	section := ""
	depth := -1 // the indent of the package's own line while inside its block
	user := ""  // the user whose lines follow
	for line := range strings.SplitSeq(string(out), "\n") {
		line = strings.TrimSuffix(line, "\r")
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if depth >= 0 {
			if text != "" && indent <= depth {
				return p, false
			}
			user = p.field(text, user)
			continue
		}
		switch {
		case text == "":
		case indent == 0 && strings.HasSuffix(text, ":"):
			section = text
		case strings.HasPrefix(text, heading) && (section == "" || section == "Packages:"):
			p.Found = true
			depth = indent
		case text == none:
			missing = true
		}
	}
	return p, missing && !p.Found
}

// field takes one line of a package's block. user is "0" while lines about user 0 follow.
func (p *Package) field(text, user string) string {
	if rest, ok := strings.CutPrefix(text, "User "); ok {
		id, state, _ := strings.Cut(rest, ":")
		if id == "0" {
			p.state(state)
		}
		return id
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return user
	}
	switch key {
	case "versionName":
		if p.VersionName == "" && value != "null" {
			p.VersionName = value
		}
	case "versionCode":
		p.versions(text)
	case "lastUpdateTime":
		if p.LastUpdate == "" {
			p.LastUpdate = value
		}
	case "installed":
		if user == "" || user == "0" { // a line of its own before Android 5
			p.state(text)
		}
	}
	return user
}

func (p *Package) versions(text string) {
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

// level is an API level; 0 for what is none. Previews have 10000, as does an app without a target.
func level(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 10000 {
		return 0
	}
	return n
}

func (p *Package) state(text string) {
	for word := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "installed":
			// Without this word the line is about something else.
			p.HasState, p.Installed = true, value == "true"
		case "stopped":
			p.Stopped = value == "true"
		case "suspended":
			p.Suspended = value == "true"
		case "hidden", "blocked": // "blocked" in Android 5.0
			p.Hidden = value == "true"
		case "enabled":
			p.Enabled = EnabledUnknown
			if n, err := strconv.Atoi(value); err == nil && n >= 0 && n <= 4 {
				p.Enabled = n
			}
		}
	}
}
