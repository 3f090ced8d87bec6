package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const callHelp = `Make any other call of WeCom's API, with the access_token of the app, and print the answer.

METHOD is GET or POST, PATH is what stands after /cgi-bin/ in WeCom's documents. --data is the JSON of
a POST, or "-" for standard input. A dead token is renewed, and the call made again.

The answer is printed as WeCom gave it, also where errcode is not 0; then the exit code is 1.
` + connectHelp

const callExamples = `  hongyan call GET agent/get --query agentid=1000002
  hongyan call POST message/get_statistics --data '{"time_type":1}'
  jq -n '{name:"夜班"}' | hongyan call POST tag/create --data -`

func (c *cli) callCommand() *cobra.Command {
	var (
		n     connection
		query []string
		data  string
	)
	cmd := &cobra.Command{
		Use:     "call [flags] METHOD PATH",
		Short:   "Make any other call, and print the answer",
		Long:    callHelp,
		Example: callExamples,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(cmd, "call takes METHOD and PATH, given %d arguments", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, &n, strings.ToUpper(args[0]), args[1], query, data)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&query, "query", nil, "a parameter `NAME=VALUE`; several of this flag for several")
	flags.StringVar(&data, "data", "", "the `JSON` of a POST; - is standard input")
	n.addFlags(flags)
	return cmd
}

func (c *cli) call(cmd *cobra.Command, n *connection, method, path string, query []string, data string) error {
	parameters := url.Values{}
	for _, q := range query {
		name, value, ok := strings.Cut(q, "=")
		if !ok || name == "" {
			return usage(cmd, "--query %q: it is NAME=VALUE", name)
		}
		parameters.Add(name, value)
	}
	var in any
	if given(cmd, "data") != "" {
		body, err := c.callData(cmd, data)
		if err != nil {
			return err
		}
		in = body
	}
	return c.use(cmd, n, false, func(ctx context.Context, client *wecom.Client) error {
		var answer json.RawMessage
		err := client.Do(ctx, method, path, parameters, in, &answer)
		if len(answer) > 0 {
			if _, wrong := fmt.Fprintln(c.std.Out, string(answer)); wrong != nil && err == nil {
				return failed("standard output: %w", wrong)
			}
		}
		return err
	})
}

// callData is the JSON of --data, which must be JSON: WeCom would take broken JSON for an empty object.
func (c *cli) callData(cmd *cobra.Command, data string) (json.RawMessage, error) {
	name, raw := "--data", []byte(data)
	if data == "-" {
		var err error
		if name, raw, err = c.readJSON(cmd.Context(), "-", maxInput); err != nil {
			return nil, err
		}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(bytes.TrimSpace(raw), &whole); err != nil {
		return nil, explainJSON(name, raw, err)
	}
	return whole, nil
}
