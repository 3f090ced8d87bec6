package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/internal/mailmerge"
	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// csvFlags say that there is a message for each line of a table.
type csvFlags struct{ path, template, templateFile, failed string }

func (f *csvFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.path, "csv", "", "table in `FILE`, with a heading; its column user or to names who gets the line's message")
	flags.StringVar(&f.template, "template", "", "`TEXT` with {{.column}} where a column of the line stands")
	flags.StringVar(&f.templateFile, "template-file", "", "the same from `FILE`")
	flags.StringVar(&f.failed, "failed", "", "write the lines that failed to `FILE`, with a column error")
	for _, name := range []string{"csv", "template-file", "failed"} {
		_ = cobra.MarkFlagFilename(flags, name)
	}
}

const (
	maxTable    = 256 << 20 // bytes
	maxTemplate = 1 << 20
	mostTold    = 10 // lines that are told of one by one
)

// mailing is a message for each line of a table.
type mailing struct {
	table *mailmerge.Table
	round string
	items []gateway.Item
}

// sendTable sends a message for each line of a table. Nothing is sent unless all lines are good.
func (c *cli) sendTable(cmd *cobra.Command, args []string, f *sendFlags, kind string, options gateway.Options) error {
	if err := f.csv.check(cmd, args, kind); err != nil {
		return err
	}
	var l *link
	var err error
	if !f.dryRun {
		if l, err = f.gatewayFlags.connect(cmd, c); err != nil {
			return err
		}
		defer l.CloseIdleConnections()
		if err := l.needsApp(cmd); err != nil {
			return err
		}
	}
	m, err := c.readMailing(cmd, args, f, kind, options)
	if err != nil {
		return err
	}
	if f.dryRun {
		return c.previewMailing(m)
	}
	rejects, err := newRejects(f.csv.failed, m.table)
	if err != nil {
		return err
	}
	return errors.Join(c.sendMailing(cmd.Context(), l, m, f, rejects), rejects.close())
}

// check refuses flags that mean nothing for a table.
func (f *csvFlags) check(cmd *cobra.Command, args []string, kind string) error {
	if err := filled(cmd, "csv", "template", "template-file", "failed"); err != nil {
		return err
	}
	from := given(cmd, "template", "template-file")
	switch flag := given(cmd, "to", "party", "tag", "all", "chat", "robot"); {
	case flag != "":
		return usage(cmd, "--csv and --%s do not go together: the table names who gets each message", flag)
	case kind != plainText && kind != textCard && kind != "markdown":
		return usage(cmd, "--csv and --%s do not go together: a line becomes a text, markdown or a text card", kind)
	case given(cmd, "wait") != "":
		return usage(cmd, "--csv and --wait do not go together").hint(
			`"hongyan list --label csv=…" shows afterwards what became of the messages`, `之后可用 "hongyan list --label csv=…" 查看结果`)
	case f.template != "" && f.templateFile != "", from != "" && len(args) > 0:
		return usage(cmd, "the template is given twice: --template, --template-file or an argument")
	case from == "" && len(args) == 0:
		return usage(cmd, "--csv needs --template or --template-file").hint(
			`such as --template "{{.name}}: your order {{.order}} was shipped"`, `例如 --template "{{.name}}，您的订单 {{.order}} 已发货"`)
	case f.failed != "" && sameFile(f.failed, f.path):
		return usage(cmd, "--failed would overwrite the table")
	case f.path == "-" && given(cmd, "key") == "":
		return usage(cmd, "a table from standard input has no name: give the round one by --key").hint(
			"lines that were sent in a round are not sent in it again", "同一轮次（--key）中已发送的行不会重复发送")
	}
	return nil
}

