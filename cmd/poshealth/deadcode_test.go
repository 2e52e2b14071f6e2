package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The linker leaves out every method that nobody calls, until it meets one function that looks methods up by a name it
// only learns at run time (reflect.Value.MethodByName, reflect.Value.Method): from there on it keeps every exported
// method of every type in use, and the terminal's binary grows by a third. It marks such a function with ReflectMethod.
//
// What to do when this fails: the last line of the chain is such a function, and the line above it is who calls it. Find
// the first line that is ours, and do without what it imports there. To see the chains by hand:
//
//	go build -o /tmp/poshealth -ldflags=-dumpdep ./cmd/poshealth 2>&1 | grep ReflectMethod
func TestLinkerStillDropsUnusedMethods(t *testing.T) {
	got := chainToReflectMethod(t, "../..", "./cmd/poshealth")
	require.Empty(t, strings.Join(got, "\n"), "the linker keeps every exported method because of the last of these")
}

// TestChainToReflectMethod holds the reading of the linker's words: another version may choose others.
func TestChainToReflectMethod(t *testing.T) {
	const program = `package main

import (
	"os"
	"reflect"
)

type door struct{}

func (door) Open()  {}
func (door) Close() {}

func call(name string) { reflect.ValueOf(door{}).MethodByName(NAME).Call(nil) }

func main() { call(os.Args[0]) }
`
	for _, row := range []struct {
		name, argument string
		want           bool
	}{
		{"a name known at run time only", "name", true},
		{"a name that is a constant", `"Open"`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			source := strings.ReplaceAll(program, "NAME", row.argument)
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module trial\n\ngo 1.26\n"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600))

			got := chainToReflectMethod(t, dir, ".")
			if !row.want {
				require.Empty(t, got)
				return
			}
			require.NotEmpty(t, got)
			require.Equal(t, "main.call", got[len(got)-1])
			require.Contains(t, got, "main.main")
		})
	}
}

// chainToReflectMethod links a program as it ships and returns who reaches whom, from the program's entry to the first
// function that ends the linker's dead-code elimination; nothing where there is none.
func chainToReflectMethod(t *testing.T, dir, program string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(t.TempDir(), "linked"),
		"-trimpath", "-buildvcs=false", "-ldflags=-s -w -dumpdep", program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out[max(0, len(out)-2000):])

	// "who -> whom", each with marks behind; a line for whom everything is reached from first, so the lines are a tree.
	reachedBy := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20) // names of generic functions are long
	for lines.Scan() {
		who, whom, ok := strings.Cut(lines.Text(), " -> ")
		if !ok {
			continue
		}
		symbol := unmarked(whom)
		if _, seen := reachedBy[symbol]; !seen {
			reachedBy[symbol] = unmarked(who)
		}
		if strings.Contains(whom, "<ReflectMethod>") {
			chain := []string{symbol}
			for by, ok := reachedBy[symbol]; ok && by != "_" && len(chain) < 100; by, ok = reachedBy[by] {
				chain = append(chain, by)
			}
			slices.Reverse(chain)
			return chain
		}
	}
	require.NoError(t, lines.Err())
	require.Contains(t, reachedBy, "main.main", "the linker did not tell what it reached")
	return nil
}

// unmarked takes the linker's marks ("<UsedInIface>", "<ReflectMethod>") off a symbol.
func unmarked(symbol string) string {
	for _, mark := range []string{" <UsedInIface>", "<UsedInIface>", " <ReflectMethod>", "<ReflectMethod>"} {
		symbol = strings.ReplaceAll(symbol, mark, "")
	}
	return strings.TrimSpace(symbol)
}
