package phone

import (
	"fmt"
	"strings"
	"testing"
)

// sketch writes pieces in one line, short enough for a table: bold is *x*,
// italics /x/, code `x`, a link [x→address], a colour {x:tone}, a mention @x, a
// picture (x←address).
func sketch(pieces []piece) string {
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 {
			b.WriteString(" | ")
		}
		switch p.Kind {
		case "text":
		case "heading":
			fmt.Fprintf(&b, "h%d ", p.Level)
		case "item":
			fmt.Fprintf(&b, "%d%s ", p.Level, p.Mark)
		default:
			b.WriteString(p.Kind)
		}
		for _, r := range p.Runs {
			b.WriteString(sketchRun(r))
		}
		if p.Inner != nil {
			b.WriteString("(" + sketch(p.Inner) + ")")
		}
		if p.Kind == "code" {
			b.WriteString("(" + p.Code + ")")
		}
		for i, row := range append([][]cell{p.Table.Head}, p.Table.Rows...) {
			for _, c := range row {
				b.WriteString(map[bool]string{true: " " + c.Side + ":", false: " "}[i == 0])
				for _, r := range c.Runs {
					b.WriteString(sketchRun(r))
				}
			}
			b.WriteString(map[bool]string{true: ";"}[row != nil])
		}
	}
	return b.String()
}

func sketchRun(r run) string {
	text := r.Text
	if r.Code {
		text = "`" + text + "`"
	}
	if r.Mention {
		text = "@" + text
	}
	if r.Image != "" {
		text = "(" + text + "←" + r.Image + ")"
	}
	if r.Italic {
		text = "/" + text + "/"
	}
	if r.Bold {
		text = "*" + text + "*"
	}
	if r.Tone != "" {
		text = "{" + text + ":" + r.Tone + "}"
	}
	if r.Href != "" {
		text = "[" + text + "→" + r.Href + "]"
	}
	return text
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"lines", "a\n\nb", "a\n\nb"},
		{"headings", "# a\n###### b\r\nc", "h1 a | h6 b | c"},
		{"no headings", "#a\n####### b\n#\n# ", "#a\n####### b\n#\n# "},
		{"bold", "**a** b**c**", "*a* b*c*"},
		{"not bold", "** a **b\n**c\nd**", "* a *b\n**c\nd**"},
		{"no italics here", "*a* _b_ ~~c~~", "*a* _b_ ~~c~~"},
		{"link", "see [the log](https://e.com/a_(b)).", "see [the log→https://e.com/a_(b)]."},
		{"link with bold", "[**a** b](http://e.com)", "[*a*→http://e.com][ b→http://e.com]"},
		{"no link", "[a](e.com) [b](javascript:alert(1)) [](http://e.com) [c] (http://e.com)", "[a](e.com) [b](javascript:alert(1)) [](http://e.com) [c] (http://e.com)"},
		{"code", "`**a**` and ``", "`**a**` and ``"},
		{"code over lines", "`a\nb`", "`a\nb`"},
		{"quote", "> a\n>b\nc\n> d", "quote(a\nb) | c | quote(d)"},
		{"quote of one level", ">> a", "quote(> a)"},
		{"colours", `<font color="info">a</font><font color='warning'>**b**</font>`, "{a:info}{*b*:warning}"},
		{"a colour over lines", "<font color=\"comment\">a\nb</font>", "{a\nb:comment}"},
		{"another colour", `<font color="red">a</font>`, `<font color="red">a</font>`},
		{"a colour in a colour", `<font color="info">a<font color="warning">b</font></font>`, `{a<font color="warning">b:info}</font>`},
		{"not closed", `<font color="info">a`, `<font color="info">a`},
		{"no lists, tables, rules, pictures", "- a\n1. b\n---\n| a |\n![x](http://e.com)", "- a\n1. b\n---\n| a |\n![x→http://e.com]"},
		{"mention", "<@lina> <@ li> <@>", "@lina <@ li> <@>"},
		{"other tags", "<b>a</b> <script>", "<b>a</b> <script>"},
	} {
		if got := sketch(markdownV1(c.in, dialect{mentions: true})); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
	if got := sketch(markdownV1("<@lina>", dialect{})); got != "<@lina>" {
		t.Errorf("a mention outside a group: %q", got)
	}
}

