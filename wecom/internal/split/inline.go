package split

import "strings"

// inline finds markup within the lines of a paragraph: links and images, code, bold, italics, fonts,
// mentions. Lines are scanned in order; bold and italics may reach over several.
type inline struct {
	reader
	syntax Syntax
	spans  []span

	bold, italic int               // where they were opened, or -1
	fonts        []span            // opened and not closed, the outer first
	brackets     []bracket         // [ that may begin a link
	parens       []bracket         // ( of an address, and in one
	ticks        [maxMarks + 1]int // by length: the next run of backticks in the line
}

// bracket is an opening bracket and how things stood there, to forget what an address held.
type bracket struct {
	start        int // of the link, or -1
	spans        int
	bold, italic int
	fonts        int
}

func newInline(text string, syntax Syntax) inline {
	return inline{reader: reader{text: text}, syntax: syntax, bold: -1, italic: -1}
}

func (p *inline) add(s span) { p.spans = append(p.spans, s) }

// endParagraph forgets what was opened: bold and italics end with the paragraph, fonts do not.
func (p *inline) endParagraph() { p.bold, p.italic = -1, -1 }

// scan takes text[start:end], which is one line or less.
func (p *inline) scan(start, end int) {
	p.brackets, p.parens = p.brackets[:0], p.parens[:0]
	clear(p.ticks[:])
	for i := start; i < end; {
		n := strings.IndexAny(p.text[i:end], "*`[]()<\\")
		if n < 0 {
			p.steps += end - i
			return
		}
		p.steps += n + 1
		i += n
		switch p.text[i] {
		case '*':
			i = p.stars(start, i, end)
		case '`':
			i = p.code(i, end)
		case '<':
			i = p.tag(i, end)
		case '\\':
			i = p.escape(i, end)
		default:
			i = p.bracket(start, i, end)
		}
	}
}

// stars takes a run of stars: two are bold, one is italic, three are both.
func (p *inline) stars(start, i, end int) int {
	n := run(p.text[:end], i)
	next := i + n
	opens := next < end && !isSpace(p.text[next])
	closes := i > start && !isSpace(p.text[i-1])
	if p.syntax == V1 {
		if n == 2 || n == 3 {
			p.star(&p.bold, bold, i, n, opens, closes)
		}
		return next
	}
	switch n {
	case 1:
		p.star(&p.italic, italic, i, 1, opens, closes)
	case 2:
		p.star(&p.bold, bold, i, 2, opens, closes)
	case 3:
		if p.bold >= 0 && (p.italic < 0 || p.bold > p.italic) { // bold is the inner
			p.star(&p.bold, bold, i, 2, opens, closes)
			p.star(&p.italic, italic, i+2, 1, opens, closes)
		} else if p.italic >= 0 {
			p.star(&p.italic, italic, i, 1, opens, closes)
			p.star(&p.bold, bold, i+1, 2, opens, closes)
		} else {
			p.star(&p.bold, bold, i, 2, opens, closes)
			p.star(&p.italic, italic, i+2, 1, opens, closes)
		}
	}
	return next
}

// star closes or opens bold or italics, whose open place is at open.
func (p *inline) star(open *int, k kind, i, n int, opens, closes bool) {
	switch {
	case *open >= 0 && closes:
		p.add(span{*open, *open + n, i, i + n, k})
		if p.bold > *open+2 {
			p.bold = -1
		}
		if p.italic > *open+2 {
			p.italic = -1
		}
		*open = -1
	case *open < 0 && opens:
		*open = i
	}
}

// code takes a run of backticks, and what it holds if the line has another of its length.
func (p *inline) code(i, end int) int {
	n := run(p.text[:end], i)
	if n > maxMarks {
		return i + n
	}
	if p.ticks[n] <= i {
		p.ticks[n] = p.nextTicks(i+n, n, end)
	}
	to := p.ticks[n]
	if to == end {
		return i + n
	}
	p.add(span{i, i + n, to, to + n, code})
	return to + n
}

// nextTicks returns where the next run of n backticks in text[i:end] begins, or end.
func (p *inline) nextTicks(i, n, end int) int {
	for ; i < end; p.steps++ {
		if p.text[i] != '`' {
			i++
			continue
		}
		length := run(p.text[:end], i)
		if length == n {
			return i
		}
		i += length
	}
	return end
}

// tag takes a mention, or the start or the end of a font.
func (p *inline) tag(i, end int) int {
	if s, ok := mention(p.text[:end], i); ok {
		p.add(s)
		return s.end
	}
	if p.syntax != V1 {
		return i + 1
	}
	if strings.HasPrefix(p.text[i:end], fontEnd) {
		to := i + len(fontEnd)
		if last := len(p.fonts) - 1; last >= 0 {
			p.add(span{p.fonts[last].start, p.fonts[last].from, i, to, font})
			p.fonts = p.fonts[:last]
		}
		return to
	}
	if !strings.HasPrefix(p.text[i:end], "<font ") {
		return i + 1
	}
	n := strings.IndexByte(p.text[i:min(end, i+maxFontTag)], '>')
	if n < 0 {
		return i + 1
	}
	if len(p.fonts) == maxFonts {
		p.fonts = append(p.fonts[:0], p.fonts[1:]...)
	}
	p.fonts = append(p.fonts, span{start: i, from: i + n + 1})
	return i + n + 1
}

// escape takes a backslash, and in markdown_v2 the character that it makes plain.
func (p *inline) escape(i, end int) int {
	if p.syntax == V1 || i+1 == end || !strings.ContainsRune("\\`*_{}[]()<>#+-.!|~", rune(p.text[i+1])) {
		return i + 1
	}
	p.add(span{i, i, i + 2, i + 2, link})
	return i + 2
}

// bracket takes a bracket of [label](address); there may be brackets in both.
func (p *inline) bracket(start, i, end int) int {
	here := bracket{-1, len(p.spans), p.bold, p.italic, len(p.fonts)}
	switch p.text[i] {
	case '[':
		here.start = i
		if i > start && p.text[i-1] == '!' {
			here.start--
		}
		p.brackets = push(p.brackets, here)
	case ']':
		var label bracket
		if p.brackets, label = pop(p.brackets); label.start >= 0 && i+1 < end && p.text[i+1] == '(' {
			p.parens = push(p.parens, label)
			return i + 2
		}
	case '(':
		p.parens = push(p.parens, here)
	case ')':
		var label bracket
		if p.parens, label = pop(p.parens); label.start >= 0 {
			p.spans = p.spans[:label.spans]
			p.bold, p.italic = label.bold, label.italic
			p.fonts = p.fonts[:min(len(p.fonts), label.fonts)]
			p.add(span{label.start, label.start, i + 1, i + 1, link})
		}
	}
	return i + 1
}

// push forgets the outermost bracket when there are too many.
func push(stack []bracket, b bracket) []bracket {
	if len(stack) == maxBrackets {
		stack = append(stack[:0], stack[1:]...)
	}
	return append(stack, b)
}

func pop(stack []bracket) ([]bracket, bracket) {
	last := len(stack) - 1
	if last < 0 {
		return stack, bracket{start: -1}
	}
	return stack[:last], stack[last]
}

func isSpace(b byte) bool { return strings.IndexByte(blanks, b) >= 0 }
