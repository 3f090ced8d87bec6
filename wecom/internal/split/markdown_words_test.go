package split

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// writer makes random documents. A word is named after what it stands in, by the letters of contexts,
// and numbered.
type writer struct {
	rand   *rand.Rand
	syntax Syntax
	out    strings.Builder
	words  []string
	n      int
}

// contexts are: quote, heading, code block, table cell, bold, italics, font, inline code, link, mention.
const contexts = "qgctbifklm"

func (w *writer) document(blocks int) string {
	for range blocks {
		w.block()
	}
	return w.out.String()
}

func (w *writer) print(s string) { w.out.WriteString(s) }

// word writes one word. Letters of in are sorted as in contexts.
func (w *writer) word(in string) {
	name := ""
	for _, c := range contexts {
		if strings.ContainsRune(in, c) {
			name += string(c)
		}
	}
	if name == "" {
		name = "w"
	}
	w.n++
	name += fmt.Sprint(w.n)
	w.words = append(w.words, name)
	w.print(name)
}

func (w *writer) block() {
	v2 := w.syntax == V2
	switch w.rand.IntN(9) {
	case 0:
		w.print(strings.Repeat("#", 1+w.rand.IntN(6)) + " ")
		w.line("g", 1+w.rand.IntN(3))
		w.print("\n")
	case 1:
		for range 1 + w.rand.IntN(4) {
			w.print("> ")
			w.line("q", w.size())
			w.print("\n")
		}
		w.print("\n")
	case 2:
		if v2 {
			w.codeBlock()
		}
	case 3:
		if v2 {
			w.table()
		}
	case 4:
		for range 1 + w.rand.IntN(6) {
			w.print([]string{"- ", "  - ", "12. "}[w.rand.IntN(3)])
			w.line("", w.size())
			w.print("\n")
		}
		w.print("\n")
	case 5: // markup over several lines
		open, close, c := "**", "**", "b"
		if !v2 && w.rand.IntN(2) == 0 {
			open, close, c = `<font color="comment">`, "</font>", "f"
		}
		w.print(open)
		for range w.rand.IntN(3) {
			w.plain(c, 1+w.rand.IntN(40))
			w.print("\n")
		}
		w.plain(c, 1+w.rand.IntN(40))
		w.print(close + "\n\n")
	default:
		for range 1 + w.rand.IntN(3) {
			w.line("", w.size())
			w.print("\n")
		}
		w.print("\n")
	}
}

func (w *writer) size() int {
	if w.rand.IntN(10) == 0 {
		return 60
	}
	return 1 + w.rand.IntN(10)
}

func (w *writer) codeBlock() {
	mark := []string{"```", "~~~~", "  ```"}[w.rand.IntN(3)]
	w.print(mark + "go\n")
	for range 1 + w.rand.IntN(30) {
		w.print("  ")
		w.word("c")
		w.print([]string{" ** `\n", " | [x](\n", "\n\n", "\n"}[w.rand.IntN(4)])
	}
	w.print(mark + "\n")
}

func (w *writer) table() {
	w.print("| name | 数值 |\n| :--- | ---: |\n")
	for range w.rand.IntN(20) {
		w.print("| ")
		w.line("t", 1)
		w.print(" | ")
		w.line("t", 1)
		w.print(" |\n")
	}
	w.print("\n")
}

// plain writes n words without markup of their own.
func (w *writer) plain(in string, n int) {
	for i := range n {
		if i > 0 {
			w.print([]string{" ", "，", "。", "文字", ", ", "👋🏽"}[w.rand.IntN(6)])
		}
		w.word(in)
	}
}

// line writes n runs of words, each with some markup.
func (w *writer) line(in string, n int) {
	for i := range n {
		if i > 0 {
			w.print([]string{" ", " ", "，", "中文"}[w.rand.IntN(4)])
		}
		long := 1 + w.rand.IntN(4)
		if in != "t" && w.rand.IntN(30) == 0 {
			long = 150
		}
		w.run(in, long)
	}
}

