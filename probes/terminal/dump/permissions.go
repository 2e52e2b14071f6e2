package dump

import (
	"slices"
	"strings"
)

// Permission is one permission that a package asked for.
type Permission struct {
	Name    string `json:"name"` // "android.permission.CAMERA"
	Granted bool   `json:"granted"`
	Runtime bool   `json:"runtime,omitempty"` // the user, or the device owner, may take it away at any time
	Assumed bool   `json:"-"`                 // not granted for want of a line: the package asks for it, and nothing more is said
}

// Permission tells whether user 0 granted a permission to the package. known is false where the dump does not tell, and
// then granted means nothing. The rule:
//
//   - Android 6 and later print a line for each permission that was ever decided ("granted=true", "granted=false"): what
//     the line says. One that the package asks for ("requested permissions:") and that has no line was not granted; that is
//     said only if the end of the package's block was seen, so that a dump cut short denies nothing, and only of a package
//     that does not share its user with others, whose lines stand elsewhere in the dump.
//   - Android 5 grants at installation and lists what it granted ("grantedPermissions:"), and not what was asked for: a
//     listed one is granted, of the others nothing is known.
//   - Of a permission that the package does not ask for nothing is known: it has no need of it.
//   - What Android decides elsewhere (see appOp) is never denied here. What only the maker's or Android's own apps get
//     (see signatureOnly) is denied by a line alone: others ask for it in vain on every terminal, and do without.
//
// It does not know which Android this is; ask [Package.PermissionOn] before saying that something is denied.
func (p Package) Permission(name string) (granted, known bool) {
	one, asked := p.permissionOf(name)
	switch {
	case !asked:
		return false, false
	case one.Granted:
		return true, true
	case appOp(name), one.Assumed && signatureOnly(name):
		return false, false
	}
	return false, true
}

// PermissionOn is Permission on an Android whose API level sdk tells, 0 where that is not known; it is asked only where it
// matters. A permission that this Android does not have yet, or that has no effect there any more, is not denied: it is not
// known.
func (p Package) PermissionOn(name string, sdk func() int) (granted, known bool) {
	granted, known = p.Permission(name)
	if granted || !known {
		return granted, known
	}
	if since := permissionSince(name); since > 0 {
		one, _ := p.permissionOf(name)
		level := sdk()
		// A line shows that this Android has it, whichever it is.
		return false, level >= since || level == 0 && !one.Assumed
	}
	if until := permissionUntil(name); until > 0 && (p.TargetSDK == 0 || p.TargetSDK >= until) {
		level := sdk()
		return false, level > 0 && level < until
	}
	return false, true
}

func (p Package) permissionOf(name string) (Permission, bool) {
	at := slices.IndexFunc(p.Permissions, func(one Permission) bool { return one.Name == name })
	if at < 0 {
		return Permission{}, false
	}
	return p.Permissions[at], true
}

// permissionLists gathers the permission lists of one package's block.
type permissionLists struct {
	list      string // the heading under which the lines stand; "" for none that matters
	asked     []string
	overflown bool
}

func (l *permissionLists) heading(text string) {
	switch text {
	case "requested permissions:", "install permissions:", "runtime permissions:", "grantedPermissions:":
		l.list = text
	default:
		l.list = ""
	}
}

// permission takes a line of a permission list, and tells whether it was one.
func (p *packageBlock) permission(text, user string) bool {
	name, rest, told := strings.Cut(text, ": ")
	if p.list == "" || !plain(name, 200) {
		return false
	}
	switch p.list {
	case "requested permissions:": // behind the name may stand ": restricted=true"
		if len(p.asked) == maxPermissions {
			p.overflown = true
			return true
		}
		p.asked = append(p.asked, name)
	case "grantedPermissions:":
		p.add(Permission{Name: name, Granted: true})
	default:
		runtime := p.list == "runtime permissions:"
		if runtime && user != "0" || !told || strings.Contains(rest, "userId=") && !strings.HasSuffix(rest, "userId=0") {
			return true // of another user
		}
		word, _, _ := strings.Cut(rest, ",")
		switch word {
		case "granted=true":
			p.add(Permission{Name: name, Granted: true, Runtime: runtime})
		case "granted=false":
			p.add(Permission{Name: name, Runtime: runtime})
		}
	}
	return true
}

func (p *packageBlock) add(one Permission) {
	switch {
	case slices.ContainsFunc(p.Permissions, func(had Permission) bool { return had.Name == one.Name }):
	case len(p.Permissions) == maxPermissions:
		p.overflown = true
	default:
		p.Permissions = append(p.Permissions, one)
	}
}

// end says that the whole block was seen: what was asked for and has no line was not granted.
func (p *packageBlock) end() {
	if p.SharedUser || p.overflown || !p.HasState {
		return
	}
	for _, name := range p.asked {
		p.add(Permission{Name: name, Assumed: true})
	}
}
