package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/access"
	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/daemon"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

const keyHelp = `Make, list and revoke the API keys with which programs call the gateway.

They are in the gateway's database. All this works before the gateway runs and while it does; a key is
good at once, and a revoked one is refused within a second.`

func (c *cli) keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key <command>",
		Short: "Make, list and revoke API keys of the gateway",
		Long:  keyHelp,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.keyCreateCommand(), c.keyListCommand(), c.keyRevokeCommand(), c.keyWebhookSecretCommand())
	return cmd
}

const keyCreateHelp = `Make an API key, and print it, alone on standard output and this once: the gateway keeps no more than
a hash of it. Keep it like a password. Its name stands in the gateway's log and in "hongyan key list".

A key is for the apps and robots that are named (--app, --robot), or for all, also later ones (--all).
Its scopes say what it may do with them:
  send    hand over messages
  read    see what became of them
  manage  cancel, recall and resend messages
  token   get an app's access_token, for programs that must call WeCom themselves

With --rate no more than so many requests are taken with it: --rate 10/s, 600/m or 1000/h. What was not
used for a second, a minute or an hour may be used at once. Each message of a batch counts; a batch may
overdraw, and then the next request is taken when that is made up for. What is over the rate is refused
with HTTP 429 and the time to wait. --rate 10/s keeps a program that runs wild from filling the queue.

With --callback-url the results of its messages are POSTed there, signed; "hongyan key webhook-secret"
shows the secret that receivers check the signature with.
` + configHelp

// newKey is the key that the flags ask for.
type newKey struct {
	name                 string
	apps, robots, scopes []string
	all                  bool
	callback, rate       string
}

