package wecom

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that imports the SDK must not have its own dependencies raised by it.
func TestStandardLibraryOnly(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mod), "require") {
		t.Errorf("go.mod requires something:\n%s", mod)
	}
	list := exec.Command("go", "list", "-test", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if !strings.Contains(dep, "hongyan-im/hongyan/wecom") && !strings.Contains(dep, "[") {
			t.Errorf("depends on %s", dep)
		}
	}
}

// The table of codes is the one that go generate makes from the TSV.
func TestCodeTableIsFresh(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "codes_table.go")
	if out, err := exec.Command("go", "run", "./internal/gencodes", "-out", fresh).CombinedOutput(); err != nil {
		t.Fatalf("gencodes: %v\n%s", err, out)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("codes_table.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("codes_table.go is stale: run go generate")
	}
}
