package terminal_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/probes/terminal"
)

func TestVendorsBuiltIn(t *testing.T) {
	vendors, err := terminal.ParseVendors(terminal.BuiltInVendors())
	require.NoError(t, err)
	names := make(map[string]terminal.Vendor)
	for _, v := range vendors {
		names[v.Vendor] = v
	}
	require.Contains(t, names, "PAX")
	require.Contains(t, names, "SUNMI")
	assert.NotNil(t, names["PAX"].Tamper)
	assert.Nil(t, names["SUNMI"].Tamper, "no file is known in which Sunmi shows it")
	for name := range names {
		assert.Contains(t, page(t, "vendors.md"), "| "+name+" |", "where its names come from is documented")
	}
}

// page is a page of the documentation.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/reference/" + name)
	require.NoError(t, err)
	return string(text)
}

func TestVendorsExamplesOfTheDocumentation(t *testing.T) {
	for _, example := range examples(t, "vendors.md") {
		vendors, err := terminal.ParseVendors([]byte(example))
		require.NoError(t, err, example)
		assert.NotNil(t, vendors[0].Tamper)
	}
}

// entry is a good table of one maker, with one thing replaced.
func entry(old, replacement string) string {
	const good = `[{"vendor":"Example","makers":["example"],"serial":["ro.example.sn"],"facts":{"vendor_system":"ro.example.firmware"},` +
		`"tamper":{"file":"/sys/class/example/tamper","state":"STATE","tampered":["1"],"intact":["0"],"history":"COUNT","untouched":["0"]}}]`
	return strings.Replace(good, old, replacement, 1)
}

func TestParseVendorsRefuses(t *testing.T) {
	_, err := terminal.ParseVendors([]byte(entry("", "")))
	require.NoError(t, err)
	x := func(n int) string { return strings.Repeat("x", n) }
	property := func(name string) string { return entry("ro.example.sn", name) }
	for _, row := range []struct{ name, table, says string }{
		{"nothing", ``, "want a JSON list of vendors"},
		{"null", `null`, "want a JSON list of vendors"},
		{"an entry without a list", `{"vendor":"Example"}`, "want a JSON list of vendors"},
		{"a misspelt field", entry(`"serial"`, `"serials"`), `unknown field "serials"`},
		{"a misspelt field of tamper", entry(`"untouched"`, `"clean"`), `unknown field "clean"`},
		{"a list behind the list", entry("", "") + `[]`, "something follows the list"},
		{"too large", "[]" + strings.Repeat(" ", 64<<10), "has 65538 bytes, want at most 65536"},
		{"too many", "[" + strings.TrimSuffix(strings.Repeat(`{},`, 65), ",") + "]", "65 vendors, want at most 64"},
		{"no vendor", entry(`"Example"`, `""`), "want a vendor of 1 to 32 bytes"},
		{"a vendor too long", entry(`Example`, x(33)), "want a vendor of 1 to 32 bytes"},
		{"a vendor of two lines", entry(`Example`, `Ex\nample`), "on one line"},
		{"no makers", entry(`["example"]`, `[]`), "want makers in lower case"},
		{"an empty maker", entry(`["example"]`, `[""]`), "want makers in lower case"},
		{"a maker in capitals", entry(`["example"]`, `["Example"]`), "want makers in lower case"},
		{"a maker with a blank behind", entry(`["example"]`, `["example "]`), "without blanks"},
		{"a maker twice", entry(`["example"]`, `["example","example"]`), `the maker "example" is in the table twice`},
		{"an empty property", property(""), "serial: want names of properties"},
		{"a property with a blank", property("ro example"), "serial: want names of properties"},
		{"a property too long", property(x(129)), "serial: want names of properties"},
		{"a property of an IMEI", property("persist.radio.imei1"), "those are never read"},
		{"a property of a phone number", property("ril.phonenumber"), "those are never read"},
		{"a fact's property of a SIM", entry("ro.example.firmware", "ril.iccid.sim1"), "facts.vendor_system: want names of properties"},
		{"a fact in capitals", entry("vendor_system", "VendorSystem"), `facts: got the name "VendorSystem"`},
		{"a fact without a name", entry("vendor_system", ""), `facts: got the name ""`},
		{"a fact that begins with a digit", entry("vendor_system", "2nd"), `facts: got the name "2nd"`},
		{"a fact with an underscore too many", entry("vendor_system", "vendor__system"), `facts: got the name`},
		{"a fact too long", entry("vendor_system", x(33)), `facts: got the name`},
		{"a fact that the probe has", entry("vendor_system", "bootloader"), "none that the probe integrity has itself"},
		{"too many facts", entry(`"vendor_system"`, `"a":"a","b":"b","c":"c","d":"d","vendor_system"`), "facts: got 5, want at most 4"},
		{"a file that is not absolute", entry("/sys/class", "sys/class"), "tamper.file"},
		{"a file that climbs", entry("/sys/class", "/sys/../data"), "tamper.file"},
		{"no file", entry("/sys/class/example/tamper", ""), "tamper.file"},
		{"no state", entry("STATE", ""), "tamper: want state"},
		{"nothing that says tampered", entry(`"tampered":["1"]`, `"tampered":[]`), "tamper: want state"},
		{"nothing that says intact", entry(`"intact":["0"]`, `"intact":[]`), "tamper: want state"},
		{"an empty value that says intact", entry(`"intact":["0"]`, `"intact":["0",""]`), "nothing is no value"},
		{"a value that says both", entry(`"intact":["0"]`, `"intact":["0","1"]`), `"1" cannot say both`},
		{"a history that nothing explains", entry(`"untouched":["0"]`, `"untouched":[]`), "history together with untouched"},
		{"an explanation of no history", entry("COUNT", ""), "history together with untouched"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := terminal.ParseVendors([]byte(row.table))
			assert.ErrorContains(t, err, row.says)
		})
	}
	for name, table := range map[string]string{
		"none":                 `[]`,
		"no more than a maker": `[{"vendor":"Example","makers":["example"]}]`,
		"no history":           entry(`,"history":"COUNT","untouched":["0"]`, ""),
		"longest words":        entry(`Example`, x(32)),
		"longest property":     property(x(128)),
		"longest fact":         entry("vendor_system", x(32)),
	} {
		_, err := terminal.ParseVendors([]byte(table))
		assert.NoError(t, err, name)
	}
}