func TestMarkdownV2(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"paragraphs", "a\nb\n\n\nc", "a\nb | c"},
		{"italics", "*a* b *c d*", "/a/ b /c d/"},
		{"no italics", "2 * 3 * 4, * a*, *b *", "2 * 3 * 4, * a*, *b *"},
		{"both", "***a*** **b *c* d** *e **f** g*", "*/a/* *b **/c/** d* /e /*/f/*/ g/"},
		{"no colours, no mentions", `<font color="info">a</font> <@lina>`, `<font color="info">a</font> <@lina>`},
		{"quotes", "> a\n>> b\n>>> c\n> d\ne", "quote(a | quote(b | quote(c)) | d) | e"},
		{"a list in a quote", "> # t\n> - a", "quote(h1 t | list(0• a))"},
		{"lists", "- a\n  - b\n    - c\n  - d\n- e\n1. f\n12. g", "list(0• a | 1• b | 2• c | 1• d | 0• e | 01. f | 012. g)"},
		{"an item of two lines", "- a\n  b\nc", "list(0• a\nb) | c"},
		{"no list", "-a\n1.b\n1234567890. c", "-a\n1.b\n1234567890. c"},
		{"rules", "a\n---\nb\n-----", "a | rule | b | rule"},
		{"no rule", "--", "--"},
		{"table", "| a | b | c |\n| :-- | :-: | --: |\n| 1 | **2** | 3\\|4 |\n| 5 |\nend",
			"table left:a center:b right:c; 1 *2* 3|4; 5; | end"},
		{"no table", "| a | b |\n| - |\n| a |\n| x |", "| a | b |\n| - |\n| a |\n| x |"},
		{"fence", "```go\n# a\n**b**\n```\nc", "code(# a\n**b**) | c"},
		{"fence not closed", "```\na", "```\na"},
		{"picture", "![load](https://e.com/l.png) ![x](l.png)", "(load←https://e.com/l.png) ![x](l.png)"},
	} {
		if got := sketch(markdownV2(c.in)); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestMarkdownInGroups(t *testing.T) {
	t.Parallel()
	f := world()
	m := kind(t, "markdown")
	m.Body = []byte(`{"content":"<@lisi> <@all> <@ghost>"}`)
	contains(t, draw(t, f, m, ""), "&lt;@lisi&gt;")
	m.ChatID, m.AppName = "wr1", "Robot"
	contains(t, draw(t, f, m, "&chat=wr1"), `<b class="at">@Li Si</b>`, `<b class="at">@everybody</b>`, `<b class="at">@ghost</b>`)
}

func TestHTMLText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"text", "a < b & c > d", "a < b & c > d"},
		{"entities", "a&nbsp;&lt;b&gt; &#x4f60;", "a\u00a0<b> 你"},
		{"blocks", "<p>a</p><p>b<br/>c</p>\n<ul><li>d</li><li>e</ul>", "a\n\nb\nc\n\nd\n\ne"},
		{"inline", "a <b>b</b> <SPAN class='x>y'>c</SPAN>", "a b c"},
		{"blanks", "  a \n\t b  ", "a b"},
		{"scripts", "a<script>alert('</b>')</script >b<style>x{}</STYLE>c", "abc"},
		{"script not closed", "a<script>b", "a"},
		{"comments", "a<!-- <p>b</p> -->c<!-- d", "ac"},
		{"pictures", `a<img src="x" alt=">">b`, "a[P]b"},
		{"tag not closed", "a <b", "a <b"},
		{"escaped tags stay text", "&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"},
	} {
		if got := htmlText(c.in, "[P]"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestTokenizersAreFast: hostile input must not cost more than it deserves.
func TestTokenizersAreFast(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"*", "**", "***a", "`", "[", "[a](", "![a](http://e", `<font color="info">`, "<@", "<!--", "<a ", "<script>", "</", ">", "> ", "- ", "```go\n", "|", "| a |\n", "| a |\n| - |\n"} {
		s := strings.Repeat(piece, longestMarkdown/len(piece))
		markdownV1(s, dialect{mentions: true})
		markdownV2(s)
		htmlText(s, "")
	}
}
