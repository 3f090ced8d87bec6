package command

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const lintHelp = `Check the JSON of a message without sending it: a body of message/send, appchat/send or webhook/send,
from a file or, with "-", from standard input. No settings are needed, and nobody is asked.

An error is what WeCom would refuse, or cut without a word. Advice is what it takes and readers do
not see as it was meant: fields it does not know, texts longer than clients show, markdown it does not
know, cards that the WeChat plugin does not show, links without TLS.

A body with chatid is of appchat/send; one with touser, toparty, totag or agentid is of message/send;
any other is a robot's, of webhook/send. --as says otherwise.

The exit code is 0 if there is nothing but advice, and 1 if there are errors.`

const lintExamples = `  hongyan lint message.json
  hongyan send --dry-run --to zhangsan --card card.json | hongyan lint -
  hongyan lint --as webhook/send report.json
  hongyan lint --json message.json | jq '.errors[].field'`

func (c *cli) lintCommand() *cobra.Command {
	var (
		as     string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "lint [flags] FILE",
		Short:   "Check the JSON of a message, without sending it",
		Long:    lintHelp,
		Example: lintExamples,
		Args:    oneArgument("FILE, or - for standard input"),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.lint(cmd, args[0], as, asJSON) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&as, "as", "", "the `CALL` that it is for: message/send, appchat/send or webhook/send")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"message/send", "appchat/send", "webhook/send"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// findings is what lint has to say, for programs.
type findings struct {
	Call    string    `json:"call"`
	MsgType string    `json:"msgtype,omitempty"`
	Errors  []finding `json:"errors"`
	Advice  []finding `json:"advice"`
}

type finding struct {
	Field string `json:"field"`
	Rule  string `json:"rule"` // a wecom.Problem or a wecom.Rule
	Limit int    `json:"limit,omitempty"`
	Given int    `json:"given,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
}

var places = map[string]place{"message/send": toMembers, "appchat/send": toChat, "webhook/send": byRobot}

// errInvalid ends a lint that has told its findings.
var errInvalid = errors.New("the message is invalid")

func (c *cli) lint(cmd *cobra.Command, path, as string, asJSON bool) error {
	at, known := places[as]
	if as != "" && !known {
		return usage(cmd, "--as %q: it is message/send, appchat/send or webhook/send", as)
	}
	name, data, err := c.readJSON(cmd.Context(), path, maxInput)
	if err != nil {
		return err
	}
	if at == nowhere {
		if at = guessPlace(data); at == nowhere {
			at = byRobot
		}
	}
	found := findings{Errors: []finding{}, Advice: []finding{}}
	for call, p := range places {
		if p == at {
			found.Call = call
		}
	}
	l, err := readLetter(name, data, at)
	if err == nil {
		_, body := callOf(l)
		found.MsgType = body.MsgType()
		err = l.Validate()
		for _, u := range unknownFields(data, l) {
			found.Advice = append(found.Advice, finding{Field: u.path, Rule: "unknown-field", Text: u.text(c.lang)})
		}
		for _, w := range advice(l) {
			found.Advice = append(found.Advice, finding{Field: w.Field, Rule: string(w.Rule), Text: w.Text(c.lang)})
		}
	}
	var invalid *wecom.ValidationError
	switch {
	case errors.As(err, &invalid):
		for _, f := range invalid.Fields {
			found.Errors = append(found.Errors, finding{
				Field: f.Field, Rule: string(f.Problem), Limit: f.Limit, Given: f.Given, Unit: string(f.Unit), Text: f.Error(), Hint: f.Hint(c.lang),
			})
		}
	case err != nil:
		return err
	}
	return c.tellFindings(name, found, asJSON)
}

func (c *cli) tellFindings(name string, found findings, asJSON bool) error {
	var err error
	if asJSON {
		enc := json.NewEncoder(c.std.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(found)
	} else {
		for _, f := range found.Errors {
			fmt.Fprintf(c.std.Out, "%s %s\n      %s\n", pick(c.lang, "error ", "错误 "), f.Text, f.Hint)
		}
		for _, f := range found.Advice {
			fmt.Fprintf(c.std.Out, "%s %s: %s\n", pick(c.lang, "advice", "建议 "), f.Field, f.Text)
		}
		what := found.Call
		if found.MsgType != "" {
			what += ", " + found.MsgType
		}
		_, err = fmt.Fprintf(c.std.Out, pick(c.lang, "%s (%s): %d errors, %d pieces of advice\n", "%s（%s）：%d 处错误，%d 条建议\n"),
			name, what, len(found.Errors), len(found.Advice))
	}
	switch {
	case err != nil:
		return failed("standard output: %w", err)
	case len(found.Errors) > 0:
		return errInvalid
	}
	return nil
}

// oneArgument wants one argument, in the words of this program.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0 || args[0] == "":
			return usage(cmd, "%s takes one argument: %s", cmd.Name(), what)
		case len(args) > 1:
			return usage(cmd, "%s takes one argument: %s; given %d", cmd.Name(), what, len(args))
		}
		return nil
	}
}
