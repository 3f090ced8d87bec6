package command

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is flags that the manual of a command lists together.
type flagGroup struct {
	title string
	add   func(*pflag.FlagSet)
}

// addGroups adds the flags to cmd, and shows them in their groups.
func addGroups(cmd *cobra.Command, groups ...flagGroup) {
	var manual strings.Builder
	for _, g := range groups {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		g.add(set)
		cmd.Flags().AddFlagSet(set)
		usages := strings.ReplaceAll(strings.TrimRight(set.FlagUsages(), "\n"), "{{", `{{"{{"}}`) // the manual is a template
		manual.WriteString("\n\n" + g.title + ":\n" + usages)
	}
	cmd.SetUsageTemplate(helpHead + manual.String() + helpTail)
}

// given returns the first of the flags that the line has, or "". A switch that is turned off is not
// there.
func given(cmd *cobra.Command, names ...string) string {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() != "false" {
			return name
		}
	}
	return ""
}

// filled refuses flags that are there and say nothing, as an empty variable of a script makes them.
func filled(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return usage(cmd, "--%s is empty", name)
		}
	}
	return nil
}
