package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const appHelp = `List the apps and robots of a gateway, how they do, and find out what keeps one from sending.`

func (c *cli) appCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "app <command>",
		Short: "List the apps of a gateway, and check one",
		Long:  appHelp,
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.appListCommand(), c.appCheckCommand())
	return cmd
}

const appListHelp = `List the apps and robots of a gateway that the API key is for: whether each sends, what waits, and if
it rests, why, and when it is tried again.

On a terminal it is a table; elsewhere a line for each, with tabs between the columns.
` + gatewayHelp

func (c *cli) appListCommand() *cobra.Command {
	var (
		g      gatewayFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "List the apps and robots, and how they do",
		Long:  appListHelp,
		Example: `  hongyan app list
  hongyan app list --json | jq -r 'select(.state != "ok").name'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.appList(cmd, &g, asJSON) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each")
	g.addFlags(cmd.Flags())
	return cmd
}

func (c *cli) appList(cmd *cobra.Command, g *gatewayFlags, asJSON bool) error {
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(cmd.Context(), g.patience)
	defer cancel()
	apps, err := l.Apps(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return c.jsonLines(len(apps), func(i int) any { return apps[i] })
	}
	rows := make([][]cell, len(apps))
	for i, app := range apps {
		colour := green
		if app.State != "ok" {
			colour = red
		}
		rows[i] = []cell{
			{text: app.Name}, {app.State, colour}, {text: strconv.Itoa(app.Queued)}, {text: strconv.Itoa(app.Scheduled)},
			{text: strconv.Itoa(app.InFlight)}, {text: second(app.Oldest)}, {text: c.whyResting(app.Rest)},
		}
	}
	return c.table([]string{"NAME", "STATE", "QUEUED", "SCHEDULED", "SENDING", "OLDEST QUEUED", "WHY"}, rows)
}

// whyResting says in a line why an app sends nothing, and until when.
func (c *cli) whyResting(r *gateway.Rest) string {
	if r == nil {
		return ""
	}
	text := ""
	if r.Reason != nil {
		text = r.Reason.Code
	}
	if f := r.Failure; f != nil {
		text += fmt.Sprintf(": %s", f.ErrMsg)
		if f.ErrCode != 0 {
			text = strings.TrimSuffix(text, ": "+f.ErrMsg) + fmt.Sprintf(": %d %s", f.ErrCode, f.ErrMsg)
		}
	}
	return oneLine(text) + pick(c.lang, "; tried again at ", "；下次尝试：") + r.Next.Local().Format(time.TimeOnly)
}

const appCheckHelp = `Find out what keeps an app of a gateway from sending: its corp id, secret, agent id, visible range,
trusted IP and callback, as WeCom sees them. Nothing is sent. If nothing is red, an app that rests
gets another try at once, and its messages go.

A robot is robot:NAME. The API key needs the scope manage. The exit code is 1 if something is red.
` + gatewayHelp

func (c *cli) appCheckCommand() *cobra.Command {
	var (
		g      gatewayFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "check [flags] NAME",
		Short:   "Find out what keeps an app from sending",
		Long:    appCheckHelp,
		Example: `  hongyan app check crm`,
		Args:    oneArgument("the name of an app"),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.appCheck(cmd, &g, args[0], asJSON) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what the gateway found as JSON")
	g.addFlags(cmd.Flags())
	return cmd
}

func (c *cli) appCheck(cmd *cobra.Command, g *gatewayFlags, app string, asJSON bool) error {
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(cmd.Context(), g.patience)
	defer cancel()
	check, err := l.CheckApp(ctx, app)
	if err != nil {
		return err
	}
	if asJSON {
		err = c.print(plainJSON(check) + "\n")
	} else {
		err = c.showCheck(check)
	}
	if err == nil && check.Level == "red" {
		return errRed
	}
	return err
}

// showCheck tells of what was found, as "hongyan doctor" does.
func (c *cli) showCheck(check *gateway.Check) error {
	paint := c.painter()
	var out strings.Builder
	for _, f := range check.Findings {
		mark, known := marks[doctor.Level(f.Level)]
		if !known {
			mark.text = f.Level
		}
		fmt.Fprintf(&out, "  %s  %-13s  %s\n", paint.paint(mark.colour, mark.text), f.Check, oneLine(f.Text))
		if f.Hint != "" {
			fmt.Fprintf(&out, "          %-13s  → %s\n", "", oneLine(f.Hint))
		}
	}
	return c.print(out.String())
}
