package phone

import "strings"

func readText(r reading, b *body) bool {
	var t struct {
		Content       *string
		MentionedList []string `json:"mentioned_list"`
	}
	if !r.into(&t) || t.Content == nil {
		return false
	}
	b.Spans = textSpans(*t.Content)
	if r.ChatID != "" {
		b.Spans = r.withMentions(b.Spans, t.MentionedList)
	}
	var text strings.Builder
	for _, s := range b.Spans {
		text.WriteString(s.Text)
	}
	b.Brief = text.String()
	return true
}

// withMentions finds `<@userid>` in the text, and adds the list of a robot's
// message below it, as the phone does.
func (r reading) withMentions(spans []span, list []string) (all []span) {
	for _, s := range spans {
		rest := s.Text
		for i := 0; s.Href == "" && i < len(rest); {
			id, n := mention(rest[i:])
			if n == 0 {
				i++
				continue
			}
			if i > 0 {
				all = append(all, span{Text: rest[:i]})
			}
			all = append(all, r.mentioned(id))
			rest, i = rest[i+n:], 0
		}
		if rest != "" {
			all = append(all, span{Text: rest, Href: s.Href})
		}
	}
	for i, id := range list {
		blank := " "
		if i == 0 && len(all) > 0 {
			blank = "\n"
		}
		all = append(all, span{Text: blank}, r.mentioned(id))
	}
	return all
}

func (r reading) mentioned(userID string) span {
	return span{Text: "@" + r.nameOf(userID), Mention: true}
}

// nameOf is the member's name, or the word for everybody, or the ID as it is.
func (r reading) nameOf(userID string) string {
	if userID == "all" || userID == "@all" {
		return r.Lang.say("everybody")
	}
	if r.inbox == nil {
		return userID
	}
	for _, m := range r.src.Members() {
		if m.CorpID == r.CorpID && strings.EqualFold(m.UserID, userID) {
			return m.called()
		}
	}
	return userID
}

// mention reads `<@userid>` at the start of s; n is 0 if there is none.
func mention(s string) (userID string, n int) {
	const most = 64 // bytes in a user ID
	rest, ok := strings.CutPrefix(s[:min(len(s), most+3)], "<@")
	if !ok {
		return "", 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool {
		return r > '~' || !isWord(byte(r)) && !strings.ContainsRune("_-@.", r)
	})
	if end < 1 || rest[end] != '>' {
		return "", 0
	}
	return rest[:end], end + 3
}

// card is a text card. Href is empty when the address is not one to follow.
type card struct {
	Title  string
	Blocks []block
	Href   string
	Button string
}

// defaultButton is what WeCom writes on a text card without btntxt, in every
// language.
const defaultButton = "详情"

func readTextCard(r reading, b *body) bool {
	var t struct {
		Title                    *string
		Description, URL, BtnTxt string
	}
	if !r.into(&t) || t.Title == nil {
		return false
	}
	b.Card = &card{Title: *t.Title, Blocks: cardBlocks(t.Description), Href: webLink(t.URL), Button: t.BtnTxt}
	if strings.TrimSpace(t.BtnTxt) == "" {
		b.Card.Button = defaultButton
	}
	b.Brief = *t.Title
	return true
}

// webLink is the address if a link may lead there, else "".
func webLink(address string) string {
	if !isWeb(address) {
		return ""
	}
	return strings.TrimSpace(address)
}
