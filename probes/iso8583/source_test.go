package iso8583_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sources are the files that are built, by name.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	files, set := map[string]*ast.File{}, token.NewFileSet()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			files[e.Name()], err = parser.ParseFile(set, e.Name(), nil, 0)
			require.NoError(t, err)
		}
	}
	require.NotEmpty(t, files)
	return set, files
}

// TestNoOtherMessageInTheSource: the types of four messages stand in the source, each once, as they must; no other type
// does, in text or in bytes.
func TestNoOtherMessageInTheSource(t *testing.T) {
	set, files := sources(t)
	var types []string
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				text := n.Value
				if n.Kind == token.STRING {
					text, _ = strconv.Unquote(n.Value)
				}
				types = append(types, regexp.MustCompile(`\b[012][1-8][0-9]0\b`).FindAllString(text, -1)...)
				if strings.ContainsFunc(text, func(r rune) bool { return r > 0 && r < 9 }) || regexp.MustCompile(`(?i)^0x0[1-8]`).MatchString(text) {
					t.Errorf("%s: %s could be a message type in bytes", set.Position(n.Pos()), n.Value)
				}
			case *ast.CompositeLit:
				if array, ok := n.Type.(*ast.ArrayType); ok {
					if of, ok := array.Elt.(*ast.Ident); ok && of.Name == "byte" && len(n.Elts) > 0 {
						t.Errorf("%s: bytes are written as text here, so that this test can read them", set.Position(n.Pos()))
					}
				}
			}
			return true
		})
	}
	slices.Sort(types)
	assert.Equal(t, []string{"0800", "0810", "0820", "0830"}, types)
}

// TestNobodyNamesAMessage: no exported function takes a message type, a function code or fields by number, and one yields
// bytes.
func TestNobodyNamesAMessage(t *testing.T) {
	_, files := sources(t)
	var yields []string
	for _, file := range files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, parameter := range f.Type.Params.List {
				for _, name := range parameter.Names {
					assert.NotRegexp(t, `(?i)mti|message|function|code`, name.Name, "parameter of %s", f.Name.Name)
				}
				_, isMap := parameter.Type.(*ast.MapType)
				assert.False(t, isMap && f.Name.IsExported(), "%s takes a map", f.Name.Name)
			}
			if f.Type.Results == nil || !f.Name.IsExported() {
				continue
			}
			for _, result := range f.Type.Results.List {
				if array, ok := result.Type.(*ast.ArrayType); ok {
					if of, ok := array.Elt.(*ast.Ident); ok && of.Name == "byte" {
						yields = append(yields, f.Name.Name)
					}
				}
			}
		}
	}
	assert.Equal(t, []string{"Bytes"}, yields)
}
