package enrol

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path/filepath"
)

// Machine is whether the machine is still the one for which an identity was made.
type Machine int

// The answers; the zero value is that nobody can tell.
const (
	Unknown Machine = iota // no fact was kept that can be read now
	Same                   // at least one fact is as it was
	Another                // of those that were kept and can be read now, all are different
)

// machine is what is kept of the machine: no fact in clear, and the salt is this folder's own, so that two files cannot be compared.
type machine struct {
	Salt  string            `json:"salt"`
	Facts map[string]string `json:"facts"` // name to HMAC-SHA-256 of the fact
}

// Machine compares the machine with the one for which the identity was made. facts are lasting ones, such as serial numbers, by name.
func (f *Folder) Machine(facts map[string]string) Machine { return f.machineAt(f.dir, facts) }

func (f *Folder) machineAt(dir string, facts map[string]string) Machine {
	kept := readMachine(dir)
	answer := Unknown
	for name, now := range kept.hashed(facts) {
		switch was, there := kept.Facts[name]; {
		case !there:
		case hmac.Equal([]byte(was), []byte(now)):
			return Same
		default:
			answer = Another
		}
	}
	return answer
}

// Bind keeps the facts as they are now, where they are not kept so already: a board that was replaced, a fact that could not be read
// before. It must not be called for another machine.
func (f *Folder) Bind(facts map[string]string) error { return f.bind(f.dir, facts) }

func (f *Folder) bind(dir string, facts map[string]string) error {
	kept := readMachine(dir)
	if kept.Salt == "" {
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails
		kept = machine{Salt: hex.EncodeToString(salt)}
	}
	now := maps.Clone(kept.Facts) // what cannot be read today stays
	if now == nil {
		now = make(map[string]string, len(facts))
	}
	maps.Copy(now, kept.hashed(facts))
	if maps.Equal(now, kept.Facts) {
		return nil
	}
	kept.Facts = now
	content, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return f.disk.write(filepath.Join(dir, machineFile), content)
}

func readMachine(dir string) machine {
	var m machine
	content, err := readSmall(filepath.Join(dir, machineFile), maxFile)
	if err != nil || json.Unmarshal(content, &m) != nil {
		return machine{} // nothing kept: nobody can tell
	}
	return m
}

func (m machine) hashed(facts map[string]string) map[string]string {
	all := make(map[string]string, len(facts))
	for name, fact := range facts {
		if fact == "" {
			continue
		}
		h := hmac.New(sha256.New, []byte(m.Salt))
		h.Write([]byte(name + "=" + fact))
		all[name] = hex.EncodeToString(h.Sum(nil))
	}
	return all
}
