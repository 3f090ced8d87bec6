package command

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

// usualDuplicateCheck is WeCom's own default.
const usualDuplicateCheck = 30 * time.Minute

// sendFlags is what the line says about the message; connection says the rest.
type sendFlags struct {
	connection
	receivers
	gatewayFlags
	orders
	csv                    csvFlags
	chat, robot, robotFile string

	markdown, markdownV2             bool
	image, voice, video, file        string
	mediaID, mediaType               string
	title, description, url, button  string
	news                             []string
	newsJSON, card, json             string
	mentioned, mentionedMobiles      []string
	safe, truncate, split            bool
	translateIDs, dryRun, showAnswer bool
	duplicateCheck                   time.Duration
}

func (c *cli) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:               "send (--to USER | --chat ID | --robot-file FILE) [flags] [text...]",
		Short:             "Send a message",
		Long:              sendHelp,
		Example:           sendExamples,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.send(cmd, args, &f) },
	}
	addGroups(cmd,
		flagGroup{"Where it goes", f.addTargetFlags},
		flagGroup{"What it is (a text, unless one of these says otherwise)", f.addKindFlags},
		flagGroup{"How it is sent", f.addOptionFlags},
		flagGroup{"Through which gateway", f.gatewayFlags.addAddress},
		flagGroup{"What only a gateway can do", f.orders.addFlags},
		flagGroup{"A message for each line of a table, through a gateway", f.csv.addFlags},
		flagGroup{"Which app, which WeCom, without a gateway", f.connection.addFlags},
	)
	completeTypes(cmd)
	return cmd
}

func (f *sendFlags) addTargetFlags(flags *pflag.FlagSet) {
	f.receivers.addFlags(flags)
	flags.StringVar(&f.chat, "chat", "", "group chat `ID` of the app, as \"hongyan chat create\" makes one")
	flags.StringVar(&f.robotFile, "robot-file", "", "`FILE` with the key or webhook URL of a group robot")
	flags.StringVar(&f.robot, "robot", "", "the `KEY` or URL itself, for others on this machine to read in ps; through a gateway, the robot's name there")
	_ = cobra.MarkFlagFilename(flags, "robot-file")
}

func (f *sendFlags) addKindFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.markdown, "markdown", false, "the text is markdown")
	flags.BoolVar(&f.markdownV2, "markdown-v2", false, "the text is the fuller markdown, of robots alone")
	flags.StringVar(&f.title, "title", "", "`TITLE` of a text card, at most 128 characters; or of a video")
	flags.StringVar(&f.url, "url", "", "`URL` that the text card opens")
	flags.StringVar(&f.button, "button", "", "`LABEL` under the text card, at most 4 characters (default 详情)")
	flags.StringVar(&f.image, "image", "", "picture in `FILE`: JPG or PNG, at most 10 MB (by a robot 2 MB)")
	flags.StringVar(&f.voice, "voice", "", "recording in `FILE`: AMR, at most 2 MB and 60 seconds")
	flags.StringVar(&f.video, "video", "", "film in `FILE`: MP4, at most 10 MB; with --title and --description")
	flags.StringVar(&f.description, "description", "", "`TEXT` under a video, at most 512 bytes")
	flags.StringVar(&f.file, "file", "", "any `FILE`, at most 20 MB")
	flags.StringVar(&f.mediaID, "media-id", "", "what \"hongyan media upload\" answered as this `ID`; with --type")
	flags.StringVar(&f.mediaType, "type", "", "`TYPE` of --media-id: image, voice, video or file")
	flags.StringArrayVar(&f.news, "news", nil, "`ARTICLE` as title,url[,picture-url][,description]; up to 8 of this flag")
	flags.StringVar(&f.newsJSON, "news-json", "", "articles in `FILE`, as WeCom documents them; - is standard input")
	flags.StringVar(&f.card, "card", "", "template card in `FILE`, as WeCom documents template_card; - is standard input")
	flags.StringVar(&f.json, "json", "", "the whole body in `FILE`, as WeCom documents it; - is standard input")
	_ = cobra.MarkFlagFilename(flags, "image", "jpg", "jpeg", "png")
	_ = cobra.MarkFlagFilename(flags, "voice", "amr")
	_ = cobra.MarkFlagFilename(flags, "video", "mp4")
	for _, name := range []string{"file", "news-json", "card", "json"} {
		_ = cobra.MarkFlagFilename(flags, name)
	}
}

func (f *sendFlags) addOptionFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the JSON and advice about it, and send nothing")
	flags.BoolVar(&f.split, "split", false, "send a text or markdown that is too long in numbered parts")
	flags.BoolVar(&f.truncate, "truncate", false, "accept that WeCom cuts what is too long")
	flags.StringArrayVar(&f.mentioned, "mention", nil, "call the attention of `USER` ids, or @all, in a chat or by a robot")
	flags.StringArrayVar(&f.mentionedMobiles, "mention-mobile", nil, "the same by phone `NUMBER`, by robots alone")
	flags.BoolVar(&f.safe, "safe", false, "keep it in the corp: it cannot be shared and is watermarked")
	flags.BoolVar(&f.translateIDs, "translate-ids", false, "turn $userName=zhangsan$ into a name")
	flags.DurationVar(&f.duplicateCheck, "duplicate-check", 0,
		"let WeCom drop this if it had the same within `TIME`; another one with =, as in --duplicate-check=10m")
	flags.Lookup("duplicate-check").NoOptDefVal = usualDuplicateCheck.String()
	flags.BoolVar(&f.showAnswer, "answer", false, "print what WeCom answered as JSON, for scripts")
}

