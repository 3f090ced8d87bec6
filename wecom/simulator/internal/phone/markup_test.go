package phone

import (
	"reflect"
	"strings"
	"testing"
)

// typed is text shown as it was written.
func typed(s string) []span { return []span{{Text: s}} }

func TestTextSpans(t *testing.T) {
	t.Parallel()
	link := func(text, href string) span { return span{Text: text, Href: href} }
	for _, c := range []struct {
		name, in string
		want     []span
	}{
		{"nothing", "", nil},
		{"plain", "磁盘已满\n请处理", typed("磁盘已满\n请处理")},
		{"link", `see <a href="https://e.com/1">the log</a>.`, []span{{Text: "see "}, link("the log", "https://e.com/1"), {Text: "."}}},
		{"single quotes", `<a href='http://e.com'>x</a>`, []span{link("x", "http://e.com")}},
		{"other case and blanks", "<A  HREF = \"HTTPS://e.com\" >x</A >", []span{link("x", "HTTPS://e.com")}},
		{"two links", `<a href="http://a">1</a><a href="http://b">2</a>`, []span{link("1", "http://a"), link("2", "http://b")}},
		{"markup in a label is text", `<a href="http://a"><b>x</b></a>`, []span{link("<b>x</b>", "http://a")}},
		{"link in a link: the inner one", `<a href="http://a">x<a href="http://b">y</a></a>`,
			[]span{{Text: `<a href="`}, link("http://a", "http://a"), {Text: `">x`}, link("y", "http://b"), {Text: "</a>"}}},
		{"no label", `<a href="ftp://a"></a>`, typed(`<a href="ftp://a"></a>`)},
		{"not closed", `<a href="x">y`, typed(`<a href="x">y`)},
		{"no quotes", `<a href=ftp://a>x</a>`, typed(`<a href=ftp://a>x</a>`)},
		{"another tag", `<b>bold</b> 1 < 2 > 0 & <`, typed(`<b>bold</b> 1 < 2 > 0 & <`)},
		{"another attribute", `<a href="mailto:x" class="y">x</a>`, typed(`<a href="mailto:x" class="y">x</a>`)},
		{"a longer name", `<abbr href="x">x</abbr>`, typed(`<abbr href="x">x</abbr>`)},
		{"bare address", "go http://e.com/a?b=1&c=2#d now", []span{{Text: "go "}, link("http://e.com/a?b=1&c=2#d", "http://e.com/a?b=1&c=2#d"), {Text: " now"}}},
		{"before Chinese", "见https://e.com/x。谢谢", []span{{Text: "见"}, link("https://e.com/x", "https://e.com/x"), {Text: "。谢谢"}}},
		{"end of a sentence", "see https://e.com/x.", []span{{Text: "see "}, link("https://e.com/x", "https://e.com/x"), {Text: "."}}},
		{"in brackets", "(https://e.com/x)", []span{{Text: "("}, link("https://e.com/x", "https://e.com/x"), {Text: ")"}}},
		{"with brackets", "https://e.com/x_(y)", []span{link("https://e.com/x_(y)", "https://e.com/x_(y)")}},
		{"inside a word", "xhttp://e.com", typed("xhttp://e.com")},
		{"no host", "http:// https://. http:///x http://(", typed("http:// https://. http:///x http://(")},
		{"address by number", "http://[::1]:9480/", []span{link("http://[::1]:9480/", "http://[::1]:9480/")}},
		{"too long to be one", "http://e.com/" + strings.Repeat("a", longest), typed("http://e.com/" + strings.Repeat("a", longest))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := textSpans(c.in); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q:\n got %+v\nwant %+v", c.in, got, c.want)
			}
		})
	}
}

func TestCardBlocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []block
	}{
		{"nothing", "", nil},
		{"plain", "a\nb", []block{{"", "a\nb"}}},
		{"the official sample", `<div class="gray">2016年9月26日</div> <div class="normal">恭喜</div><div class="highlight">领取</div>`,
			[]block{{"gray", "2016年9月26日"}, {"normal", "恭喜"}, {"highlight", "领取"}}},
		{"written over lines", "<div class=\"gray\">a</div>\n  <div class=\"gray\">b</div>\nc\n", []block{{"gray", "a"}, {"gray", "b"}, {"", "c\n"}}},
		{"breaks", "a<br>b<br/>c<BR />d", []block{{"", "a\nb\nc\nd"}}},
		{"a break of one's own", `<div class="gray">a</div><br><div class="gray">b</div>`, []block{{"gray", "a"}, {"", "\n"}, {"gray", "b"}}},
		{"breaks in a div", "<div class='normal'>a<br>b</div>", []block{{"normal", "a\nb"}}},
		{"other case", `<DIV CLASS="gray">a</DIV>`, []block{{"gray", "a"}}},
		{"another class", `<div class="red">a</div>`, []block{{"", `<div class="red">a</div>`}}},
		{"no class", `<div>a</div>`, []block{{"", `<div>a</div>`}}},
		{"not closed", `<div class="gray">a`, []block{{"", `<div class="gray">a`}}},
		{"div in a div: the inner one", `<div class="gray">a<div class="normal">b</div></div>`,
			[]block{{"", `<div class="gray">a`}, {"normal", "b"}, {"", "</div>"}}},
		{"links are text here", `<a href="https://e.com">x</a>`, []block{{"", `<a href="https://e.com">x</a>`}}},
		{"nearly a break", "<brr> <br x> < br>", []block{{"", "<brr> <br x> < br>"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := cardBlocks(c.in); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q:\n got %+v\nwant %+v", c.in, got, c.want)
			}
		})
	}
}

// attacks are what a hostile text would try.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`<svg/onload=alert(1)>`,
	`<a href="javascript:alert(1)">x</a>`,
	`<a href="JaVaScRiPt:alert(1)">x</a>`,
	`<a href=" javascript:alert(1)">x</a>`,
	"<a href=\"java\nscript:alert(1)\">x</a>",
	`<a href="data:text/html,<script>alert(1)</script>">x</a>`,
	`<a href="vbscript:x">x</a>`,
	`<a href="//evil.example">x</a>`,
	`<a href="http://e.com" onclick="alert(1)">x</a>`,
	`<a href='http://e.com" onclick="alert(1)'>x</a>`,
	`<a href="http://e.com' onclick='alert(1)">x</a>`,
	`<a onclick="alert(1)" href="http://e.com">x</a>`,
	`<a href="http://e.com"><img src=x onerror=alert(1)></a>`,
	`<a href="http://javascript:alert(1)">x</a>`,
	"<a href=\"http://e.com\x00\">x</a>",
	`http://e.com/"onmouseover="alert(1)`,
	`http://e.com/'onmouseover='alert(1)`,
	`http://e.com/<script>alert(1)</script>`,
	`<div class="gray" onclick="alert(1)">x</div>`,
	`<div class="gray"><script>alert(1)</script></div>`,
	`<div class="gray&quot; onclick=&quot;alert(1)">x</div>`,
	`<br onload=alert(1)>`,
	`</div></a></li></ol><script>alert(1)</script>`,
	`<!-- --><![CDATA[<script>]]>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	`&#x3c;script&#x3e;`,
	"\u2028<script>\u2029",
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, in := range attacks {
		checkText(t, in)
		checkCard(t, in)
	}
}

// TestMarkupIsFast: hostile input must not cost more than its length deserves.
// A tag that looked for its end through all of it would be felt here.
func TestMarkupIsFast(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{`<a href="http://e">`, `<div class="gray">`, `http://`, `<a href='`, `http://e.com/)`, `<`, `)`} {
		s := "http://e.com/" + strings.Repeat(piece, 40_000/len(piece))
		textSpans(s)
		cardBlocks(s)
	}
}
