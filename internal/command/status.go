package command

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const statusHelp = `Show what became of messages that a gateway took: how far each has come, who was not reached, why it
waits or failed, and what to do about it. What a message says is not shown.

The id is what "hongyan send" printed. With --wait the command returns when the message has come to its
end, with the exit codes of "hongyan send": 0 it was sent, 1 it was not, 3 it has not come to its end
in time, 4 it was sent, but not to everybody. Without --wait it is 0.
` + gatewayHelp

func (c *cli) statusCommand() *cobra.Command {
	var (
		g      gatewayFlags
		wait   time.Duration
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "status [flags] ID...",
		Short: "Show what became of a message",
		Long:  statusHelp,
		Example: `  hongyan status msg_01h2xcejqtf
  hongyan status --wait 1m msg_01h2xcejqtf
  hongyan status --json msg_01h2xcejqtf | jq -r .status`,
		Args: someArguments("the id of a message"),
		RunE: func(cmd *cobra.Command, ids []string) error { return c.status(cmd, &g, ids, wait, asJSON) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.DurationVar(&wait, "wait", 0, "wait up to this `TIME` for the end of the message")
	flags.BoolVar(&asJSON, "json", false, "print what the gateway answers, a line of JSON for each message")
	g.addFlags(flags)
	return cmd
}

// someArguments wants at least one argument, in the words of this program.
func someArguments(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		for _, arg := range args {
			if arg == "" {
				return usage(cmd, "%s: an argument is empty, where %s should be", cmd.Name(), what)
			}
		}
		if len(args) == 0 {
			return usage(cmd, "%s takes an argument: %s", cmd.Name(), what)
		}
		return nil
	}
}

func (c *cli) status(cmd *cobra.Command, g *gatewayFlags, ids []string, wait time.Duration, asJSON bool) error {
	if wait < 0 {
		return usage(cmd, "--wait %v: it is not negative", wait)
	}
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	var worst error
	for _, id := range ids {
		m, err := l.look(cmd.Context(), g.patience, id, wait)
		if err != nil {
			return err
		}
		if err := c.showMessage(m, asJSON); err != nil {
			return err
		}
		if wait > 0 {
			worst = worse(worst, m)
		}
	}
	return worst
}

// look returns a message, at its end if that comes while wait lasts.
func (l *link) look(ctx context.Context, patience time.Duration, id string, wait time.Duration) (*gateway.Message, error) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := l.Message(bounded, id)
	if err != nil || wait == 0 || m.Status.Final() {
		return m, err
	}
	waiting, end := context.WithTimeout(ctx, wait)
	defer end()
	later, err := l.Wait(waiting, id)
	if ctx.Err() != nil {
		return nil, failed("interrupted")
	}
	if later == nil { // the gateway was away when the time was over
		return m, nil
	}
	return later, ignoreUnfinished(err)
}

// ignoreUnfinished: that it has not come to its end is told by the message itself.
func ignoreUnfinished(err error) error {
	if _, ok := err.(*gateway.UnfinishedError); ok {
		return nil
	}
	return err
}

// worse is the error that ends a command about several messages, of which m is one more that was shown.
func worse(before error, m *gateway.Message) error {
	switch err := m.Err(); {
	case !m.Status.Final():
		return errUnfinished
	case err != nil && before != errUnfinished:
		return errInvalid // which was told by showing it
	case m.Status == gateway.PartlySent && before == nil:
		return errPartly
	}
	return before
}

// showMessage prints a message, for people or for programs.
func (c *cli) showMessage(m *gateway.Message, asJSON bool) error {
	if asJSON {
		data, err := m.MarshalJSON()
		if err != nil {
			return failed("%w", err)
		}
		return c.print(string(data) + "\n")
	}
	paint := c.painter()
	var out strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&out, "%-11s %s\n", label, strings.TrimRight(oneLine(fmt.Sprintf(format, args...)), " "))
	}
	fmt.Fprintf(&out, "%s  %s\n", m.ID, paint.paint(statusColour(string(m.Status)), string(m.Status)))
	if m.App != "" {
		line("app", "%s", m.App)
	} else {
		line("robot", "%s", m.Robot)
	}
	line("accepted", "%s", second(m.Accepted))
	if !m.Status.Final() {
		line("expires", "%s", second(m.Expires))
	}
	if m.Priority != "" && m.Priority != gateway.Normal {
		line("priority", "%s", m.Priority)
	}
	if m.OrderKey != "" {
		line("order key", "%s", m.OrderKey)
	}
	if len(m.Labels) > 0 {
		line("labels", "%s", showLabels(m.Labels))
	}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		if len(m.Deliveries) > 1 {
			fmt.Fprintf(&out, "%-11s %s\n", fmt.Sprintf("part %d", d.Part), paint.paint(statusColour(string(d.Status)), string(d.Status)))
		}
		c.showDelivery(line, d)
	}
	showMembers(line, m)
	if m.ResendOf != "" {
		line("repeats", "%s", m.ResendOf)
	}
	if m.ResentAs != "" {
		line("sent again", "%s", m.ResentAs)
	}
	return c.print(out.String())
}

