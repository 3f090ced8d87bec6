package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const directoryHelp = `Look up members, departments and tags, as far as the app may see them (可见范围).`

func (c *cli) directoryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "directory <command>",
		Short: "Look up members, departments and tags",
		Long:  directoryHelp,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.directoryUserCommand(), c.directoryDepartmentsCommand(), c.directoryTagsCommand())
	return cmd
}

const directoryUserHelp = `Show a member, or print the user id of the one with a mobile number or an email address.

WeCom blocks the look-up by mobile or email for a day when misses exceed a fifth of the corp's
accounts: do not try numbers in a loop.
` + connectHelp

func (c *cli) directoryUserCommand() *cobra.Command {
	var (
		n             connection
		mobile, email string
		personal      bool
		asJSON        bool
	)
	cmd := &cobra.Command{
		Use:   "user (USER | --mobile NUMBER | --email ADDRESS) [flags]",
		Short: "Show a member, or find one by mobile or email",
		Long:  directoryUserHelp,
		Example: `  hongyan directory user zhangsan
  hongyan send --to "$(hongyan directory user --mobile 13800000002)" "磁盘已满"
  hongyan directory user --email zhangsan@example.com`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || (len(args) == 1) == (given(cmd, "mobile", "email") != "") || mobile != "" && email != "" {
				return usage(cmd, "user takes one of USER, --mobile and --email")
			}
			if err := filled(cmd, "mobile", "email"); err != nil {
				return err
			}
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				kind := wecom.CorpEmail
				if personal {
					kind = wecom.PersonalEmail
				}
				switch {
				case mobile != "":
					return client.UserIDByMobile(ctx, mobile)
				case email != "":
					return client.UserIDByEmail(ctx, email, kind)
				}
				user, err := client.User(ctx, args[0])
				if err != nil || asJSON {
					return plainJSON(user), err
				}
				return describeUser(user), nil
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&mobile, "mobile", "", "phone `NUMBER`")
	flags.StringVar(&email, "email", "", "`ADDRESS` in the corp (企业邮箱)")
	flags.BoolVar(&personal, "personal", false, "the address is the member's own (个人邮箱)")
	flags.BoolVar(&asJSON, "json", false, "print the member as JSON")
	n.addFlags(flags)
	return cmd
}

func describeUser(u wecom.User) string {
	status, known := map[wecom.UserStatus]string{
		wecom.UserActive: "active", wecom.UserDisabled: "disabled", wecom.UserNotActivated: "has not joined", wecom.UserLeft: "has left",
	}[u.Status]
	if !known {
		status = fmt.Sprint(int(u.Status))
	}
	return fmt.Sprintf("userid       %s\nname         %s\ndepartments  %s\nstatus       %s",
		u.ID, u.Name, strings.Join(numbers(u.Departments), " "), status)
}

func (c *cli) directoryDepartmentsCommand() *cobra.Command {
	var (
		n      connection
		under  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "departments [flags]",
		Short: "List departments",
		Long:  "List the departments that the app may see, one a line: id and the id of the one above. WeCom gives no\nnames here.\n" + connectHelp,
		Example: `  hongyan directory departments
  hongyan directory departments --under 2`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				list, err := client.Departments(ctx, under)
				if err != nil || asJSON {
					return plainJSON(list), err
				}
				lines := []string{"id\tparent"}
				for _, d := range list {
					lines = append(lines, fmt.Sprintf("%d\t%d", d.ID, d.ParentID))
				}
				return strings.Join(lines, "\n"), nil
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&under, "under", 0, "only this department `ID` and those below it")
	flags.BoolVar(&asJSON, "json", false, "print them as JSON")
	n.addFlags(flags)
	return cmd
}

func (c *cli) directoryTagsCommand() *cobra.Command {
	var (
		n      connection
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "tags [flags]",
		Short:   "List tags",
		Long:    "List the tags of the corp, one a line: id and name.\n" + connectHelp,
		Example: `  hongyan directory tags`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withClient(cmd, &n, func(ctx context.Context, client *wecom.Client) (string, error) {
				list, err := client.Tags(ctx)
				if err != nil || asJSON {
					return plainJSON(list), err
				}
				lines := []string{"id\tname"}
				for _, t := range list {
					lines = append(lines, fmt.Sprintf("%d\t%s", t.ID, t.Name))
				}
				return strings.Join(lines, "\n"), nil
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	n.addFlags(cmd.Flags())
	return cmd
}
