package phone

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzTextSpans(f *testing.F) {
	for _, in := range attacks {
		f.Add(in)
	}
	f.Add(`a <a href="https://e.com">b</a> https://e.com/x。<A HREF='http://e'>c</A>`)
	f.Fuzz(checkText)
}

func FuzzCardBlocks(f *testing.F) {
	for _, in := range attacks {
		f.Add(in)
	}
	f.Add("<div class=\"gray\">a<br>b</div>\n<div class='highlight'>c</div> d<br/>\n")
	f.Fuzz(checkCard)
}

var (
	anchorOpen = regexp.MustCompile(`(?i)^<a[ \t\r\n]+href[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*')[ \t\r\n]*>`)
	anchorEnd  = regexp.MustCompile(`(?i)^</a[ \t\r\n]*>`)
	divOpen    = regexp.MustCompile(`(?i)^<div[ \t\r\n]+class[ \t\r\n]*=[ \t\r\n]*["'](?-i:gray|normal|highlight)["'][ \t\r\n]*>`)
	divEnd     = regexp.MustCompile(`(?i)^</div[ \t\r\n]*>`)
	lineEnd    = regexp.MustCompile(`(?i)^(?:<br[ \t\r\n]*/?>|\n)`)

	drawnText = regexp.MustCompile(`^(?:<a href="((?i:https?)://[^"<>]*)" target="_blank" rel="noopener noreferrer">|</a>)`)
	drawnCard = regexp.MustCompile(`^(?:<span class="line(?: gray| normal| highlight)?">|</span>)`)
)

// checkText draws s and checks all that is promised: only links come out, only
// to the web, and every character of s is text or part of a link's tag.
func checkText(t *testing.T, s string) {
	rest := s
	for _, sp := range textSpans(s) {
		if open := anchorOpen.FindString(rest); sp.Href != "" && open != "" {
			rest = mustCut(t, s, mustCut(t, s, rest, open), sp.Text)
			rest = mustCut(t, s, rest, anchorEnd.FindString(rest))
			continue
		}
		if sp.Href != "" && sp.Href != sp.Text {
			t.Fatalf("%q: a link to %q out of nothing", s, sp.Href)
		}
		rest = mustCut(t, s, rest, sp.Text)
	}
	if rest != "" {
		t.Fatalf("%q: lost %q", s, rest)
	}
	want := ""
	for _, sp := range textSpans(s) {
		want += sp.Text
	}
	checkDrawn(t, s, "spans", textSpans(s), drawnText, want)
}

// checkCard does the same for a card's description; blanks around a div may go.
func checkCard(t *testing.T, s string) {
	rest, want := s, ""
	for i, b := range cardBlocks(s) {
		want += b.Text
		switch {
		case b.Tone != "":
			rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
			rest = mustCut(t, s, rest, divOpen.FindString(rest))
		case i > 0:
			rest = afterLineEnd(rest)
		}
		for j := range len(b.Text) {
			piece := b.Text[j : j+1]
			if piece == "\n" {
				piece = lineEnd.FindString(rest)
			}
			rest = mustCut(t, s, rest, piece)
		}
		if b.Tone != "" {
			rest = mustCut(t, s, rest, divEnd.FindString(rest))
		}
	}
	if strings.TrimSpace(rest) != "" {
		t.Fatalf("%q: lost %q", s, rest)
	}
	checkDrawn(t, s, "blocks", cardBlocks(s), drawnCard, want)
}

func mustCut(t *testing.T, whole, rest, piece string) string {
	after, ok := strings.CutPrefix(rest, piece)
	if !ok || piece == "" {
		t.Fatalf("%q: expected %q at %q", whole, piece, rest)
	}
	return after
}

// checkDrawn takes the HTML apart: it consists of allowed tags, in pairs, and
// of text without a single bare angle bracket.
func checkDrawn(t *testing.T, s, name string, data any, allowed *regexp.Regexp, want string) {
	drawn, err := render(name, data)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	rest, text, open := string(drawn), "", 0
	for rest != "" {
		if rest[0] != '<' {
			n := strings.IndexByte(rest+"<", '<')
			if strings.ContainsAny(rest[:n], ">\"'") {
				t.Fatalf("%q: unescaped in %q", s, drawn)
			}
			text += html.UnescapeString(rest[:n])
			rest = rest[n:]
			continue
		}
		m := allowed.FindStringSubmatch(rest)
		if m == nil {
			t.Fatalf("%q: a tag that is not allowed in %q", s, drawn)
		}
		if open++; strings.HasPrefix(m[0], "</") {
			open -= 2
		}
		if open < 0 || open > 1 {
			t.Fatalf("%q: tags do not pair in %q", s, drawn)
		}
		if len(m) > 1 && m[1] != "" {
			if u, err := url.Parse(html.UnescapeString(m[1])); err != nil || u.Host == "" {
				t.Fatalf("%q: links to %q", s, m[1])
			}
		}
		rest = rest[len(m[0]):]
	}
	// What is no UTF-8 cannot come out of JSON; a NUL is drawn as U+FFFD.
	want = strings.ReplaceAll(want, "\x00", "\uFFFD")
	if utf8.ValidString(s) && text != want {
		t.Fatalf("%q: draws %q, want %q", s, text, want)
	}
}
