package split

import "strings"

// MinTextLimit is the smallest limit of a part of plain text.
const MinTextLimit = 64

// Text splits plain text.
func Text(text string, o Options) []string {
	o.Limit = max(o.Limit, MinTextLimit)
	if len(text) <= o.Limit {
		return []string{text}
	}
	return o.split(parseText(text), "\n")
}

// parseText finds <a href="…">label</a> and <@userid>.
func parseText(text string) *document {
	r := reader{text: text}
	var spans []span
	closed := -1 // the next </a>
	for i := r.index("<", 0); i < len(text); i = r.index("<", i) {
		s, ok := mention(text, i)
		if !ok && strings.HasPrefix(text[i:], "<a ") {
			if closed < i {
				closed = r.index("</a>", i)
			}
			s, ok = r.anchor(i, closed)
		}
		if ok {
			spans = append(spans, s)
			i = s.end
		} else {
			i++
		}
	}
	return &document{text: text, spans: spans, steps: r.steps}
}

// anchor returns the link that begins at start, if it ends at closed: it holds no other link.
func (r *reader) anchor(start, closed int) (span, bool) {
	if closed == len(r.text) || r.index("<a ", start+1) < closed || r.index(">", start) > closed {
		return span{}, false
	}
	return span{start, start, closed + len("</a>"), closed + len("</a>"), link}, true
}

// maxMention is more than the longest user id takes.
const maxMention = 80

// mention returns the <@userid> that begins at start.
func mention(text string, start int) (span, bool) {
	if !strings.HasPrefix(text[start:], "<@") {
		return span{}, false
	}
	text = text[:min(len(text), start+maxMention)]
	n := strings.IndexAny(text[start+2:], "> \n<")
	end := start + 2 + n
	if n <= 0 || text[end] != '>' {
		return span{}, false
	}
	return span{start, start, end + 1, end + 1, link}, true
}

// reader searches a text and counts how much of it it looks at, for the tests.
type reader struct {
	text  string
	steps int
}

// index returns the first place of what at or after from, or the length of the text.
func (r *reader) index(what string, from int) int {
	at := len(r.text)
	if n := strings.Index(r.text[from:], what); n >= 0 {
		at = from + n
	}
	r.steps += at - from + 1
	return at
}
