package phone

import "strings"

// The two dialects of markdown, by WeCom's page (path/90236, path/91770). The
// rules of markup.go hold here as well: what is not exactly one of the forms
// below is text as typed, and what comes out is data.
//
//	markdown      headings, bold, links, inline code, quotes of one level,
//	              <font color="info|comment|warning">, and <@userid> in groups
//	markdown_v2   the same without font and mentions; and italics, nested quotes
//	              and lists, rules, tables, fenced code, pictures

// piece is a block of a markdown text.
type piece struct {
	Kind  string // "text", "heading", "quote", "list", "item", "rule", "code", "table"
	Level int    // of a heading 1–6, of an item 0–5
	Mark  string // of an item: "•" or its number
	Code  string // the lines between two fences
	Runs  []run
	Inner []piece // of a quote and a list
	Table table
}

// table has as many cells in a row as were written there.
type table struct {
	Head []cell
	Rows [][]cell
}

// cell is one field. Side is "left", "center", "right".
type cell struct {
	Side string
	Runs []run
}

// dialect is which of the forms are known.
type dialect struct {
	v2       bool
	mentions bool
}

// markdownV1 reads the older dialect, line by line.
func markdownV1(s string, d dialect) []piece {
	var all []piece
	var typed, quoted []string
	flush := func() {
		if quoted != nil {
			inner := piece{Kind: "text", Runs: d.inline(strings.Join(quoted, "\n"))}
			all = append(all, piece{Kind: "quote", Inner: []piece{inner}})
		}
		if typed != nil {
			all = append(all, piece{Kind: "text", Runs: d.inline(strings.Join(typed, "\n"))})
		}
		typed, quoted = nil, nil
	}
	for line := range lines(s) {
		text, level := headingOf(line)
		rest, isQuote := quoteOf(line)
		switch {
		case level > 0:
			flush()
			all = append(all, piece{Kind: "heading", Level: level, Runs: d.inline(text)})
		case isQuote:
			if typed != nil {
				flush()
			}
			quoted = append(quoted, rest)
		default:
			if quoted != nil {
				flush()
			}
			typed = append(typed, line)
		}
	}
	flush()
	return all
}

// lines gives the lines of s without their ends; "\r\n" ends one as well.
func lines(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(s, "\n") {
			if !yield(strings.TrimSuffix(line, "\r")) {
				return
			}
		}
	}
}

// headingOf reads `# text`; level is 0 if the line is none. The blank is needed.
func headingOf(line string) (text string, level int) {
	rest := strings.TrimLeft(line, "#")
	level = len(line) - len(rest)
	if level == 0 || level > 6 || !strings.HasPrefix(rest, " ") || strings.TrimSpace(rest) == "" {
		return "", 0
	}
	return strings.TrimSpace(rest), level
}

// quoteOf takes one `>` and one blank from the line.
func quoteOf(line string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(line, ">")
	return strings.TrimPrefix(rest, " "), ok
}

// longestMarkdown bounds what is read as markdown; WeCom takes 4096 bytes.
const longestMarkdown = 64 << 10

func readMarkdown(r reading, b *body) bool {
	return r.markdown(b, func(s string) []piece { return markdownV1(s, dialect{mentions: r.ChatID != ""}) })
}

func readMarkdownV2(r reading, b *body) bool { return r.markdown(b, markdownV2) }

func (r reading) markdown(b *body, read func(string) []piece) bool {
	var t struct{ Content *string }
	if !r.into(&t) || t.Content == nil {
		return false
	}
	s := *t.Content
	cut := min(len(s), longestMarkdown)
	b.Markdown = read(s[:cut])
	if cut < len(s) {
		b.Markdown = append(b.Markdown, piece{Kind: "text", Runs: []run{{Text: s[cut:]}}})
	}
	if len(b.Markdown) == 0 {
		b.Markdown = []piece{{Kind: "text"}}
	}
	r.dress(b.Markdown)
	b.Brief = plainText(b.Markdown)
	return true
}

// dress finds the pictures, and the names of who is mentioned.
func (r reading) dress(pieces []piece) {
	each(pieces, func(one *run) {
		if one.Image != "" {
			one.Picture = r.pictureAt(one.Image)
		}
		if one.Mention {
			one.Text = "@" + r.nameOf(one.Text)
		}
	})
}

func each(pieces []piece, do func(*run)) {
	runs := func(list []run) {
		for i := range list {
			do(&list[i])
		}
	}
	for _, p := range pieces {
		runs(p.Runs)
		each(p.Inner, do)
		for _, c := range p.Table.Head {
			runs(c.Runs)
		}
		for _, row := range p.Table.Rows {
			for _, c := range row {
				runs(c.Runs)
			}
		}
	}
}

// plainText is the beginning of what is read, for the list of members.
func plainText(pieces []piece) string {
	var b strings.Builder
	for i := range pieces {
		if b.Len() > 400 {
			break
		}
		each(pieces[i:i+1], func(one *run) { b.WriteString(one.Text + " ") })
		b.WriteString(pieces[i].Code + " ")
	}
	return b.String()
}

// HeadingLevel is the level among the headings of the page: a message's begin
// below the name of who wrote it.
func (p piece) HeadingLevel() int { return min(p.Level+3, 6) }
