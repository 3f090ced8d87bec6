package wecom

import "github.com/hongyan-im/hongyan/wecom/internal/split"

// SplitOptions says how a text is split into parts.
type SplitOptions struct {
	// Limit is the most bytes of UTF-8 that a part may have, its number counted. 0 or less means
	// WeCom's limit of the type. Limits below 64 bytes count as 64 in text, below 512 as 512 in
	// markdown, which needs room for the markup that a cut repeats.
	Limit int
	// Numbered puts "(1/3)" and a line break in front of each part when there are several, and in
	// markdown_v2 a blank line as well. It is in front because the list of chats shows how a
	// message begins.
	Numbered bool
}

// SplitText splits a text into parts that [Text] takes whole: 2048 bytes each, unless the options say
// otherwise (path/90236). A text that fits is returned as it is, even the empty one.
//
// A part ends after a paragraph, else a line, a sentence, a clause or a word, whichever comes first in
// this list and leaves the part at least half full. It never ends inside a link (<a href="…">…</a>), a
// mention (<@userid>), or a character as people see it, such as an emoji of several code points, unless
// that alone is longer than a part.
//
// Nothing is lost or added: the parts joined are the text, byte for byte, even if it is not UTF-8. White
// space at a cut stays at the end of the part before it. With Numbered, that holds for the parts without
// their first line.
func SplitText(text string, o SplitOptions) []string {
	if o.Limit <= 0 {
		o.Limit = 2048
	}
	return split.Text(text, split.Options(o))
}

// SplitMarkdown splits markdown into parts that WeCom takes, each well-formed by itself: 2048 bytes for an
// app, 4096 for a robot (path/90236, path/99110). For markdown of a group chat ([DialectGroup] as well), set
// the limit to 2048 (path/90248). Content that fits is returned as it is.
//
// It cuts before a heading, else after a paragraph, before an item of a list, after a line, a sentence, a
// clause, a word. It keeps links, images, mentions, inline code and table rows whole. Bold, italic and
// coloured text, and blocks of code, are cut only when nothing else is in reach; then they are closed at the
// cut and opened again in the next part. A table goes on with its header, a quote and a heading with their
// marks. A heading goes with what follows it.
//
// Only that markup is added, and nothing is left out: see docs/splitting.md for the exact promises.
func SplitMarkdown(content string, d Dialect, o SplitOptions) []string {
	syntax, limit := split.V1, 2048
	switch d {
	case DialectGroup:
		limit = 4096
	case DialectV2:
		syntax, limit = split.V2, 4096
	}
	if o.Limit <= 0 {
		o.Limit = limit
	}
	return split.Markdown(content, syntax, split.Options(o))
}
