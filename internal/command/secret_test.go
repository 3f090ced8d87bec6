package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestSecretFile(t *testing.T) {
	for _, test := range []struct{ name, content, secret, problem string }{
		{"bare", "s3cret", "s3cret", ""},
		{"line break", "s3cret\n", "s3cret", ""},
		{"from Windows", "\ufeffs3cret\r\n", "s3cret", ""},
		{"empty", "\n", "", "holds nothing"},
		{"two lines", "s3cret\nother\n", "", "holds more than a secret"},
		{"something else", strings.Repeat("x", maxSecretBytes+1), "", "holds more than a secret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			n := connection{secretFile: path}
			got, err := n.secret(&cobra.Command{}, func(string) string { return "" })
			switch {
			case got != test.secret:
				t.Errorf("secret %q, want %q", got, test.secret)
			case test.problem == "" && err != nil:
				t.Error(err)
			case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
				t.Errorf("error %v, want %s", err, test.problem)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("the error shows what the file holds: %v", err)
			}
		})
	}
}