func (c *cli) send(cmd *cobra.Command, args []string, f *sendFlags) error {
	kind, err := f.check(cmd, args)
	if err != nil {
		return err
	}
	through, err := f.throughGateway(cmd, c)
	if err != nil {
		return err
	}
	if through {
		return c.sendThrough(cmd, args, f, kind)
	}
	to, err := f.target(cmd, c.std.Getenv)
	if err != nil {
		return err
	}
	if kind != "json" { // which may name the target and the app; everything else is known by now
		if to.place == nowhere {
			return nobody(cmd)
		}
		if err := f.ready(cmd, c.std.Getenv, to.place, true); err != nil {
			return err
		}
	}
	letters, err := c.letters(cmd, args, f, kind, to)
	if err != nil {
		return f.explainMedia(err)
	}
	if f.dryRun {
		return c.preview(f, letters)
	}
	for _, l := range letters { // all, before the first goes out
		if err := withoutAliases(l).Validate(); err != nil {
			return f.explainMedia(err)
		}
	}
	post, err := f.connect(cmd, c.std.Getenv, letters[0])
	if err != nil {
		return err
	}
	defer post.close()
	bounded, cancel := f.bounded(cmd.Context(), false)
	err = post.lookUp(bounded, letters)
	cancel()
	if err != nil {
		return err
	}
	return f.explainMedia(c.deliver(cmd.Context(), f, post, letters))
}

// ready makes sure, before anything is read, that the settings are there which the place needs.
func (f *sendFlags) ready(cmd *cobra.Command, getenv func(string) string, at place, needsAgent bool) error {
	if err := f.checkTimeout(cmd); err != nil || f.dryRun {
		return err
	}
	if at == byRobot {
		_, err := f.robotKey(cmd, getenv)
		return err
	}
	config, err := f.config(cmd, getenv)
	if err != nil {
		return err
	}
	return complete(cmd, config, needsAgent && at == toMembers)
}

// deliver sends the parts of a message, or the one that it is, in order.
func (c *cli) deliver(ctx context.Context, f *sendFlags, post *post, letters []letter) error {
	partly, told := false, ""
	for i, l := range letters {
		bounded, cancel := f.bounded(ctx, cmp.Or(f.files()...) != "")
		receipt, err := post.send(bounded, l)
		cancel()
		receipt.InvalidUsers = append(receipt.InvalidUsers, post.unknown...)
		if err != nil {
			if c.tellMissing(receipt) && errors.Is(err, &wecom.Error{Code: wecom.CodeNoReceiver}) {
				err = failed("%w", err) // without a hint: whom it was for, and what to do, is told already
			}
			return failedPart(i, len(letters), err)
		}
		if err := c.tell(l, part{i + 1, len(letters)}, receipt, f.showAnswer); err != nil {
			return err
		}
		if !receipt.ReachedAll() {
			partly = true
			if missing := describeMissing(receipt); missing != told { // the parts of a text have the same receivers
				c.tellMissing(receipt)
				told = missing
			}
		}
	}
	if partly {
		return errPartly
	}
	return nil
}

// post is the way out: one app, or one robot.
type post struct {
	client  *wecom.Client
	robot   *wecom.Robot
	unknown []string // phone numbers and addresses that are nobody's
}

func (f *sendFlags) connect(cmd *cobra.Command, getenv func(string) string, l letter) (*post, error) {
	if _, ok := l.(wecom.RobotMessage); ok {
		robot, err := f.newRobot(cmd, getenv)
		return &post{robot: robot}, err
	}
	config, err := f.config(cmd, getenv)
	if err != nil {
		return nil, err
	}
	m, toMembers := l.(wecom.Message)
	if toMembers && config.AgentID == 0 {
		config.AgentID = m.AgentID
	}
	if err := complete(cmd, config, toMembers); err != nil {
		return nil, err
	}
	client, err := f.newClient(cmd, getenv, config)
	return &post{client: client}, err
}

func (p *post) send(ctx context.Context, l letter) (wecom.Receipt, error) {
	switch m := l.(type) {
	case wecom.Message:
		return p.client.Send(ctx, m)
	case wecom.ChatMessage:
		return wecom.Receipt{}, p.client.SendChat(ctx, m)
	case wecom.RobotMessage:
		return wecom.Receipt{}, p.robot.Send(ctx, m)
	}
	return wecom.Receipt{}, errors.New("no such letter")
}

func (p *post) close() {
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
	if p.robot != nil {
		p.robot.CloseIdleConnections()
	}
}
