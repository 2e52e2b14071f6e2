package terminal

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/poshealth/poshealth/probes/terminal/dump"
)

// Package asks the package manager for a package. That it is not installed is an answer (Found false), not an error.
//
// Where the dump neither has the package nor says that there is none, as before Android 7, it also asks pm for the
// package's path, which starts a Java machine there (a second of processor time).
func (t *Terminal) Package(ctx context.Context, name string) (dump.Package, error) {
	if !packageName(name) {
		return dump.Package{}, &Error{What: "package " + Printable(name, 80), Reason: malformed, Err: errors.New("not a package's name, as com.example.pos is")}
	}
	var p dump.Package
	missing := false
	err := t.Stream(ctx, func(lines iter.Seq[string]) error {
		p, missing = dump.ParsePackage(lines, name)
		return nil
	}, "dumpsys", "package", name)
	switch {
	case err != nil:
		return dump.Package{}, err
	case p.Found, missing:
		return p, nil
	}
	// Android 7 and later say in so many words that there is none: where nothing is said, something is broken.
	const saysSo = 24
	if props, err := t.Props(ctx); err != nil || sdkOf(props) == 0 || sdkOf(props) >= saysSo {
		return dump.Package{}, &Error{What: "dumpsys package " + name, Reason: malformed, Err: errors.New("neither the package nor a word that there is none")}
	}
	return t.packageByPath(ctx, name)
}

func (t *Terminal) packageByPath(ctx context.Context, name string) (dump.Package, error) {
	unclear := &Error{What: "dumpsys package " + name, Reason: malformed, Err: errors.New("neither the package nor a word that there is none")}
	out, err := t.Run(ctx, "pm", "path", name)
	var exit *ExitError
	nothing := strings.TrimSpace(string(out)) == ""
	switch {
	case strings.HasPrefix(string(out), "package:"):
		return dump.Package{}, unclear
	case nothing && (err == nil || errors.As(err, &exit) && exit.Code == 1 && exit.Complaint == ""):
		return dump.Package{Name: name, Enabled: dump.EnabledUnknown}, nil
	case err == nil, errors.As(err, &exit), ReasonOf(err) == absent:
		return dump.Package{}, unclear
	}
	return dump.Package{}, err
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