// showMembers tells of the members whom a message has not reached, where it names more than one.
func showMembers(line func(label, format string, args ...any), m *gateway.Message) {
	const most = 20
	if m.Recipients == nil || m.Recipients.Total < 2 {
		return
	}
	var states []string
	for _, state := range slices.Sorted(maps.Keys(m.Recipients.States)) {
		states = append(states, fmt.Sprintf("%d %s", m.Recipients.States[state], state))
	}
	line("members", "%s", strings.Join(states, ", "))
	told := 0
	for _, r := range m.Recipients.Members {
		if r.State == "reached" || r.State == "recalled" {
			continue
		}
		if told++; told > most {
			line("", "and more: --json has them all")
			return
		}
		why := r.Reason
		if r.ErrCode != 0 {
			why = strings.TrimSpace(fmt.Sprintf("%s %d", why, r.ErrCode))
		}
		if !r.Next.IsZero() {
			why = strings.TrimSpace(why + ", next " + second(r.Next))
		}
		line("", "%s  %s  %s", memberName(&r), r.State, why)
	}
}

// memberName is what a member is named by, and who it is, as far as that is known.
func memberName(r *gateway.Recipient) string {
	name := r.User
	if r.Mobile != "" {
		name = withUser(gateway.Mobile(r.Mobile), r.User)
	} else if r.Email != "" {
		name = withUser(gateway.Email(r.Email), r.User)
	}
	return name
}

func withUser(name, user string) string {
	if user == "" {
		return name
	}
	return name + " (" + user + ")"
}

func (c *cli) showDelivery(line func(label, format string, args ...any), d *gateway.Delivery) {
	if to := showReceivers(d.To); to != "" {
		line("to", "%s", to)
	}
	line("msgtype", "%s", d.MsgType)
	if d.Attempts > 0 {
		line("attempts", "%d, the last at %s", d.Attempts, second(d.Started))
	}
	if !d.Next.IsZero() {
		line("next", "%s", second(d.Next))
	}
	if !d.Settled.IsZero() {
		line("settled", "%s", second(d.Settled))
	}
	if r := d.Receipt; r != nil {
		if r.MsgID != "" {
			line("msgid", "%s", r.MsgID)
		}
		for _, missing := range []struct {
			what string
			ids  []string
		}{
			{"members %s (unknown, not active, or out of the app's visible range)", r.InvalidUsers},
			{"members %s (without a licence)", r.UnlicensedUsers},
			{"departments %s", numbers(r.InvalidParties)},
			{"tags %s", numbers(r.InvalidTags)},
		} {
			if len(missing.ids) > 0 {
				line("not reached", missing.what, strings.Join(missing.ids, ", "))
			}
		}
	}
	hint := ""
	if d.Reason != nil {
		why := d.Reason.Code
		if d.Reason.Detail != "" {
			why += ": " + d.Reason.Detail
		}
		line("reason", "%s", why)
		hint = d.Reason.Hint
	}
	if f := d.Failure; f != nil {
		told := f.ErrMsg
		if f.ErrCode != 0 {
			err := &wecom.Error{Op: f.Op, Code: f.ErrCode, Msg: f.ErrMsg, HintID: f.HintID, CallerIP: f.CallerIP}
			told, hint = strings.TrimPrefix(err.Error(), "wecom: "), err.Hint(c.lang)
		}
		line("failure", "%s", told)
	}
	switch {
	case d.MayHaveArrived:
		line("doubt", "no answer came to an attempt: it may have arrived")
	case d.MayBeSeenTwice:
		line("doubt", "it was repeated although it may have arrived: it may be seen twice")
	}
	if hint != "" {
		line("hint", "%s", hint)
	}
}

// showReceivers names receivers in one short line.
func showReceivers(to gateway.Receivers) string {
	if to.Chat != "" {
		return "chat " + to.Chat
	}
	users := slices.Clone(to.Users)
	for _, number := range to.Mobiles {
		users = append(users, withUser(gateway.Mobile(number), to.Found[number]))
	}
	for _, address := range to.Emails {
		users = append(users, withUser(gateway.Email(address), to.Found[address]))
	}
	return describe(wecom.To{Users: users, Parties: to.Parties, Tags: to.Tags, All: to.All})
}

// second shows a time to the second, in the zone of this machine.
func second(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Local().Format("2006-01-02 15:04:05")
}