func sameFile(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// readMailing makes the messages, and tells of all lines that are wrong.
func (c *cli) readMailing(cmd *cobra.Command, args []string, f *sendFlags, kind string, options gateway.Options) (*mailing, error) {
	name, data, err := c.readTable(cmd.Context(), f.csv.path)
	if err != nil {
		return nil, err
	}
	table, err := mailmerge.Read(name, data)
	if err != nil {
		return nil, explainTable(err)
	}
	m := &mailing{table: table, round: options.Key}
	if m.round == "" {
		m.round = filepath.Base(name)
	}
	to, twice := table.Column("user", "to", "userid", "touser")
	if to < 0 || twice != "" {
		wrong := failed("%s: the heading has no column user or to", name)
		if twice != "" {
			wrong = failed("%s: the columns %s and %s both say who gets the message", name, table.Columns[to], twice)
		}
		return nil, wrong.hint("the heading is the first line: it names the columns, such as user,name,order; it has "+strings.Join(table.Columns, ", "),
			"首行是表头，例如 user,name,order；现有列："+strings.Join(table.Columns, "、"))
	}
	fill, err := c.filler(cmd, args, f, kind, table)
	if err != nil {
		return nil, explainTable(err)
	}
	if options.Labels["csv"] == "" {
		labels := map[string]string{"csv": labelValue(m.round)}
		for name, value := range options.Labels {
			labels[name] = value
		}
		options.Labels = labels
	}
	wrong := 0
	keys := table.Keys(m.round)
	for i, line := range table.Lines {
		users := elements([]string{strings.ReplaceAll(line.Fields[to], ";", ",")})
		message, err := wecom.Message{}, error(&mailmerge.Error{Name: name, Line: line.Number, Detail: "the column " + table.Columns[to] + " is empty"})
		if len(users) > 0 {
			message, err = fill(line, users)
		}
		if err == nil {
			options.Key = keys[i]
			m.items = append(m.items, gateway.Item{Letter: message, Options: options})
			continue
		}
		var misfit *mailmerge.Error
		if errors.As(err, &misfit) && misfit.Code == mailmerge.Column {
			return nil, explainTable(err) // the same for every line
		}
		if wrong++; wrong <= mostTold {
			c.warn(strings.TrimPrefix(err.Error(), "wecom: "), "")
		}
	}
	if wrong > 0 {
		return nil, failed("%s: %d of %d lines cannot be sent", name, wrong, len(table.Lines)).hint("nothing was sent", "没有发送任何消息")
	}
	return m, nil
}

func (c *cli) readTable(ctx context.Context, path string) (name string, data []byte, err error) {
	if path == "-" {
		data, err = c.readInput(ctx)
		return "standard input", data, err
	}
	data, err = readFile(path, maxTable)
	return path, data, err
}

// labelValue is as much of a name as a label takes.
func labelValue(name string) string {
	const most = 128 // bytes
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	return name
}

// explainTable says what to do about a table or template.
func explainTable(err error) error {
	var wrong *mailmerge.Error
	if !errors.As(err, &wrong) {
		return err
	}
	f := failed("%w", err)
	switch wrong.Code {
	case mailmerge.Encoding:
		return f.hint("convert it first; Excel can save as “CSV UTF-8”", "请先转换编码；Excel 可另存为「CSV UTF-8」")
	case mailmerge.Column:
		return f.hint(`a name with blanks in it is written {{index . "the name"}}`, `列名含空格时写作 {{index . "列名"}}`)
	case mailmerge.Text:
		return f.hint("a template is as of Go's text/template: {{.column}}, {{if .column}}…{{end}}", "模板语法同 Go 的 text/template：{{.列名}}、{{if .列名}}…{{end}}")
	}
	return f
}

// filler returns what makes the message of a line. In text, title and URL stand columns.
func (c *cli) filler(cmd *cobra.Command, args []string, f *sendFlags, kind string, table *mailmerge.Table) (func(mailmerge.Line, []string) (wecom.Message, error), error) {
	name, text := "--template", f.csv.template
	switch {
	case f.csv.templateFile != "":
		data, err := readFile(f.csv.templateFile, maxTemplate)
		if err != nil {
			return nil, err
		}
		name, text = f.csv.templateFile, strings.TrimSuffix(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	case text == "":
		name, text = "the template", strings.Join(args, " ")
	}
	var templates []*mailmerge.Template
	for _, t := range [][2]string{{name, text}, {"--title", f.title}, {"--url", f.url}} {
		made, err := mailmerge.NewTemplate(t[0], t[1], table)
		if err != nil {
			return nil, err
		}
		templates = append(templates, made)
	}
	return func(line mailmerge.Line, users []string) (m wecom.Message, err error) {
		var texts [3]string
		for i, t := range templates {
			if texts[i], err = t.Fill(line); err != nil {
				return m, err
			}
		}
		m = f.options(cmd, wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: texts[0]}}).(wecom.Message)
		switch kind {
		case "markdown":
			m.Body = wecom.Markdown{Content: texts[0]}
		case textCard:
			m.Body = wecom.TextCard{Title: texts[1], Description: texts[0], URL: texts[2], ButtonText: f.button}
		}
		if err := checkForGateway(m); err != nil {
			return m, fmt.Errorf("%s:%d: %s", table.Name, line.Number, strings.TrimPrefix(err.Error(), "wecom: invalid message: "))
		}
		return m, nil
	}, nil
}

// previewMailing shows the first messages of a table that is good.
func (c *cli) previewMailing(m *mailing) error {
	const most = 3
	var out strings.Builder
	for i, item := range m.items[:min(most, len(m.items))] {
		message := item.Letter.(wecom.Message)
		fmt.Fprintf(&out, "%s:%d to %s\n", m.table.Name, m.table.Lines[i].Number, describe(message.To))
		text := ""
		switch body := message.Body.(type) {
		case wecom.Text:
			text = body.Content
		case wecom.Markdown:
			text = body.Content
		case wecom.TextCard:
			text = body.Title + "\n" + body.Description + "\n" + body.URL
		}
		for line := range strings.Lines(text) {
			out.WriteString("  " + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	fmt.Fprintf(&out, pick(c.lang, "%d lines are good; nothing was sent\n", "%d 行均可发送；没有发送任何消息\n"), len(m.items))
	return c.print(out.String())
}
