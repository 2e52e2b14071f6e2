//go:build linux

package main

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// modules finds kernel modules under a folder and returns their files so that each comes after those it depends on. What
// they depend on stands in the modules themselves: a package's modules.dep is only made when it is installed.
func modules(folder string, wanted ...string) ([]string, error) {
	files := make(map[string]string)
	err := filepath.WalkDir(folder, func(file string, _ fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(filepath.Base(file), ".ko"); ok {
			files[strings.ReplaceAll(name, "-", "_")] = file
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	names, err := inOrder(wanted, func(name string) ([]string, error) {
		if file, there := files[name]; there {
			return dependencies(file)
		}
		return nil, fmt.Errorf("no kernel module %s under %s", name, folder)
	})
	ordered := make([]string, len(names))
	for i, name := range names {
		ordered[i] = files[name]
	}
	return ordered, err
}

// inOrder puts names, and all that they need, behind what they need themselves. There are no circles in a kernel.
func inOrder(wanted []string, needs func(string) ([]string, error)) ([]string, error) {
	var ordered []string
	var visit func(name string) error
	visit = func(name string) error {
		if slices.Contains(ordered, name) {
			return nil
		}
		first, err := needs(name)
		if err != nil {
			return err
		}
		for _, n := range first {
			if err := visit(n); err != nil {
				return fmt.Errorf("%s needs it: %w", name, err)
			}
		}
		ordered = append(ordered, name)
		return nil
	}
	for _, name := range wanted {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

// dependencies reads the line depends=a,b of a module's own description.
func dependencies(file string) ([]string, error) {
	module, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer func() { _ = module.Close() }() // it was only read
	section := module.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("%s: is no kernel module", file)
	}
	info, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for line := range strings.SplitSeq(string(info), "\x00") {
		if list, ok := strings.CutPrefix(line, "depends="); ok {
			return strings.FieldsFunc(list, func(r rune) bool { return r == ',' }), nil
		}
	}
	return nil, nil
}
