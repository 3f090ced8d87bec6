package split

import "strings"

// level is what a cut at some place is worth: a part should end where a reader would pause.
type level uint8

const (
	inRune    level = iota // never cut
	codePoint              // between code points of one character that is seen
	cluster                // between characters that are seen, in the middle of a word
	word
	clause   // after a comma, a colon
	sentence // after a full stop
	line
	item      // before an item of a list
	paragraph // after a blank line
	section   // before a heading
	levels
)

// borders says what a cut before each code point of a text is worth. White space belongs to what
// stands before it, except indentation, which belongs to its line.
type borders struct {
	graphemes graphemes
	prev      class
	breaks    int   // line breaks in the white space before here
	mark      level // clause or sentence if punctuation before here made an end, else 0
	spaced    bool  // which counts only before white space, as in 3.14
}

// class is what a code point means for the places beside it.
type class uint8

const (
	letter     class = iota // of a script with spaces between words
	ideograph               // a text may be cut on both sides, as between Chinese characters
	space                   //
	newline                 //
	opening                 // brackets and quotes: no cut after
	closing                 // no cut before
	latinStop               // . ! ?
	latinComma              // , ; :
	wideStop                // 。！？
	wideComma               // ，、；：
)

// before returns the level of a cut before r, which is the start of rest. Call it for each code
// point in order. The second result is the number of bytes it looked ahead.
func (b *borders) before(r rune, rest string) (level, int) {
	c := classOf(r)
	if !b.graphemes.border(r) {
		if c == newline { // of CRLF; anything else inside a character is of no account
			b.take(c)
		}
		return codePoint, 0
	}
	l, ahead := b.worth(c, rest)
	b.take(c)
	return l, ahead
}

func (b *borders) worth(c class, rest string) (level, int) {
	switch {
	case b.prev == newline:
		blank, ahead := isBlank(rest)
		if blank {
			return cluster, ahead
		}
		if b.breaks > 1 {
			return paragraph, ahead
		}
		return line, ahead
	case c == space, c == newline:
		return cluster, 0
	case b.prev == space && b.breaks > 0: // after indentation
		return cluster, 0
	case b.prev == space && b.mark != 0:
		return b.mark, 0
	case b.prev == space:
		return word, 0
	case c >= closing || b.prev == opening:
		return cluster, 0
	case b.mark != 0 && !b.spaced:
		return b.mark, 0
	case c == ideograph || b.prev == ideograph:
		return word, 0
	}
	return cluster, 0
}

func (b *borders) take(c class) {
	b.prev = c
	switch c {
	case newline:
		b.breaks++
		b.mark = 0
		return
	case space:
		return
	case latinStop, wideStop:
		b.mark, b.spaced = sentence, c == latinStop
	case latinComma, wideComma:
		b.mark, b.spaced = clause, c == latinComma
	case closing: // it belongs to the sentence before
	default:
		b.mark = 0
	}
	b.breaks = 0
}

// isBlank reports whether s begins with a blank line, and how far it looked. A line that is blank
// for as long as a part can be is not called so.
func isBlank(s string) (bool, int) {
	s = s[:min(len(s), 256)]
	n := len(s) - len(strings.TrimLeft(s, " \t\r"))
	return n < len(s) && s[n] == '\n', n
}

func classOf(r rune) class {
	if r < 0x80 {
		return asciiClass[r]
	}
	if r < 0x2010 {
		if r == 0xA0 {
			return space
		}
		return letter
	}
	switch r {
	case '。', '！', '？', '…', '．', '｡':
		return wideStop
	case '，', '、', '；', '：', '﹐':
		return wideComma
	case '（', '《', '〈', '「', '『', '【', '〔', '〖', '“', '‘', '［', '｛':
		return opening
	case '）', '》', '〉', '」', '』', '】', '〕', '〗', '”', '’', '］', '｝', '％', '～', '—', '–', 'ー', '々':
		return closing
	case 0x3000, 0x2028, 0x2029:
		return space
	}
	switch {
	case r < 0x2E80:
		return letter
	case r <= 0xA4CF, // Chinese, Japanese, Bopomofo, Yi
		r >= 0xF900 && r <= 0xFAFF,
		r >= 0xFF00 && r <= 0xFF9D,
		r >= 0x1F000 && r <= 0x1FAFF, // emoji
		r >= 0x20000 && r <= 0x3FFFF:
		return ideograph
	}
	return letter
}

var asciiClass = func() (t [0x80]class) {
	for _, set := range [...]struct {
		class class
		chars string
	}{
		{space, " \t\r\v\f"}, {newline, "\n"},
		{opening, "([{"}, {closing, `)]}"'%`},
		{latinStop, ".!?"}, {latinComma, ",;:"},
	} {
		for _, c := range set.chars {
			t[c] = set.class
		}
	}
	return t
}()
