//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// archive is what the terminal's memory holds when it starts: its programs, the drivers, the captures. All of it is root's.
type archive struct {
	files map[string]entry // by path without the slash at the beginning
}

type entry struct {
	mode    uint32 // type and permissions as in struct stat
	content []byte
}

// File types of struct stat.
const (
	folderMode = 0o040000
	plainMode  = 0o100000
	linkMode   = 0o120000
)

func (a *archive) add(name string, e entry) {
	if a.files == nil {
		a.files = make(map[string]entry)
	}
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		a.files[folder] = entry{mode: folderMode | 0o755}
	}
	a.files[name] = e
}

// copy adds a file of this machine.
func (a *archive) copy(name, from string, mode uint32) error {
	content, err := os.ReadFile(from)
	if err == nil {
		a.add(name, entry{mode: plainMode | mode, content: content})
	}
	return err
}

// copyFolder adds the plain files under a folder of this machine, for all to read.
func (a *archive) copyFolder(name, from string) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		inside, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		return a.copy(path.Join(name, filepath.ToSlash(inside)), file, 0o644)
	})
}

func (a *archive) link(name, target string) {
	a.add(name, entry{mode: linkMode | 0o777, content: []byte(target)})
}

// bytes is the archive in the form that a kernel unpacks ("newc"): a header of hexadecimal numbers, the name, the content,
// each filled up to four bytes. Folders come before what lies in them, for their names are shorter.
func (a *archive) bytes() []byte {
	var out bytes.Buffer
	fill := func() {
		for out.Len()%4 != 0 {
			out.WriteByte(0)
		}
	}
	write := func(name string, number int, e entry) {
		links := 1
		if e.mode&folderMode != 0 && e.mode&plainMode == 0 {
			links = 2
		}
		fmt.Fprintf(&out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", number, e.mode, 0, 0, links, 0,
			len(e.content), 0, 0, 0, 0, len(name)+1, 0)
		out.WriteString(name + "\x00")
		fill()
		out.Write(e.content)
		fill()
	}
	for i, name := range slices.Sorted(maps.Keys(a.files)) {
		write(name, i+1, a.files[name])
	}
	write("TRAILER!!!", 0, entry{})
	return out.Bytes()
}
