package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const tokenHelp = `Get the access_token of an app.

The token is masked, because whoever has it can send in the app's name for two hours. --show prints
it, and nothing else, for a program that cannot fetch its own. WeCom gives out the same token until
it dies, so asking does no harm to others that use it.

The token is kept between calls, for this user in files or for many machines in Redis, and fetched by
one of however many ask at once. A kept one says nothing about the secret: --token-dir off fetches it
anew, which shows that corp id and secret are right.
` + connectHelp

func (c *cli) tokenCommand() *cobra.Command {
	var (
		n    connection
		show bool
	)
	cmd := &cobra.Command{
		Use:   "token [flags]",
		Short: "Get an access_token",
		Long:  tokenHelp,
		Example: `  hongyan token
  hongyan token --corp-id ww… --secret-file /run/secrets/crm
  hongyan token --redis redis://10.0.0.1:6379
  curl "https://qyapi.weixin.qq.com/cgi-bin/agent/list?access_token=$(hongyan token --show)"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.token(cmd, &n, show) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&show, "show", false, "print the token itself, and nothing else")
	n.addFlags(cmd.Flags())
	return cmd
}

func (c *cli) token(cmd *cobra.Command, n *connection, show bool) error {
	config, err := n.config(cmd, c.std.Getenv)
	if err != nil {
		return err
	}
	if err := complete(cmd, config, false); err != nil {
		return err
	}
	store, err := n.tokenStore(cmd, c.std.Getenv, config) // a client's own could not be asked
	if err != nil {
		return err
	}
	config.Tokens = store
	client, err := wecom.New(config)
	if err != nil {
		return explainConfig(cmd, err)
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(cmd.Context(), n.timeout)
	defer cancel()
	token, err := client.Token(ctx, "")
	if err != nil {
		return err
	}
	if show {
		_, err = fmt.Fprintln(c.std.Out, token)
		return err
	}
	line := maskToken(token)
	if stored, err := store.Load(ctx, wecom.TokenKey(config.BaseURL, config.CorpID, config.Secret)); err == nil && !stored.ExpiresAt.IsZero() {
		line += fmt.Sprintf(", fetched at %s, valid until %s at the latest",
			stored.FetchedAt.Local().Format(time.TimeOnly), stored.ExpiresAt.Local().Format("15:04:05 MST"))
	}
	_, err = fmt.Fprintln(c.std.Out, line)
	return err
}

// maskToken shows enough to compare two tokens, and not enough to use one.
func maskToken(token string) string {
	const shown = 4
	if len(token) < 8*shown {
		return fmt.Sprintf("token of %d characters", len(token))
	}
	return fmt.Sprintf("token %s…%s of %d characters", token[:shown], token[len(token)-shown:], len(token))
}
