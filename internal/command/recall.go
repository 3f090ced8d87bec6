package command

import (
	"context"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const recallHelp = `Take back messages, for all their receivers, within 24 hours of sending.

The msgid is what "hongyan send" printed; one that begins with "-" needs "--" before it. Only the
app that sent the message can recall it. In the WeChat plugin (微工作台) it stays. Messages to group
chats and by robots cannot be taken back.

A message that went through a gateway has the id msg_…, and is taken back through the gateway: all
parts of it that were sent. The API key needs the scope manage.
` + gatewayHelp + "\n" + connectHelp

func (c *cli) recallCommand() *cobra.Command {
	var (
		n connection
		g gatewayFlags
	)
	cmd := &cobra.Command{
		Use:   "recall [flags] MSGID...",
		Short: "Take back messages",
		Long:  recallHelp,
		Example: `  hongyan recall Vk5q_sls7A80CJCTSPYD…
  hongyan recall -- "$(hongyan send --answer --to zhangsan 磁盘已满 | jq -r .msgid)"
  hongyan recall msg_01h2xcejqtf`,
		Args: someArguments("the msgid of the message"),
		RunE: func(cmd *cobra.Command, ids []string) error { return c.recall(cmd, &n, &g, ids) },
	}
	addGroups(cmd,
		flagGroup{"Through a gateway", g.addAddress},
		flagGroup{"Which app, which WeCom, without a gateway", n.addFlags},
	)
	return cmd
}

// gatewayID is the form of a gateway's ids; those of WeCom are longer.
var gatewayID = regexp.MustCompile(`^msg_[0-9a-z]{11}$`)

func (c *cli) recall(cmd *cobra.Command, n *connection, g *gatewayFlags, ids []string) error {
	through := 0
	for _, id := range ids {
		if gatewayID.MatchString(id) {
			through++
		}
	}
	direct := given(cmd, directFlags...)
	switch {
	case through > 0 && through < len(ids):
		return usage(cmd, "ids of a gateway (msg_…) and of WeCom in one line: take them one after another")
	case through > 0 && direct != "":
		return usage(cmd, "--%s is for messages that went without a gateway, and %s went through one", direct, ids[0])
	case through > 0:
		g.patience = n.timeout
		var worst error
		return c.each(cmd, g, ids, func(ctx context.Context, l *link, id string) error {
			if err := l.Recall(ctx, id); err != nil {
				return err
			}
			return c.print("recalled\n")
		}, &worst)
	case given(cmd, "gateway", "profile", "api-key-file", "app") != "":
		return usage(cmd, "%s is no id of a gateway: those are such as msg_01h2xcejqtf", ids[0])
	}
	for _, id := range ids {
		err := c.withClient(cmd, n, func(ctx context.Context, client *wecom.Client) (string, error) {
			return "recalled", client.Recall(ctx, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
