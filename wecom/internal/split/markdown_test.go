package split

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// fill returns about n bytes of short words.
func fill(word string, n int) string {
	return strings.TrimSuffix(strings.Repeat(word+" ", n/(len(word)+1)), " ")
}

func TestMarkdown(t *testing.T) {
	half := fill("half", 300)
	rows := strings.Repeat("| db-3 | 91% |\n", 40)
	list := strings.Repeat("- "+fill("item", 197)+"\n", 3)
	code := strings.Repeat("    return nil\n", 40)
	for _, c := range []struct {
		name   string
		syntax Syntax
		text   string
		want   []string // how each part begins, and how it ends after …
	}{
		{"before a heading", V1, half + "\n\nmore\n# Title\n" + half, []string{"half…more\n", "# Title\nhalf…half"}},
		{"a heading goes with what follows", V1, half + "\n\n## Title\n\n" + fill("text", 250), []string{"half…half\n\n", "## Title\n\ntext…text"}},
		{"two headings stay together", V1, half + "\n# Title\n\n## Second\n" + fill("text", 250), []string{"half…half\n", "# Title\n\n## Second\ntext…text"}},
		{"no heading without a blank", V1, half + "\n\npara\n#tag\n" + half, []string{"half…half\n\n", "para\n#tag…half"}},
		{"bold moves to the next part", V1, half + " **" + fill("bold", 300) + "** end", []string{"half…half ", "**bold…bold** end"}},
		{"bold longer than a part", V1, "**" + fill("bold", 700) + "** end", []string{"**bold…bold** ", "**bold…bold** end"}},
		{"bold over two lines", V1, "**" + fill("bold", 400) + "\n" + fill("bold", 299) + "**", []string{"**bold…bold**\n", "**bold…bold**"}},
		{"italics are no markup in v1", V1, "*" + fill("star", 700) + "*", []string{"*star…star ", "star…star*"}},
		{"italics in v2", V2, "*" + fill("lean", 700) + "*", []string{"*lean…lean* ", "*lean…lean*"}},
		{"bold italics", V2, "***" + fill("both", 700) + "***", []string{"***both…both*** ", "***both…both***"}},
		{"italics in bold", V2, "**" + fill("bold", 200) + " *" + fill("both", 400) + "* x**", []string{"**bold…both*** ", "***both…both* x**"}},
		{"an escaped star is a star", V2, `\*` + fill("star", 700) + `\*`, []string{`\*star…star `, `star…star\*`}},
		{"font", V1, `<font color="warning">` + fill("warn", 700) + `</font> end`, []string{`<font color="warning">warn…warn</font> `, `<font color="warning">warn…warn</font> end`}},
		{"font over quoted lines", V1, "> a <font color=\"info\">" + fill("info", 400) + "\n> " + fill("info", 299) + "</font>", []string{"> a <font color=\"info\">info…info</font>\n", "> <font color=\"info\">info…info</font>"}},
		{"no font in v2", V2, `<font color="warning">` + fill("warn", 700) + `</font>`, []string{`<font color="warning">warn…warn `, `warn…warn</font>`}},
		{"link", V1, half + " [" + fill("label", 150) + "](https://a.example/(x)/" + strings.Repeat("x", 100) + ") end", []string{"half…half ", "[label…) end"}},
		{"image", V2, half + " ![" + fill("label", 250) + "](https://a.example/x.png) end", []string{"half…half ", "![label…) end"}},
		{"stars in an address are not bold", V1, "[x](https://a.example/**)" + half + " **" + fill("bold", 180) + "** x " + half, []string{"[x](…** x ", "half…half"}},
		{"inline code", V1, half + " `" + fill("code", 250) + "` end", []string{"half…half ", "`code…` end"}},
		{"inline code longer than a part", V1, "``" + fill("co`de", 700) + "``", []string{"``co`de…co`de`` ", "``co`de…co`de``"}},
		{"mention", V1, half + " " + fill("x", 200) + " " + strings.Repeat("y", 10) + "<@zhangsan>", []string{"half…x ", "yyyyyyyyyy<@zhangsan>"}},
		{"quote", V1, "> " + fill("quote", 700), []string{"> quote…quote ", "> quote…quote"}},
		{"nested quote", V2, ">> " + fill("quote", 700), []string{">> quote…quote ", ">> quote…quote"}},
		{"list items are whole", V2, list, []string{"- item…item\n", "- item…item\n"}},
		{"more of an item", V2, "1. " + fill("item", 300) + "\n\n   " + fill("more", 150) + "\n2. " + fill("second", 200), []string{"1. item…more\n", "2. second…"}},
		{"code block", V2, "```go\n" + code + "```\nend", []string{"```go\n    return…nil\n```", "```go\n    return…nil\n```\nend"}},
		{"code block in a quote", V2, "> ~~~\n" + strings.Repeat("> return nil\n", 60) + "> ~~~\n", []string{"> ~~~\n> return nil…nil\n> ~~~", "> ~~~\n> return nil…nil\n> ~~~\n"}},
		{"one long line of code", V2, "```\n" + fill("code", 700) + "\n```", []string{"```\ncode…code \n```", "```\ncode…code\n```"}},
		{"marks in a code block are code", V2, "````\n```\n**" + fill("x", 600) + "\n````", []string{"````\n```\n**x…x \n````", "````\nx…x\n````"}},
		{"a code block that nothing ends", V2, "```\n" + code, []string{"```\n    return…nil\n```", "```\n    return…nil\n"}},
		{"table", V2, "| host | disk |\n| :--- | ---: |\n" + rows + "\nend", []string{"| host | disk |\n| :--- | ---: |\n| db-3 …|\n", "| host | disk |\n| :--- | ---: |\n| db-3 …end"}},
		{"a table header too long to repeat", V2, "| " + fill("host", 140) + " |\n| --- |\n" + rows, []string{"| host …|\n", "| db-3 …|\n"}},
		{"table row", V2, "| host |\n| --- |\n" + half + " |\n| " + fill("cell", 250) + " |\n", []string{"| host |…|\n", "| host |\n| --- |\n| cell…|\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Markdown(c.text, c.syntax, Options{Limit: MinMarkdownLimit})
			ok := len(got) == len(c.want)
			for i := range min(len(got), len(c.want)) {
				begin, end, _ := strings.Cut(c.want[i], "…")
				ok = ok && strings.HasPrefix(got[i], begin) && strings.HasSuffix(got[i], end)
			}
			if !ok {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			checkMarkdown(t, c.text, c.syntax, Options{Limit: MinMarkdownLimit})
			checkMarkdown(t, c.text, c.syntax, Options{Limit: MinMarkdownLimit, Numbered: true})
		})
	}
}

// checkMarkdown checks what holds for any content, well-formed or not, and returns the parts without
// their numbers.
func checkMarkdown(t *testing.T, text string, syntax Syntax, o Options) []string {
	t.Helper()
	parts := Markdown(text, syntax, o)
	limit := max(o.Limit, MinMarkdownLimit)
	for i, part := range parts {
		if len(part) > limit {
			t.Fatalf("part %d of %d has %d bytes, the limit is %d", i+1, len(parts), len(part), limit)
		}
		if utf8.ValidString(text) && !utf8.ValidString(part) {
			t.Fatalf("part %d of %d is cut inside a character", i+1, len(parts))
		}
		if o.Numbered && len(parts) > 1 {
			number := "(" + strconv.Itoa(i+1) + "/" + strconv.Itoa(len(parts)) + ")\n"
			if syntax == V2 {
				number += "\n"
			}
			var ok bool
			if parts[i], ok = strings.CutPrefix(part, number); !ok {
				t.Fatalf("part %d of %d begins with %.10q", i+1, len(parts), part)
			}
		}
	}
	if len(text) <= limit && !slices.Equal(parts, []string{text}) {
		t.Fatalf("a text that fits became %q", parts)
	}
	rest := strings.Join(parts, "")
	for i := range len(text) { // nothing is left out or moved
		n := strings.IndexByte(rest, text[i])
		if n < 0 {
			t.Fatalf("byte %d of the text is missing in %q", i, parts)
		}
		rest = rest[n+1:]
	}
	return parts
}

// TestMarkdownKeepsContexts makes documents of words that carry in their names what they stand in
// (a word "bq17" is bold, in a quote), and looks for every word, once, in order, in the same.
func TestMarkdownKeepsContexts(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 200 {
		syntax := V1 + Syntax(i%2)
		w := writer{rand: r, syntax: syntax}
		text := w.document(5 + r.IntN(20))
		o := Options{Limit: MinMarkdownLimit + r.IntN(1000), Numbered: r.IntN(2) == 0}
		var got []string
		for n, part := range checkMarkdown(t, text, syntax, o) {
			words, problem := read(part, syntax)
			if problem != "" {
				t.Fatalf("seed %d, document %d, part %d: %s\n%s\n--- of ---\n%s", seed, i, n+1, problem, part, text)
			}
			got = append(got, words...)
		}
		if !slices.Equal(got, w.words) {
			t.Fatalf("seed %d, document %d: the words are not the same\n%v\n%v", seed, i, got, w.words)
		}
	}
}

// TestMarkdownOfAnything mixes pieces of markup at random: nothing is promised about their looks, but
// everything else.
func TestMarkdownOfAnything(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for i := range 300 {
		var b strings.Builder
		few := r.IntN(10) + 1
		for b.Len() < 3000 {
			piece := nastyMarkdown[r.IntN(len(nastyMarkdown))]
			b.WriteString(strings.Repeat(piece[:min(len(piece), 600)], 1+r.IntN(few)))
		}
		checkMarkdown(t, b.String(), V1+Syntax(i%2), Options{Limit: MinMarkdownLimit + r.IntN(200), Numbered: r.IntN(2) == 0})
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, p := range nastyMarkdown {
		f.Add(strings.Repeat(p, 1+600/len(p)), uint16(0), true, false)
	}
	for i := range 8 {
		w := writer{rand: rand.New(rand.NewPCG(uint64(i), 1)), syntax: V1 + Syntax(i%2)}
		f.Add(w.document(30), uint16(600), i%2 == 1, true)
	}
	f.Fuzz(func(t *testing.T, text string, limit uint16, v2, numbered bool) {
		syntax := V1
		if v2 {
			syntax = V2
		}
		checkMarkdown(t, text, syntax, Options{Limit: int(limit % 2048), Numbered: numbered})
		d := parseMarkdown(text, syntax, MinMarkdownLimit/4)
		d.cut(MinMarkdownLimit, len(text))
		checkSteps(t, "fuzz", d)
	})
}

var nastyMarkdown = append([]string{
	"*", "* ", "**", "**a", "**a** ", "***", "_", "`", "` ``", "``a`", "[", "]", "[a](", "![a](", "[](", "[a](b) ", "(", ")", "\\", "\\*",
	"<font ", "<font color=\"info\">", "</font>", "<font color=\"info\">a", "<font c>**", ">", "> ", ">>>> ", "# ", "# \n", "#\n", "- ", "- a\n", "  - a\n",
	"```\n", "```\n\n", "> ```\n", "~~~\n```\n", "```go\n" + strings.Repeat("x", 3000) + "\n", "|", "|\n", "|-|\n", "| a |\n|---|\n", "| a |\n|---|\n| b |\n\n",
	"| " + strings.Repeat("a", 120) + " |\n|-|\n", "> | a |\n> |-|\n> | b |\n", "1. ", "---\n", "**<font color=\"info\">*`a`*</font>**",
}, nasty...)

func TestMarkdownIsLinear(t *testing.T) {
	for _, pattern := range nastyMarkdown {
		text := strings.Repeat(pattern, nastySize/len(pattern))
		for _, syntax := range []Syntax{V1, V2} {
			room := MinMarkdownLimit
			if syntax == V1 {
				room = 4096
			}
			d := parseMarkdown(text, syntax, room/4)
			for _, part := range d.cut(room, len(text)) {
				if len(part) > room {
					t.Fatalf("%q: a part of %d bytes", pattern, len(part))
				}
			}
			checkSteps(t, strconv.Quote(pattern), d)
		}
	}
	var ticks strings.Builder // runs of backticks of every length
	for n := 1; ticks.Len() < nastySize; n++ {
		ticks.WriteString(strings.Repeat("`", n%40) + " ")
	}
	d := parseMarkdown(ticks.String(), V1, 128)
	d.cut(MinMarkdownLimit, ticks.Len())
	checkSteps(t, "runs of backticks", d)
}

func BenchmarkSplitMarkdown(b *testing.B) {
	w := writer{rand: rand.New(rand.NewPCG(1, 1)), syntax: V2}
	text := w.document(1000)[:64<<10]
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Markdown(text, V2, Options{Limit: 4096, Numbered: true})
	}
}
