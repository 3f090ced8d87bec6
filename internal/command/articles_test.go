package command

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitEscaped(t *testing.T) {
	for text, want := range map[string][]string{
		"":               {""},
		"a, b":           {"a", "b"},
		`a\,b,c`:         {"a,b", "c"},
		`a\\,b`:          {`a\`, "b"},
		`C:\dir,x`:       {`C:\dir`, "x"},
		`end\`:           {`end\`},
		"菜单,https://e.x": {"菜单", "https://e.x"},
		",,":             {"", "", ""},
	} {
		if got := splitEscaped(text); !slices.Equal(got, want) {
			t.Errorf("%q is split into %q, want %q", text, got, want)
		}
	}
}

// FuzzSplitEscaped: whatever the parts, escaping and joining them can be undone.
func FuzzSplitEscaped(f *testing.F) {
	f.Add(`a,b`, `\`)
	f.Add(`\\,`, `,`)
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`)
	f.Fuzz(func(t *testing.T, a, b string) {
		want := []string{strings.TrimSpace(a), strings.TrimSpace(b)}
		if got := splitEscaped(escape.Replace(a) + "," + escape.Replace(b)); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
