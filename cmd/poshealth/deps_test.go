// Tests of the architecture: who imports whom, and what the terminal's binary links. They read what go list says and
// nothing of the code, so they hold for every platform that is asked about, and for files that do not exist yet.
//
// A new room or a new supplier needs a line in one of the two tables below; that line is the decision.
package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/poshealth/poshealth/"

// leaves import none of each other; the trunk imports them all. A probe's own peers for tests are no part of it.
const leaves = "config figures findings probes/... !probes/probetest/... transport/..."

// arrows holds, for each room, the rooms it may import: "x/..." is x and all below it, "!" takes back what an earlier
// word gave. A package's own name comes before that of a folder it lies in, and a nearer folder before a farther one.
func arrows() map[string]string {
	return map[string]string{
		"cmd/poshealth":           "agent agent/cli config",
		"cmd/poshealth-fleet/...": "fleet/... agent/... " + leaves + " probes/probetest/...",

		"agent":              "agent/... !agent/cli/... " + leaves,
		"agent/cli/...":      "agent/... " + leaves,
		"agent/budget":       "findings probes/meter",
		"agent/schedule/...": "agent/schedule/... probes",
		"agent/diagnose/...": "agent/diagnose/... findings probes probes/response probes/timescale",
		"agent/bundle":       "agent/intake",
		"agent/visit":        "agent/intake agent/status transport/wire",
		"agent/intake/...":   "agent/intake/... agent/diagnose findings probes probes/response",
		"agent/status/...":   "agent/status/... figures findings transport/exchange transport/wire",

		// scripts and papers; only its test is Go
		"android": "",

		"figures":      "",
		"findings/...": "findings/...",
		"config/...":   "config/...",

		"probes":               "",
		"probes/...":           "probes/... !probes/probetest/...",
		"probes/probetest/...": "probes/...",

		"transport":              "",
		"transport/wire/...":     "transport/wire/...",
		"transport/spool/...":    "transport transport/spool/...",
		"transport/mqtt/...":     "transport transport/mqtt/...",
		"transport/downlink/...": "transport transport/wire transport/downlink/...",
		"transport/enrol/...":    "transport/exchange transport/wire transport/enrol/...",
		"transport/exchange/...": "",

		"fleet/...": "fleet/... figures findings transport/wire transport/downlink transport/enrol",

		"lab/netns":         "",
		"lab/path":          "lab/netns lab/shop probes probes/clock probes/path probes/probetest agent/status config transport/wire",
		"lab/shop":          "lab/netns probes/probetest agent/status transport/wire",
		"lab/seccomp":       "",
		"lab/sandbox":       "lab/seccomp",
		"lab/soak":          "fleet transport transport/mqtt transport/spool transport/wire",
		"lab/arm":           "lab/arm/... probes/probetest transport/wire",
		"lab/arm/guest/...": "",
		"lab/arm/toolbox":   "",
		"lab/arm/recorder":  "transport transport/spool",
	}
}

// testArrows is what tests of a room may import on top: the trunk is tested with the whole house around it, a leaf alone.
func testArrows() map[string]string {
	return map[string]string{
		"cmd/poshealth": "agent/... " + leaves,
		"agent":         "agent/... " + leaves,
		"agent/status":  "agent/... " + leaves,
		"agent/cli":     "probes/probetest",
		// what the app writes is read as the agent reads it, and what it asks for as the agent says it
		"android": "config transport/wire",
		// the rules are tested under the real timetable
		"agent/diagnose": "agent/schedule",
		// the courier is tested with the outbox that it has in a terminal
		"transport": "transport/spool",
		// the programs and ports of its brokers
		"transport/mqtt": "probes/probetest transport/spool",
		// another's reader of packed messages
		"transport/wire": "probes/probetest",
	}
}

