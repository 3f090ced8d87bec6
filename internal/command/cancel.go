package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const cancelHelp = `Cancel messages that a gateway took: what has not left is not sent. What has left is taken back by
"hongyan recall". The API key needs the scope manage.

The exit code is 1 if nothing of a message could be cancelled, and 4 if a part of one had left.
` + gatewayHelp

func (c *cli) cancelCommand() *cobra.Command {
	var g gatewayFlags
	cmd := &cobra.Command{
		Use:     "cancel [flags] ID...",
		Short:   "Cancel messages that have not left",
		Long:    cancelHelp,
		Example: `  hongyan cancel msg_01h2xcejqtf`,
		Args:    someArguments("the id of a message"),
		RunE:    func(cmd *cobra.Command, ids []string) error { return c.cancel(cmd, &g, ids) },
	}
	cmd.Flags().SortFlags = false
	g.addFlags(cmd.Flags())
	return cmd
}

func (c *cli) cancel(cmd *cobra.Command, g *gatewayFlags, ids []string) error {
	var worst error
	return c.each(cmd, g, ids, func(ctx context.Context, l *link, id string) error {
		done, err := l.Cancel(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case done.TooLate == 0 && done.Cancelled > 0:
			return c.print("cancelled " + id + "\n")
		case done.Cancelled > 0:
			if worst == nil {
				worst = errPartly
			}
			return c.print(fmt.Sprintf("cancelled %d of %d parts of %s\n", done.Cancelled, done.Cancelled+done.TooLate, id))
		case done.Message != nil:
			worst = errInvalid
			c.warn(fmt.Sprintf("%s is %s: there is nothing to cancel", id, done.Message.Status), "")
		}
		return nil
	}, &worst)
}

// each does something to each message, and goes on when one of them cannot be done. worst is what ends
// the command if all went well.
func (c *cli) each(cmd *cobra.Command, g *gatewayFlags, ids []string, do func(context.Context, *link, string) error, worst *error) error {
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	bar := c.progress(cmd.Name(), len(ids))
	defer bar.end()
	for i, id := range ids {
		if len(ids) > 1 {
			bar.show(i)
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), g.patience)
		err := do(ctx, l, strings.TrimSpace(id))
		cancel()
		if err == nil {
			continue
		}
		if len(ids) == 1 || cmd.Context().Err() != nil {
			return err
		}
		bar.end()
		c.report(failedOne(id, err))
		*worst = errInvalid
	}
	return *worst
}

// failedOne is an error about one of several messages.
func failedOne(id string, err error) error {
	f := failed("%s: %w", id, err)
	f.text = id + ": " + strings.TrimPrefix(strings.TrimPrefix(err.Error(), "gateway: "), "wecom: ")
	if hinter, ok := err.(interface{ Hint(wecom.Lang) string }); ok {
		f.hint(hinter.Hint("en"), hinter.Hint("zh"))
	}
	return f
}
