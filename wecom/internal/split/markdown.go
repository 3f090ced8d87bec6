package split

import (
	"cmp"
	"slices"
	"strings"
)

// MinMarkdownLimit is the smallest limit of a part of markdown. It leaves room for text beside all
// the markup that a part may have to close and to open again, which the limits below bound.
const MinMarkdownLimit = 512

const (
	maxMarks    = 16  // bytes of the marks of a quote, of a code fence, of inline code
	maxFence    = 128 // bytes of the first or last line of a code block
	maxFontTag  = 48  // bytes of <font color="…">
	maxFonts    = 2   // fonts in each other
	maxBrackets = 8   // brackets in each other, inside of which a link is recognised
)

// Syntax says which of WeCom's two markdowns a document is.
type Syntax int

// The markdown of apps and robots, and markdown_v2 of robots. What only one of them shows is kept
// whole in both, except italics and escapes (2) and colours (1), which mean something else there.
const (
	V1 Syntax = 1
	V2 Syntax = 2
)

// Markdown splits markdown.
func Markdown(text string, syntax Syntax, o Options) []string {
	o.Limit = max(o.Limit, MinMarkdownLimit)
	if len(text) <= o.Limit {
		return []string{text}
	}
	after := "\n"
	if syntax == V2 { // where a table or a list needs a blank line before it
		after = "\n\n"
	}
	return o.split(parseMarkdown(text, syntax, o.Limit/4), after)
}

// parser finds the blocks of markdown, line by line.
type parser struct {
	inline
	lines     []lineLevel
	maxHeader int // a longer table header is not repeated

	fence        span // while in a code block; its end is not known yet
	fenceQuoted  bool
	table        span // while in a table
	afterHeading bool
	afterBlank   bool
	inList       bool
}

func parseMarkdown(text string, syntax Syntax, maxHeader int) *document {
	p := parser{inline: newInline(text, syntax), maxHeader: maxHeader}
	for start := 0; start < len(text); {
		end := p.index("\n", start)
		p.line(start, end)
		start = end + 1
	}
	p.endFence(len(text))
	p.endTable(len(text))
	slices.SortStableFunc(p.spans, func(a, b span) int {
		return cmp.Or(a.start-b.start, b.end-a.end)
	})
	return &document{text: text, spans: p.spans, lines: p.lines, steps: p.steps}
}

// line takes the line text[start:end], without its line break.
func (p *parser) line(start, end int) {
	body := start + quoteMarks(p.text[start:end])
	if p.fence.from > 0 {
		if p.inFence(start, body, end) {
			return
		}
	}
	if body > start {
		p.add(span{start, body, end, end, quote})
	}
	s := p.text[body:end]
	if p.table.from > 0 {
		if strings.Contains(s, "|") {
			p.tableRow(body, end)
			return
		}
		p.endTable(start)
	}
	p.level(s, start)
	switch {
	case blank(s):
		p.endParagraph()
		p.afterBlank = true
		return // afterHeading stays
	case isFence(s):
		p.endParagraph()
		p.fence = span{start: start, from: min(end+1, len(p.text)), kind: fence}
		p.fenceQuoted = body > start
	case p.startsTable(s, end):
		p.endParagraph()
		p.table = span{start: start, from: min(p.index("\n", end+1)+1, len(p.text)), kind: table}
		p.tableRow(body, end)
	default:
		p.textLine(s, body, end)
	}
	p.afterBlank = false
}

// level notes what a cut before a line is worth, if that is not what the blank lines say.
func (p *parser) level(s string, start int) {
	indent := len(s) - len(strings.TrimLeft(s, " \t"))
	isItem := listMark(s[indent:]) > 0
	l := codePoint
	switch {
	case blank(s):
		return
	case p.afterHeading: // it stays with what follows
		l = cluster
	case headingMarks(s) > 0:
		l = section
	case isItem && indent < 2:
		l = item
	case p.inList && indent >= 2: // more of an item
		l = line
	}
	if l != codePoint {
		p.lines = append(p.lines, lineLevel{start, l})
	}
	p.inList = isItem || p.inList && (indent >= 2 || !p.afterBlank)
	p.afterHeading = headingMarks(s) > 0
}

// textLine takes a line of a heading, a list or a paragraph.
func (p *parser) textLine(s string, body, end int) {
	marks := headingMarks(s)
	if marks > 0 {
		p.endParagraph()
		p.add(span{body, body + marks, end, end, heading})
	} else if indent := len(s) - len(strings.TrimLeft(s, " \t")); listMark(s[indent:]) > 0 {
		p.endParagraph()
		marks = indent + listMark(s[indent:])
	}
	p.scan(body+marks, end)
	if headingMarks(s) > 0 {
		p.endParagraph()
	}
}

// inFence takes a line of a code block. It reports false if the line ends the quote that the block
// is in, and the block with it.
func (p *parser) inFence(start, body, end int) bool {
	if p.fenceQuoted && body == start {
		p.endFence(start)
		return false
	}
	if !p.fenceQuoted {
		body = start
	}
	if closesFence(p.text[body:end], fenceMark(p.text[p.fence.start:p.fence.from])) {
		p.fence.to, p.fence.end = start, min(end+1, len(p.text))
		p.add(p.fence)
		p.fence = span{}
		p.afterHeading, p.afterBlank = false, false
	} else if body > start {
		p.add(span{start, body, end, end, quote})
	}
	return true
}

// endFence ends a code block that nothing closes.
func (p *parser) endFence(at int) {
	if p.fence.from > 0 {
		p.fence.to, p.fence.end = at, at
		p.add(p.fence)
		p.fence = span{}
	}
}

// tableRow takes a row; bold and the like do not reach beyond it.
func (p *parser) tableRow(body, end int) {
	p.add(span{body, body, end, end, row})
	p.endParagraph()
	p.scan(body, end)
	p.endParagraph()
}

func (p *parser) endTable(at int) {
	if p.table.from > 0 && p.table.from-p.table.start <= p.maxHeader {
		p.table.to, p.table.end = at, at
		p.add(p.table)
	}
	p.table = span{}
}

// startsTable reports whether a line is the header of a table: a row of dashes is below.
func (p *parser) startsTable(s string, end int) bool {
	if !strings.Contains(s, "|") || end == len(p.text) {
		return false
	}
	next := p.text[end+1 : p.index("\n", end+1)]
	next = next[quoteMarks(next):]
	return strings.Contains(next, "|") && strings.Contains(next, "-") && strings.Trim(next, "|:- \t\r") == ""
}
