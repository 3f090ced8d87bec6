package split

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// clusters cuts a text at every border that graphemes finds.
func clusters(s string) []string {
	var g graphemes
	var list []string
	start := 0
	for i, r := range s {
		if g.border(r) && i > 0 {
			list = append(list, s[start:i])
			start = i
		}
	}
	return append(list, s[start:])
}

func TestGraphemes(t *testing.T) {
	for _, c := range []struct{ name, text string }{ // "|" stands where a border is
		{"letters", "a|b|中|文"},
		{"GB3 CRLF", "a|\r\n|b"},
		{"GB3 LFCR", "a|\n|\r|b"},
		{"GB4 no accent on a line break", "\n|\u0301"},
		{"GB4 no accent on a control", "\u0001|\u0308|\u0001"},
		{"GB4 zero width space", "a|\u200b|b"},
		{"GB6 leading consonants", "\u1100\u1100\u1161"},
		{"GB6 jamo and syllable", "\u1100\uac00"},
		{"GB7 vowel after a syllable without end", "\uac00\u1161\u11a8"},
		{"GB8 end after a syllable with end", "\uac01\u11a8"},
		{"GB8 vowel after a syllable with end", "\uac01|\u1161"},
		{"Hangul text", "한|국|어"},
		{"Hangul in jamo", "\u1112\u1161\u11ab|\u1100\u116e\u11a8"},
		{"GB9 accents", "e\u0301|a\u0308\u0332|x"},
		{"GB9 keycap", "1\ufe0f\u20e3|2\ufe0f\u20e3"},
		{"GB9 variation selector", "❤\ufe0f|中\U000E0100|文"},
		{"GB9 half-width voiced kana", "ｶﾞ|ｷﾞ"},
		{"GB9a Devanagari vowel sign", "नि|मा"},
		{"GB9a Tamil", "நி|லா"},
		{"GB9a Thai", "กำ|ก"},
		{"GB9b Arabic number sign", "\u0600١|٢"},
		{"GB9c conjunct", "क्ष|त्रि"},
		{"GB9c with a joiner", "क्\u200dष"},
		{"GB9c no virama", "क|ष"},
		{"GB9c virama of Tamil does not join", "க்|ஷ"},
		{"GB11 family", "👨‍👩‍👧‍👦|👩‍💻"},
		{"GB11 rainbow flag", "🏳️‍🌈|🏴‍☠️"},
		{"GB11 skin tones", "👋🏽|👩🏿‍🚀|🤝"},
		{"GB11 joiner alone joins nothing", "a\u200d|🛑"},
		{"GB11 one joiner at most", "🛑\u200d\u200d|🛑"},
		{"GB12 flags", "🇨🇳|🇩🇪|🇯"},
		{"GB13 flags after a letter", "a|🇨🇳|🇩|b"},
		{"a flag of tags", "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F|x"},
		{"combining first", "\u0301|a"},
		{"not UTF-8", "a|\xff|\xfe|b"},
	} {
		want := strings.Split(c.text, "|")
		if got := clusters(strings.ReplaceAll(c.text, "|", "")); !slices.Equal(got, want) {
			t.Errorf("%s: %+q, want %+q", c.name, got, want)
		}
	}
}

// TestTablesAreSorted: a binary search in them needs it.
func TestTablesAreSorted(t *testing.T) {
	last := rune(-1)
	for _, r := range pictographic.R16 {
		if rune(r.Lo) <= last || r.Hi < r.Lo {
			t.Errorf("%04X is out of order", r.Lo)
		}
		last = rune(r.Hi)
	}
	for _, r := range pictographic.R32 {
		if rune(r.Lo) <= last || r.Hi < r.Lo {
			t.Errorf("%04X is out of order", r.Lo)
		}
		last = rune(r.Hi)
	}
}

func FuzzGraphemes(f *testing.F) {
	for _, s := range []string{"", "e\u0301", "👨‍👩‍👧‍👦🇨🇳🇩🇪", "क्षत्रि", "\r\n\r", "\uac01\u11a8\xff", "\u0600\u0600a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := clusters(s)
		if joined := strings.Join(list, ""); joined != s {
			t.Fatalf("%q came back as %q", s, joined)
		}
		for i, c := range list {
			if c == "" && s != "" {
				t.Fatal("an empty cluster")
			}
			if again := clusters(c); len(again) != 1 { // no rule looks back beyond a border
				t.Fatalf("cluster %+q alone is cut into %+q", c, again)
			}
			if rest := clusters(strings.Join(list[i:], "")); i < 50 && !slices.Equal(rest, list[i:]) {
				t.Fatalf("from a border on: %+q, want %+q", rest, list[i:])
			}
			if strings.Contains(c, "\n") && c != "\n" && c != "\r\n" {
				t.Fatalf("a line break in %+q", c)
			}
			if utf8.ValidString(s) && !utf8.ValidString(c) {
				t.Fatalf("%+q is half a character", c)
			}
		}
	})
}
