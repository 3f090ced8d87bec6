package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/daemon"
	"github.com/hongyan-im/hongyan/internal/doctor"
	"github.com/hongyan-im/hongyan/wecom"
)

const doctorHelp = `Find out what keeps messages from being sent, and what to do about it.

With a configuration of the gateway (-c FILE, or hongyan.yaml here) it looks at each app as WeCom sees
it: corp id, secret, whether this machine's address is trusted, and which it is, agent id, visible
range, callback; then at the clock, the database, the disk and Redis. A gateway may be running on it
meanwhile: nothing is changed. Without one it looks at the one app of the flags or the environment.

Nothing is sent, but with --send, which writes one line to the group of each robot: only so it shows
whether WeCom knows the key.

Run it on the machine of the gateway, or the address that WeCom sees is another one. The exit code is
0 if nothing is red, 1 if something is, and 2 if the settings cannot be read.
` + connectHelp

// doctorFlags are those of "hongyan doctor".
type doctorFlags struct {
	connection
	file         configFile
	asJSON, send bool
}

func (c *cli) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Find out what keeps messages from being sent",
		Long:  doctorHelp,
		Example: `  hongyan doctor
  hongyan doctor -c /etc/hongyan.yaml --json
  HONGYAN_SECRET=… hongyan doctor --corp-id ww… --agent-id 1000002`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd, &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.file.addFlags(flags)
	flags.BoolVar(&f.asJSON, "json", false, "print the findings as JSON")
	flags.BoolVar(&f.send, "send", false, "write a line to the group of each robot, to see whether WeCom knows its key")
	f.connection.addFlags(flags)
	return cmd
}

// errRed ends a doctor whose report told already what is wrong.
var errRed = errors.New("something is red")

func (c *cli) doctor(cmd *cobra.Command, f *doctorFlags) error {
	report, err := c.examine(cmd, f)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = c.print(plainJSON(struct {
			Level    doctor.Level  `json:"level"`
			Findings []doctor.View `json:"findings"`
		}{report.Level(), report.View(c.lang)}) + "\n")
	} else {
		err = c.print(c.showReport(report, colours(c.std)))
	}
	if err == nil && report.Level() == doctor.Red {
		return errRed
	}
	return err
}

// examine looks at the gateway's configuration, or at the one app of flags and environment where
// there is none.
func (c *cli) examine(cmd *cobra.Command, f *doctorFlags) (doctor.Report, error) {
	one := given(cmd, "corp-id", "agent-id", "secret-file", "base-url", "proxy", "redis", "token-dir")
	if file := given(cmd, "config"); one != "" && file != "" {
		return doctor.Report{}, usage(cmd, "--%s says what to look at, and so does --%s: give one", file, one)
	}
	if one == "" && (given(cmd, "config") != "" || !c.oneApp()) {
		conf, err := f.file.load(cmd, c.std, true)
		if err != nil {
			return doctor.Report{}, err
		}
		return c.examineGateway(cmd.Context(), conf, f)
	}
	return c.examineOne(cmd, f)
}

// oneApp reports whether the environment describes an app or a robot, and no configuration is here.
func (c *cli) oneApp() bool {
	if _, err := os.Stat(usualConfig); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	for _, name := range []string{"HONGYAN_CORP_ID", "HONGYAN_ROBOT", "HONGYAN_ROBOT_FILE"} {
		if strings.TrimSpace(c.std.Getenv(name)) != "" {
			return true
		}
	}
	return false
}

func (c *cli) examineGateway(ctx context.Context, conf *config.Config, f *doctorFlags) (doctor.Report, error) {
	report, err := daemon.Examine(ctx, conf, f.send)
	if err != nil {
		return doctor.Report{}, failed("%w", err)
	}
	return report, nil
}

// examineOne looks at the app of flags and environment, or else at a robot.
func (c *cli) examineOne(cmd *cobra.Command, f *doctorFlags) (doctor.Report, error) {
	config, err := f.config(cmd, c.std.Getenv)
	if err != nil {
		return doctor.Report{}, err
	}
	p := doctor.Patient{WeCom: doctor.WeCom{BaseURL: config.BaseURL, Proxy: config.Proxy}, Send: f.send}
	var robot sendFlags
	robot.connection = f.connection
	if c.std.Getenv("HONGYAN_ROBOT") != "" || c.std.Getenv("HONGYAN_ROBOT_FILE") != "" {
		key, err := robot.robotKey(cmd, c.std.Getenv)
		if err != nil {
			return doctor.Report{}, err
		}
		made, err := robot.newRobot(cmd, c.std.Getenv)
		if err != nil {
			return doctor.Report{}, err
		}
		defer made.CloseIdleConnections()
		p.Robots = append(p.Robots, doctor.Robot{Key: key, Robot: made})
	}
	if len(p.Robots) == 0 || config.CorpID != "" {
		if err := complete(cmd, config, false); err != nil {
			return doctor.Report{}, err
		}
		client, err := wecom.New(config) // with a token of its own: a kept one says nothing about the secret
		if err != nil {
			return doctor.Report{}, explainConfig(cmd, err)
		}
		defer client.CloseIdleConnections()
		p.Apps = append(p.Apps, doctor.App{Client: client})
	}
	if url := setting(c.std.Getenv, f.redis, "HONGYAN_REDIS"); url != "" {
		p.Redis = func(ctx context.Context) error { return daemon.PingRedis(ctx, url) }
	}
	return doctor.Examine(cmd.Context(), p), nil
}

// marks are how a level is shown, in 6 columns, with the colour of a terminal.
var marks = map[doctor.Level]struct{ text, colour string }{
	doctor.Green:   {"ok    ", "32"},
	doctor.Yellow:  {"look  ", "33"},
	doctor.Red:     {"FAILED", "31"},
	doctor.Skipped: {"-     ", "2"},
}

// showReport is the findings for people: a paragraph for each subject.
func (c *cli) showReport(report doctor.Report, coloured bool) string {
	var b strings.Builder
	subject := ""
	for _, f := range report.Findings {
		if f.Subject != subject {
			if subject != "" {
				b.WriteByte('\n')
			}
			subject = f.Subject
			fmt.Fprintln(&b, subject)
		}
		mark := marks[f.Level].text
		if coloured {
			mark = "\x1b[" + marks[f.Level].colour + "m" + mark + "\x1b[0m"
		}
		fmt.Fprintf(&b, "  %s  %-13s  %s\n", mark, f.Check, f.Text.In(c.lang))
		if hint := f.Hint.In(c.lang); hint != "" {
			fmt.Fprintf(&b, "          %-13s  → %s\n", "", hint)
		}
	}
	switch report.Level() {
	case doctor.Red:
		b.WriteString(pick(c.lang, "\nred: something does not work\n", "\n红：有项目不能正常工作\n"))
	case doctor.Yellow:
		b.WriteString(pick(c.lang, "\nyellow: it works, and something should be looked at\n", "\n黄：可以工作，但有项目需要留意\n"))
	default:
		b.WriteString(pick(c.lang, "\ngreen: everything that was looked at is right\n", "\n绿：检查的项目全部正常\n"))
	}
	return b.String()
}

// colours reports whether standard output is a terminal that shows colours.
func colours(std Std) bool {
	file, ok := std.Out.(*os.File)
	if !ok || std.Getenv("NO_COLOR") != "" || std.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
