package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const resendHelp = `Send messages again that a gateway took: what of them did not arrive, as messages of their own. They are
named by their ids, or found by flags; without --status, those that were refused, expired, were
cancelled or are uncertain. A message is sent again once: to repeat the command does no harm.

--missed also sends what was sent to some a second time, to those whom WeCom named as not reached;
--everything sends all of it to everybody once more.

Found by flags, they are counted first. More than one is sent on a terminal after asking, and elsewhere
with --yes. --dry-run sends nothing and prints the ids. The API key needs the scope send, and manage for
those that are found by flags. The exit code is 4 if some cannot be sent again.
` + filterHelp + gatewayHelp

// resendFlags say what is sent again, and how.
type resendFlags struct {
	filterFlags
	gatewayFlags
	missed, everything, dryRun, yes, json bool
	ttl                                   time.Duration
}

func (c *cli) resendCommand() *cobra.Command {
	var f resendFlags
	cmd := &cobra.Command{
		Use:   "resend [flags] (ID... | --status STATES --user MEMBER --since TIME ...)",
		Short: "Send messages again, by id or many at once",
		Long:  resendHelp,
		Example: `  hongyan resend msg_01h2xcejqtf
  hongyan resend --user zhangsan --since 1h --dry-run
  hongyan resend --reason misconfigured --since 7d --yes
  hongyan resend --missed --label csv=people.csv`,
		RunE: func(cmd *cobra.Command, ids []string) error { return c.resend(cmd, &f, ids) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.missed, "missed", false, "also to those whom WeCom named as not reached")
	flags.BoolVar(&f.everything, "everything", false, "all of it, to everybody, whether it arrived or not")
	flags.DurationVar(&f.ttl, "ttl", 0, "they are of no use after this `TIME` (default: as long as they had)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "send nothing, and print the ids of what would be sent")
	flags.BoolVar(&f.yes, "yes", false, "send without asking")
	flags.BoolVar(&f.json, "json", false, "print a line of JSON for each message")
	f.filterFlags.addFlags(flags)
	f.gatewayFlags.addFlags(flags)
	completeStatus(cmd)
	return cmd
}

func (f *resendFlags) options(cmd *cobra.Command) (gateway.ResendOptions, error) {
	o := gateway.ResendOptions{TTL: f.ttl}
	switch {
	case f.missed && f.everything:
		return o, usage(cmd, "--missed and --everything do not go together")
	case f.ttl < 0:
		return o, usage(cmd, "--ttl %v: it is not negative", f.ttl)
	case f.missed:
		o.Which = gateway.ResendMissed
	case f.everything:
		o.Which = gateway.ResendAll
	}
	return o, nil
}

func (c *cli) resend(cmd *cobra.Command, f *resendFlags, ids []string) error {
	o, err := f.options(cmd)
	if err != nil {
		return err
	}
	found := given(cmd, filterNames...)
	switch {
	case len(ids) > 0 && (found != "" || f.dryRun):
		if found == "" {
			found = "dry-run"
		}
		return usage(cmd, "messages are named by id, or found by flags: %s and --%s do not go together", ids[0], found)
	case len(ids) > 0:
		if err := someArguments("the id of a message")(cmd, ids); err != nil {
			return err
		}
		return c.resendEach(cmd, f, ids, o)
	case found == "" && f.app == "" || found == "status" && !anotherThanStatus(cmd):
		return usage(cmd, "which messages? give their ids, or a flag beside --status that finds them").hint(
			"such as --user zhangsan --since 1h, or --reason misconfigured", "例如 --user zhangsan --since 1h，或 --reason misconfigured")
	}
	return c.resendFound(cmd, f, o)
}

// anotherThanStatus says whether something narrows down what is found: all that ever failed is too much.
func anotherThanStatus(cmd *cobra.Command) bool {
	return given(cmd, filterNames[1:]...) != "" || given(cmd, "app") != ""
}

func (c *cli) resendEach(cmd *cobra.Command, f *resendFlags, ids []string, o gateway.ResendOptions) error {
	var worst error
	return c.each(cmd, &f.gatewayFlags, ids, func(ctx context.Context, l *link, id string) error {
		m, err := l.Resend(ctx, id, o)
		if err != nil {
			return err
		}
		if f.json {
			return c.jsonLines(1, func(int) any { return gateway.Resent{ID: id, New: m.ID} })
		}
		word := "resent"
		if m.Replayed {
			word = "resent before"
		}
		return c.print(fmt.Sprintf("%s %s as %s, %s\n", word, id, m.ID, m.Status))
	}, &worst)
}

// resendFound counts what the flags find, asks, and sends it.
func (c *cli) resendFound(cmd *cobra.Command, f *resendFlags, o gateway.ResendOptions) error {
	filter, err := f.filterFlags.filter(cmd, &f.gatewayFlags, time.Now())
	if err != nil {
		return err
	}
	l, err := f.gatewayFlags.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	trial := o
	trial.DryRun = true
	would, err := l.ResendAll(cmd.Context(), filter, trial)
	if err != nil {
		return err
	}
	if f.dryRun {
		return c.tellResent(would, f.json, true)
	}
	if would.Count > 1 && !f.yes {
		if err := c.confirm(cmd, fmt.Sprintf(pick(c.lang, "send %d messages again?", "重新发送 %d 条消息？"), would.Count)); err != nil {
			return err
		}
	}
	bar := c.progress("resend", would.Count+would.Refused)
	o.Progress = func(so gateway.Resends) { bar.show(min(so.Count+so.Refused, bar.of)) }
	done, err := l.ResendAll(cmd.Context(), filter, o)
	bar.end()
	if told := c.tellResent(done, f.json, false); err == nil {
		return told
	}
	return err
}

// confirm asks a person at a terminal; elsewhere --yes must have been said.
func (c *cli) confirm(cmd *cobra.Command, question string) error {
	in, ok := c.std.In.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return usage(cmd, "%s --yes says so", question).hint("see them with --dry-run first", "可先用 --dry-run 查看")
	}
	fmt.Fprintf(c.std.Err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.std.In).ReadString('\n')
	if err != nil && err != io.EOF {
		return failed("standard input: %w", err)
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word != "y" && word != "yes" && word != "是" {
		return failed("nothing was sent")
	}
	return nil
}

// tellResent tells of each message, and sums up.
func (c *cli) tellResent(done gateway.Resends, asJSON, trial bool) error {
	var out strings.Builder
	for _, r := range done.Results {
		switch {
		case asJSON:
			if err := c.jsonLines(1, func(int) any { return r }); err != nil {
				return err
			}
		case r.Problem != nil:
			c.warn(r.ID+": "+strings.TrimPrefix(r.Problem.Error(), "gateway: "), r.Problem.Hint(c.lang))
		case trial:
			out.WriteString(r.ID + "\n")
		default:
			fmt.Fprintf(&out, "resent %s as %s\n", r.ID, r.New)
		}
	}
	if err := c.print(out.String()); err != nil {
		return err
	}
	n := fmt.Sprintf("%d messages", done.Count)
	if done.Count == 1 {
		n = "1 message"
	}
	text := pick(c.lang, n+" sent again", fmt.Sprintf("已重新发送 %d 条", done.Count))
	if trial {
		text = pick(c.lang, n+" would be sent again; nothing was sent", fmt.Sprintf("将重新发送 %d 条；没有发送任何消息", done.Count))
	}
	if done.Skipped > 0 {
		text += fmt.Sprintf(pick(c.lang, ", %d left alone: sent again before, or on their way", "，跳过 %d 条：之前已重发，或尚未结束"), done.Skipped)
	}
	if done.Refused > 0 {
		text += fmt.Sprintf(pick(c.lang, ", %d cannot be", "，%d 条无法重发"), done.Refused)
	}
	fmt.Fprintln(c.std.Err, "hongyan: "+text)
	switch {
	case done.Refused > 0 && done.Count == 0:
		return errInvalid // which was told
	case done.Refused > 0:
		return errPartly
	}
	return nil
}
