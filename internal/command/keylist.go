package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/access"
)

const keyListHelp = `List the API keys: what they are for, what they may do and how often, when they were made and last used.
The keys themselves are not shown: nobody has them but the programs that use them.
` + configHelp

func (c *cli) keyListCommand() *cobra.Command {
	var (
		file        configFile
		all, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "List the API keys",
		Long:  keyListHelp,
		Example: `  hongyan key list
  hongyan key list --all --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOldKeys(cmd, c, &file, func(ctx context.Context, keys access.Keys) error {
				list, err := keys.List(ctx)
				if err != nil {
					return err
				}
				if !all {
					list = slices.DeleteFunc(list, func(k access.Key) bool { return !k.Revoked.IsZero() })
				}
				return c.printKeys(list, asJSON)
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&all, "all", false, "also those that were revoked")
	flags.BoolVar(&asJSON, "json", false, "print them as JSON")
	file.addFlags(flags)
	return cmd
}

// keyJSON is a key in the output of --json.
type keyJSON struct {
	Name     string         `json:"name"`
	Senders  []string       `json:"senders"` // empty: all
	Scopes   []access.Scope `json:"scopes"`
	Callback string         `json:"callback_url,omitempty"`
	Rate     string         `json:"rate,omitempty"` // such as 10/s
	Created  time.Time      `json:"created"`
	LastUsed time.Time      `json:"last_used,omitzero"`
	Revoked  time.Time      `json:"revoked,omitzero"`
}

func (c *cli) printKeys(list []access.Key, asJSON bool) error {
	var out strings.Builder
	switch {
	case asJSON:
		shown := make([]keyJSON, len(list))
		for i, k := range list {
			shown[i] = keyJSON{k.Name, append([]string{}, k.Senders...), k.Scopes, k.CallbackURL, k.Rate.String(), k.Created, k.LastUsed, k.Revoked}
		}
		data, err := json.MarshalIndent(shown, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%s\n", data)
	case len(list) == 0:
		fmt.Fprintln(c.std.Err, pick(c.lang, `hongyan: there are no keys; "hongyan key create" makes one`, `hongyan: 还没有 key；可用 "hongyan key create" 创建`))
	default:
		table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tFOR\tSCOPES\tRATE\tCREATED\tLAST USED\tREVOKED")
		for _, k := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, describeSenders(k.Senders), describeScopes(k.Scopes), cmp.Or(k.Rate.String(), "-"),
				minute(k.Created), minute(k.LastUsed), minute(k.Revoked))
		}
		table.Flush()
	}
	return c.print(out.String())
}

// minute shows a time in a table.
func minute(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Local().Format("2006-01-02 15:04")
}

const keyRevokeHelp = `Revoke an API key, by its name: a running gateway refuses it within a second. Messages that it handed
over before are sent all the same. The name is free again.
` + configHelp

func (c *cli) keyRevokeCommand() *cobra.Command {
	var file configFile
	cmd := &cobra.Command{
		Use:     "revoke [flags] NAME",
		Short:   "Revoke an API key",
		Long:    keyRevokeHelp,
		Example: `  hongyan key revoke crm`,
		Args:    oneArgument("the name of the key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOldKeys(cmd, c, &file, func(ctx context.Context, keys access.Keys) error {
				err := keys.Revoke(ctx, args[0], time.Now())
				if errors.Is(err, access.ErrNoKey) {
					return failed("there is no key of the name %q", args[0]).hint(
						`see them with "hongyan key list`+file.flag()+`"`, `可用 "hongyan key list`+file.flag()+`" 查看`)
				}
				if err != nil {
					return err
				}
				return c.print("revoked " + args[0] + "\n")
			})
		},
	}
	file.addFlags(cmd.Flags())
	return cmd
}
