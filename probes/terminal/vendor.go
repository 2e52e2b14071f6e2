package terminal

import (
	"bytes"
	_ "embed" // the table of vendors
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// Vendor is what one maker of payment terminals tells beyond Android: names of properties and files, each from a source.
// The table is vendors.json beside this file; a vendors.json of the same form in the agent's state folder adds to it
// (docs/reference/vendors.md).
type Vendor struct {
	Vendor string            `json:"vendor"` // "PAX"
	Makers []string          `json:"makers"` // what ro.product.manufacturer or ro.product.brand say, in lower case
	Serial []string          `json:"serial"` // properties that may hold the serial number, in order
	Facts  map[string]string `json:"facts"`  // fact → property
	Tamper *Tamper           `json:"tamper"` // where the tamper state is, if it can be read at all
}

// Tamper says where a vendor's tamper state is: a file of NAME=value lines.
type Tamper struct {
	File      string   `json:"file"`
	State     string   `json:"state"`     // the name whose value tells
	Tampered  []string `json:"tampered"`  // its values that say tampered
	Intact    []string `json:"intact"`    // and those that say intact; any other is not understood
	History   string   `json:"history"`   // the name that tells of the past; "": none
	Untouched []string `json:"untouched"` // its values that say that there was nothing
}

//go:embed vendors.json
var builtInVendors []byte

const (
	maxVendors     = 64 // makers of payment terminals; the market has some thirty
	maxVendorFacts = 4  // of one: what is more crowds out what the probe has to say
	maxVendorFile  = 64 << 10

	maxVendorProperty = 128 // bytes of a name; the longest of a property in the captures has 114
)

// ParseVendors reads a table of vendors, strictly: an unknown field is an error, for a misspelt one would be silently without
// effect.
func ParseVendors(table []byte) ([]Vendor, error) {
	if len(table) > maxVendorFile {
		return nil, fmt.Errorf("has %d bytes, want at most %d", len(table), maxVendorFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(table))
	decoder.DisallowUnknownFields()
	var vendors []Vendor
	if err := decoder.Decode(&vendors); err != nil {
		return nil, fmt.Errorf("want a JSON list of vendors: %w", jsonFault(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list of vendors")
	}
	if len(vendors) > maxVendors {
		return nil, fmt.Errorf("%d vendors, want at most %d", len(vendors), maxVendors)
	}
	if vendors == nil {
		return nil, errors.New("want a JSON list of vendors, got null")
	}
	var faults []error
	makers := make(map[string]bool)
	for i, v := range vendors {
		for _, fault := range append(v.faults(), twice(v.Makers, makers)...) {
			faults = append(faults, fmt.Errorf("vendor %d (%.40q): %s", i+1, v.Vendor, fault))
		}
	}
	return vendors, errors.Join(faults...)
}

// twice tells which makers another entry has already: only one of the two would count.
func twice(makers []string, seen map[string]bool) []string {
	var faults []string
	for _, m := range makers {
		if seen[m] {
			faults = append(faults, fmt.Sprintf("the maker %.40q is in the table twice", m))
		}
		seen[m] = true
	}
	return faults
}

// faults are all that is wrong with an entry.
func (v Vendor) faults() []string {
	var faults []string
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	refuse(v.Vendor == "" || v.Vendor != Printable(v.Vendor, 32), "want a vendor of 1 to 32 bytes on one line")
	refuse(len(v.Makers) == 0 || !all(v.Makers, func(s string) bool { return s != "" && s == strings.ToLower(strings.TrimSpace(s)) }),
		`want makers in lower case without blanks around them, such as ["pax"]`)
	const property = `want names of properties such as "ro.serialno", of letters, digits, dots and dashes, and none of an IMEI, a SIM or a subscriber: those are never read`
	refuse(!all(v.Serial, propertyName), "serial: %s", property)
	refuse(len(v.Facts) > maxVendorFacts, "facts: got %d, want at most %d", len(v.Facts), maxVendorFacts)
	for _, name := range slices.Sorted(maps.Keys(v.Facts)) {
		refuse(!factName(name), "facts: got the name %.40q, want lower-case words joined by underscores, at most 32 bytes, and none that the probe integrity has itself", name)
		refuse(!propertyName(v.Facts[name]), "facts.%.40s: %s", name, property)
	}
	if t := v.Tamper; t != nil {
		refuse(!path.IsAbs(t.File) || path.Clean(t.File) != t.File, "tamper.file: got %.60q, want an absolute path", t.File)
		refuse(t.State == "" || len(t.Tampered) == 0 || len(t.Intact) == 0, "tamper: want state, and the values that say tampered and intact")
		refuse(slices.Contains(t.Tampered, "") || slices.Contains(t.Intact, ""), "tamper: nothing is no value: it would speak where the line is missing")
		for _, value := range t.Tampered {
			refuse(slices.Contains(t.Intact, value), "tamper: %.40q cannot say both tampered and intact", value)
		}
		refuse((t.History == "") != (len(t.Untouched) == 0), "tamper: want history together with untouched, its values that say that there was nothing")
	}
	return faults
}

// propertyName tells whether a property can be called so, and is one that is read at all (see [Terminal.Props]).
func propertyName(name string) bool {
	return name != "" && len(name) <= maxVendorProperty && strings.Trim(name, letters+numbers+"._-") == "" && !private(name)
}

// factName tells whether a vendor's fact can be called so beside those of the probe integrity.
func factName(name string) bool {
	own := []string{"verified_boot", "bootloader", "selinux", "build", "build_tags", "patch", "device_owner", "vendor"}
	if len(name) > 32 || slices.Contains(own, name) || name == "" || strings.Contains(numbers, name[:1]) {
		return false
	}
	for word := range strings.SplitSeq(name, "_") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz"+numbers) != "" {
			return false
		}
	}
	return true
}

func all(words []string, good func(string) bool) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !good(w) })
}

// AddVendors adds a table of vendors to the built-in one, before it, so that it can also correct it. Nothing is added from a
// table with a fault. It must be called before the terminal is shared.
func (t *Terminal) AddVendors(table []byte) error {
	vendors, err := ParseVendors(table)
	if err == nil {
		t.vendors = append(vendors, t.vendors...)
	}
	return err
}

// Vendor is the entry of this terminal's maker, or nil.
func (t *Terminal) Vendor(p Props) *Vendor {
	for i, v := range t.vendors {
		for _, name := range [...]string{"ro.product.manufacturer", "ro.product.brand"} {
			if slices.Contains(v.Makers, strings.ToLower(strings.TrimSpace(p[name]))) {
				return &t.vendors[i]
			}
		}
	}
	return nil
}

// serials are the properties that may hold the serial number: Android's own, then every vendor's, for boards are sold under
// other names.
func (t *Terminal) serials() []string {
	names := []string{"ro.serialno", "ro.boot.serialno"}
	for _, v := range t.vendors {
		for _, name := range v.Serial {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
