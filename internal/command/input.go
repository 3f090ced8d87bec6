package command

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// maxInput is far above any message but a robot's picture: what is longer was piped in by mistake.
const maxInput = 4 << 20

// text is the arguments, or else standard input.
func (c *cli) text(cmd *cobra.Command, args []string) (string, error) {
	text := strings.Join(args, " ")
	if len(args) > 0 && text != "-" {
		return text, nil
	}
	if len(args) == 0 && isTerminal(c.std.In) {
		return "", usage(cmd, "no text").hint("give it as an argument or on standard input", "请把文本作为参数或从标准输入给出")
	}
	data, err := c.readInput(cmd.Context())
	if err != nil {
		return "", err
	}
	text = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return "", failed("no text: standard input is empty").hint(
			"nothing was sent: see what the command before the pipe did", "没有发送：请检查管道前的命令为何没有输出")
	}
	return text, nil
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