// suppliers holds the rooms that may import a module of other people, tests apart.
func suppliers() map[string]string {
	return map[string]string{
		"github.com/beevik/ntp":               "probes/clock",
		"github.com/eclipse/paho.mqtt.golang": "transport/mqtt fleet/... cmd/poshealth-fleet/... lab/soak",
		"github.com/gorilla/websocket":        "transport/mqtt",
		"github.com/mochi-mqtt/server":        "fleet/... cmd/poshealth-fleet/...",
		"github.com/pelletier/go-toml":        "config",
		"github.com/shirou/gopsutil":          "probes/...",
		"golang.org/x/net":                    "probes/... transport/mqtt lab/seccomp",
		"golang.org/x/sync":                   "agent/... !agent/diagnose probes/... transport/... fleet/... cmd/...",
		"golang.org/x/sys":                    "agent/... !agent/diagnose probes/... transport/... fleet/... cmd/... lab/...",
		"golang.org/x/text":                   "agent/cli fleet/...",
		"rsc.io/qr":                           "agent/status",
	}
}

// never is what the terminal's binary does not link: servers and databases are the fleet's, tests stay at home, and
// templates call methods by name, which ends the linker's dead-code elimination.
func never() []string {
	return []string{
		module + "fleet", module + "lab", module + "probes/probetest", module + "agent/intake/intaketest", "github.com/mochi-mqtt", "github.com/stretchr/testify",
		"github.com/santhosh-tekuri/jsonschema", "golang.org/x/tools", "modernc.org", "github.com/mattn/go-sqlite3",
		"database/sql", "testing", "text/template", "html/template", "expvar", "net/http/pprof", "plugin",
	}
}

// listed is what go list tells of one package.
type listed struct {
	ImportPath, Name                   string
	Imports, TestImports, XTestImports []string
}

func TestArrowsBetweenRooms(t *testing.T) {
	for _, platform := range []string{"linux/arm", "android/arm64"} { // files may differ by platform
		t.Run(platform, func(t *testing.T) {
			var got []string
			for _, p := range goList(t, platform, "./...") {
				got = append(got, complaints(p)...)
			}
			assert.Empty(t, strings.Join(got, "\n"), "see arrows, testArrows and suppliers in this file")
		})
	}
}

func TestComplaintsAboutArrows(t *testing.T) {
	for _, row := range []struct {
		name string
		p    listed
		want string // part of the one complaint; "" for none
	}{
		{"a probe may use another and the standard library", listed{ImportPath: module + "probes/host", Imports: []string{module + "probes", module + "probes/dns", "net"}}, ""},
		{"a probe knows no configuration", listed{ImportPath: module + "probes/dns", Imports: []string{module + "config"}}, "probes/dns imports config"},
		{"what probes are tested with is not for the product", listed{ImportPath: module + "probes/dns", Imports: []string{module + "probes/probetest"}}, "imports probes/probetest"},
		{"but for tests", listed{ImportPath: module + "probes/dns", XTestImports: []string{module + "probes/probetest", "github.com/stretchr/testify/assert"}}, ""},
		{"and for the demo", listed{ImportPath: module + "cmd/poshealth-fleet", Imports: []string{module + "probes/probetest", module + "fleet", module + "agent"}}, ""},
		{"a leaf's tests do not know another leaf", listed{ImportPath: module + "transport/spool", XTestImports: []string{module + "findings"}}, "test of transport/spool imports findings"},
		{"the trunk knows no fleet", listed{ImportPath: module + "agent", Imports: []string{module + "fleet"}}, "agent imports fleet"},
		{"nor does its test", listed{ImportPath: module + "agent", XTestImports: []string{module + "fleet"}}, "test of agent imports fleet"},
		{"the trunk is below its command line", listed{ImportPath: module + "agent", Imports: []string{module + "agent/cli"}}, "agent imports agent/cli"},
		{"what carries does not look inside", listed{ImportPath: module + "transport/mqtt", Imports: []string{module + "transport/wire"}}, "transport/mqtt imports transport/wire"},
		{"one room knows the MQTT client", listed{ImportPath: module + "agent", Imports: []string{"github.com/eclipse/paho.mqtt.golang"}}, "agent imports github.com/eclipse/paho.mqtt.golang"},
		{"and the fleet does", listed{ImportPath: module + "fleet", Imports: []string{"github.com/eclipse/paho.mqtt.golang/packets"}}, ""},
		{"a supplier nobody decided on", listed{ImportPath: module + "agent", Imports: []string{"example.org/x"}}, "agent imports example.org/x"},
		{"diagnosis waits for nobody", listed{ImportPath: module + "agent/diagnose", Imports: []string{"sync/atomic"}}, "agent/diagnose imports sync/atomic"},
		{"diagnosis knows durations", listed{ImportPath: module + "agent/diagnose", Imports: []string{"time"}}, ""},
		{"a probe does not log", listed{ImportPath: module + "probes/dns", Imports: []string{"log/slog"}}, "probes/dns imports log/slog"},
		{"a room that nobody planned", listed{ImportPath: module + "extra"}, "extra has no line in arrows"},
		{"a name that says nothing", listed{ImportPath: module + "probes/util", Name: "util"}, "probes/util: a package is named"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := complaints(row.p)
			if row.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[0], row.want)
		})
	}
}