func (w *writer) run(in string, long int) {
	kind := w.rand.IntN(10)
	switch {
	case kind == 0:
		w.around("**", "**", in, "b", long)
	case kind == 1 && w.syntax == V2:
		w.around("*", "*", in, "i", long)
	case kind == 2 && w.syntax == V2:
		w.around("***", "***", in, "bi", long)
	case kind == 3 && w.syntax == V1:
		w.around(`<font color="warning">`, "</font>", in, "f", long)
	case kind == 4 && w.syntax == V1:
		w.around(`<font color="info">**`, "**</font>", in, "bf", long)
	case kind == 5:
		w.around("`", "`", in, "k", min(long, 5))
	case kind == 6:
		w.around("[", "](https://a.example/?a=*b*&c=(d))", in, "l", min(long, 5))
	case kind == 7:
		w.around("<@", ">", in, "m", 1)
	case kind == 8:
		w.around("![", "](https://a.example/x.png)", in, "l", min(long, 5))
	default:
		w.plain(in, long)
	}
}

func (w *writer) around(open, close, in, more string, n int) {
	w.print(open)
	w.plain(in+more, n)
	w.print(close)
}

var (
	token  = regexp.MustCompile("`[^`\n]+`" + `|!?\[[^\]]*\]\((?:[^()]|\([^()]*\))*\)|<@[^> ]*>|<font [^>]*>|</font>|\*+|[a-z]+\d+`)
	name   = regexp.MustCompile(`[a-z]+\d+`)
	dashes = regexp.MustCompile(`^\|( :?-+:? \|)+$`)
)

// read reads a part by itself, in its own way, and returns its words. It reports the first word that
// is not in its context, or markup that is not closed.
func read(part string, syntax Syntax) (words []string, problem string) {
	var bold, italic, colour bool
	fence := ""
	lines := strings.Split(part, "\n")
	tableFrom := -1
	for n, l := range lines {
		if trimmed := strings.TrimSpace(l); strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			switch {
			case fence == "":
				if !strings.HasSuffix(trimmed, "go") {
					return nil, "a code block lost its language"
				}
				fence = strings.TrimSuffix(trimmed, "go")
			case trimmed == fence:
				fence = ""
			default:
				return nil, "a code block in a code block"
			}
			continue
		}
		in := ""
		switch {
		case fence != "":
			for _, found := range name.FindAllString(l, -1) {
				if !strings.HasPrefix(found, "c") {
					return nil, found + " is in a code block"
				}
				words = append(words, found)
			}
			continue
		case strings.HasPrefix(l, "> "):
			in = "q"
		case strings.HasPrefix(l, "#"):
			in = "g"
		case strings.HasPrefix(l, "|"):
			in = "t"
			if tableFrom < 0 {
				tableFrom = n
			}
			if n == tableFrom+1 && !dashes.MatchString(l) {
				return nil, "a table without its header"
			}
		}
		if in != "t" {
			tableFrom = -1
		}
		if strings.TrimSpace(l) == "" && (bold || italic) {
			return nil, "bold or italics not closed in a paragraph"
		}
		for _, at := range token.FindAllStringIndex(l, -1) {
			tok := l[at[0]:at[1]]
			before, after := at[0] > 0 && l[at[0]-1] != ' ', at[1] < len(l) && l[at[1]] != ' '
			here := in
			switch {
			case tok[0] == '*':
				if b := len(tok) != 1; b {
					bold = !bold
					if bold && !after || !bold && !before {
						return nil, "stars at a blank"
					}
				}
				if len(tok) != 2 {
					italic = !italic
				}
				continue
			case tok == "</font>", strings.HasPrefix(tok, "<font "):
				if colour == (tok != "</font>") {
					return nil, "fonts do not match"
				}
				colour = !colour
				continue
			case tok[0] == '`':
				here += "k"
			case tok[0] == '[', tok[0] == '!':
				here += "l"
				tok, _, _ = strings.Cut(tok, "](")
			case strings.HasPrefix(tok, "<@"):
				here += "m"
			}
			if bold {
				here += "b"
			}
			if italic {
				here += "i"
			}
			if colour {
				here += "f"
			}
			for _, found := range name.FindAllString(tok, -1) {
				if letters := strings.Trim(found, "0123456789"); sorted(letters) != sorted(cmp.Or(here, "w")) {
					return nil, found + " is in " + here
				}
				words = append(words, found)
			}
		}
	}
	if bold || italic || colour || fence != "" {
		return nil, fmt.Sprintf("not closed: bold %t, italics %t, font %t, code %q", bold, italic, colour, fence)
	}
	return words, ""
}

func sorted(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}
