package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/gateway"
)

// directFlags are those that say how WeCom is called without a gateway.
var directFlags = []string{"corp-id", "agent-id", "secret-file", "base-url", "proxy", "redis", "token-dir", "robot-file"}

// throughGateway decides which way a command goes that can go both. A gateway is taken when flags or
// HONGYAN_URL or HONGYAN_PROFILE say so, when something is asked for that only a gateway does, or when
// there is a default profile and nothing says otherwise. So settings for the direct way, which were
// there before, go on meaning it.
func (f *sendFlags) throughGateway(cmd *cobra.Command, c *cli) (bool, error) {
	needs := given(cmd, append([]string{"gateway", "profile", "app", "api-key-file", "csv"}, orderFlags...)...)
	return chooseWay(cmd, c, needs)
}

func chooseWay(cmd *cobra.Command, c *cli, needs string) (bool, error) {
	direct := given(cmd, directFlags...)
	switch {
	case direct != "" && needs != "":
		return false, usage(cmd, "--%s is for sending without a gateway, and --%s for sending through one", direct, needs)
	case direct != "":
		return false, nil
	case needs != "", c.std.Getenv("HONGYAN_URL") != "", c.std.Getenv("HONGYAN_PROFILE") != "":
		return true, nil
	}
	for _, name := range []string{"HONGYAN_CORP_ID", "HONGYAN_SECRET", "HONGYAN_SECRET_FILE", "HONGYAN_ROBOT", "HONGYAN_ROBOT_FILE"} {
		if c.std.Getenv(name) != "" {
			return false, nil
		}
	}
	file, err := c.loadProfiles()
	return err == nil && file.Default != "", err
}

// sendThrough sends through a gateway.
func (c *cli) sendThrough(cmd *cobra.Command, args []string, f *sendFlags, kind string) error {
	// A robot of the environment is one for the direct way.
	plain, getenv := *c, c.std.Getenv
	plain.std.Getenv = func(name string) string {
		if name == "HONGYAN_ROBOT" || name == "HONGYAN_ROBOT_FILE" {
			return ""
		}
		return getenv(name)
	}
	c = &plain
	f.gatewayFlags.patience = f.connection.timeout
	options, err := f.gatewayOptions(cmd)
	if err != nil {
		return err
	}
	if f.csv.path != "" {
		return c.sendTable(cmd, args, f, kind, options)
	}
	if flag := given(cmd, "template", "template-file", "failed"); flag != "" {
		return usage(cmd, "--%s needs --csv", flag)
	}
	to, err := f.target(cmd, c.std.Getenv)
	if err != nil {
		return err
	}
	if to.place == nowhere && kind != "json" {
		return nobody(cmd)
	}
	var l *link
	if !f.dryRun { // before anything is read
		if l, err = f.gatewayFlags.connect(cmd, c); err != nil {
			return err
		}
	}
	letters, err := c.letters(cmd, args, f, kind, to)
	if err != nil {
		return f.explainMedia(err)
	}
	letter := letters[0]
	if err := checkForGateway(letter); err != nil {
		return f.explainMedia(err)
	}
	if f.dryRun {
		return c.previewRequest(f, letter, options)
	}
	if placeOf(letter) == byRobot {
		if options.Robot == "" {
			return usage(cmd, "which robot sends? --robot NAME, as the gateway's configuration calls it")
		}
	} else if err := l.needsApp(cmd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.gatewayFlags.patience+options.Wait)
	if cmp.Or(f.files()...) != "" { // which takes as long as it takes; each request has its own time-out
		ctx, cancel = context.WithCancel(cmd.Context())
	}
	defer cancel()
	defer l.CloseIdleConnections()
	m, err := l.Submit(ctx, letter, options)
	if err != nil {
		return f.explainMedia(err)
	}
	return c.tellSubmitted(letter, m, options.Wait > 0, f.showAnswer)
}

