package wecom_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/hongyan-im/hongyan/wecom"
)

// generator makes bodies that are near the limits of their fields: below, at and above.
type generator struct {
	*rand.Rand
	edge   float64 // how often a field is near its limit
	edges  int     // how many of the message still may be
	strict bool    // the world refuses what the documents leave open
	made   int
	media  map[string]string // media_id by type
}

// next begins another message: some have all their fields within the limits, most have one near its
// own, some many.
func (g *generator) next() {
	g.made++
	switch g.IntN(6) {
	case 0:
		g.edge, g.edges = 0, 0
	case 1:
		g.edge, g.edges = 0.3, 1000
	default:
		g.edge, g.edges = 0.2, 1
	}
}

// edgy says whether the next field is near its limit.
func (g *generator) edgy() bool {
	if g.edges == 0 || g.Float64() >= g.edge {
		return false
	}
	g.edges--
	return true
}

func (g *generator) often() bool          { return g.IntN(3) > 0 }
func oneOf[E any](g *generator, e ...E) E { return e[g.IntN(len(e))] }

// within is a number from least to most, and at an edge perhaps one less or one more.
func (g *generator) within(least, most int) int {
	if g.edgy() {
		return oneOf(g, max(least-1, 0), least, most, most+1)
	}
	return least + g.IntN(min(most, least+3)-least+1)
}

// length is that of a text with a limit.
func (g *generator) length(limit int) int {
	if g.edgy() {
		return oneOf(g, 0, 1, limit-1, limit, limit+1, limit+1+g.IntN(limit))
	}
	return 1 + g.IntN(min(limit, 12))
}

var alphabet = []rune("aZ09 -_<>&\"'\\/\n\t中鸿雁，👍é")

// chars is a text of about limit characters.
func (g *generator) chars(limit int) string { return g.charsOf(g.length(limit)) }

func (g *generator) charsOf(n int) string {
	text := make([]rune, n)
	for i := range text {
		text[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(text)
}

// bytes is a text of about limit bytes.
func (g *generator) bytes(limit int) string {
	n := g.length(limit)
	var text strings.Builder
	for text.Len() < n {
		r := alphabet[g.IntN(len(alphabet))]
		if text.Len()+len(string(r)) > n {
			r = 'x'
		}
		text.WriteRune(r)
	}
	return text.String()
}

// alone is bytes for the only field of a message, which is seldom near its limit otherwise.
func (g *generator) alone(limit int) string {
	g.edge, g.edges = 0.6, 1
	return g.bytes(limit)
}

// maybe is often nothing.
func maybe[E any](g *generator, value E) E {
	var nothing E
	if g.often() {
		return value
	}
	return nothing
}

func (g *generator) url() string {
	if !g.edgy() {
		return "https://e.example/a?b=1&c=2"
	}
	const prefix, limit = "https://e.example/", 2048
	return oneOf(g, "", "e.example/a", "ftp://e.example", prefix+strings.Repeat("a", limit-len(prefix)+g.IntN(3)-1))
}

// key is a name of the sender's own, different from the others of the message.
func (g *generator) key(limit, i int) string {
	switch {
	case !g.edgy():
		return fmt.Sprintf("key-%d", i)
	case g.IntN(2) == 0:
		return oneOf(g, "", "key-0", "中", "a b")
	}
	return strings.Repeat("k", limit-4+g.IntN(3)) + fmt.Sprintf("%03d", i)
}

// taskID is different from those of the other messages.
func (g *generator) taskID() string {
	id := fmt.Sprintf("task@%d_", g.made)
	if g.edgy() {
		return oneOf(g, "", id+"中", id+strings.Repeat("t", 128-len(id)), id+strings.Repeat("t", 129-len(id)))
	}
	return id
}

func list[E any](n int, element func(i int) E) []E {
	elements := make([]E, n)
	for i := range elements {
		elements[i] = element(i)
	}
	return elements
}

func (g *generator) text() wecom.Text         { return wecom.Text{Content: g.alone(2048)} }
func (g *generator) markdown() wecom.Markdown { return wecom.Markdown{Content: g.alone(2048)} }

func (g *generator) video() wecom.Video {
	return wecom.Video{MediaID: g.media["video"], Title: g.bytes(128), Description: g.bytes(512)}
}

func (g *generator) textCard(limit func(int) string) wecom.TextCard {
	return wecom.TextCard{Title: limit(128), Description: limit(512), URL: g.url(), ButtonText: g.chars(4)}
}

func (g *generator) news() wecom.News {
	return wecom.News{Articles: list(g.within(1, 8), func(int) wecom.Article {
		a := wecom.Article{Title: g.bytes(128), Description: maybe(g, g.bytes(512)), PicURL: maybe(g, g.url())}
		if g.often() {
			a.URL = g.url()
		} else {
			a.AppID, a.PagePath = "wx0000invented0001", g.bytes(128)
		}
		return a
	})}
}

func (g *generator) mpnews() wecom.MPNews {
	return wecom.MPNews{Articles: list(g.within(1, 8), func(i int) wecom.MPArticle {
		a := wecom.MPArticle{
			Title: g.bytes(128), ThumbMediaID: g.media["image"], Author: maybe(g, g.bytes(64)),
			Content: g.bytes(100), Digest: maybe(g, g.bytes(512)), ContentSourceURL: maybe(g, g.url()),
		}
		if i == 0 && g.made%8 == 0 && g.edgy() {
			a.Content = strings.Repeat("a", 666*1024-1+g.IntN(3))
		}
		return a
	})}
}

func (g *generator) notice() wecom.MiniProgramNotice {
	words := func() string {
		if g.edgy() {
			return g.charsOf(oneOf(g, 0, 1, 3, 4, 12, 13))
		}
		return g.charsOf(4 + g.IntN(9))
	}
	return wecom.MiniProgramNotice{
		AppID: noticeAppID, Page: maybe(g, g.bytes(1024)), Title: words(), Description: maybe(g, words()), EmphasisFirstItem: g.often(),
		ContentItems: list(g.within(0, 10), func(int) wecom.ContentItem {
			return wecom.ContentItem{Key: "k" + g.chars(9), Value: g.chars(30)}
		}),
	}
}

func (g *generator) taskCard() wecom.TaskCard {
	return wecom.TaskCard{
		Title: g.bytes(128), Description: g.bytes(512), URL: maybe(g, g.url()), TaskID: g.taskID(),
		Buttons: list(g.within(1, 2), func(i int) wecom.TaskButton {
			return wecom.TaskButton{Key: g.key(128, i), Name: g.chars(6), ReplaceName: "done", Color: oneOf(g, "", "red", "blue"), IsBold: g.often()}
		}),
	}
}

// interactive is of the second generation, whose buttons do not say what they become.
func (g *generator) interactive() wecom.InteractiveTaskCard {
	card := g.taskCard()
	for i := range card.Buttons {
		card.Buttons[i].ReplaceName = ""
	}
	return wecom.InteractiveTaskCard(card)
}
