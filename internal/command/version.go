package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Long:    "Print the version, the revision it was built from, the Go release and the platform, in one line.",
		Example: "  hongyan version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.std.Out, versionLine())
			return err
		},
	}
}

func buildInfo() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return &debug.BuildInfo{}
}

// versionOnly is the version without the name of the program and what built it.
func versionOnly() string { return strings.TrimPrefix(describeBuild(buildInfo()), "hongyan ") }

func versionLine() string {
	return describeBuild(buildInfo()) + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// describeBuild names the version and, where the build knows it, the revision.
func describeBuild(info *debug.BuildInfo) string {
	version, revision, modified := info.Main.Version, "", ""
	if version == "" || version == "(devel)" {
		version = "development"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+changes"
		}
	}
	if revision == "" || strings.Contains(version, revision) {
		return "hongyan " + version // between releases the version ends in the revision
	}
	return "hongyan " + version + " " + revision + modified
}

// noArguments refuses arguments, in the words of this program.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, "%s takes no arguments, given %q", cmd.Name(), args[0])
	}
	return nil
}
