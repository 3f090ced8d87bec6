package httpapi

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestAPIPagesAreWhole: docs/api.md has an example of every operation, which internal/daemon runs, and
// explains every word that the API uses for a state, a reason or a parameter of finding.
func TestAPIPagesAreWhole(t *testing.T) {
	w := newWorld(t)
	words := append(append(append(statusNames(), reasonNames()...), filterNames...), stateNames[:]...)
	for why := range whys {
		words = append(words, why)
	}
	for _, name := range []string{"../../docs/api.md", "../../docs/api.zh-CN.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range methodsOf(w.api.huma.OpenAPI()) {
			path := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(e.Path), `[^/ ?']+`)
			if !regexp.MustCompile(`(?m)^curl [^\n]*` + path + `['? \n]`).Match(page) {
				t.Errorf("%s: there is no example of %s %s", name, e.Method, e.Path)
			}
		}
		for _, word := range words {
			if !strings.Contains(string(page), "`"+word+"`") && !strings.Contains(string(page), "`"+word+"=") {
				t.Errorf("%s: %q is not explained", name, word)
			}
		}
	}
}

// TestAPIPagesAgree: the translation has the same headings, tables and blocks of code in the same order.
func TestAPIPagesAgree(t *testing.T) {
	outline := func(name string) (parts []string) {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for line := range strings.Lines(string(page)) {
			switch {
			case strings.HasPrefix(line, "```"):
				code = !code
				parts = append(parts, line)
			case code:
				parts = append(parts, line)
			case strings.HasPrefix(line, "#"):
				level, _, _ := strings.Cut(line, " ")
				parts = append(parts, level)
			case strings.HasPrefix(line, "|"):
				parts = append(parts, fmt.Sprintf("row of %d cells", strings.Count(line, "|")-1))
			}
		}
		return parts
	}
	page, translation := outline("../../docs/api.md"), outline("../../docs/api.zh-CN.md")
	for i := range max(len(page), len(translation)) {
		if i >= len(page) || i >= len(translation) || page[i] != translation[i] {
			t.Fatalf("they part after %d parts", i)
		}
	}
}
