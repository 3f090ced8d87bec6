package phone

import "strings"

// run is a stretch of markdown text in one style.
type run struct {
	Text               string
	Href               string // of a link
	Tone               string // "info", "comment", "warning", or ""
	Bold, Italic, Code bool
	Mention            bool   // Text is a user ID, until the name is known
	Image              string // the address of a picture; Text says what it shows
	Picture            *picture
}

// inline reads the forms within a block.
func (d dialect) inline(s string) []run {
	var out []run
	d.styled(s, run{}, &out)
	return out
}

// styled appends the runs of s, which has the style of around. A form contains
// only other forms, so it goes but a few levels deep.
func (d dialect) styled(s string, around run, out *[]run) {
	plain := 0
	take := func(to int) {
		if plain < to {
			text := around
			text.Text = s[plain:to]
			*out = append(*out, text)
		}
	}
	for i := 0; i < len(s); {
		style, inside, n := d.form(s[i:], around)
		if n == 0 {
			i++
			continue
		}
		take(i)
		if style.Code || style.Mention || style.Image != "" {
			style.Text = inside
			*out = append(*out, style)
		} else {
			d.styled(inside, style, out)
		}
		i += n
		plain = i
	}
	take(len(s))
}

// form reads one form at the start of s: the style it adds to around, and what
// is in it. n is 0 if there is none.
func (d dialect) form(s string, around run) (style run, inside string, n int) {
	style = around
	switch s[0] {
	case '`':
		inside, n = between(s, "`", 1)
		style.Code = true
	case '*':
		return d.stars(s, around)
	case '[':
		if around.Href == "" {
			inside, style.Href, n = linkForm(s)
		}
	case '!':
		if d.v2 && len(s) > 1 && s[1] == '[' {
			if inside, style.Image, n = imageForm(s[1:]); n > 0 {
				n++
			}
		}
	case '<':
		if d.v2 {
			break
		}
		if inside, n = mention(s); n > 0 && d.mentions {
			style.Mention = true
			break
		}
		style.Tone, inside, n = fontForm(s, around.Tone)
	}
	return style, inside, n
}

// stars reads bold and italics.
func (d dialect) stars(s string, around run) (style run, inside string, n int) {
	style = around
	if strings.HasPrefix(s, "**") {
		if !around.Bold {
			inside, n = between(s, "**", 2)
			style.Bold = true
		}
		return style, inside, n
	}
	if d.v2 && !around.Italic {
		inside, n = italics(s)
		style.Italic = true
	}
	return style, inside, n
}

// between reads what stands between two equal marks of one line. A mark of two
// may be followed by the end of another form: `***x***`.
func between(s, mark string, width int) (inside string, n int) {
	line := lineOf(s[width:])
	end := strings.Index(line, mark)
	if end < 0 {
		return "", 0
	}
	for mark == "**" && strings.HasPrefix(line[end+width:], "*") {
		end++
	}
	if inside = line[:end]; strings.TrimSpace(inside) == "" {
		return "", 0
	}
	return inside, 2*width + end
}

// italics reads `*x*`: no blank after the first star nor before the last, which
// is no part of a double one.
func italics(s string) (inside string, n int) {
	line := lineOf(s[1:])
	if line == "" || line[0] == ' ' {
		return "", 0
	}
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] != '*':
		case strings.HasPrefix(line[i:], "**"):
			i++
		case i > 0 && line[i-1] != ' ':
			return line[:i], i + 2
		}
	}
	return "", 0
}

// linkForm reads `[label](https://…)`. An address that leads nowhere makes it text.
func linkForm(s string) (label, href string, n int) {
	label, address, n := target(s)
	if n == 0 || strings.TrimSpace(label) == "" || !isWeb(address) {
		return "", "", 0
	}
	return label, strings.TrimSpace(address), n
}

// imageForm reads `[what it shows](https://…)`; the mark before it is read.
func imageForm(s string) (shows, address string, n int) {
	shows, address, n = target(s)
	if n == 0 || !isWeb(address) {
		return "", "", 0
	}
	return shows, strings.TrimSpace(address), n
}

// target reads `[a](b)` on one line. b may hold brackets in pairs.
func target(s string) (label, address string, n int) {
	line := lineOf(s)
	label, rest, ok := strings.Cut(line[1:], "](")
	if !ok || strings.ContainsAny(label, "[]") {
		return "", "", 0
	}
	depth := 0
	for i, c := range []byte(rest) {
		switch c {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return label, rest[:i], len(line) - len(rest) + i + 1
			}
			depth--
		}
	}
	return "", "", 0
}

// fontForm reads `<font color="info">…</font>` with one of WeCom's three names.
func fontForm(s, around string) (tone, inside string, n int) {
	tone, open := openTag(s, "font", "color")
	if open == 0 || around != "" || tone != "info" && tone != "comment" && tone != "warning" {
		return "", "", 0
	}
	inside, end := untilClose(s[open:], "font")
	if end == 0 {
		return "", "", 0
	}
	return tone, inside, open + end
}

// lineOf is the rest of the line, as far as a form is looked for.
func lineOf(s string) string {
	s = s[:min(len(s), longest)]
	line, _, _ := strings.Cut(s, "\n")
	return line
}
