// Package bundle packs what support needs for a diagnosis into one file, which tar, jq and a text editor open.
//
// What goes in is an allow-list, made by whoever adds it. The packer looks at every byte of it once more: card numbers and the secrets it
// is told of are taken out and counted, and what would not fit is left out. Each file, and what is missing and why, stands in
// MANIFEST.json. It reads nothing by itself.
package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/poshealth/poshealth/agent/intake"
)

// Most is the bound of all contents together, in bytes before they are compressed. A terminal's have 100 kB; what its manifest and the
// tar format add is 32 kB at most.
const Most = 1 << 20

// mostFiles and mostOut bound the manifest.
const (
	mostFiles = 32
	mostOut   = 64
)

// leastSecret: what is shorter is a word that stands in many places, and no secret that keeps anything.
const leastSecret = 6

// removed stands where a secret was.
const removed = "[removed]"

// Manifest is MANIFEST.json.
type Manifest struct {
	Schema  int       `json:"schema"` // 1
	MadeAt  string    `json:"made_at"`
	By      string    `json:"by"`   // the program and its version
	From    string    `json:"from"` // daemon, or one-look where none answered
	Files   []File    `json:"files"`
	LeftOut []LeftOut `json:"left_out"`
}

// File is one that is in the bundle.
type File struct {
	Name    string `json:"name"`
	Bytes   int    `json:"bytes"`
	SHA256  string `json:"sha256"`
	What    string `json:"what"`
	Removed int    `json:"removed,omitempty"` // places where something like a card's number, or a secret, was taken out
}

// LeftOut is what one might look for in vain.
type LeftOut struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Packer fills a bundle. Its zero value is not usable: see [New].
type Packer struct {
	manifest Manifest
	at       time.Time
	secrets  []string
	bodies   []string
	room     int
}

// New begins a bundle. secrets are words that must not be in it, whoever wrote them where; those of less than 6 bytes are passed over.
func New(by, from string, at time.Time, secrets []string) *Packer {
	p := &Packer{at: at, room: Most, manifest: Manifest{
		Schema: 1, MadeAt: at.Format("2006-01-02T15:04:05.000Z07:00"), By: by, From: from, Files: []File{}, LeftOut: []LeftOut{},
	}}
	for _, s := range secrets {
		if len(s) >= leastSecret {
			p.secrets = append(p.secrets, s)
			if quoted, err := json.Marshal(s); err == nil && string(quoted[1:len(quoted)-1]) != s {
				p.secrets = append(p.secrets, string(quoted[1:len(quoted)-1])) // as it stands in JSON
			}
		}
	}
	return p
}

// Add puts a text into the bundle; what is its meaning, in a few words. It is clean afterwards.
func (p *Packer) Add(name, what, text string) {
	text, n := p.clean(text)
	switch {
	case len(p.manifest.Files) >= mostFiles:
		p.Leave(name, fmt.Sprintf("more than %d files", mostFiles))
	case len(text) > p.room:
		p.Leave(name, fmt.Sprintf("its %d bytes would make the bundle larger than %d", len(text), Most))
	default:
		p.room -= len(text)
		sum := sha256.Sum256([]byte(text))
		p.manifest.Files = append(p.manifest.Files, File{Name: name, Bytes: len(text), SHA256: hex.EncodeToString(sum[:]), What: what, Removed: n})
		p.bodies = append(p.bodies, text)
	}
}

// AddJSON is Add for what is written as JSON.
func (p *Packer) AddJSON(name, what string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		p.Leave(name, "it cannot be written as JSON")
		return
	}
	p.Add(name, what, b.String())
}

// Leave says that something is not in the bundle, and why.
func (p *Packer) Leave(what, why string) {
	if len(p.manifest.LeftOut) < mostOut {
		what, _ = p.clean(what)
		why, _ = p.clean(why)
		p.manifest.LeftOut = append(p.manifest.LeftOut, LeftOut{What: what, Why: why})
	}
}

// clean takes out of a text what may not leave the terminal, and counts it. What is no text is made one: a reader's screen is no
// place for control characters.
func (p *Packer) clean(text string) (string, int) {
	n := 0
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
	for _, s := range p.secrets {
		if found := strings.Count(text, s); found > 0 {
			n += found
			text = strings.ReplaceAll(text, s, removed)
		}
	}
	var out strings.Builder
	for line := range strings.Lines(text) { // a card's number goes over no line
		if clean, found := intake.Scrub(unescaped(line)); found {
			n += strings.Count(clean, removed) - strings.Count(line, removed)
			line = clean
		}
		out.WriteString(line)
	}
	return out.String(), n
}

// unescaped puts blanks in the place of a JSON string's escapes: the n of a \n before a card's number would make a word of it.
func unescaped(line string) string {
	if !strings.Contains(line, `\`) {
		return line
	}
	b := []byte(line)
	for i := 0; i+1 < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		end := i + 2
		if b[i+1] == 'u' {
			end = min(i+6, len(b))
		}
		for ; i < end; i++ {
			b[i] = ' '
		}
		i--
	}
	return string(b)
}

// Pack gives the whole as a .tar.gz: MANIFEST.json and README.txt first.
func (p *Packer) Pack(folder, readme string) ([]byte, error) {
	readme, _ = p.clean(readme)
	manifest, err := json.MarshalIndent(p.manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	t := tape{to: z, at: p.at}
	t.file(folder+"/README.txt", readme)
	t.file(folder+"/MANIFEST.json", string(manifest)+"\n")
	for i, f := range p.manifest.Files {
		t.file(folder+"/"+f.Name, p.bodies[i])
	}
	t.end()
	if t.err != nil {
		return nil, t.err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Manifest is what the bundle holds so far.
func (p *Packer) Manifest() Manifest { return p.manifest }
