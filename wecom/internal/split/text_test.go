package split

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	link := `<a href="https://ci.example.com/812">the log</a>`
	for _, c := range []struct {
		name string
		text string
		want []string
	}{
		{"empty", "", []string{""}},
		{"fits", strings.Repeat("中", 21) + "a", []string{strings.Repeat("中", 21) + "a"}},
		{"paragraph before line", "一二三四五六七八九十一二\n\n" + "甲乙丙丁\n戊己庚辛壬癸", []string{"一二三四五六七八九十一二\n\n", "甲乙丙丁\n戊己庚辛壬癸"}},
		{"a paragraph that would leave a part less than half full is no reason", "一\n\n一二三四五六七八九十\n" + "甲乙丙丁戊己庚辛壬癸", []string{"一\n\n一二三四五六七八九十\n", "甲乙丙丁戊己庚辛壬癸"}},
		{"Windows line breaks", a + "\r\n\r\n" + b, []string{a + "\r\n\r\n", b}},
		{"Windows line", a[:30] + " a\r\n" + b[:20] + " " + b, []string{a[:30] + " a\r\n", b[:20] + " " + b}},
		{"blank lines stay together", a + "\n \t\n\n" + b, []string{a + "\n \t\n\n", b}},
		{"Chinese sentence", "磁盘使用率已经超过百分之九十。请尽快清理，否则服务会停", []string{"磁盘使用率已经超过百分之九十。", "请尽快清理，否则服务会停"}},
		{"the quote belongs to the sentence", "他说：“磁盘已经满了，快去清理！”然后大家都去清理磁盘了", []string{"他说：“磁盘已经满了，快去清理！”", "然后大家都去清理磁盘了"}},
		{"clause", "磁盘使用率已经超过百分之九十，请尽快清理否则服务将会停止", []string{"磁盘使用率已经超过百分之九十，", "请尽快清理否则服务将会停止"}},
		{"no full stop at the start of a line", strings.Repeat("中", 21) + "。" + "后", []string{strings.Repeat("中", 20), "中。后"}},
		{"Latin sentence", "The disk of db-3 is 91.5 per cent full. Please clean it up as soon as you can.", []string{"The disk of db-3 is 91.5 per cent full. ", "Please clean it up as soon as you can."}},
		{"words", strings.Repeat("word ", 13) + "last", []string{strings.Repeat("word ", 12), "word last"}},
		{"indentation goes with its line", "panic: runtime error: index out of range [3] with\n\tmain.go:17 +0x1d", []string{"panic: runtime error: index out of range [3] with\n", "\tmain.go:17 +0x1d"}},
		{"a long word moves to the next part", "short " + strings.Repeat("x", 60), []string{"short ", strings.Repeat("x", 60)}},
		{"a word longer than a part", "short " + strings.Repeat("x", 70), []string{"short ", strings.Repeat("x", 64), "xxxxxx"}},
		{"a link is whole", "一二三四五六七八九十 " + link + " end", []string{"一二三四五六七八九十 ", link + " end"}},
		{"a link longer than a part is cut", strings.Replace(link, "log", a, 1), []string{`<a href="https://ci.example.com/812">the `, a + "</a>"}},
		{"an address longer than a part is cut", strings.Replace(link, "812", a, 1), []string{`<a href="https://ci.example.com/` + a[:32], a[32:] + `">the log</a>`}},
		{"not a link", "<a " + strings.Repeat("<a x> ", 11) + "word", []string{"<a " + strings.Repeat("<a x> ", 10), "<a x> word"}},
		{"a mention is whole", strings.Repeat("x", 50) + "<@zhang-san.feng>", []string{strings.Repeat("x", 50), "<@zhang-san.feng>"}},
		{"emoji are whole", strings.Repeat("x", 50) + "👨‍👩‍👧‍👦", []string{strings.Repeat("x", 50), "👨‍👩‍👧‍👦"}},
		{"flags are whole", "x" + strings.Repeat("🇨🇳", 9), []string{"x" + strings.Repeat("🇨🇳", 7), "🇨🇳🇨🇳"}},
		{"a cluster longer than a part is cut between code points", "e" + strings.Repeat("\u0301", 40), []string{"e" + strings.Repeat("\u0301", 31), strings.Repeat("\u0301", 9)}},
		{"white space longer than a part", "a" + strings.Repeat("\n", 70), []string{"a" + strings.Repeat("\n", 63), strings.Repeat("\n", 7)}},
		{"not UTF-8", strings.Repeat("\xff", 70), []string{strings.Repeat("\xff", 64), strings.Repeat("\xff", 6)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Text(c.text, Options{Limit: MinTextLimit}); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTextNumbered(t *testing.T) {
	for _, words := range []int{5, 9, 50, 90, 91, 99, 100, 500, 1000, 1001, 9000, 20000} {
		text := strings.Repeat("word ", words)
		checkText(t, text, Options{Limit: 64, Numbered: true})
	}
	got := Text(strings.Repeat("字", 40), Options{Limit: 64, Numbered: true})
	want := []string{"(1/3)\n" + strings.Repeat("字", 19), "(2/3)\n" + strings.Repeat("字", 19), "(3/3)\n字字"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// checkText checks what SplitText promises.
func checkText(t *testing.T, text string, o Options) {
	t.Helper()
	parts := Text(text, o)
	limit := max(o.Limit, MinTextLimit)
	for i, part := range parts {
		if len(part) > limit {
			t.Fatalf("part %d of %d has %d bytes, the limit is %d", i+1, len(parts), len(part), limit)
		}
		if o.Numbered && len(parts) > 1 {
			number := "(" + strconv.Itoa(i+1) + "/" + strconv.Itoa(len(parts)) + ")\n"
			bare, ok := strings.CutPrefix(part, number)
			if !ok {
				t.Fatalf("part %d of %d begins with %.10q", i+1, len(parts), part)
			}
			parts[i] = bare
		}
		if parts[i] == "" && text != "" {
			t.Fatalf("part %d of %d is empty", i+1, len(parts))
		}
		if utf8.ValidString(text) && !utf8.ValidString(part) {
			t.Fatalf("part %d of %d is cut inside a character", i+1, len(parts))
		}
	}
	if strings.Join(parts, "") != text {
		t.Fatalf("the parts joined are not the text: %q", parts)
	}
	room := limit - 40 // any number fits into the difference
	checkCuts(t, text, parts, room)
}

// checkCuts checks that no cut is inside a link or a cluster that would fit into a part.
func checkCuts(t *testing.T, text string, parts []string, room int) {
	t.Helper()
	cut := map[int]bool{}
	at := 0
	for _, part := range parts[:len(parts)-1] {
		at += len(part)
		cut[at] = true
	}
	for _, s := range parseText(text).spans {
		for i := s.start + 1; i < s.end && s.end-s.start <= room; i++ {
			if cut[i] {
				t.Fatalf("a cut inside %q", text[s.start:s.end])
			}
		}
	}
	start := 0
	for _, c := range clusters(text) {
		for i := start + 1; i < start+len(c) && len(c) <= room; i++ {
			if cut[i] {
				t.Fatalf("a cut inside the cluster %+q", c)
			}
		}
		start += len(c)
	}
}

// pieces is what random texts are made of.
var pieces = []string{
	"告警", "磁盘已满", "服务器", "。", "，", "！”", "（见下）", " ", " ", "\n", "\n\n", "\r\n", "  \n", "\t", "the", "disk", "error: ", "3.14", "EOF.", "e.g. ",
	"👨‍👩‍👧‍👦", "🇨🇳", "👋🏽", "❤️", "e\u0301", "한국", "क्षि", "\u200d", "\xff", "\xe4\xb8", "<@lisi>", "<a href=\"https://a.example/x?y=1\">见此</a>", "<a ", "</a>", "<",
	"    at java.base/java.lang.Thread.run(Thread.java:840)\n", strings.Repeat("=", 70), strings.Repeat("文", 30), strings.Repeat(" ", 40), "https://mon.example.com/d/abc?from=now-6h&to=now",
}

func randomText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestTextProperties(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for range 2000 {
		text := randomText(r, 1+r.IntN(120))
		checkText(t, text, Options{Limit: 64 + r.IntN(200), Numbered: r.IntN(2) == 0})
	}
}

func FuzzText(f *testing.F) {
	for _, p := range pieces {
		f.Add(strings.Repeat(p, 10), uint8(0), true)
	}
	f.Add(randomText(rand.New(rand.NewPCG(1, 2)), 60), uint8(64), true)
	f.Fuzz(func(t *testing.T, text string, limit uint8, numbered bool) {
		checkText(t, text, Options{Limit: int(limit), Numbered: numbered})
		d := parseText(text)
		d.cut(MinTextLimit, len(text))
		checkSteps(t, "fuzz", d)
	})
}

// checkSteps holds a splitter to a number of steps that grows with the text and no faster.
func checkSteps(t *testing.T, name string, d *document) {
	t.Helper()
	if most := 50*len(d.text) + 10000; d.steps > most {
		t.Errorf("%s: %d steps for %d bytes, at most %d expected", name, d.steps, len(d.text), most)
	}
}

var nasty = []string{
	" ", "\n", "\n ", "\r\n", "x", "x ", "文", "。", "\xff", "\u0301", "\u200d", "👨‍", "🇨", "\u1100", "क्",
	"<", "<a ", "<a >", "</a>", "<a ></a>", "<@", "<@a>", "<@ ", "a\n" + strings.Repeat(" ", 300),
	"x " + strings.Repeat("y", 1100), strings.Repeat("y", 2049) + " ", "<a >" + strings.Repeat("z", 2100) + "</a>", "(1/2)\n",
}

func TestTextIsLinear(t *testing.T) {
	for _, pattern := range nasty {
		text := strings.Repeat(pattern, nastySize/len(pattern))
		for _, room := range []int{64, 2048} {
			d := parseText(text)
			parts := d.cut(room, len(text))
			checkSteps(t, strconv.Quote(pattern), d)
			if strings.Join(parts, "") != text {
				t.Errorf("%q: not the text", pattern)
			}
		}
	}
}

func BenchmarkSplitText(b *testing.B) {
	para := "告警：数据库 db-3 的磁盘使用率已超过 91.5%，请尽快处理。详见 <a href=\"https://mon.example.com/d/1\">监控</a>。\nThe disk of db-3 is nearly full. Please clean it up.\n\n"
	text := strings.Repeat(para, 64<<10/len(para))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Text(text, Options{Limit: 2048, Numbered: true})
	}
}
