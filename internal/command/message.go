package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hongyan-im/hongyan/wecom"
)

// maxInput is far above any message: what is longer was piped in by mistake.
const maxInput = 1 << 20

// receivers is whom the flags name, perhaps nobody.
func (f *sendFlags) receivers(cmd *cobra.Command) (wecom.To, error) {
	to := wecom.To{All: f.all}
	for _, user := range elements(f.to) {
		if user == "@all" {
			to.All = true
		} else {
			to.Users = append(to.Users, user)
		}
	}
	var err error
	if to.Parties, err = ids(cmd, "party", f.parties); err != nil {
		return to, err
	}
	to.Tags, err = ids(cmd, "tag", f.tags)
	return to, err
}

func named(to wecom.To) bool {
	return to.All || len(to.Users)+len(to.Parties)+len(to.Tags) > 0
}

func nobody(cmd *cobra.Command) error {
	return usage(cmd, "nobody to send to").hint(
		"name who gets it: --to USER, --party ID, --tag ID or --all",
		"请指定接收人：--to 成员、--party 部门、--tag 标签 或 --all")
}

// elements splits the values of a flag. Commas are what people write in a shell, "|" is how WeCom
// itself separates ids.
func elements(values []string) []string {
	var list []string
	for _, value := range values {
		for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '|' }) {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

func ids(cmd *cobra.Command, flag string, values []string) ([]int, error) {
	var list []int
	for _, part := range elements(values) {
		id, err := strconv.Atoi(part)
		if err != nil {
			return nil, usage(cmd, "--%s %q: an id is a whole number", flag, part)
		}
		list = append(list, id)
	}
	return list, nil
}

// check refuses flags and arguments that contradict each other, before anything is read.
func (f *sendFlags) check(cmd *cobra.Command, args []string) error {
	card := f.title != "" || f.url != "" || f.button != ""
	given := cmd.Flags().Changed
	switch {
	case given("json") && f.json == "":
		return usage(cmd, "--json names no file")
	case f.json != "" && (card || len(args) > 0):
		return usage(cmd, "--json is the whole message: it goes with no text, --title, --url or --button")
	case card && (f.title == "" || f.url == ""):
		return usage(cmd, "--title and --url make a text card together: one alone does not").hint(
			"WeCom's cards always open something when they are tapped", "企业微信的卡片必须有点击后打开的链接")
	case given("duplicate-check") && f.duplicateCheck <= 0:
		return usage(cmd, "--duplicate-check=%v: it must be longer than nothing", f.duplicateCheck)
	}
	if f.duplicateCheck == usualDuplicateCheck && len(args) > 0 { // perhaps given alone
		if _, err := time.ParseDuration(args[0]); err == nil {
			return usage(cmd, "%q would be sent as text", args[0]).hint(
				"the time needs an equals sign: --duplicate-check="+args[0],
				"时长前要用等号：--duplicate-check="+args[0])
		}
	}
	return nil
}

// body is the text or text card that the line and standard input describe.
func (c *cli) body(cmd *cobra.Command, args []string, f *sendFlags) (wecom.Body, error) {
	text := strings.Join(args, " ")
	if len(args) == 0 || text == "-" {
		if len(args) == 0 && isTerminal(c.std.In) {
			return nil, usage(cmd, "no text").hint("give it as an argument or on standard input", "请把文本作为参数或从标准输入给出")
		}
		data, err := c.readInput(cmd.Context())
		if err != nil {
			return nil, err
		}
		text = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
		if text == "" {
			return nil, failed("no text: standard input is empty").hint(
				"nothing was sent: see what the command before the pipe did", "没有发送：请检查管道前的命令为何没有输出")
		}
	}
	if f.title != "" {
		return wecom.TextCard{Title: f.title, Description: text, URL: f.url, ButtonText: f.button}, nil
	}
	return wecom.Text{Content: text}, nil
}

// jsonMessage reads a message/send body from a file, or from standard input if path is "-".
func (c *cli) jsonMessage(ctx context.Context, path string) (m wecom.Message, err error) {
	var data []byte
	if path == "-" {
		path = "standard input"
		data, err = c.readInput(ctx)
	} else {
		data, err = readFile(path, maxInput)
	}
	if err != nil {
		return m, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := json.Unmarshal(data, &m); err != nil {
		return m, explainJSON(path, data, err)
	}
	return m, nil
}

func readFile(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, failed("%w", err)
	}
	defer file.Close()
	return readLimited(path, file, most)
}

// readLimited refuses what is longer than most bytes, and names it.
func readLimited(name string, r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, failed("%s: %w", name, err)
	case int64(len(data)) > most:
		return nil, failed("%s: longer than %d bytes", name, most)
	}
	return data, nil
}

// readInput reads standard input to its end, or until ctx ends: a read from a terminal cannot be
// interrupted, so it is left behind.
func (c *cli) readInput(ctx context.Context) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := readLimited("standard input", c.std.In, maxInput)
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, failed("interrupted while reading standard input").hint("nothing was sent", "没有发送")
	}
}

// isTerminal reports whether reading r would wait for somebody to type. For a device that is no
// terminal, such as /dev/null, it is true as well: no text comes from there either.
func isTerminal(r io.Reader) bool {
	file, ok := r.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
