package split

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// document is a text with what has been found in it.
type document struct {
	text  string
	spans []span // by where they start, the outer before the inner
	lines []lineLevel
	steps int // places looked at, for the tests
}

// lineLevel says what a cut before a line is worth where the line break alone does not tell.
type lineLevel struct {
	at    int
	level level
}

// lineLevel returns what a cut before the line at a place is worth; l is what its line breaks say.
func (d *document) lineLevel(at int, l level) level {
	n, found := slices.BinarySearchFunc(d.lines, at, func(line lineLevel, at int) int { return line.at - at })
	if found {
		return d.lines[n].level
	}
	return l
}

// cutter decides where the parts of a document end, and completes their markup. It goes through the
// text once, and through no byte more than a few times, whatever is in it.
type cutter struct {
	*document
	room    int    // bytes of a part
	open    []span // what the next part begins inside of
	next    int    // spans[next:] start at or after the next part's start
	scratch []span
}

// cut returns the parts, or nil when there are more than most. Each has at most room bytes.
func (d *document) cut(room, most int) []string {
	var parts []string
	c := cutter{document: d, room: room}
	for start := 0; start < len(c.text); {
		if len(parts) == most {
			return nil
		}
		end := c.end(start)
		parts = append(parts, c.part(start, end))
		start = end
	}
	return parts
}

// tiers order places by what surrounds them; the best is the first.
const (
	free   = iota // nothing that a cut would break
	paired        // it must be closed and opened again
	inRow         // a table row
	held          // a link, an image, a mention, inline code
	tiers
	never = tiers // inside the markup itself
)

// candidates holds the last place of each kind that still fits.
type candidates [tiers][levels]int

// end returns where the part that starts at start should end.
func (c *cutter) end(start int) int {
	used := 0
	for _, s := range c.open {
		used += len(s.opening(c.text))
	}
	if used+len(c.text)-start <= c.room {
		return len(c.text)
	}
	var best candidates
	var b borders
	inside := append(c.scratch[:0], c.open...)
	next := c.next
	tier, closing, change := free, 0, start // change is where the first two must be found anew
	for i := start; used+i-start <= c.room && i < len(c.text); {
		r, size := utf8.DecodeRuneInString(c.text[i:])
		l, ahead := b.before(r, c.text[i:])
		c.steps += 1 + ahead
		if i >= change {
			inside, next = c.enter(inside, next, i)
			tier, closing, change = around(inside, i)
			if next < len(c.spans) {
				change = min(change, c.spans[next].start+1)
			}
			c.steps += len(inside)
		}
		if l >= line {
			l = c.lineLevel(i, l)
		}
		if i > start && tier != never && used+i-start+closing <= c.room {
			best[tier][l] = i
		}
		i += size
	}
	c.scratch = inside
	return best.choose(start + (c.room-used)/2)
}

// choose prefers what a reader would: a part that is at least half full and ends at the best border
// outside of any markup; then the same inside of markup that can be closed and opened again; then a
// shorter part; and only then one that breaks a table row, a word, a link, a character.
func (b *candidates) choose(half int) int {
	return cmp.Or(
		b.best(free, half),
		b.best(paired, half),
		b.last(paired, word),
		b.best(inRow, half),
		b.last(inRow, cluster),
		b.best(held, half),
		b.last(held, cluster),
		b.last(held, codePoint),
	)
}

// best returns the place of the highest level in a tier, if that is at least a word and half a part;
// else 0.
func (b *candidates) best(tier, half int) int {
	for l := section; l >= word; l-- {
		if b[tier][l] >= half {
			return b[tier][l]
		}
	}
	return 0
}

// last returns the last place up to a tier and from a level on, or 0.
func (b *candidates) last(worst int, least level) int {
	end := 0
	for tier := free; tier <= worst; tier++ {
		for l := least; l < levels; l++ {
			end = max(end, b[tier][l])
		}
	}
	return end
}

// part returns text[start:end] with the markup that the cuts at its ends take away, and moves on.
func (c *cutter) part(start, end int) string {
	before := append(c.scratch[:0], c.open...)
	c.open, c.next = c.enter(c.open, c.next, end)
	c.scratch = before
	body := c.text[start:end]
	if len(before)+len(c.open) == 0 {
		return body
	}
	return complete(c.text, body, c.atLineStart(start), before, c.open)
}

// enter adds the spans that start before a place, and drops those that end at it or before.
func (c *cutter) enter(inside []span, next, at int) ([]span, int) {
	for ; next < len(c.spans) && c.spans[next].start < at; next++ {
		inside = append(inside, c.spans[next])
	}
	kept := inside[:0]
	for _, s := range inside {
		if s.end > at {
			kept = append(kept, s)
		}
	}
	return kept, next
}

func (c *cutter) atLineStart(i int) bool { return i == 0 || c.text[i-1] == '\n' }

// complete writes blocks (a code fence, a table header, a quote) round the body, and inline markup
// close to its letters, since "** a **" is not bold.
func complete(text, body string, lineStart bool, before, after []span) string {
	var out strings.Builder
	out.Grow(len(body) + 64)
	for _, s := range before {
		if !s.kind.inline() {
			out.WriteString(s.opening(text))
		}
	}
	from, to := letters(body, lineStart)
	out.WriteString(body[:from])
	if from < to {
		for _, s := range before {
			if s.kind.inline() {
				out.WriteString(s.opening(text))
			}
		}
		out.WriteString(body[from:to])
		for i := len(after) - 1; i >= 0; i-- {
			if after[i].kind.inline() {
				out.WriteString(after[i].closing(text))
			}
		}
	}
	out.WriteString(body[to:])
	for _, s := range after {
		if s.kind == fence {
			if !strings.HasSuffix(body, "\n") {
				out.WriteByte('\n')
			}
			out.WriteString(s.closing(text))
		}
	}
	return out.String()
}

// letters returns where the text of a part begins and ends: without the white space round it, and
// without the marks of a quote, a heading or a list at its start.
func letters(body string, lineStart bool) (from, to int) {
	if lineStart {
		from = linePrefix(body)
	}
	from += len(body[from:]) - len(strings.TrimLeft(body[from:], blanks))
	return from, max(from, len(strings.TrimRight(body, blanks)))
}

const blanks = " \t\r\n"
