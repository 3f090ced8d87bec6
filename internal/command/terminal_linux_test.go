package command

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: what is written to tty is read from screen.
func terminal(t *testing.T) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty, screen
}

// shown returns what a function writes to a terminal: some lines that fit into its buffer.
func shown(t *testing.T, env map[string]string, write func(*cli) error) string {
	t.Helper()
	tty, screen := terminal(t)
	c := &cli{std: Std{Out: tty, Err: tty, Getenv: func(name string) string { return env[name] }}}
	if err := write(c); err != nil {
		t.Fatal(err)
	}
	if _, err := tty.WriteString("END"); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	buf := make([]byte, 4096)
	for !strings.HasSuffix(text.String(), "END") {
		n, err := screen.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(buf[:n])
	}
	return strings.ReplaceAll(strings.TrimSuffix(text.String(), "END"), "\r\n", "\n")
}

// TestTableOnATerminal: columns under headings, also with Chinese, in colours unless they are not wanted.
func TestTableOnATerminal(t *testing.T) {
	rows := [][]cell{
		{{text: "msg_1"}, {"sent", green}, {text: "张三"}, {text: "x"}},
		{{text: "msg_22"}, {"refused", red}, {text: "lisi"}, {text: ""}},
	}
	write := func(c *cli) error { return c.table([]string{"ID", "STATUS", "TO", "WHY"}, rows) }
	plain := "ID      STATUS   TO    WHY\nmsg_1   sent     张三  x\nmsg_22  refused  lisi  \n"
	for _, env := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		if got := shown(t, env, write); got != plain {
			t.Errorf("%v:\n%s", env, got)
		}
	}
	if got := shown(t, nil, write); !strings.Contains(got, "\x1b[32msent\x1b[0m     张三") || !strings.Contains(got, "\x1b[31mrefused\x1b[0m  lisi") {
		t.Errorf("in colours: %q", got)
	}
}

// TestProgress: a bar that is drawn over itself, and is gone at the end.
func TestProgress(t *testing.T) {
	got := shown(t, nil, func(c *cli) error {
		bar := c.progress("sending", 200)
		for n := range 201 {
			bar.show(n)
		}
		bar.end()
		return nil
	})
	for _, want := range []string{"\rsending [------------------------------] 0/200", "[###############---------------] 100/200", "[##############################] 200/200", "\r\x1b[K"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if n := strings.Count(got, "["); n > 101*2+1 {
		t.Errorf("it was drawn too often: %d", n)
	}
}
