package phone

import (
	"net/url"
	"strings"
)

// This file knows the little markup WeCom understands. Its rules:
//
//   - What is not exactly one of the allowed forms is text, shown as typed.
//   - No byte of the input is lost: it is text, or part of a recognized tag.
//   - The result is data, never HTML. Templates write it, and escape it.

// longest bounds how far a tag looks for its end. WeCom cuts a text at 2048
// bytes, so nothing real is longer, and hostile input stays linear.
const longest = 4096

// span is a run of text; one with an Href is a link, and a mention calls a member.
type span struct {
	Text, Href string
	Mention    bool
}

// textSpans reads the content of a text message: `<a href="https://…">label</a>`
// and bare addresses become links.
func textSpans(s string) []span {
	var spans []span
	plain := 0 // where the text not yet taken begins
	take := func(from, n int, link span) {
		if plain < from {
			spans = append(spans, span{Text: s[plain:from]})
		}
		if n > 0 {
			spans = append(spans, link)
		}
		plain = from + n
	}
	for i := 0; i < len(s); {
		link, n := span{}, 0
		switch {
		case s[i] == '<':
			link, n = anchor(s[i:])
		case s[i]|0x20 == 'h' && (i == 0 || !isWord(s[i-1])):
			n = bareURL(s[i:])
			link = span{Text: s[i : i+n], Href: s[i : i+n]}
		}
		if n > 0 {
			take(i, n, link)
		}
		i += max(n, 1)
	}
	take(len(s), 0, span{})
	return spans
}

// anchor reads a link at the start of s; n is 0 if there is none. A link inside
// a link is not one: then the inner one counts.
func anchor(s string) (link span, n int) {
	href, open := openTag(s, "a", "href")
	if open == 0 || !isWeb(href) {
		return span{}, 0
	}
	label, end := untilClose(s[open:], "a")
	if end == 0 || strings.TrimSpace(label) == "" {
		return span{}, 0
	}
	for i := range len(label) {
		if _, inner := openTag(label[i:], "a", "href"); inner > 0 {
			return span{}, 0
		}
	}
	return span{Text: label, Href: strings.TrimSpace(href)}, open + end
}

// bareURL is the length of the web address at the start of s, or 0. It ends
// where a phone ends it: at a blank, a quote, a bracket, or a Chinese character,
// and without the punctuation of the sentence around it.
func bareURL(s string) int {
	if !hasWebScheme(s) {
		return 0
	}
	s = s[:min(len(s), longest)]
	n := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("<>\"'`{}|\\^", r)
	})
	if n < 0 {
		n = len(s)
	}
	if n == longest { // half an address leads nowhere
		return 0
	}
	for n > 0 {
		last := s[n-1]
		unopened := last == ')' && strings.Count(s[:n], "(") < strings.Count(s[:n], ")") ||
			last == ']' && strings.Count(s[:n], "[") < strings.Count(s[:n], "]")
		if !unopened && !strings.ContainsRune(".,;:!?*", rune(last)) {
			break
		}
		n--
	}
	if !isWeb(s[:n]) {
		return 0
	}
	return n
}

// block is a paragraph of a text card. Tone is "gray", "normal", "highlight",
// or "" for text outside any div.
type block struct{ Tone, Text string }

// cardBlocks reads the description of a text card: `<div class="gray">…</div>`
// and `<br>`. Blanks between two divs say nothing, as on the phone.
func cardBlocks(s string) []block {
	var blocks []block
	plain := 0
	take := func(from int) {
		if typed := s[plain:from]; strings.TrimSpace(typed) != "" {
			if len(blocks) > 0 {
				typed = afterLineEnd(typed) // the div before has ended its line already
			}
			blocks = append(blocks, block{Text: breaks(typed)})
		}
	}
	for i := 0; i < len(s); {
		b, n := toned(s[i:])
		if n > 0 {
			take(i)
			blocks = append(blocks, b)
			plain = i + n
		}
		i += max(n, 1)
	}
	take(len(s))
	return blocks
}

func afterLineEnd(s string) string {
	if rest, ok := strings.CutPrefix(s, "\r\n"); ok {
		return rest
	}
	return strings.TrimPrefix(s, "\n")
}

// toned reads a coloured div at the start of s; n is 0 if there is none.
func toned(s string) (b block, n int) {
	tone, open := openTag(s, "div", "class")
	if open == 0 || tone != "gray" && tone != "normal" && tone != "highlight" {
		return block{}, 0
	}
	inside, end := untilClose(s[open:], "div")
	if end == 0 {
		return block{}, 0
	}
	for i := range len(inside) {
		if _, inner := openTag(inside[i:], "div", "class"); inner > 0 {
			return block{}, 0
		}
	}
	return block{Tone: tone, Text: breaks(inside)}, open + end
}

// breaks turns each `<br>`, `<br/>` and `<br />` into a line break.
func breaks(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := lineBreak(s[i:]); n > 0 {
			b.WriteByte('\n')
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func lineBreak(s string) int {
	if !hasPrefixFold(s, "<br") {
		return 0
	}
	rest := strings.TrimPrefix(skipBlank(s[3:]), "/")
	if !strings.HasPrefix(rest, ">") {
		return 0
	}
	return len(s) - len(rest) + 1
}

// openTag reads `<name attr="value">` with this one attribute and no other, in
// either kind of quotes; n is 0 if s does not start so.
func openTag(s, name, attr string) (value string, n int) {
	s = s[:min(len(s), longest)]
	if !hasPrefixFold(s, "<"+name) {
		return "", 0
	}
	rest := s[1+len(name):]
	blank := skipBlank(rest)
	if len(blank) == len(rest) || !hasPrefixFold(blank, attr) {
		return "", 0
	}
	rest, ok := strings.CutPrefix(skipBlank(blank[len(attr):]), "=")
	rest = skipBlank(rest)
	if !ok || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", 0
	}
	value, rest, ok = strings.Cut(rest[1:], rest[:1])
	if rest = skipBlank(rest); !ok || !strings.HasPrefix(rest, ">") {
		return "", 0
	}
	return value, len(s) - len(rest) + 1
}

// untilClose gives what stands before the first `</name>`, and the length of
// both; n is 0 if the tag is not closed.
func untilClose(s, name string) (inside string, n int) {
	s = s[:min(len(s), longest)]
	for i := range len(s) {
		if s[i] != '<' || !hasPrefixFold(s[i:], "</"+name) {
			continue
		}
		if rest := skipBlank(s[i+2+len(name):]); strings.HasPrefix(rest, ">") {
			return s[:i], len(s) - len(rest) + 1
		}
	}
	return "", 0
}

// isWeb reports whether s is an address a link may lead to: http or https, with
// a host, and no control character that browsers would silently drop.
func isWeb(s string) bool {
	s = strings.TrimSpace(s)
	if !hasWebScheme(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && !strings.ContainsAny(u.Host, "!$&'()*+,;=\"<>")
}

func hasWebScheme(s string) bool {
	return hasPrefixFold(s, "http://") || hasPrefixFold(s, "https://")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func skipBlank(s string) string { return strings.TrimLeft(s, " \t\r\n") }

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}
