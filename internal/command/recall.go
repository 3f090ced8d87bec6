package command

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const recallHelp = `Take back a message, for all its receivers, within 24 hours of sending.

The msgid is what "hongyan send" printed; one that begins with "-" needs "--" before it. Only the
app that sent the message can recall it. In the WeChat plugin (微工作台) it stays. Messages to group
chats and by robots have no msgid.
` + connectHelp

func (c *cli) recallCommand() *cobra.Command {
	var n connection
	cmd := &cobra.Command{
		Use:   "recall [flags] MSGID",
		Short: "Take back a message",
		Long:  recallHelp,
		Example: `  hongyan recall Vk5q_sls7A80CJCTSPYD…
  hongyan recall -- "$(hongyan send --answer --to zhangsan 磁盘已满 | jq -r .msgid)"`,
		Args: oneArgument("the msgid of the message"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.recall(cmd, &n, args[0]) },
	}
	cmd.Flags().SortFlags = false
	n.addFlags(cmd.Flags())
	return cmd
}

func (c *cli) recall(cmd *cobra.Command, n *connection, msgID string) error {
	return c.withClient(cmd, n, func(ctx context.Context, client *wecom.Client) (string, error) {
		return "recalled", client.Recall(ctx, msgID)
	})
}
