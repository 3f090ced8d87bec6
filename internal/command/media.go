package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hongyan-im/hongyan/wecom"
)

// mediaLife is how long WeCom keeps what was uploaded.
const mediaLife = 3 * 24 * time.Hour

func (c *cli) mediaCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "media <command>",
		Short: "Upload and download files",
		Long: `Upload a file for messages of the next 3 days, or download one. To send a file once, "hongyan send
--image FILE" and its kin are easier.`,
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.DisableFlagsInUseLine = true
	cmd.AddCommand(c.mediaUploadCommand(), c.mediaGetCommand())
	return cmd
}

const mediaUploadHelp = `Upload a file and print its media_id, alone in a line. Standard error says when it ends: after 3 days.
Any app of the corp can send it.

  --type   what it is             at most
  image    JPG, PNG               10 MB
  voice    AMR                    2 MB and 60 seconds
  video    MP4                    10 MB
  file     anything               20 MB
Without --type the ending of the name says it: .jpg, .jpeg and .png, .amr, .mp4; all else is a file.

Through a gateway it goes if HONGYAN_URL, HONGYAN_PROFILE, --gateway or --profile names one, or if there
is a default profile and no setting for the direct way. The gateway keeps the file, and what is printed
is its own id (media_…): for messages of any app or robot through the gateway, and without the 3 days.
` + gatewayHelp + "\n" + connectHelp

func (c *cli) mediaUploadCommand() *cobra.Command {
	var (
		n    connection
		g    gatewayFlags
		kind string
	)
	cmd := &cobra.Command{
		Use:   "upload [flags] FILE",
		Short: "Upload a file, and print its media_id",
		Long:  mediaUploadHelp,
		Example: `  hongyan media upload chart.png
  hongyan media upload --type file chart.png
  hongyan send --to zhangsan --type file --media-id "$(hongyan media upload report.xlsx)"`,
		Args: oneArgument("the file"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.upload(cmd, &n, &g, args[0], kind) },
	}
	addGroups(cmd,
		flagGroup{"What it is", func(flags *pflag.FlagSet) {
			flags.StringVar(&kind, "type", "", "`TYPE`: image, voice, video or file")
		}},
		flagGroup{"Through a gateway", g.addAddress},
		flagGroup{"Which app, which WeCom, without a gateway", n.addFlags},
	)
	completeTypes(cmd)
	return cmd
}

// completeTypes completes the values of --type.
func completeTypes(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions([]string{"image", "voice", "video", "file"}, cobra.ShellCompDirectiveNoFileComp))
}

func (c *cli) upload(cmd *cobra.Command, n *connection, g *gatewayFlags, path, kind string) error {
	if kind == "" {
		kind = string(mediaTypeOf(path))
	}
	if mediaFromID(kind, "") == nil {
		return usage(cmd, "--type %q: it is image, voice, video or file", kind)
	}
	if err := refuseIrregular(path, path); err != nil {
		return err
	}
	through, err := chooseWay(cmd, c, given(cmd, "gateway", "profile", "app", "api-key-file"))
	if err != nil {
		return err
	}
	if through {
		g.patience = n.timeout
		return c.uploadThrough(cmd, g, path, kind)
	}
	client, err := n.client(cmd, c.std.Getenv, false)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	file, err := os.Open(path)
	if err != nil {
		return failed("%w", err).hint("check that the file is there and may be read", "请检查文件是否存在、是否可读")
	}
	defer file.Close()
	up, err := client.Upload(cmd.Context(), wecom.MediaType(kind), filepath.Base(path), file)
	if err != nil {
		return explainFile(err, kind == "file", "--type file")
	}
	if up.CreatedAt.IsZero() {
		up.CreatedAt = time.Now()
	}
	fmt.Fprintf(c.std.Err, "hongyan: uploaded as %s, usable until %s\n", kind, up.CreatedAt.Add(mediaLife).Local().Format("2006-01-02 15:04"))
	if _, err := fmt.Fprintln(c.std.Out, up.MediaID); err != nil {
		return failed("standard output: %w", err)
	}
	return nil
}

// uploadThrough has a gateway keep a file.
func (c *cli) uploadThrough(cmd *cobra.Command, g *gatewayFlags, path, kind string) error {
	l, err := g.connect(cmd, c)
	if err != nil {
		return err
	}
	defer l.CloseIdleConnections()
	attachment, _ := wecom.AttachmentOf(mediaFromFile(kind, path))
	file, _, err := attachment.Open()
	if err != nil {
		return explainFile(err, kind == "file", "--type file")
	}
	defer file.Close()
	m, err := l.Upload(cmd.Context(), attachment.Type, attachment.Name, file)
	if err != nil {
		return err
	}
	until := ""
	if !m.Expires.IsZero() {
		until = ", until " + m.Expires.Local().Format("2006-01-02 15:04") + " and longer where messages name it"
	}
	fmt.Fprintf(c.std.Err, "hongyan: the gateway keeps it as %s%s\n", m.Type, until)
	return c.print(m.ID + "\n")
}

// mediaTypeOf is what a file is by its name.
func mediaTypeOf(path string) wecom.MediaType {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg", ".png":
		return wecom.MediaImage
	case ".amr":
		return wecom.MediaVoice
	case ".mp4":
		return wecom.MediaVideo
	}
	return wecom.MediaFile
}
