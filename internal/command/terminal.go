package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// onTerminal reports whether what is written to w is read by a person at a terminal.
func onTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// painter colours words on a terminal, unless NO_COLOR or TERM=dumb says otherwise.
type painter bool

func (c *cli) painter() painter {
	return painter(onTerminal(c.std.Out) && c.std.Getenv("NO_COLOR") == "" && c.std.Getenv("TERM") != "dumb")
}

// The colours, as a terminal knows them.
const (
	green  = "32"
	yellow = "33"
	red    = "31"
	dim    = "2"
)

func (p painter) paint(colour, text string) string {
	if !p || colour == "" || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// statusColour says how good a status is.
func statusColour(status string) string {
	switch status {
	case "sent":
		return green
	case "refused", "expired", "uncertain":
		return red
	case "partly_sent", "queued", "sending", "scheduled":
		return yellow
	}
	return dim
}

// cell is a word of a table.
type cell struct{ text, colour string }

// table writes rows: in columns with a heading for a person, and else one line each with tabs between
// the words, for programs.
func (c *cli) table(heading []string, rows [][]cell) error {
	var out strings.Builder
	if !onTerminal(c.std.Out) {
		for _, row := range rows {
			for i, word := range row {
				if i > 0 {
					out.WriteByte('\t')
				}
				out.WriteString(word.text)
			}
			out.WriteByte('\n')
		}
		return c.print(out.String())
	}
	paint := c.painter()
	head := make([]cell, len(heading))
	for i, word := range heading {
		head[i] = cell{word, dim}
	}
	rows = append([][]cell{head}, rows...)
	widths := make([]int, len(heading))
	for _, row := range rows {
		for i, word := range row {
			widths[i] = max(widths[i], displayWidth(word.text))
		}
	}
	for _, row := range rows {
		for i, word := range row {
			out.WriteString(paint.paint(word.colour, word.text))
			if i < len(row)-1 {
				out.WriteString(strings.Repeat(" ", widths[i]-displayWidth(word.text)+2))
			}
		}
		out.WriteByte('\n')
	}
	return c.print(out.String())
}

// displayWidth is how many columns of a terminal a text takes: two for a Chinese character.
func displayWidth(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff) {
			n++
		}
	}
	return n
}

// oneLine is text for a terminal or a log: control characters, which could move the cursor or hide
// something, are shown as blanks.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// progress is a bar on the standard error of a person, while much is done.
type progress struct {
	w        io.Writer // nil: nobody looks
	of, last int
	what     string
}

func (c *cli) progress(what string, of int) *progress {
	p := &progress{of: of, what: what, last: -1}
	if onTerminal(c.std.Err) {
		p.w = c.std.Err
	}
	return p
}

// show draws the bar for n things done.
func (p *progress) show(n int) {
	const width = 30
	if p.w == nil || p.of == 0 {
		return
	}
	percent := n * 100 / p.of
	if percent == p.last && n != p.of {
		return
	}
	p.last = percent
	full := n * width / p.of
	fmt.Fprintf(p.w, "\r%s [%s%s] %d/%d\x1b[K", p.what, strings.Repeat("#", full), strings.Repeat("-", width-full), n, p.of)
}

// end removes the bar.
func (p *progress) end() {
	if p.w != nil && p.last >= 0 {
		p.last = -1
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
