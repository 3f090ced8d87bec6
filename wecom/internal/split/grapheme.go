package split

import "unicode"

// graphemes finds the borders between what people see as one character (grapheme clusters, UAX #29):
// a letter with its accents, a flag, a family emoji, a Hangul syllable, CRLF. It needs to see each
// code point once, so a cluster of any length costs nothing extra.
//
// Categories come from package unicode; the properties it lacks are in grapheme_table.go.
type graphemes struct {
	prev     property
	flags    int  // regional indicators in a row
	picture  int8 // 1 after a pictograph and its modifiers, 2 after those and a joiner
	conjunct int8 // 1 after an Indic consonant, 2 after that and a virama
}

// property is Grapheme_Cluster_Break, with Extended_Pictographic beside it: no code point has both.
type property uint8

const (
	atStart property = iota // nothing seen yet
	other
	carriageReturn
	lineFeed
	control
	extend
	joiner
	prepend
	spacingMark
	regional
	hangulL
	hangulV
	hangulT
	hangulLV
	hangulLVT
	pictograph
)

// border reports whether a cluster ends before r. Call it for each code point in order.
func (g *graphemes) border(r rune) bool {
	p := propertyOf(r)
	border := g.between(p, r)
	g.take(p, r)
	return border
}

func (g *graphemes) between(p property, r rune) bool {
	switch {
	case g.prev == atStart: // GB1
		return true
	case g.prev == carriageReturn && p == lineFeed: // GB3
		return false
	case breaksAlways(g.prev) || breaksAlways(p): // GB4, GB5
		return true
	case p == extend || p == joiner || p == spacingMark || g.prev == prepend: // GB9, GB9a, GB9b
		return false
	case g.conjunct == 2 && unicode.Is(indicConsonant, r): // GB9c
		return false
	case g.picture == 2 && p == pictograph: // GB11
		return false
	case p == regional && g.flags%2 == 1: // GB12, GB13
		return false
	}
	switch g.prev { // GB6 to GB8
	case hangulL:
		return p != hangulL && p != hangulV && p != hangulLV && p != hangulLVT
	case hangulV, hangulLV:
		return p != hangulV && p != hangulT
	case hangulT, hangulLVT:
		return p != hangulT
	}
	return true // GB999
}

func (g *graphemes) take(p property, r rune) {
	g.prev = p
	if p == regional {
		g.flags++
	} else {
		g.flags = 0
	}
	switch {
	case p == pictograph:
		g.picture = 1
	case p == joiner && g.picture == 1:
		g.picture = 2
	case p != extend || g.picture == 2:
		g.picture = 0
	}
	switch {
	case p == other && r >= 0x900 && unicode.Is(indicConsonant, r):
		g.conjunct = 1
	case g.conjunct != 0 && unicode.Is(indicLinker, r):
		g.conjunct = 2
	case p != extend && p != joiner:
		g.conjunct = 0
	}
}

func breaksAlways(p property) bool {
	return p == control || p == carriageReturn || p == lineFeed
}

func propertyOf(r rune) property {
	switch {
	case r < 0x300:
		return latinProperty(r)
	case r >= 0x3400 && r <= 0xA000: // Chinese
		return other
	case r >= 0xAC00 && r <= 0xD7A3:
		if (r-0xAC00)%28 == 0 {
			return hangulLV
		}
		return hangulLVT
	case r >= 0x1100 && r <= 0x115F, r >= 0xA960 && r <= 0xA97C:
		return hangulL
	case r >= 0x1160 && r <= 0x11A7, r >= 0xD7B0 && r <= 0xD7C6:
		return hangulV
	case r >= 0x11A8 && r <= 0x11FF, r >= 0xD7CB && r <= 0xD7FB:
		return hangulT
	case r == 0x200D:
		return joiner
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		return regional
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones
		return extend
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Grapheme_Extend):
		return extend
	case unicode.In(r, unicode.Prepended_Concatenation_Mark, prepended):
		return prepend
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp),
		r == 0x2065, r >= 0xFFF0 && r <= 0xFFF8, r >= 0xE0000 && r <= 0xE0FFF: // the last are reserved
		return control
	case unicode.Is(unicode.Mc, r) && !unicode.Is(notSpacing, r), r == 0x0E33, r == 0x0EB3:
		return spacingMark
	case unicode.Is(pictographic, r):
		return pictograph
	}
	return other
}

func latinProperty(r rune) property {
	switch {
	case r == '\r':
		return carriageReturn
	case r == '\n':
		return lineFeed
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xAD: // the last is the soft hyphen
		return control
	case r == 0xA9, r == 0xAE: // © and ®
		return pictograph
	}
	return other
}
