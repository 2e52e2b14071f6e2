// Command gen makes texts.go of the texts in texts/, a file a language, and refuses them while anything is wrong with
// them. go generate ./findings runs it; its test holds that what is committed is what it makes.
//
// It reads codes.go as text and does not import findings: a new code compiles only when its texts are there.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	made, faults := generate(".")
	if len(faults) > 0 {
		log.Fatalln(strings.Join(faults, "\n"))
	}
	if err := os.WriteFile("texts.go", made, 0o600); err != nil {
		log.Fatalln(err)
	}
}

// generate gives the text of texts.go for the folder of package findings, or all that is wrong.
func generate(dir string) ([]byte, []string) {
	codes, err := readCodes(filepath.Join(dir, "codes.go"))
	if err != nil {
		return nil, []string{err.Error()}
	}
	var faults []string
	files := make([]file, 0, len(languages()))
	for _, l := range languages() {
		name := filepath.Join(dir, "texts", l.name+".toml")
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, []string{err.Error()}
		}
		f, wrong := read(l, "findings/texts/"+l.name+".toml", string(content))
		files = append(files, f)
		faults = append(faults, wrong...)
		faults = append(faults, f.check(codes)...)
	}
	faults = append(faults, compare(files, codes)...)
	if len(faults) > 0 {
		return nil, faults
	}
	made, err := write(codes, files)
	if err != nil {
		return nil, []string{err.Error()}
	}
	return made, nil
}
