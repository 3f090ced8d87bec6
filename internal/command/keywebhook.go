package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/access"
)

const keyWebhookSecretHelp = `Print the secret with which the results of a key's messages are signed, alone on standard output: what
receives them checks the signature with it. Standard Webhooks is the name of the scheme.

--rotate makes a new one. For a day results are signed with both, so that receivers can be changed one
after another. Unlike the key, the secret is in the gateway's database as it is: a signature needs it.
` + configHelp

// bothGood is how long the secret before is good after a new one was made.
const bothGood = 24 * time.Hour

func (c *cli) keyWebhookSecretCommand() *cobra.Command {
	var (
		file   configFile
		rotate bool
	)
	cmd := &cobra.Command{
		Use:   "webhook-secret [flags] NAME",
		Short: "Print the secret that signs the results of a key's messages",
		Long:  keyWebhookSecretHelp,
		Example: `  hongyan key webhook-secret crm
  hongyan key webhook-secret --rotate crm`,
		Args: oneArgument("the name of the key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOldKeys(cmd, c, &file, func(ctx context.Context, keys access.Keys) error {
				return c.keyWebhookSecret(ctx, keys, args[0], rotate, &file)
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&rotate, "rotate", false, "make a new one; the one before is good for a day")
	file.addFlags(flags)
	return cmd
}

func (c *cli) keyWebhookSecret(ctx context.Context, keys access.Keys, name string, rotate bool, file *configFile) error {
	now := time.Now()
	var secrets []access.WebhookSecret
	var err error
	if rotate {
		err = keys.RotateWebhookSecret(ctx, name, access.NewWebhookSecret(), now.Add(bothGood))
	}
	if err == nil {
		secrets, err = keys.WebhookSecrets(ctx, name, now)
	}
	if errors.Is(err, access.ErrNoKey) {
		return failed("there is no key of the name %q", name).hint(
			`see them with "hongyan key list`+file.flag()+`"`, `可用 "hongyan key list`+file.flag()+`" 查看`)
	}
	if err != nil {
		return err
	}
	if err := c.print(secrets[0].Reveal() + "\n"); err != nil {
		return err
	}
	if rotate {
		fmt.Fprintf(c.std.Err, pick(c.lang,
			"hongyan: made a new webhook secret for the key %s; the one before is good until %s\n",
			"hongyan: 已为 key %s 生成新的 webhook 密钥；旧密钥在 %s 之前仍然有效\n"), name, now.Add(bothGood).Format("2006-01-02 15:04"))
	}
	return nil
}
