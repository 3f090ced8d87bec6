package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hongyan-im/hongyan/internal/store/sqlite"
)

// TestInspect looks at a file that is not there, at one that a gateway works on, and at what is none.
func TestInspect(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "hongyan.db")
	in, err := sqlite.Inspect(t.Context(), path)
	if err != nil || in.Exists {
		t.Fatalf("%+v %v", in, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in, err = sqlite.Inspect(t.Context(), path)
	if err != nil || !in.Exists || in.Bytes == 0 || in.Schema == 0 || in.Schema != in.Newest {
		t.Errorf("beside a gateway: %+v %v", in, err)
	}
	if err := o.Ready(t.Context()); err != nil {
		t.Errorf("the gateway cannot write any more: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if in, err = sqlite.Inspect(t.Context(), path); err != nil || !in.Exists {
		t.Errorf("without one: %+v %v", in, err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Inspect(t.Context(), path); err == nil || !strings.Contains(err.Error(), "no database of hongyan") {
		t.Errorf("of what is none: %v", err)
	}
	if _, err := sqlite.Inspect(t.Context(), filepath.Join(dir, "nowhere", "x.db")); err == nil || !strings.Contains(err.Error(), "make the folder") {
		t.Errorf("in no folder: %v", err)
	}
}
