package diagnose_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poshealth/poshealth/findings"
)

// source is this package's own text: which severities each function names, and which functions it calls.
type source struct {
	rules map[string]string // code's name in package findings, to the function that Holds
	names map[string][]string
	calls map[string][]string
}

func readSource(t *testing.T) source {
	t.Helper()
	src := source{make(map[string]string), make(map[string][]string), make(map[string][]string)}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && judges(f) {
				src.read(f)
			}
		}
	}
	return src
}

// judges tells whether a function may be part of a rule: none of the engine's is.
func judges(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	if p, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
		of, ok := p.X.(*ast.Ident)
		return ok && (of.Name == "Profile" || of.Name == "Evidence")
	}
	of, ok := f.Recv.List[0].Type.(*ast.Ident)
	return ok && of.Name != "Match"
}

func (s source) read(f *ast.FuncDecl) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if slices.Contains([]string{"Info", "Degraded", "Imminent", "Blocking"}, n.Sel.Name) {
				s.names[f.Name.Name] = append(s.names[f.Name.Name], strings.ToLower(n.Sel.Name))
			}
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok {
				s.calls[f.Name.Name] = append(s.calls[f.Name.Name], method.Sel.Name)
			}
		case *ast.Ident: // a function that is called, or handed on
			s.calls[f.Name.Name] = append(s.calls[f.Name.Name], n.Name)
		case *ast.CompositeLit:
			code, holds := "", ""
			for _, e := range n.Elts {
				pair, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, _ := pair.Key.(*ast.Ident)
				selected, isSelected := pair.Value.(*ast.SelectorExpr)
				function, isFunction := pair.Value.(*ast.Ident)
				switch {
				case key == nil:
				case key.Name == "Code" && isSelected:
					code = selected.Sel.Name
				case key.Name == "Holds" && isSelected:
					holds = selected.Sel.Name
				case key.Name == "Holds" && isFunction:
					holds = function.Name
				}
			}
			if code != "" && holds != "" {
				s.rules[code] = holds
			}
		}
		return true
	})
}

// raises are the severities that a function names, or what it calls does: no rule raises others.
func (s source) raises(function string, seen map[string]bool) []string {
	if seen[function] {
		return nil
	}
	seen[function] = true
	all := slices.Clone(s.names[function])
	for _, called := range s.calls[function] {
		all = append(all, s.raises(called, seen)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// What the catalogue says of how bad a finding gets is what its rule can raise.
func TestStepsAreWhatRulesRaise(t *testing.T) {
	src := readSource(t)
	// These name more on the way than they let through.
	more := map[findings.Code]bool{findings.MerchantInvalid: true, findings.OfflineQueuePending: true}
	camel := func(c findings.Code) string {
		upper := map[string]string{"sim": "SIM", "dns": "DNS", "tls": "TLS", "mtu": "MTU"}
		name := ""
		for word := range strings.SplitSeq(string(c), "-") {
			if u, ok := upper[word]; ok {
				name += u
			} else {
				name += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		return name
	}
	for f := range findings.All() {
		holds := src.rules[camel(f.Code)]
		if !assert.NotEmpty(t, holds, f.Code) {
			continue
		}
		said := []string{f.Severity.String()}
		steps := findings.SeenWhen(f.Code).Escalation
		if len(steps) > 0 {
			said = nil
		}
		for _, s := range steps {
			said = append(said, s.Severity.String())
		}
		slices.Sort(said)
		raised := src.raises(holds, make(map[string]bool))
		if more[f.Code] {
			assert.Subset(t, raised, said, f.Code)
			continue
		}
		assert.Equal(t, raised, said, f.Code)
	}
}
