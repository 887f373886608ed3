package relay_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows are the imports between our packages that the design allows. A new
// one is a decision, and is made here.
var arrows = map[string][]string{
	"spool":            nil,
	"relay/alarm":      nil,
	"relay/notify":     {"relay/alarm"},
	"relay/event":      nil,
	"relay/source":     nil,
	"relay/rows":       nil,
	"relay/rights":     nil,
	"relay/secret":     {"relay/rights"},
	"relay/service":    {"relay/rights"},
	"relay/config":     {"relay/source", "relay/secret"},
	"relay/sandbox":    nil,
	"relay/machine":    nil,
	"relay/values":     {"relay/rows", "relay/source"},
	"relay/mapping":    {"relay/event", "relay/rows", "relay/source", "relay/values"},
	"relay/learn":      {"relay/rows", "relay/source", "relay/values"},
	"relay/session":    nil,
	"relay/ingest":     {"relay/event", "relay/alarm", "relay/mapping", "relay/rows", "relay/session", "relay/source"},
	"relay/dropfolder": {"relay/event", "relay/alarm", "relay/mapping", "relay/rows", "relay/source", "relay/values"},
	"relay/forward":    {"spool", "relay/event", "relay/alarm"},
	"relay/control":    {"spool", "relay/event", "relay/forward", "relay/dropfolder", "relay/alarm"},
	"relay/doctor":     {"spool"},
	"relay/dashboard":  {"spool", "relay/alarm", "relay/control", "relay/dropfolder", "relay/event", "relay/forward"},
	"relay": {"spool", "relay/alarm", "relay/config", "relay/control", "relay/dashboard", "relay/doctor", "relay/dropfolder", "relay/event", "relay/forward",
		"relay/ingest", "relay/machine", "relay/mapping", "relay/notify", "relay/rows", "relay/session", "relay/source", "relay/values"},
	"cmd/funnelrelay/quiet": nil,
	"cmd/funnelrelay": {"spool", "cmd/funnelrelay/quiet", "relay", "relay/alarm", "relay/config", "relay/control", "relay/doctor", "relay/dropfolder", "relay/event", "relay/ingest", "relay/learn",
		"relay/mapping", "relay/rights", "relay/rows", "relay/sandbox", "relay/secret", "relay/service", "relay/source", "relay/values"},
	"packaging/bench":                  {"relay/config"},
	"packaging/integrations":           nil,
	"packaging/integrations/wire":      nil,
	"packaging/integrations/record":    {"packaging/integrations/wire"},
	"packaging/integrations/custom/go": nil,
}

const (
	longestFile     = 400 // lines
	longestFunction = 80
)

// topLevel is all that may stand in the root of the repository, besides files
// whose names begin with a dot.
var topLevel = []string{"LICENSE", "README.md", "cmd", "config.example.yaml", "go.mod", "go.sum", "packaging", "relay", "spool"}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	ignored := ignoredNames(t)
	for _, e := range entries {
		if name := e.Name(); name[0] != '.' && !slices.Contains(topLevel, name) && !ignored[name] {
			t.Errorf("%s does not belong into the root", name)
		}
	}
}

// ignoredNames are the plain names in .gitignore: what a build leaves.
func ignoredNames(t *testing.T) map[string]bool {
	text, err := os.ReadFile("../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		names[strings.Trim(strings.TrimSpace(line), "/")] = true
	}
	return names
}

func TestShape(t *testing.T) {
	documented, found := map[string]bool{}, map[string]bool{}
	walk(t, func(path string, fset *token.FileSet, file *ast.File) {
		dir := filepath.ToSlash(filepath.Dir(path))
		found[dir] = true
		if file.Doc != nil {
			documented[dir] = true
			checkPackageDoc(t, path, file)
		}
		allowed, known := arrows[dir]
		if !known {
			t.Errorf("%s: package is not in the table of arrows", dir)
		}
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(name, "funnelrelay/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s: imports %s: that arrow is not in the design", path, ours)
			}
		}
		if n := fset.File(file.Pos()).LineCount(); n >= longestFile {
			t.Errorf("%s has %d lines, want fewer than %d", path, n, longestFile)
		}
		for _, decl := range file.Decls {
			checkDecl(t, path, fset, decl)
		}
	})
	for dir := range found {
		if !documented[dir] {
			t.Errorf("%s: no package doc", dir)
		}
	}
}

// walk calls visit with every Go file that is not a test.
func walk(t *testing.T, visit func(path string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err == nil {
			visit(rel, fset, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkPackageDoc wants a package's doc to begin with what it is.
func checkPackageDoc(t *testing.T, path string, file *ast.File) {
	t.Helper()
	text := file.Doc.Text()
	want := "Package " + file.Name.Name + " "
	if file.Name.Name == "main" {
		want = "Command "
	}
	if !strings.HasPrefix(text, want) {
		t.Errorf("%s: the package doc does not begin with %q", path, want)
	}
}

func checkDecl(t *testing.T, path string, fset *token.FileSet, decl ast.Decl) {
	t.Helper()
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if n := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1; n > longestFunction {
			t.Errorf("%s: %s has %d lines, want %d or fewer", path, d.Name.Name, n, longestFunction)
		}
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && !obvious(d.Name.Name) {
			t.Errorf("%s: %s is exported and has no comment", path, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				t.Errorf("%s: type %s is exported and has no comment", path, s.Name.Name)
			}
		}
	}
}

// obvious names are the methods of well-known interfaces.
func obvious(name string) bool {
	return slices.Contains([]string{"Error", "Unwrap", "String", "Len", "Less", "Swap", "Push", "Pop", "ServeHTTP", "Read", "Write", "Close"}, name)
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}
