package wecom_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"testing"
)

// page is how a doc comment names an official page.
var page = regexp.MustCompile(`path/\d{5}`)

// pageless are the methods that are about no page of WeCom: they call nothing, or anything.
var pageless = map[string]bool{
	"Client.CloseIdleConnections": true, "Client.Do": true,
	"Client.Format": true, "Client.LogValue": true, "Client.String": true,
	"Robot.CloseIdleConnections": true, "Robot.Format": true, "Robot.LogValue": true, "Robot.String": true,
}

// Every method of the types that programs hold has an example that runs, and says which page of WeCom
// it is about; what makes them has an example as well.
func TestEveryMethodIsShown(t *testing.T) {
	documented := documentation(t)
	methods := 0
	for _, typ := range documented.Types {
		if typ.Name != "Client" && typ.Name != "Robot" {
			continue
		}
		for _, method := range typ.Methods {
			methods++
			name := typ.Name + "." + method.Name
			if !runs(method.Examples) {
				t.Errorf("%s has no example with output", name)
			}
			if page.MatchString(method.Doc) == pageless[name] {
				t.Errorf("%s: the comment names a page: %t", name, !pageless[name])
			}
		}
		for _, f := range typ.Funcs {
			if !runs(f.Examples) {
				t.Errorf("%s has no example with output", f.Name)
			}
		}
	}
	if methods < len(pageless) {
		t.Fatalf("%d methods found", methods)
	}
}

// So have the cards, and what programs call beside the methods of clients and robots.
func TestWhatElseIsShown(t *testing.T) {
	want := map[string]bool{
		"TextNotice": true, "NewsNotice": true, "ButtonInteraction": true, "VoteInteraction": true, "MultipleInteraction": true,
		"UnmarshalCard": true, "Message.Validate": true, "To.Chunks": true, "SplitText": true, "SplitMarkdown": true,
		"Lint": true, "LintMarkdown": true, "NeverSent": true, "Error.Hint": true, "Error.Kind": true, "TransportError": true,
		"MemoryStore": true, "ImageFile": true, "FileBytes": true,
	}
	shown := func(name string, examples []*doc.Example) {
		if runs(examples) {
			delete(want, name)
		}
	}
	documented := documentation(t)
	for _, f := range documented.Funcs {
		shown(f.Name, f.Examples)
	}
	for _, typ := range documented.Types {
		shown(typ.Name, typ.Examples)
		for _, f := range typ.Funcs {
			shown(f.Name, f.Examples)
		}
		for _, method := range typ.Methods {
			shown(typ.Name+"."+method.Name, method.Examples)
		}
	}
	for name := range want {
		t.Errorf("%s has no example with output", name)
	}
}

func runs(examples []*doc.Example) bool {
	for _, e := range examples {
		if e.Output != "" || e.EmptyOutput {
			return true
		}
	}
	return false
}

// documentation is that of the package, with the examples of its tests.
func documentation(t *testing.T) *doc.Package {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	documented, err := doc.NewFromFiles(fset, files, "github.com/hongyan-im/hongyan/wecom")
	if err != nil {
		t.Fatal(err)
	}
	return documented
}
