package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
` + connectHelp

func (c *cli) mediaUploadCommand() *cobra.Command {
	var (
		n    connection
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
		RunE: func(cmd *cobra.Command, args []string) error { return c.upload(cmd, &n, args[0], kind) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&kind, "type", "", "`TYPE`: image, voice, video or file")
	n.addFlags(cmd.Flags())
	completeTypes(cmd)
	return cmd
}

// completeTypes completes the values of --type.
func completeTypes(cmd *cobra.Command) {
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions([]string{"image", "voice", "video", "file"}, cobra.ShellCompDirectiveNoFileComp))
}

func (c *cli) upload(cmd *cobra.Command, n *connection, path, kind string) error {
	if kind == "" {
		kind = string(mediaTypeOf(path))
	}
	if mediaFromID(kind, "") == nil {
		return usage(cmd, "--type %q: it is image, voice, video or file", kind)
	}
	if err := refuseIrregular(path, path); err != nil {
		return err
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