// gatewayOptions is what the flags say beside the message, and refuses what a gateway does not do.
func (f *sendFlags) gatewayOptions(cmd *cobra.Command) (gateway.Options, error) {
	options, err := f.orders.options(cmd)
	if err != nil {
		return options, err
	}
	switch {
	case f.truncate:
		return options, usage(cmd, "--truncate does not go through a gateway, which sends what is too long in parts")
	}
	if flag := cmd.Flags().Lookup("split"); flag.Changed && !f.split {
		options.NoSplit = true
	}
	f.split = false // the gateway does it
	options.Robot = f.robot
	return options, nil
}

// checkForGateway is Validate but for what a gateway sends in parts.
func checkForGateway(l letter) error {
	if m, ok := l.(wecom.RobotMessage); ok {
		if image, ok := m.Body.(wecom.Image); ok && strings.HasPrefix(image.MediaID, "media_") {
			return nil // the gateway has the picture
		}
	}
	var invalid *wecom.ValidationError
	if !errors.As(withoutAliases(l).Validate(), &invalid) {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(invalid.Fields), func(f *wecom.FieldError) bool {
		switch f.Problem {
		case wecom.TooLong, wecom.WouldCut, wecom.TooMany:
			return slices.Contains([]string{"text.content", "markdown.content", "markdown_v2.content", "touser", "toparty", "totag"}, f.Field)
		}
		return false
	})
	if len(left) == 0 {
		return nil
	}
	return &wecom.ValidationError{Fields: left}
}

// previewRequest prints what the gateway would be asked, and tells advice about the message.
func (c *cli) previewRequest(f *sendFlags, l letter, options gateway.Options) error {
	if options.App = strings.TrimSpace(f.app); options.App == "" {
		options.App = c.std.Getenv("HONGYAN_APP")
	}
	data, err := gateway.Encode(fileByName(f, l), options)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return failed("%w", err)
	}
	if err := c.print(out.String() + "\n"); err != nil {
		return err
	}
	for _, w := range advice(l) {
		c.warn("advice: "+w.Field+": "+w.Text(c.lang), "")
	}
	return nil
}

// fileByName is the letter with the name of the file in place of its id, which the gateway will give.
func fileByName(f *sendFlags, l letter) letter {
	name := "file:" + cmp.Or(f.files()...)
	switch _, body := callOf(l); b := body.(type) {
	case wecom.RobotImage:
		if f.image != "" {
			return withBody(l, wecom.Image{MediaID: name})
		}
		return l
	default:
		return withBody(l, wecom.WithMediaID(b, name))
	}
}

// tellSubmitted tells what became of a message that the gateway took, and returns what that means for
// the exit code.
func (c *cli) tellSubmitted(l letter, m *gateway.Message, waited, asJSON bool) error {
	if asJSON {
		data, err := m.MarshalJSON()
		if err != nil {
			return failed("%w", err)
		}
		if err := c.print(string(data) + "\n"); err != nil {
			return err
		}
	}
	if !m.Status.Final() {
		if !asJSON {
			if err := c.print(fmt.Sprintf("accepted %s, %s\n", m.ID, m.Status)); err != nil {
				return err
			}
		}
		if !waited {
			return nil
		}
		err := m.Err()
		c.warn(strings.TrimPrefix(err.Error(), "gateway: "), m.Hint(c.lang))
		return errUnfinished
	}
	return c.tellEnd(l, m, asJSON)
}

// tellEnd tells of a message that has come to its end.
func (c *cli) tellEnd(l letter, m *gateway.Message, asJSON bool) error {
	receipt := m.Receipt()
	if err := m.Err(); err != nil {
		c.tellMissing(receipt)
		return err
	}
	if !asJSON {
		line := "sent by the robot"
		switch sent := l.(type) {
		case wecom.Message:
			line = "sent to " + describe(reached(sent.To, receipt))
		case wecom.ChatMessage:
			line = "sent to chat " + sent.ChatID
		}
		if err := c.print(line + ", id " + m.ID + "\n"); err != nil {
			return err
		}
	}
	if m.Status == gateway.PartlySent {
		if !c.tellMissing(receipt) {
			c.warn("not all parts of it were sent: hongyan status "+m.ID, m.Hint(c.lang))
		}
		return errPartly
	}
	return nil
}
