package command

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `hongyan (鸿雁) sends WeCom (企业微信) messages, and is a WeCom to try them on.

Start here, without a WeCom account:
  hongyan dev

Send with one, from a shell, a cron job or a pipeline:
  export HONGYAN_CORP_ID=ww… HONGYAN_AGENT_ID=1000002 HONGYAN_SECRET=…
  hongyan send --to zhangsan "磁盘已满"
  df -h | hongyan send --to zhangsan,lisi
  hongyan send --to zhangsan --image chart.png

Without an app, by a robot in a group chat:
  HONGYAN_ROBOT_FILE=/run/secrets/robot hongyan send "磁盘已满"

Run a gateway, to which programs in any language hand their messages over HTTP:
  hongyan serve --example > hongyan.yaml
  hongyan serve

Send through it, and see what became of it:
  export HONGYAN_URL=http://127.0.0.1:9470 HONGYAN_KEY=hy_… HONGYAN_APP=crm
  hongyan send --to zhangsan "磁盘已满"
  hongyan list --user zhangsan

Exit codes:
  0  done
  1  failed, also for what a message or file contains; the error says why
  2  flags or settings are wrong or missing, and nothing was done
  3  accepted by a gateway, which goes on with it, and not finished in the time of --wait
  4  sent, but not to everybody; standard error names who was left out

Errors and hints go to standard error. Hints are in Chinese where LC_ALL, LC_MESSAGES or LANG says
zh, or with --lang zh.`

// The help template follows the text of a command: how to call it, its parts, its flags.
const (
	helpHead = `Usage:
  {{.UseLine}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}`
	helpFlags = `{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}`
	helpTail = `{{if .HasAvailableInheritedFlags}}

Everywhere:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} <command> --help" is the manual of a command.{{end}}
`
)

// rootCommand builds the tree of commands. Flags live in it, so every run has its own.
func (c *cli) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "hongyan <command>",
		Short:         "WeCom messages, and a WeCom to try them on",
		Long:          rootHelp,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.DisableFlagsInUseLine = true
	root.SetUsageTemplate(helpHead + helpFlags + helpTail)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().Var(langValue{&c.lang}, "lang", "`LANG` of hints, en or zh (default: that of the environment)")
	_ = root.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"en", "zh"}, cobra.ShellCompDirectiveNoFileComp))
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		c.appCommand(), c.callCommand(), c.cancelCommand(), c.cardCommand(), c.chatCommand(), c.devCommand(), c.directoryCommand(), c.doctorCommand(), c.eventsCommand(), c.keyCommand(), c.lintCommand(),
		c.listCommand(), c.mediaCommand(), c.recallCommand(), c.resendCommand(), c.sendCommand(), c.serveCommand(), c.simCommand(), c.statusCommand(), c.tokenCommand(), c.versionCommand(),
	)
	return root
}

// knownCommand refuses what is left of the line where a command should stand.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usage(cmd, "unknown command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		did := strconv.Quote(strings.Join(near, `" or "`))
		did = strings.ReplaceAll(did, `\"`, `"`)
		err.hint("did you mean "+did+"?", "是否想输入 "+did+"？")
	}
	return err
}

// helpCommand is cobra's, but that an unknown command is an error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the manual of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return knownCommand(cmd.Root(), args)
			}
			of.InitDefaultHelpFlag()
			of.InitDefaultVersionFlag()
			return of.Help()
		},
	}
}
