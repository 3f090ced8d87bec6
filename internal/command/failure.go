package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

// failure is an error of the command line itself, in the shape of the SDK's errors: a text that
// names the thing, and a hint in two languages.
type failure struct {
	exit   int
	text   string
	en, zh string // what to do about it; may be empty
	help   string // the command whose --help explains more, or ""
	cause  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

// Hint says what to do about it.
func (f *failure) Hint(lang wecom.Lang) string {
	hint, help := pick(lang, f.en, f.zh), ""
	if f.help != "" {
		help = pick(lang, `see "`+f.help+` --help"`, `用法见 "`+f.help+` --help"`)
	}
	if hint != "" && help != "" {
		return hint + pick(lang, "; ", "；") + help
	}
	return hint + help
}

// usage is a command line that cannot be carried out as it stands: exit code 2, nothing was done.
func usage(cmd *cobra.Command, format string, args ...any) *failure {
	return &failure{exit: exitUsage, text: fmt.Sprintf(format, args...), help: cmd.CommandPath()}
}

// failed is everything else: exit code 1.
func failed(format string, args ...any) *failure {
	err := fmt.Errorf(format, args...)
	return &failure{exit: exitFailed, text: err.Error(), cause: errors.Unwrap(err)}
}

// hint adds what to do about it.
func (f *failure) hint(en, zh string) *failure {
	f.en, f.zh = en, zh
	return f
}

// errPartly ends a command that sent a message to some of those named, and has already told whom
// it did not reach.
var errPartly = errors.New("sent, but not to everybody")

// errUnfinished ends a command that waited for the end of a message in vain, and has told so.
var errUnfinished = errors.New("accepted, and not finished in time")

func exitCode(err error) int {
	var f *failure
	switch {
	case errors.As(err, &f):
		return f.exit
	case errors.Is(err, errUnfinished):
		return exitUnfinished
	case errors.Is(err, errPartly):
		return exitPartly
	}
	return exitFailed
}
