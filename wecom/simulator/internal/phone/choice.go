package phone

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// usual is how many messages a page shows at first.
const usual = 100

// choice is what the address of the page, or of its stream, asks for.
type choice struct {
	Corp, User string
	App        string // only what this app wrote to the member; "" for all
	Chat       string // only this group's conversation; it wins over App
	Plugin     bool   // as personal WeChat shows it, in the plugin 微工作台
	Show       int    // how many messages, the newest
	Lang       lang
	langAsked  bool   // the address names the language, so links keep naming it
	host       string // where the page itself is: pictures from there are shown
}

// inPlugin is the value of the parameter "view" that asks for the plugin.
const inPlugin = "wechat"

func choiceOf(r *http.Request) choice {
	q := r.URL.Query()
	c := choice{Corp: q.Get("corp"), User: q.Get("user"), Show: usual, Lang: langOf(r), host: r.Host}
	c.Chat, c.Plugin = q.Get("chat"), q.Get("view") == inPlugin
	c.langAsked = lang(q.Get("lang")) == c.Lang
	if id, err := strconv.Atoi(q.Get("app")); err == nil {
		c.App = strconv.Itoa(id)
	}
	if c.Chat != "" {
		c.App = ""
	}
	if n, err := strconv.Atoi(q.Get("show")); err == nil {
		c.Show = max(n, usual)
	}
	return c
}

// query is the choice as the query of an address.
func (c choice) query() url.Values {
	q := url.Values{}
	if c.langAsked {
		q.Set("lang", string(c.Lang))
	}
	if c.User != "" {
		q.Set("corp", c.Corp)
		q.Set("user", c.User)
	}
	if c.App != "" {
		q.Set("app", c.App)
	}
	if c.Chat != "" {
		q.Set("chat", c.Chat)
	}
	if c.Plugin {
		q.Set("view", inPlugin)
	}
	if c.Show > usual {
		q.Set("show", strconv.Itoa(c.Show))
	}
	return q
}

// link is the page's relative address for the choice. With a member it leads to
// the newest message, so that even without the script one starts there.
func (c choice) link() string {
	q := c.query().Encode()
	switch {
	case q == "":
		return "./"
	case c.User == "":
		return "?" + q
	}
	return "?" + q + "#newest"
}

// stream is the address of the events that follow the message after.
func (c choice) stream(after string) string {
	q := c.query()
	q.Del("show")
	q.Set("lang", string(c.Lang))
	q.Set("after", after)
	return "_phone/events?" + q.Encode()
}

func (c choice) member(m Member) choice {
	c.Corp, c.User, c.App, c.Chat, c.Show = m.CorpID, m.UserID, "", "", usual
	return c
}

func (c choice) conversation(app, chat string) choice {
	c.App, c.Chat, c.Show = app, chat, usual
	return c
}

func (c choice) seenIn(plugin bool) choice {
	c.Plugin = plugin
	return c
}

func (c choice) nobody() choice { return c.member(Member{}) }

func (c choice) more(n int) choice {
	c.Show += n
	return c
}

func (c choice) in(l lang) choice {
	c.Lang, c.langAsked = l, true
	return c
}

// holds reports whether the message is in the chosen conversation.
func (c choice) holds(m Message) bool {
	switch {
	case c.Chat != "":
		return m.ChatID == c.Chat
	case c.App != "":
		return m.ChatID == "" && c.App == strconv.Itoa(m.AgentID)
	}
	return true
}

// ofConversation keeps the messages of the chosen conversation.
func (c choice) ofConversation(messages []Message) []Message {
	if c.App == "" && c.Chat == "" {
		return messages
	}
	var kept []Message
	for _, m := range messages {
		if c.holds(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// reaches reports whether the message belongs to what is shown.
func (c choice) reaches(m Message) bool {
	return m.CorpID == c.Corp && slices.Contains(m.Users, c.User) && c.holds(m)
}

// pick finds the member asked for; asked is false if the address names none
// that exists, and then it is the first with messages, else the first.
func (c choice) pick(rows []*row) (chosen *row, asked bool) {
	for _, r := range rows {
		if c.User != "" && strings.EqualFold(r.UserID, c.User) && (c.Corp == "" || r.CorpID == c.Corp) {
			return r, true
		}
		if chosen == nil || chosen.Count == 0 && r.Count > 0 {
			chosen = r
		}
	}
	return chosen, false
}
