package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

const chatHelp = `Group chats of an app and members of the corp. "hongyan send --chat ID" writes to one.

Only an app that the corp made itself has group chats, and its visible range must be the whole corp.
An app sees no chats but its own.`

func (c *cli) chatCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chat <command>",
		Short: "Make, change and show group chats of the app",
		Long:  chatHelp,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.chatCreateCommand(), c.chatUpdateCommand(), c.chatGetCommand())
	return cmd
}

func (c *cli) chatCreateCommand() *cobra.Command {
	var (
		n    connection
		chat wecom.Chat
		to   []string
	)
	cmd := &cobra.Command{
		Use:   "create --to USER,USER [flags]",
		Short: "Make a group chat, and print its id",
		Long: `Make a group chat of 2 to 2000 members and print its id. Members may not see it before the first
message. A corp may make 1000 a day.
` + connectHelp,
		Example: `  hongyan chat create --name 值班 --owner zhangsan --to zhangsan,lisi,wangwu
  hongyan send --chat "$(hongyan chat create --to zhangsan,lisi)" "大家好"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if chat.Users = elements(to); len(chat.Users) == 0 {
				return usage(cmd, "nobody is named: --to says who is in the chat, at least 2 members")
			}
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				return client.CreateChat(ctx, chat)
			})
		},
	}
	addGroups(cmd, flagGroup{"The chat", func(flags *pflag.FlagSet) {
		flags.StringArrayVar(&to, "to", nil, "`USER` ids of the members, separated by commas or in several flags")
		flags.StringVar(&chat.Name, "name", "", "`NAME` of the chat, at most 50 characters")
		flags.StringVar(&chat.Owner, "owner", "", "`USER` id of one of the members (default: of WeCom's choice)")
		flags.StringVar(&chat.ID, "id", "", "`ID` of the chat, at most 32 letters and digits (default: of WeCom's choice)")
	}}, flagGroup{"Which app, which WeCom", n.addFlags})
	return cmd
}

func (c *cli) chatUpdateCommand() *cobra.Command {
	var (
		n           connection
		u           wecom.ChatUpdate
		add, remove []string
	)
	cmd := &cobra.Command{
		Use:   "update [flags] CHATID",
		Short: "Change the name, owner or members of a group chat",
		Long:  "Change a group chat of the app. What no flag names stays as it is.\n" + connectHelp,
		Example: `  hongyan chat update --name 值班（夜） ops7
  hongyan chat update --add wangwu --remove lisi ops7`,
		Args: oneArgument("the id of the chat"),
		RunE: func(cmd *cobra.Command, args []string) error {
			u.ID, u.Add, u.Remove = args[0], elements(add), elements(remove)
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				return "changed chat " + u.ID, client.UpdateChat(ctx, u)
			})
		},
	}
	addGroups(cmd, flagGroup{"What changes", func(flags *pflag.FlagSet) {
		flags.StringVar(&u.Name, "name", "", "the new `NAME`, at most 50 characters")
		flags.StringVar(&u.Owner, "owner", "", "`USER` id of the new owner, a member")
		flags.StringArrayVar(&add, "add", nil, "`USER` ids to add")
		flags.StringArrayVar(&remove, "remove", nil, "`USER` ids to remove")
	}}, flagGroup{"Which app, which WeCom", n.addFlags})
	return cmd
}

func (c *cli) chatGetCommand() *cobra.Command {
	var (
		n      connection
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "get [flags] CHATID",
		Short: "Show a group chat",
		Long:  "Show the name, owner and members of a group chat of the app.\n" + connectHelp,
		Example: `  hongyan chat get ops7
  hongyan chat get --json ops7 | jq -r '.userlist[]'`,
		Args: oneArgument("the id of the chat"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				chat, err := client.GetChat(ctx, args[0])
				if err != nil || asJSON {
					return plainJSON(chat), err
				}
				return fmt.Sprintf("chatid   %s\nname     %s\nowner    %s\nmembers  %s", cmp.Or(chat.ID, args[0]), chat.Name, chat.Owner,
					strings.Join(chat.Users, " ")), nil
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	n.addFlags(cmd.Flags())
	return cmd
}