func TestTerminalLinksOnlyWhatItNeeds(t *testing.T) {
	for _, platform := range []string{"linux/arm", "android/arm64"} {
		t.Run(platform, func(t *testing.T) {
			linked := goList(t, platform, "-deps", "./cmd/poshealth")
			require.Greater(t, len(linked), 20, "go list did not see the program")
			for _, p := range linked {
				for _, no := range never() {
					assert.False(t, p.ImportPath == no || strings.HasPrefix(p.ImportPath, no+"/"),
						"the terminal's binary links %s; find out why with: go list -deps -f '{{.ImportPath}}: {{.Imports}}' ./cmd/poshealth", p.ImportPath)
				}
			}
		})
	}
}

// complaints says what is wrong with one package's name and imports, one sentence each.
func complaints(p listed) []string {
	room := strings.TrimPrefix(p.ImportPath, module)
	may, planned := lookUp(arrows(), room)
	if !planned {
		return []string{room + " has no line in arrows: say there whom it may import"}
	}
	var all []string
	if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types", "manager", "misc", "shared"}, path.Base(room)) {
		all = append(all, fmt.Sprintf("%s: a package is named for what it is, not for what it might hold", room))
	}
	for _, imp := range p.Imports {
		if !allowed(room, imp, may) {
			all = append(all, fmt.Sprintf("%s imports %s, and may not", room, strings.TrimPrefix(imp, module)))
		}
	}
	extra, _ := lookUp(testArrows(), room)
	for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
		if inside, ours := strings.CutPrefix(imp, module); ours && inside != room && !covers(may+" "+extra+" probes/probetest/...", inside) {
			all = append(all, fmt.Sprintf("the test of %s imports %s, and may not", room, inside))
		}
	}
	return all
}

// allowed judges one import of product code.
func allowed(room, imp, may string) bool {
	if inside, ours := strings.CutPrefix(imp, module); ours {
		return covers(may, inside)
	}
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") { // the standard library
		switch {
		case room == "agent/diagnose": // no I/O, no locks, no waiting
			return !slices.Contains([]string{"net", "os", "io", "sync", "syscall", "log", "context", "runtime", "unsafe"}, first)
		case strings.HasPrefix(room, "probes"):
			return first != "log"
		}
		return true
	}
	for supplier, rooms := range suppliers() {
		if imp == supplier || strings.HasPrefix(imp, supplier+"/") {
			return covers(rooms, room)
		}
	}
	return false
}

// lookUp finds a room's line in a table: its own, or else that of the nearest folder it lies in.
func lookUp(table map[string]string, room string) (string, bool) {
	if words, ok := table[room]; ok {
		return words, true
	}
	for folder := room; folder != "."; folder = path.Dir(folder) {
		if words, ok := table[folder+"/..."]; ok {
			return words, true
		}
	}
	return "", false
}

// covers says whether the last word that fits a room gives it, rather than takes it back.
func covers(words, room string) bool {
	given := false
	for word := range strings.FieldsSeq(words) {
		name, back := strings.CutPrefix(word, "!")
		folder, deep := strings.CutSuffix(name, "/...")
		if room == folder || deep && strings.HasPrefix(room, folder+"/") {
			given = !back
		}
	}
	return given
}

// goList asks about this module as another platform's compiler would see it.
func goList(t *testing.T, platform string, args ...string) []listed {
	t.Helper()
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Name,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Dir = "../.." // the module's root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "GOARM=7", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go list %v", args)

	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listed
		require.NoError(t, decoder.Decode(&p))
		all = append(all, p)
	}
	return all
}
