package split

import (
	"math"
	"strings"
)

// span is a piece of markup: text[start:from] opens it, text[to:end] closes it.
type span struct {
	start, from, to, end int
	kind                 kind
}

type kind uint8

const (
	quote   kind = iota // one line of it; what opens it is ">"
	heading             // what opens it is "#"
	fence               // a block of code
	table               // what opens it is the header with the row of dashes below
	row                 // a row of a table
	link                // also an image, a mention, an escaped character: never cut if it can be helped
	code                // inline
	bold
	italic
	font
)

func (k kind) inline() bool { return k >= code }

// opening returns what a part that begins inside the span must begin with.
func (s span) opening(text string) string {
	switch s.kind {
	case row, link:
		return ""
	case bold: // in ***, the third belongs to another span
		return "**"
	case italic:
		return "*"
	}
	return text[s.start:s.from]
}

// closing returns what a part that ends inside the span must end with.
func (s span) closing(text string) string {
	switch s.kind {
	case bold, italic, code:
		return s.opening(text)
	case font:
		return fontEnd
	case fence:
		return fenceMark(text[s.start:s.from])
	}
	return ""
}

// closingLen is the length of closing. It says one more for the line break that the end of a code
// block may need.
func (s span) closingLen() int {
	switch s.kind {
	case bold:
		return 2
	case italic:
		return 1
	case code:
		return s.from - s.start
	case font:
		return len(fontEnd)
	case fence:
		return s.from - s.start // at least the marks and a line break
	}
	return 0
}

const fontEnd = "</font>"

// fenceMark returns the first line of a code block without its info string: what closes it.
func fenceMark(opening string) string {
	i := strings.IndexAny(opening, "`~")
	n := i
	for n < len(opening) && opening[n] == opening[i] {
		n++
	}
	return opening[:n]
}

// around says what a cut inside of some spans breaks, and how many bytes must close them. Both hold for
// the places before until, too.
func around(spans []span, at int) (tier, closing, until int) {
	until = math.MaxInt
	for _, s := range spans {
		until = min(until, s.end)
		if s.kind != row && s.kind != link {
			if at <= s.from {
				return never, 0, min(until, s.from+1)
			}
			if at < s.to {
				until = min(until, s.to)
			} else if s.to < s.end {
				return never, 0, until
			}
		}
		tier = max(tier, s.tier())
		closing += s.closingLen()
	}
	return tier, closing, until
}

func (s span) tier() int {
	switch s.kind {
	case quote, table:
		return free
	case row:
		return inRow
	case link, code:
		return held
	}
	return paired
}
