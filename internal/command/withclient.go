package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

// use runs calls of an app, within the time that the flags allow.
func (c *cli) use(cmd *cobra.Command, n *connection, needsAgent bool, calls func(context.Context, *wecom.Client) error) error {
	client, err := n.client(cmd, c.std.Getenv, needsAgent)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := n.bounded(cmd.Context(), false)
	defer cancel()
	return calls(ctx, client)
}

// withClient makes one call of an app and prints what came of it.
func (c *cli) withClient(cmd *cobra.Command, n *connection, call func(context.Context, *wecom.Client) (string, error)) error {
	return c.use(cmd, n, false, func(ctx context.Context, client *wecom.Client) error {
		line, err := call(ctx, client)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c.std.Out, line); err != nil {
			return failed("standard output: %w", err)
		}
		return nil
	})
}

// plainJSON is v on lines of its own, with characters as they are.
func plainJSON(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err) // the types of the SDK always have a form in JSON
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}
