package phone

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzMarkdown(f *testing.F) {
	seedMarkdown(f)
	f.Fuzz(func(t *testing.T, s string) {
		checkMarkdown(t, s, markdownV1(s, dialect{}))
		markdownV1(s, dialect{mentions: true})
	})
}

func FuzzMarkdownV2(f *testing.F) {
	seedMarkdown(f)
	f.Fuzz(func(t *testing.T, s string) { checkMarkdown(t, s, markdownV2(s)) })
}

func FuzzHTMLText(f *testing.F) {
	for _, in := range attacks {
		f.Add(in)
	}
	f.Add(`<h1 class="a>b">T</h1><p>a<br>b</p><!-- c --><script>d</script>&lt;e`)
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) { // cannot come out of JSON
			return
		}
		text := htmlText(s, "[P]")
		if !utf8.ValidString(text) {
			t.Fatalf("%q: %q is no UTF-8", s, text)
		}
		if !strings.ContainsAny(s, "<&") && strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(s), "") {
			t.Fatalf("%q without markup becomes %q", s, text)
		}
		if len(text) > 3*len(s)+3 {
			t.Fatalf("%d bytes become %d", len(s), len(text))
		}
	})
}

// FuzzBodies gives anything to each reader and looks at what is drawn of it.
func FuzzBodies(f *testing.F) {
	for i, k := range kinds {
		f.Add(uint8(i), k.body, "approve")
	}
	for _, in := range attacks {
		quoted, _ := json.Marshal(in)
		for i, k := range kinds { // the attack in place of each string of the body
			f.Add(uint8(i), anyString.ReplaceAllLiteralString(k.body, ":"+string(quoted)), in)
		}
	}
	src := withMedia()
	f.Fuzz(func(t *testing.T, which uint8, raw, clicked string) {
		m := Message{
			MsgID: "m1", CorpID: testCorp, MsgType: kinds[int(which)%len(kinds)].msgtype, Body: json.RawMessage(raw),
			Clicked: clicked, Chosen: map[string][]string{"lunch": {clicked}}, ChatID: "wr1",
		}
		v := viewer{choice{Lang: english, host: "example.com"}, &inbox{src: src, now: nil}}
		drawn, err := render("body", item{Message: m, Lang: english, Body: readBody(v, m)})
		if err != nil {
			t.Fatalf("%s %q: %v", m.MsgType, raw, err)
		}
		checkSafe(t, string(drawn))
		preview(v, m)
	})
}

var (
	anyString = regexp.MustCompile(`:"(?:[^"\\]|\\.)*"`)
	anyTag    = regexp.MustCompile(`^</?([a-z0-9]+)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)/?>`)
	attribute = regexp.MustCompile(` ([a-zA-Z-]+)(?:="([^"]*)")?`)
)

// elements are all that a message may consist of.
var elements = strings.Fields("a article audio b blockquote button code dd details div dl dt em fieldset figcaption figure form " +
	"h4 hr img input label legend li option p path pre rect circle select small span strong summary svg table tbody td th thead tr ul video")

// checkSafe takes HTML apart: known elements without handlers and styles, links
// that lead to the web, and nothing loaded but the page's own.
func checkSafe(t *testing.T, drawn string) {
	for rest := drawn; rest != ""; {
		text, after, found := strings.Cut(rest, "<")
		if strings.ContainsAny(text, ">") {
			t.Fatalf("unescaped %q in %s", text, drawn)
		}
		if !found {
			break
		}
		m := anyTag.FindStringSubmatch("<" + after)
		if m == nil || !slices.Contains(elements, m[1]) {
			t.Fatalf("a tag that is not allowed at %.60q in %s", "<"+after, drawn)
		}
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			checkAttribute(t, m[1], a[1], html.UnescapeString(a[2]), drawn)
		}
		rest = after[len(m[0])-1:]
	}
}

func checkAttribute(t *testing.T, element, name, value, drawn string) {
	ours := strings.HasPrefix(value, "_sim/media?")
	switch {
	case strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" || name == "action" || name == "formaction":
		t.Fatalf("%s has %s in %s", element, name, drawn)
	case name == "href":
		if u, err := url.Parse(value); !ours && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			t.Fatalf("%s links to %q", element, value)
		}
	case name == "src":
		u, err := url.Parse(value)
		if !ours && !strings.HasPrefix(value, "data:image/") && (err != nil || !strings.EqualFold(u.Host, "example.com")) {
			t.Fatalf("%s loads %q", element, value)
		}
	}
}

func seedMarkdown(f *testing.F) {
	for _, in := range attacks {
		f.Add(in)
		f.Add("[a](" + in + ") **" + in + "** > " + in)
	}
	for _, k := range kinds {
		var t struct{ Content string }
		if json.Unmarshal([]byte(k.body), &t) == nil && t.Content != "" {
			f.Add(t.Content)
		}
	}
}

// checkMarkdown draws s and checks what is promised: the tags are the allowed
// ones, and nothing is invented or put in another order. A text without a mark
// of markdown loses nothing but blanks.
func checkMarkdown(t *testing.T, s string, pieces []piece) {
	drawn, err := render("pieces", pieces)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	checkSafe(t, string(drawn))
	text, at := "", 0
	each(pieces, func(r *run) { text += r.Text })
	for i := range len(text) {
		n := strings.IndexByte(s[at:], text[i])
		if n < 0 {
			t.Fatalf("%q: %q is not in its order", s, text[i:])
		}
		at += n + 1
	}
	if !strings.ContainsAny(s, "*`[]<>#|-.!\r") && squeeze(text) != squeeze(s) {
		t.Fatalf("%q: only %q is left", s, text)
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