func TestParseVendorsTellsAllFaultsAtOnce(t *testing.T) {
	_, err := terminal.ParseVendors([]byte(`[{"vendor":"","makers":["A"],"serial":["a b"]},{"vendor":"Good","makers":["good"]},{"vendor":"Other","makers":["good"],"tamper":{"file":"x"}}]`))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	for i, says := range []string{
		`vendor 1 (""): want a vendor`, `vendor 1 (""): want makers`, `vendor 1 (""): serial`,
		`vendor 3 ("Other"): tamper.file`, `vendor 3 ("Other"): tamper: want state`, `vendor 3 ("Other"): the maker "good" is in the table twice`,
	} {
		require.Less(t, i, len(lines))
		assert.Contains(t, lines[i], says)
	}
	assert.Len(t, lines, 6)
}

func TestAddVendors(t *testing.T) {
	term := terminal.Open(t.TempDir())
	pax := terminal.Props{"ro.product.manufacturer": " PAX ", "pax.sn": "1850001234", "ro.other.sn": "OTHER1234"}
	require.NotNil(t, term.Vendor(pax))
	assert.Equal(t, "PAX", term.Vendor(pax).Vendor)
	assert.Nil(t, term.Vendor(terminal.Props{"ro.product.brand": "example"}))
	assert.Nil(t, term.Vendor(terminal.Props{}), "a terminal that names no maker has none")

	require.Error(t, term.AddVendors([]byte(`[{"vendor":"Example","makers":["example"]},{"vendor":"","makers":["pax"]}]`)))
	assert.Nil(t, term.Vendor(terminal.Props{"ro.product.brand": "example"}), "nothing is taken of a table with a fault")
	assert.Equal(t, "PAX", term.Vendor(pax).Vendor)

	require.NoError(t, term.AddVendors([]byte(`[{"vendor":"Example","makers":["example"]},{"vendor":"PAX corrected","makers":["pax"],"serial":["ro.other.sn"]}]`)))
	assert.Equal(t, "Example", term.Vendor(terminal.Props{"ro.product.brand": "Example"}).Vendor)
	assert.Equal(t, "PAX corrected", term.Vendor(pax).Vendor, "what is added corrects")
	assert.Nil(t, term.Vendor(pax).Tamper, "whole")
	assert.Equal(t, "OTHER1234", term.IdentityOf(pax).ID, "its serial comes before the built-in one's")
	assert.Equal(t, "SUNMI", term.Vendor(terminal.Props{"ro.product.manufacturer": "rockchip", "ro.product.brand": "SUNMI"}).Vendor, "by its brand too")

	assert.Equal(t, "PAX", terminal.Open("/").Vendor(pax).Vendor, "another terminal has its own table")
}

func FuzzParseVendors(f *testing.F) {
	f.Add(terminal.BuiltInVendors())
	f.Add([]byte(entry("", "")))
	f.Fuzz(func(t *testing.T, table []byte) {
		term := terminal.Open("/none")
		err := term.AddVendors(table)
		vendors, again := terminal.ParseVendors(table)
		assert.Equal(t, err, again)
		if err != nil {
			return
		}
		for _, v := range vendors {
			got := term.Vendor(terminal.Props{"ro.product.brand": strings.ToUpper(v.Makers[0])})
			if strings.ToLower(strings.ToUpper(v.Makers[0])) == v.Makers[0] { // not so in every script
				assert.NotNil(t, got, fmt.Sprint(v.Makers))
			}
		}
	})
}
