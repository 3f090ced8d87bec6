package phone

import (
	"html"
	"strings"
)

// htmlText is what a hosted page says, without its markup: tags are gone, blocks
// are lines, and each picture is the word given for it. It reads HTML as a
// person would skim it; the result is text, and is escaped like any other.
func htmlText(s, pictureWord string) string {
	var b strings.Builder
	for s != "" {
		text, rest, tag := strings.Cut(s, "<")
		b.WriteString(collapse(html.UnescapeString(text)))
		if !tag {
			break
		}
		name, after, ok := htmlTag(rest)
		if !ok {
			b.WriteByte('<')
			s = rest
			continue
		}
		switch s = after; {
		case name == "script" || name == "style":
			s = afterElement(s, name)
		case name == "img":
			b.WriteString(pictureWord)
		case htmlBlocks[strings.TrimPrefix(name, "/")]:
			b.WriteByte('\n')
		}
	}
	return tidy(b.String())
}

var htmlBlocks = map[string]bool{
	"p": true, "div": true, "br": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "hr": true,
	"section": true, "article": true, "blockquote": true, "pre": true, "figure": true,
}

// htmlTag reads the tag that begins before s: its name in lower case, with its
// slash if it closes, and what follows. Quoted attributes may hold a bracket.
func htmlTag(s string) (name, after string, ok bool) {
	if strings.HasPrefix(s, "!--") {
		if _, after, ok = strings.Cut(s, "-->"); !ok {
			return "", "", true // a comment without end hides the rest, as in browsers
		}
		return "", after, true
	}
	n := 0
	for n < len(s) && (isWord(s[n]) || n == 0 && (s[n] == '/' || s[n] == '!')) {
		n++
	}
	if n == 0 || s[0]|0x20 < 'a' && s[0] != '/' && s[0] != '!' {
		return "", "", false
	}
	end, quote := -1, byte(0)
	window := s[:min(len(s), longest)]
	if strings.IndexByte(window, '>') < 0 {
		return "", "", false
	}
	for i := n; i < len(window) && end < 0; i++ {
		switch c := window[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			end = i
		}
	}
	if end < 0 {
		return "", "", false
	}
	return strings.ToLower(s[:n]), s[end+1:], true
}

// afterElement is what follows the end of an element whose content is no text.
func afterElement(s, name string) string {
	for i := 0; ; {
		n := strings.Index(s[i:], "</")
		if n < 0 {
			return ""
		}
		i += n + 2
		if hasPrefixFold(s[i:], name) {
			_, after, _ := strings.Cut(s[i:], ">")
			return after
		}
	}
}

// collapse makes each run of blanks one, as HTML does.
func collapse(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range s {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// tidy trims the lines and leaves at most one empty line between two.
func tidy(s string) string {
	var b strings.Builder
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(empty+1, 2)])
		}
		b.WriteString(line)
		empty = 0
	}
	return b.String()
}
