package phone

import (
	"slices"
	"strings"
)

// deepest bounds how far quotes and lists nest.
const deepest = 6

func markdownV2(s string) []piece { return blocksV2(slices.Collect(lines(s)), 0) }

// blocksV2 reads lines into blocks. An empty line ends a paragraph.
func blocksV2(all []string, depth int) []piece {
	d := dialect{v2: true}
	var out []piece
	var typed []string
	fence := len(all) - 1 // the last that closes; no need to look beyond
	for fence >= 0 && !isFence(all[fence]) {
		fence--
	}
	flush := func() {
		if typed != nil {
			out = append(out, piece{Kind: "text", Runs: d.inline(strings.Join(typed, "\n"))})
		}
		typed = nil
	}
	for i := 0; i < len(all); {
		if strings.TrimSpace(all[i]) == "" {
			flush()
			i++
			continue
		}
		p, n := d.block(all[i:], depth, i < fence)
		if n == 0 {
			typed = append(typed, all[i])
			i++
			continue
		}
		flush()
		out = append(out, p)
		i += n
	}
	flush()
	return out
}

// block reads one block other than a paragraph at the first line, and says how
// many lines it takes; 0 if there is none. fenced says that a fence follows.
func (d dialect) block(all []string, depth int, fenced bool) (p piece, n int) {
	line := all[0]
	if text, level := headingOf(line); level > 0 {
		return piece{Kind: "heading", Level: level, Runs: d.inline(text)}, 1
	}
	if isRule(line) {
		return piece{Kind: "rule"}, 1
	}
	if _, ok := quoteOf(line); ok && depth < deepest {
		return quoteBlock(all, depth)
	}
	if fenced && strings.HasPrefix(line, "```") {
		return codeBlock(all)
	}
	if _, _, ok := itemOf(line); ok {
		return d.listBlock(all)
	}
	return d.tableBlock(all)
}

// isRule reads `---`, of three or more.
func isRule(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 3 && strings.Trim(line, "-") == ""
}

func quoteBlock(all []string, depth int) (p piece, n int) {
	var inside []string
	for ; n < len(all); n++ {
		rest, ok := quoteOf(all[n])
		if !ok {
			break
		}
		inside = append(inside, rest)
	}
	return piece{Kind: "quote", Inner: blocksV2(inside, depth+1)}, n
}

// isFence reports whether the line closes fenced code.
func isFence(line string) bool { return strings.TrimRight(line, " \t") == "```" }

// codeBlock reads the lines between two fences. Without the second there is none.
func codeBlock(all []string) (p piece, n int) {
	if strings.Contains(all[0][3:], "`") {
		return piece{}, 0
	}
	for n = 1; n < len(all); n++ {
		if isFence(all[n]) {
			return piece{Kind: "code", Code: strings.Join(all[1:n], "\n")}, n + 1
		}
	}
	return piece{}, 0
}

// itemOf reads `- text` and `1. text`, without the blanks before.
func itemOf(line string) (mark, text string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	if text, ok = strings.CutPrefix(line, "- "); ok {
		return "•", strings.TrimSpace(text), true
	}
	digits := 0
	for digits < len(line) && line[digits] >= '0' && line[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 9 || !strings.HasPrefix(line[digits:], ". ") {
		return "", "", false
	}
	return line[:digits+1], strings.TrimSpace(line[digits+2:]), true
}

// listBlock reads items that follow each other. One that is further in than the
// last begins a level; a line that is further in and no item goes on with it.
func (d dialect) listBlock(all []string) (p piece, n int) {
	p.Kind = "list"
	type open struct{ indent, level int }
	var stack []open
	for ; n < len(all); n++ {
		indent := indentOf(all[n])
		mark, text, ok := itemOf(all[n])
		if !ok {
			if n == 0 || indent < 2 || strings.TrimSpace(all[n]) == "" {
				break
			}
			last := &p.Inner[len(p.Inner)-1]
			last.Runs = append(last.Runs, run{Text: "\n"})
			last.Runs = append(last.Runs, d.inline(strings.TrimSpace(all[n]))...)
			continue
		}
		for len(stack) > 0 && stack[len(stack)-1].indent >= indent {
			stack = stack[:len(stack)-1]
		}
		level := min(len(stack), deepest-1)
		stack = append(stack, open{indent, level})
		p.Inner = append(p.Inner, piece{Kind: "item", Level: level, Mark: mark, Runs: d.inline(text)})
	}
	return p, n
}

// indentOf counts the blanks before a line; a tab is four.
func indentOf(line string) (n int) {
	for _, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}

// tableBlock reads a row of names, a row of dashes, and rows of values. Each has
// a bar at both ends.
func (d dialect) tableBlock(all []string) (p piece, n int) {
	if len(all) < 2 {
		return piece{}, 0
	}
	head, ok := fields(all[0])
	dashes, ok2 := fields(all[1])
	if !ok || !ok2 || len(head) != len(dashes) {
		return piece{}, 0
	}
	sides := make([]string, len(dashes))
	for i, f := range dashes {
		if sides[i] = sideOf(f); sides[i] == "" {
			return piece{}, 0
		}
	}
	row := func(names []string) (cells []cell) {
		for i, f := range names {
			c := cell{Side: "left", Runs: d.inline(f)}
			if i < len(sides) {
				c.Side = sides[i]
			}
			cells = append(cells, c)
		}
		return cells
	}
	p = piece{Kind: "table", Table: table{Head: row(head)}}
	for n = 2; n < len(all); n++ {
		f, ok := fields(all[n])
		if !ok {
			break
		}
		p.Table.Rows = append(p.Table.Rows, row(f))
	}
	return p, n
}

// fields splits `| a | b |`; `\|` is a bar within a field.
func fields(line string) (all []string, ok bool) {
	line = strings.TrimSpace(line)
	if len(line) < 2 || line[0] != '|' || line[len(line)-1] != '|' {
		return nil, false
	}
	var one strings.Builder
	for i := 1; i < len(line); i++ {
		switch {
		case strings.HasPrefix(line[i:], `\|`) && i+1 < len(line)-1:
			one.WriteByte('|')
			i++
		case line[i] == '|':
			all = append(all, strings.TrimSpace(one.String()))
			one.Reset()
		default:
			one.WriteByte(line[i])
		}
	}
	return all, true
}

// sideOf reads `:---`, `:--:` and `---:`; "" if the field is none.
func sideOf(f string) string {
	left, right := strings.HasPrefix(f, ":"), strings.HasSuffix(f, ":")
	if dashes := strings.Trim(f, ":"); dashes == "" || strings.Trim(dashes, "-") != "" || len(f)-len(dashes) > 2 {
		return ""
	}
	switch {
	case left && right:
		return "center"
	case right:
		return "right"
	}
	return "left"
}
