package command

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// csvFlags say that there is a message for each line of a table.
type csvFlags struct{ path, template, templateFile, failed string }

func (f *csvFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.path, "csv", "", "table in `FILE`, with a heading; its column user or to names who gets the line's message")
	flags.StringVar(&f.template, "template", "", "`TEXT` with {{.column}} where a column of the line stands")
	flags.StringVar(&f.templateFile, "template-file", "", "the same from `FILE`")
	flags.StringVar(&f.failed, "failed", "", "write the lines that failed to `FILE`, with a column error")
}

func (c *cli) sendTable(cmd *cobra.Command, args []string, f *sendFlags, kind string, options gateway.Options) error {
	return usage(cmd, "not yet")
}
