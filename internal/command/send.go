package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const sendHelp = `Send one message through WeCom and tell what WeCom answered.

What is sent is a text: the arguments joined by blanks or, without any or with "-", standard input
without its last line break. With --title and --url it is a text card, and the text its description:
at most 512 characters, in which <div class="gray">, "normal" and "highlight" colour what they hold.
--json sends a message/send body as WeCom documents it; flags for receivers replace all those in it.

WeCom counts at most 2048 bytes of a text (682 Chinese characters) and drops the rest without a word.
A longer one is refused here, unless --truncate accepts that.

If somebody named did not get the message, it was sent to the others all the same: standard error
names who is missing, and the exit code is 4.
` + connectHelp

const sendExamples = `  hongyan send --to zhangsan "磁盘已满"
  hongyan send --to zhangsan,lisi --party 2 --tag 1 "部署完成"
  df -h | hongyan send --to zhangsan
  hongyan send --all --title "领奖通知" --url https://example.com/prize "请于本周五前领取"
  hongyan send --json message.json --to zhangsan
  hongyan send --to zhangsan --duplicate-check=10m "once, however often cron says it"
  hongyan send --corp-id ww… --agent-id 1000002 --secret-file /run/secrets/crm --to zhangsan hello`

// usualDuplicateCheck is WeCom's own default.
const usualDuplicateCheck = 30 * time.Minute

// sendFlags is what the line says about the message; connection says the rest.
type sendFlags struct {
	connection

	to, parties, tags []string
	all               bool

	title, url, button string
	json               string

	safe, truncate bool
	duplicateCheck time.Duration
}

func (c *cli) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:               "send --to USER [flags] [text...]",
		Short:             "Send a message",
		Long:              sendHelp,
		Example:           sendExamples,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.send(cmd, args, &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&f.to, "to", nil, "`USER` ids, separated by commas or in several flags; @all is everybody")
	flags.StringArrayVar(&f.parties, "party", nil, "department `ID`s, sub-departments included")
	flags.StringArrayVar(&f.tags, "tag", nil, "tag `ID`s")
	flags.BoolVar(&f.all, "all", false, "to everybody in the visible range of the app, like --to @all")
	flags.StringVar(&f.title, "title", "", "`TITLE` of a text card, at most 128 characters")
	flags.StringVar(&f.url, "url", "", "`URL` that the text card opens")
	flags.StringVar(&f.button, "button", "", "`LABEL` under the text card, at most 4 characters (default 详情)")
	flags.StringVar(&f.json, "json", "", "send the message/send body in `FILE`, or on standard input if it is -")
	flags.BoolVar(&f.safe, "safe", false, "keep it in the corp: it cannot be shared and is watermarked")
	flags.DurationVar(&f.duplicateCheck, "duplicate-check", 0,
		"let WeCom drop this if it had the same within `TIME`; another one with =, as in --duplicate-check=10m")
	flags.Lookup("duplicate-check").NoOptDefVal = usualDuplicateCheck.String()
	flags.BoolVar(&f.truncate, "truncate", false, "accept that WeCom cuts what is too long")
	f.addFlags(cmd)
	_ = cmd.MarkFlagFilename("json")
	return cmd
}

func (c *cli) send(cmd *cobra.Command, args []string, f *sendFlags) error {
	config, err := f.config(cmd, c.std.Getenv)
	if err != nil {
		return err
	}
	// An agent id may stand in the JSON. Everything else is known to be missing before anything is read.
	if err := complete(cmd, config, f.json == ""); err != nil {
		return err
	}
	m, err := c.message(cmd, args, f)
	if err != nil {
		return err
	}
	if config.AgentID == 0 {
		config.AgentID = m.AgentID
	}
	if err := complete(cmd, config, true); err != nil {
		return err
	}
	client, err := newClient(cmd, config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
	defer cancel()
	receipt, err := client.Send(ctx, m)
	return c.tell(m.To, receipt, err)
}

// message is what the line, standard input and the JSON say together.
func (c *cli) message(cmd *cobra.Command, args []string, f *sendFlags) (wecom.Message, error) {
	to, err := f.receivers(cmd)
	if err != nil {
		return wecom.Message{}, err
	}
	if err := f.check(cmd, args); err != nil {
		return wecom.Message{}, err
	}
	var m wecom.Message
	if f.json != "" {
		m, err = c.jsonMessage(cmd.Context(), f.json)
	} else {
		m.Body, err = c.body(cmd, args, f)
	}
	if err != nil {
		return wecom.Message{}, err
	}
	if named(to) {
		m.To = to
	}
	if !named(m.To) {
		return wecom.Message{}, nobody(cmd)
	}
	if f.safe {
		m.Safe = 1
	}
	if cmd.Flags().Changed("duplicate-check") {
		m.DuplicateCheck, m.DuplicateCheckInterval = true, f.duplicateCheck
	}
	m.TruncateOK = f.truncate
	return m, nil
}