func (c *cli) keyCreateCommand() *cobra.Command {
	var (
		file configFile
		k    newKey
	)
	cmd := &cobra.Command{
		Use:   "create --name NAME (--app APP | --robot ROBOT | --all) [flags]",
		Short: "Make an API key",
		Long:  keyCreateHelp,
		Example: `  hongyan key create --name crm --app crm
  KEY=$(hongyan key create --name backup-job --app ops --robot ops --scope send -c /etc/hongyan.yaml)`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.keyCreate(cmd, &file, k) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&k.name, "name", "", "`NAME` of the key: letters, digits, -, _ and .")
	flags.StringSliceVar(&k.apps, "app", nil, "`APP` of the configuration that it is for; several with commas")
	flags.StringSliceVar(&k.robots, "robot", nil, "`ROBOT` of the configuration that it is for; several with commas")
	flags.BoolVar(&k.all, "all", false, "it is for all apps and robots")
	flags.StringSliceVar(&k.scopes, "scope", []string{"send", "read"}, "`SCOPES`: send, read, manage, token")
	flags.StringVar(&k.callback, "callback-url", "", "`URL` where the results of its messages are told that name none")
	flags.StringVar(&k.rate, "rate", "", "`RATE` that it is kept to, such as 10/s, 600/m or 1000/h")
	file.addFlags(flags)
	_ = cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions(scopeNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *cli) keyCreate(cmd *cobra.Command, file *configFile, wanted newKey) error {
	key, err := wanted.key(cmd)
	if err != nil {
		return err
	}
	conf, err := file.load(cmd, c.std, false)
	if err != nil {
		return err
	}
	apps, robots := conf.Names()
	if err := known(cmd, "app", wanted.apps, apps); err != nil {
		return err
	}
	if err := known(cmd, "robot", wanted.robots, robots); err != nil {
		return err
	}
	if key.CallbackURL = wanted.callback; key.CallbackURL != "" {
		if err := daemon.CheckCallback(conf, key.CallbackURL); err != nil {
			return usage(cmd, "--callback-url: %v", err)
		}
	}
	return withKeys(conf, func(keys access.Keys) error {
		secret, hash := access.NewSecret()
		key.Created = time.Now()
		if err := keys.Create(cmd.Context(), key, hash); err != nil {
			if errors.Is(err, access.ErrNameTaken) {
				return failed("there is a key of the name %s", key.Name).hint(
					`choose another name, or revoke that one: "hongyan key revoke `+key.Name+file.flag()+`"`,
					`请换一个名称，或先撤销：hongyan key revoke `+key.Name+file.flag())
			}
			return err
		}
		if _, err := fmt.Fprintln(c.std.Out, secret); err != nil {
			// Nobody has seen it, and nobody can see it again.
			return errors.Join(failed("standard output: %w", err), keys.Revoke(cmd.Context(), key.Name, time.Now()))
		}
		fmt.Fprintf(c.std.Err, pick(c.lang,
			"hongyan: made the key %s for %s, with the scopes %s, in %s\nIt is shown this once. Programs send it as \"Authorization: Bearer …\".\n",
			"hongyan: 已创建 key %s，可用于 %s，权限 %s，保存在 %s\n它只显示这一次。程序以 \"Authorization: Bearer …\" 请求头携带。\n"),
			key.Name, describeSenders(key.Senders), describeScopes(key.Scopes), conf.DatabaseFile())
		return nil
	})
}

var keyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// key is what the flags ask for, if it can be.
func (n *newKey) key(cmd *cobra.Command) (*access.Key, error) {
	k := &access.Key{Name: n.name}
	switch {
	case n.name == "":
		return nil, usage(cmd, "the key needs a name: --name NAME").hint(`it is such as that of the program which uses it`, `例如使用它的程序的名称`)
	case !keyName.MatchString(n.name):
		return nil, usage(cmd, "--name %q: a name has 1 to 64 letters, digits, -, _ and .", n.name)
	case len(n.apps)+len(n.robots) == 0 && !n.all:
		return nil, usage(cmd, "for which apps is the key? --app APP, --robot ROBOT or --all")
	case len(n.apps)+len(n.robots) > 0 && n.all:
		return nil, usage(cmd, "--all means all apps and robots: name none beside it")
	}
	for _, app := range n.apps {
		k.Senders = append(k.Senders, string(delivery.App(strings.TrimSpace(app))))
	}
	for _, robot := range n.robots {
		k.Senders = append(k.Senders, string(delivery.Robot(strings.TrimSpace(robot))))
	}
	for _, name := range n.scopes {
		scope := access.Scope(strings.TrimSpace(name))
		if !slices.Contains(access.Scopes, scope) {
			return nil, usage(cmd, "--scope %q: there are %s", name, describeScopes(access.Scopes))
		}
		if !k.May(scope) {
			k.Scopes = append(k.Scopes, scope)
		}
	}
	if len(k.Scopes) == 0 {
		return nil, usage(cmd, "--scope is empty: there are %s", describeScopes(access.Scopes))
	}
	if n.rate != "" || cmd.Flags().Changed("rate") {
		rate, err := access.ParseRate(n.rate)
		if err != nil {
			return nil, usage(cmd, "--rate: %v", err)
		}
		k.Rate = rate
	}
	return k, nil
}

// known makes sure that the configuration has the apps or robots that a flag names.
func known(cmd *cobra.Command, flag string, named, names []string) error {
	for _, name := range named {
		name = strings.TrimSpace(name)
		if slices.Contains(names, name) {
			continue
		}
		wrong := usage(cmd, "--%s %q: the configuration has no such %[1]s", flag, name)
		if near := nearest(name, names); near != "" {
			return wrong.hint("did you mean "+near+"?", "是否想输入 "+near+"？")
		}
		if len(names) > 0 {
			wrong.hint("it has "+strings.Join(names, ", "), "已有："+strings.Join(names, "、"))
		}
		return wrong
	}
	return nil
}

// withKeys opens the keys for a moment, whether a gateway runs or not.
func withKeys(conf *config.Config, do func(access.Keys) error) error {
	keys, err := daemon.OpenKeys(conf)
	if err != nil {
		return failed("%w", err)
	}
	return errors.Join(do(keys), keys.Close())
}

// withOldKeys is withKeys where there is a database already.
func withOldKeys(cmd *cobra.Command, c *cli, file *configFile, do func(context.Context, access.Keys) error) error {
	conf, err := file.load(cmd, c.std, false)
	if err != nil {
		return err
	}
	if _, err := os.Stat(conf.DatabaseFile()); errors.Is(err, fs.ErrNotExist) {
		return failed("there is no database %s yet", conf.DatabaseFile()).hint(
			`"hongyan key create" or "hongyan serve" makes it; is the right configuration named with -c?`,
			`"hongyan key create" 或 "hongyan serve" 会创建它；-c 指定的配置是否正确？`)
	}
	return withKeys(conf, func(keys access.Keys) error { return do(cmd.Context(), keys) })
}

func scopeNames() []string {
	names := make([]string, len(access.Scopes))
	for i, s := range access.Scopes {
		names[i] = string(s)
	}
	return names
}

func describeScopes(scopes []access.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ",")
}

// describeSenders lists what a key is for: "crm,ops,robot:ops".
func describeSenders(senders []string) string {
	if len(senders) == 0 {
		return "all"
	}
	return strings.Join(senders, ",")
}
