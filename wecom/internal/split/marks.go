package split

import "strings"

func blank(line string) bool { return strings.Trim(line, " \t\r") == "" }

// quoteMarks returns how many bytes of a line are the marks of a quote: "> ", or ">> ".
func quoteMarks(line string) int {
	n := 0
	for i := 0; i < len(line) && i < maxMarks; i++ {
		switch {
		case line[i] == '>':
			n = i + 1
		case line[i] != ' ' || i-n > 3:
			return n
		case i > 0 && line[i-1] == '>':
			n = i + 1 // one blank belongs to the mark
		}
	}
	return n
}

// headingMarks returns how many bytes of a line are the marks of a heading: "## ".
func headingMarks(line string) int {
	n := 0
	for n < len(line) && line[n] == '#' {
		n++
	}
	if n == 0 || n > 6 || n == len(line) || line[n] != ' ' {
		return 0
	}
	return n + 1
}

// listMark returns how many bytes of a line are the mark of a list item: "- ", or "12. ".
func listMark(line string) int {
	n := 0
	for n < len(line) && n < 9 && '0' <= line[n] && line[n] <= '9' {
		n++
	}
	if n+1 >= len(line) || line[n+1] != ' ' {
		return 0
	}
	switch line[n] {
	case '.', ')':
		if n > 0 {
			return n + 2
		}
	case '-', '*', '+':
		if n == 0 {
			return 2
		}
	}
	return 0
}

// linePrefix returns how many bytes of a line are marks of a quote, a heading or a list.
func linePrefix(line string) int {
	line = line[:min(len(line), 4*maxMarks)]
	n := quoteMarks(line)
	n += headingMarks(line[n:])
	indent := len(line[n:]) - len(strings.TrimLeft(line[n:], " \t"))
	if mark := listMark(line[n+indent:]); mark > 0 {
		n += indent + mark
	}
	return n
}

// isFence reports whether a line begins a block of code.
func isFence(line string) bool {
	mark := strings.TrimLeft(line, " \t")
	if len(line) > maxFence-maxMarks || len(mark) < 3 || mark[0] != '`' && mark[0] != '~' {
		return false
	}
	n := run(mark, 0)
	return n >= 3 && n <= maxMarks && !strings.Contains(mark[n:], "`")
}

// closesFence reports whether a line ends the block of code that the mark began. Both are taken
// without the quote they may be in.
func closesFence(line, mark string) bool {
	mark = mark[strings.IndexAny(mark, "`~"):]
	line = strings.TrimLeft(line, " \t")
	return len(line) <= maxFence && strings.HasPrefix(line, mark) && strings.Trim(line, mark[:1]+" \t\r") == ""
}

// run returns how often the byte at i is repeated from there on.
func run(s string, i int) int {
	n := 1
	for i+n < len(s) && s[i+n] == s[i] {
		n++
	}
	return n
}
