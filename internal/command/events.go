package command

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom/gateway"
)

const eventsHelp = `Tell of every change of state in a gateway as it happens, until Ctrl-C: messages that are accepted,
and deliveries that wait again or come to their end.

A connection that breaks is made again, and nothing is missed. --after goes on behind an event of
before: the "place" in a line of --json.
` + gatewayHelp

// eventFlags say which events are told.
type eventFlags struct {
	robots, statuses, labels []string
	after                    string
	json                     bool
}

func (c *cli) eventsCommand() *cobra.Command {
	var (
		g gatewayFlags
		f eventFlags
	)
	cmd := &cobra.Command{
		Use:   "events [flags]",
		Short: "Tell of every change of state, as it happens",
		Long:  eventsHelp,
		Example: `  hongyan events
  hongyan events --app crm --status refused,expired,uncertain
  hongyan events --json | jq -c 'select(.status == "refused")'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.events(cmd, &g, &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.statuses, "status", nil, "only these `STATES`, such as refused; several with commas")
	flags.StringArrayVar(&f.labels, "label", nil, "only of messages with this label, `NAME=VALUE`")
	flags.StringSliceVar(&f.robots, "robot", nil, "only of these `ROBOTS`, by their names in the gateway")
	flags.StringVar(&f.after, "after", "", "go on behind the event at this `PLACE`")
	flags.BoolVar(&f.json, "json", false, "print a line of JSON for each")
	g.addFlags(flags)
	return cmd
}

func (c *cli) events(cmd *cobra.Command, g *gatewayFlags, f *eventFlags) error {
	labels, err := labelsOf(cmd, f.labels)
	if err != nil {
		return err
	}
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	filter := gateway.EventFilter{Robots: f.robots, Labels: labels, After: f.after}
	if g.app != "" {
		filter.Apps = elements([]string{g.app})
	}
	for _, status := range f.statuses {
		filter.Statuses = append(filter.Statuses, gateway.Status(strings.TrimSpace(status)))
	}
	for e, err := range l.Events(cmd.Context(), filter) {
		if err != nil {
			return err
		}
		if err := c.showEvent(e, f.json); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) showEvent(e gateway.Event, asJSON bool) error {
	if asJSON {
		line := map[string]any{}
		if err := json.Unmarshal(e.Data, &line); err != nil {
			return failed("an event is not JSON: %w", err)
		}
		line["event"], line["place"] = e.Kind, e.Place
		return c.jsonLines(1, func(int) any { return line })
	}
	if e.Kind == "reset" {
		c.warn("some events were missed: what ended meanwhile follows, some of it twice", "")
		return nil
	}
	sender, why := e.App, ""
	if e.Robot != "" {
		sender = "robot " + e.Robot
	}
	if e.Part > 1 {
		sender += fmt.Sprintf(" part %d", e.Part)
	}
	if e.Reason != nil {
		why = e.Reason.Code
		if e.Reason.Detail != "" {
			why += ": " + e.Reason.Detail
		}
	}
	if len(e.Labels) > 0 {
		why = strings.TrimSpace(why + " " + showLabels(e.Labels))
	}
	status := fmt.Sprintf("%-11s", e.Status)
	line := fmt.Sprintf("%s  %s  %s  %s  %s", e.At.Local().Format(time.TimeOnly), e.ID, c.painter().paint(statusColour(string(e.Status)), status), sender, oneLine(why))
	return c.print(strings.TrimRight(line, " ") + "\n")
}
