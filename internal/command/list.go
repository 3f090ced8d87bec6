package command

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const listHelp = `Find messages that a gateway took, the latest first: what became of them, and why. What they say is
not shown.

On a terminal it is a table; elsewhere a line for each message, with tabs between id, status, sender,
receivers, time of acceptance, reason and labels. --json prints what the gateway answers.
` + filterHelp + gatewayHelp

const filterHelp = `
A message is found if one of its deliveries has all that the flags say. --user finds those that name
the member, by whatever; --mobile and --email those that name just that. Whom departments and tags hold
is not known to the gateway. --reason misconfigured finds what waits because its app needs a person.
--text alone is slow: all else is looked through.
`

// filterFlags say which messages are looked for.
type filterFlags struct {
	robot, user, text, since, until string
	mobile, email                   string
	statuses, reasons, labels       []string
	party, tag                      int
	all                             bool
}

func (f *filterFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.statuses, "status", nil, "`STATES`, such as refused,expired")
	flags.StringVar(&f.user, "user", "", "a `MEMBER` whom they name")
	flags.StringVar(&f.mobile, "mobile", "", "a phone `NUMBER` that they name")
	flags.StringVar(&f.email, "email", "", "an email `ADDRESS` that they name")
	flags.StringVar(&f.since, "since", "", "accepted at this `TIME` or later: 90m, 7d, 2026-03-01 or \"2026-03-01 08:00\"")
	flags.StringVar(&f.until, "until", "", "accepted before this `TIME`, likewise")
	flags.StringArrayVar(&f.labels, "label", nil, "`NAME=VALUE`; several must all be there")
	flags.StringSliceVar(&f.reasons, "reason", nil, "`WORDS` for why they wait or failed, such as misconfigured")
	flags.StringVar(&f.text, "text", "", "`PART` of what they say")
	flags.StringVar(&f.robot, "robot", "", "`ROBOT` that sends, by its name in the gateway")
	flags.IntVar(&f.party, "party", 0, "a department's `ID`, which they name")
	flags.IntVar(&f.tag, "tag", 0, "a tag's `ID`, which they name")
	flags.BoolVar(&f.all, "all", false, "only messages to everybody")
}

// filterNames are the flags of a filter, beside --app.
var filterNames = []string{"status", "user", "mobile", "email", "since", "until", "label", "reason", "text", "robot", "party", "tag", "all"}

// filter checks the flags. The app of a profile or of the environment is not a part of it: it says who
// sends, not what is looked for.
func (f *filterFlags) filter(cmd *cobra.Command, g *gatewayFlags, now time.Time) (gateway.Filter, error) {
	out := gateway.Filter{
		App: g.app, Robot: f.robot, Reasons: elements(f.reasons), User: f.user, Mobile: f.mobile, Email: f.email, Party: f.party, Tag: f.tag, All: f.all, Text: f.text,
	}
	if err := filled(cmd, "user", "mobile", "email", "since", "until", "text", "robot"); err != nil {
		return out, err
	}
	for _, status := range elements(f.statuses) {
		out.Statuses = append(out.Statuses, gateway.Status(status))
	}
	var err error
	if out.Labels, err = labelsOf(cmd, f.labels); err != nil {
		return out, err
	}
	if out.Since, err = moment(cmd, "since", f.since, now); err != nil {
		return out, err
	}
	out.Until, err = moment(cmd, "until", f.until, now)
	return out, err
}

// moment reads a time, or how long ago it was.
func moment(cmd *cobra.Command, flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	ago, err := longAgo(text)
	if err != nil || ago < 0 {
		return time.Time{}, usage(cmd, "--%s %q: it is how long ago, such as 90m or 7d, or a time such as 2026-03-01 or \"2026-03-01 08:00\"", flag, text)
	}
	return now.Add(-ago), nil
}

// longAgo reads Go's durations, with whole days of 24 hours before them: 7d, 1d12h.
func longAgo(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || rest == "" {
		return time.Duration(n) * 24 * time.Hour, err
	}
	part, err := time.ParseDuration(rest)
	return time.Duration(n)*24*time.Hour + part, err
}

