// Package arrows holds the test that keeps imports pointing one way; docs/architecture.md draws them.
package arrows

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hongyan-im/hongyan/"

// arrows says which packages of this repository each may import. A package that is not here fails
// the test: whoever adds one decides where it stands.
var arrows = map[string][]string{
	"cmd/hongyan":                    {"internal/command"},
	"internal/command":               {"internal/access", "internal/config", "internal/daemon", "internal/delivery", "internal/doctor", "internal/mailmerge", "wecom", "wecom/gateway", "wecom/redisstore", "wecom/simulator"},
	"internal/daemon":                {"internal/access", "internal/apps", "internal/config", "internal/delivery", "internal/directory", "internal/doctor", "internal/events", "internal/httpapi", "internal/limit", "internal/media", "internal/metrics", "internal/store/sqlite", "internal/webhook", "wecom", "wecom/redisstore"},
	"internal/delivery":              {"wecom"},
	"internal/directory":             {"internal/delivery", "wecom"},
	"internal/doctor":                {"wecom"},
	"internal/events":                {"internal/delivery"},
	"internal/metrics":               {"internal/delivery", "wecom"},
	"internal/media":                 {"internal/delivery", "wecom"},
	"internal/limit":                 {"internal/delivery", "wecom"},
	"internal/access":                {},
	"internal/mailmerge":             {},
	"internal/config":                {"wecom", "wecom/callback"},
	"internal/apps":                  {"internal/config", "internal/delivery", "internal/media", "wecom", "wecom/redisstore"},
	"internal/webhook":               {"internal/access", "internal/delivery"},
	"internal/store/sqlite":          {"internal/access", "internal/delivery", "internal/directory", "internal/media", "internal/store/filelock", "internal/store/migrations", "internal/webhook"},
	"internal/store/filelock":        {},
	"internal/store/migrations":      {},
	"internal/httpapi":               {"internal/access", "internal/delivery", "internal/doctor", "internal/events", "internal/media", "internal/webhook", "wecom"},
	"wecom":                          {"wecom/internal/reread", "wecom/internal/split"},
	"wecom/internal/reread":          {},
	"wecom/internal/split":           {},
	"wecom/callback":                 {"wecom"},
	"wecom/gateway":                  {"wecom", "wecom/internal/reread"},
	"wecom/simulator":                {"wecom/callback", "wecom/simulator/internal/phone"},
	"wecom/simulator/internal/phone": {},
	"wecom/wecomtest":                {"wecom", "wecom/simulator"},
	"wecom/redisstore":               {"wecom"},

	// Beside the product: nothing imports these.
	"bench":                    {"wecom", "wecom/simulator"},
	"bench/sdk":                {"bench", "wecom", "wecom/simulator"},
	"bench/gateway":            {"bench", "internal/access", "internal/config", "internal/daemon", "internal/delivery", "internal/limit", "internal/store/sqlite", "wecom", "wecom/simulator"},
	"internal/arrows":          {},
	"internal/tokenmodel":      {"wecom", "wecom/redisstore"},
	"internal/store/storetest": {"internal/access", "internal/delivery", "internal/media", "internal/webhook", "wecom"},
	"internal/faults":          {},
	"internal/browsertest":     {"internal/command", "wecom", "wecom/wecomtest"},
	"wecom/internal/gencodes":  {},
}

func TestArrows(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], module)
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s has no place in the picture: add it to the arrows here and to docs/architecture.md", from)
			continue
		}
		seen++
		for _, imported := range fields[1:] {
			to, ours := strings.CutPrefix(imported, module)
			if ours && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s, against the arrows", from, to)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("only %d packages seen", seen)
	}
}
