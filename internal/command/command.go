// Package command is the command line of hongyan: each command is a file named after it.
//
// Rules of the package: what a command was asked for goes to standard output, everything else to
// standard error. Commands return errors and [Run] alone turns them into text and an exit code.
// Nothing outside of [Std] is read or written, but for files and addresses that the caller names.
package command

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// Std is the process as the commands see it.
type Std struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Environ  func() []string // as of os.Environ; nil means that there are none to list
	// Hangups returns what tells of each SIGHUP until ctx ends; nil means that there is none. It is
	// called by servers alone: other commands end by that signal.
	Hangups func(ctx context.Context) <-chan os.Signal
	// Program is what the user types to run this program, for examples in the output. "" means hongyan.
	Program string
}

// The exit codes.
const (
	exitFailed     = 1
	exitUsage      = 2
	exitUnfinished = 3
	exitPartly     = 4
)

// cli is one run of the program.
type cli struct {
	std  Std
	lang wecom.Lang // of hints
}

// Run runs the command that args name (without the program's own name) and returns the exit code.
// When ctx ends, commands stop soon: a server within a second.
func Run(ctx context.Context, args []string, std Std) int {
	if std.Program == "" {
		std.Program = "hongyan"
	}
	c := &cli{std: std, lang: userLang(std.Getenv)}
	root := c.rootCommand()
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take those of the process
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // whatever was opened for the command is closed
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	c.report(err)
	return exitCode(err)
}

// Program returns how the running program was called: by its name, or through "go run".
func Program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	if strings.Contains(filepath.ToSlash(path), "/go-build") {
		return "go run ./cmd/hongyan"
	}
	return strings.TrimSuffix(filepath.Base(path), ".exe")
}