func (c *cli) listCommand() *cobra.Command {
	var (
		g      gatewayFlags
		f      filterFlags
		limit  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "Find messages, and what became of them",
		Long:  listHelp,
		Example: `  hongyan list --user zhangsan
  hongyan list --app crm --status refused,expired,uncertain --since 24h
  hongyan list --reason misconfigured
  hongyan list --label order=4711 --json | jq -r .id`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.list(cmd, &g, &f, limit, asJSON) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.addFlags(flags)
	flags.IntVar(&limit, "limit", 50, "at most so `MANY`; 0 is all")
	flags.BoolVar(&asJSON, "json", false, "print what the gateway answers, a line of JSON for each message")
	g.addFlags(flags)
	completeStatus(cmd)
	return cmd
}

func completeStatus(cmd *cobra.Command) {
	var names []string
	for _, status := range delivery.Statuses {
		names = append(names, status.String())
	}
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

func (c *cli) list(cmd *cobra.Command, g *gatewayFlags, f *filterFlags, limit int, asJSON bool) error {
	if limit < 0 {
		return usage(cmd, "--limit %d: it is not negative", limit)
	}
	filter, err := f.filter(cmd, g, time.Now())
	if err != nil {
		return err
	}
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	more := false
	found := 0
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	var rows [][]cell
	for m, err := range l.List(ctx, filter) {
		if err != nil {
			return err
		}
		if found++; limit > 0 && found > limit {
			more = true
			break
		}
		switch {
		case asJSON:
			err = c.showMessage(m, true)
		case onTerminal(c.std.Out):
			rows = append(rows, messageRow(m, true))
		default: // as they come: there may be very many
			err = c.table(nil, [][]cell{messageRow(m, false)})
		}
		if err != nil {
			return err
		}
	}
	if len(rows) > 0 {
		if err := c.table([]string{"ID", "STATUS", "SENDER", "TO", "ACCEPTED", "WHY", "LABELS"}, rows); err != nil {
			return err
		}
	}
	switch {
	case found == 0:
		fmt.Fprintln(c.std.Err, pick(c.lang, "hongyan: no message is like that", "hongyan: 没有符合条件的消息"))
	case more:
		fmt.Fprintf(c.std.Err, pick(c.lang, "hongyan: these are the latest %d; there are more: --limit 0\n", "hongyan: 仅显示最近 %d 条，还有更多：--limit 0\n"), limit)
	}
	return nil
}

// messageRow is a message in a list.
func messageRow(m *gateway.Message, forPeople bool) []cell {
	sender, to, why := m.App, "", ""
	if m.Robot != "" {
		sender = "robot:" + m.Robot
	}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		if text := showReceivers(d.To); i == 0 {
			to = text
		} else if text != to {
			to = fmt.Sprintf("%s and more, in %d parts", to, len(m.Deliveries))
			break
		}
	}
	for i := range m.Deliveries {
		if d := &m.Deliveries[i]; d.Reason != nil && why == "" {
			why = d.Reason.Code
			if d.Failure != nil && d.Failure.ErrCode != 0 {
				why += fmt.Sprintf(" %d", d.Failure.ErrCode)
			}
		}
	}
	at := m.Accepted.UTC().Format(time.RFC3339)
	if forPeople {
		at = second(m.Accepted)
	}
	row := []cell{{text: m.ID}, {string(m.Status), statusColour(string(m.Status))}, {text: sender}, {text: to}, {text: at}, {text: why}, {text: showLabels(m.Labels)}}
	for i := range row {
		row[i].text = oneLine(row[i].text)
	}
	return row
}

// showLabels are labels in one line, in the order of their names.
func showLabels(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+labels[name])
	}
	return strings.Join(parts, " ")
}

// jsonLines prints one line of JSON for each of n things.
func (c *cli) jsonLines(n int, of func(int) any) error {
	enc := json.NewEncoder(c.std.Out)
	enc.SetEscapeHTML(false)
	for i := range n {
		if err := enc.Encode(of(i)); err != nil {
			return failed("standard output: %w", err)
		}
	}
	return nil
}
