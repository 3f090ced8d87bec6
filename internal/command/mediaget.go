package command

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

const mediaGetHelp = `Download a file that was uploaded within the last 3 days, or that came with a received message.

It is named as WeCom says, in this directory, or as -o says; "-" is standard output. A file that is
there already is left alone, unless --force says otherwise. What a broken download has got stays
beside it, and the next one goes on from there.
` + connectHelp

func (c *cli) mediaGetCommand() *cobra.Command {
	var (
		n     connection
		out   string
		force bool
	)
	cmd := &cobra.Command{
		Use:   "get [flags] MEDIA_ID",
		Short: "Download a file",
		Long:  mediaGetHelp,
		Example: `  hongyan media get 3aXkQp…
  hongyan media get -o chart.png 3aXkQp…
  hongyan media get -o - 3aXkQp… | sha256sum`,
		Args: oneArgument("the media_id of the file"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.download(cmd, &n, args[0], out, force) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&out, "output", "o", "", "`FILE` to write, or - for standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	n.addFlags(cmd.Flags())
	_ = cmd.MarkFlagFilename("output")
	return cmd
}

func (c *cli) download(cmd *cobra.Command, n *connection, mediaID, out string, force bool) error {
	if err := filled(cmd, "output"); err != nil {
		return err
	}
	if err := free(out, force); err != nil {
		return err
	}
	client, err := n.client(cmd, c.std.Getenv, false)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if out == "-" {
		m, err := client.Download(cmd.Context(), mediaID)
		if err != nil {
			return err
		}
		defer m.Close()
		_, err = io.Copy(c.std.Out, m)
		return err
	}
	return c.downloadFile(cmd.Context(), client, mediaID, out, force)
}

// downloadFile fetches into a file beside the one that is to be, so that nobody sees half of it.
func (c *cli) downloadFile(ctx context.Context, client *wecom.Client, mediaID, out string, force bool) error {
	part, err := openPart(filepath.Dir(out), mediaID)
	if err != nil {
		return err
	}
	defer part.Close()
	m, err := client.DownloadFrom(ctx, mediaID, part.have)
	if err != nil {
		part.dropEmpty()
		return err
	}
	defer m.Close()
	name := cmp.Or(out, safeName(m.Name, m.ContentType, mediaID))
	if err := free(name, force); err != nil {
		part.dropEmpty()
		return err
	}
	got, err := io.Copy(part, m)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "wecom: ") // alone: nothing was sent that might be out
		return failed("%s after %d bytes: %s", name, part.have+got, text).hint("what is there is kept: the same command goes on from there", "已下载的部分已保留：再次运行同一命令会从断点继续")
	}
	if err := part.Close(); err != nil {
		return failed("%w", err)
	}
	if err := os.Rename(part.Name(), name); err != nil {
		return failed("%w", err)
	}
	_, err = fmt.Fprintf(c.std.Out, "%s (%d bytes)\n", name, part.have+got)
	return err
}

// partFile is the beginning of a file.
type partFile struct {
	*os.File
	have int64
}

// openPart opens what there is of the file of mediaID. Of that the last byte is fetched once more,
// because nothing is left to ask for when all were there.
func openPart(dir, mediaID string) (*partFile, error) {
	file, err := os.OpenFile(filepath.Join(dir, ".hongyan-"+shortHash(mediaID)+".part"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, failed("%w", err)
	}
	size, err := file.Seek(0, io.SeekEnd)
	p := &partFile{File: file, have: max(size-1, 0)}
	if err == nil {
		err = file.Truncate(p.have)
	}
	if err == nil {
		_, err = file.Seek(p.have, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return nil, failed("%w", err)
	}
	return p, nil
}

// dropEmpty leaves nothing behind when nothing was fetched.
func (p *partFile) dropEmpty() {
	if p.have == 0 {
		_ = os.Remove(p.Name())
	}
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// free refuses a name at which there is something.
func free(name string, force bool) error {
	if name == "" || name == "-" || force {
		return nil
	}
	_, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return failed("%w", err)
	}
	return failed("%s is there already", name).hint("choose another name with -o, or replace it with --force", "请用 -o 换一个文件名，或用 --force 覆盖")
}

// safeName is the name that WeCom gives a file, without what could surprise: other directories,
// characters that no name has on every system, a hidden file, something that looks like a flag.
func safeName(name, contentType, mediaID string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(name), ".-"))
	const most = 200 // bytes; systems take 255
	if len(name) > most {
		ext := filepath.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:most-len(ext)], "") + ext
	}
	if name != "" {
		return name
	}
	ext := ".bin"
	if known, err := mime.ExtensionsByType(contentType); err == nil && len(known) > 0 {
		ext = known[0]
	}
	return "media-" + shortHash(mediaID) + ext
}
