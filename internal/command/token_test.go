package command

import (
	"strings"
	"testing"
)

func TestMaskToken(t *testing.T) {
	for _, token := range []string{"short", strings.Repeat("x", 31), "abcd" + strings.Repeat("x", 200) + "wxyz"} {
		if shown := maskToken(token); strings.Contains(shown, token) || strings.Contains(shown, "xxxx") {
			t.Errorf("%s", shown)
		}
	}
	if got := maskToken("abcd" + strings.Repeat("x", 200) + "wxyz"); got != "token abcd…wxyz of 208 characters" {
		t.Error(got)
	}
}
