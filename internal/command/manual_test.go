package command

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestManuals: every command that does something has a manual with examples to copy, of flags that
// there are.
func TestManuals(t *testing.T) {
	c := &cli{std: Std{Getenv: func(string) string { return "" }}}
	root := c.rootCommand()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd == root || cmd.Name() == "help" {
			return
		}
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%s has no manual", cmd.CommandPath())
		}
		if !cmd.HasSubCommands() && !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Long + "\n" + cmd.Short) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 104 {
				t.Errorf("%s: a line of the manual has %d characters: %s", cmd.CommandPath(), n, line)
			}
		}
		for word := range strings.FieldsSeq(cmd.Example) {
			name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
			if strings.HasPrefix(word, "--") && name != "" && cmd.Flags().Lookup(name) == nil && !strings.Contains(cmd.Example, "$(") && !strings.Contains(cmd.Example, "|") {
				t.Errorf("%s: the example has an unknown flag %s", cmd.CommandPath(), word)
			}
		}
	}
	walk(root)
}
