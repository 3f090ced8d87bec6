// Package split cuts text and markdown that are too long for one message of WeCom into parts.
//
// A document is a text and the spans of markup found in it: plain text has links, markdown more. The
// cutter fills one part after the other, and ends each at the best border that fits (borders.go says
// what a border is worth); it closes the markup it cuts, and opens it again in the next part.
package split

import (
	"math"
	"strconv"
)

// Options are those of wecom.SplitOptions.
type Options struct {
	Limit    int  // bytes of a part, with its number
	Numbered bool // put (1/3) in front of each part, if there are several
}

// split cuts the document, and numbers the parts if that is wanted; after is what follows a number.
func (o Options) split(d *document, after string) []string {
	if !o.Numbered {
		return d.cut(o.Limit, math.MaxInt)
	}
	// The number takes room, so how many parts there are depends on how many digits that has.
	for digits, most := 1, 9; ; digits, most = digits+1, most*10+9 {
		room := o.Limit - len("(/)") - 2*digits - len(after)
		if parts := d.cut(room, most); parts != nil {
			return number(parts, after)
		}
	}
}

func number(parts []string, after string) []string {
	of := "/" + strconv.Itoa(len(parts)) + ")" + after
	for i, part := range parts {
		parts[i] = "(" + strconv.Itoa(i+1) + of + part
	}
	return parts
}
