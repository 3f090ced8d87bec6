package phone

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// usual is how many messages a page shows at first.
const usual = 100

// choice is what the address of the page, or of its stream, asks for.
type choice struct {
	Corp, User string
	App        string // only this app's messages; "" for all
	Show       int    // how many messages, the newest
	Lang       lang
	langAsked  bool // the address names the language, so links keep naming it
}

func choiceOf(r *http.Request) choice {
	q := r.URL.Query()
	c := choice{Corp: q.Get("corp"), User: q.Get("user"), Show: usual, Lang: langOf(r)}
	c.langAsked = lang(q.Get("lang")) == c.Lang
	if id, err := strconv.Atoi(q.Get("app")); err == nil {
		c.App = strconv.Itoa(id)
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
	return choice{Corp: m.CorpID, User: m.UserID, Show: usual, Lang: c.Lang, langAsked: c.langAsked}
}

func (c choice) app(id string) choice {
	c.App, c.Show = id, usual
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

// ofApp keeps the messages of the chosen app.
func (c choice) ofApp(messages []Message) []Message {
	if c.App == "" {
		return messages
	}
	var kept []Message
	for _, m := range messages {
		if strconv.Itoa(m.AgentID) == c.App {
			kept = append(kept, m)
		}
	}
	return kept
}

// reaches reports whether the message belongs to what is shown.
func (c choice) reaches(m Message) bool {
	return m.CorpID == c.Corp && slices.Contains(m.Users, c.User) &&
		(c.App == "" || c.App == strconv.Itoa(m.AgentID))
}

// pick finds the member asked for; asked is false if the address names none
// that exists, and then it is the first with messages, else the first.
func (c choice) pick(rows []*row) (chosen *row, asked bool) {
	for _, r := range rows {
		if c.User != "" && r.UserID == c.User && (c.Corp == "" || r.CorpID == c.Corp) {
			return r, true
		}
		if chosen == nil || chosen.Count == 0 && r.Count > 0 {
			chosen = r
		}
	}
	return chosen, false
}
