package phone

import (
	"net/http"
	"strconv"
)

// page is all the template draws.
type page struct {
	choice
	Picked bool   // a member was asked for: a narrow screen shows the chat, not the list
	Absent string // the member that was asked for and is not there
	Groups []*group
	Chosen *row // nil in a world without members
	Chips  []chip
	Items  []item
	Hello  hello
	Events string // where the stream is
	Older  int    // messages before the first item
}

func (x *inbox) servePage(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Vary", "Accept-Language")
	p := x.page(r)
	content, err := render("page.html", p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	head.Set("Content-Length", strconv.Itoa(len(content)))
	if p.Absent != "" {
		w.WriteHeader(http.StatusNotFound)
	}
	w.Write(content)
}

func (x *inbox) page(r *http.Request) page {
	p := page{choice: choiceOf(r)}
	rows, asked := x.rows(p.choice), p.User
	if asked != "" && p.Corp != "" {
		asked += " (" + p.Corp + ")"
	}
	p.Groups = groups(rows)
	var messages []Message
	if p.Chosen, p.Picked = p.pick(rows); p.Chosen != nil {
		p.Chosen.Chosen = true
		p.Corp, p.User = p.Chosen.CorpID, p.Chosen.UserID
		p.Chips = chips(p.choice, p.Chosen.shown)
		messages = p.ofConversation(p.Chosen.shown)
	}
	if !p.Picked {
		p.Absent = asked
	}
	p.Items = viewer{p.choice, x}.items(messages, p.Show)
	p.Older = len(messages) - len(p.Items)
	p.Hello = helloTo(r, p.Lang, p.Corp, p.User)
	after := ""
	if n := len(messages); n > 0 {
		after = messages[n-1].MsgID
	}
	p.Events = p.stream(after)
	return p
}

// The rest is for the template.

// Asset is the address of a static file.
func (p page) Asset(name string) string { return assetURL(name) }

// SwitchHref is this page in the other language, with the same member.
func (p page) SwitchHref() string { return p.in(p.Lang.Other()).link() }

// ListSwitchHref is the list alone in the other language, for narrow screens.
func (p page) ListSwitchHref() string { return p.nobody().in(p.Lang.Other()).link() }

// BackHref is the list of members.
func (p page) BackHref() string { return p.nobody().link() }

// PhoneHref is the page as WeCom shows it.
func (p page) PhoneHref() string { return p.seenIn(false).link() }

// PluginHref is the page as personal WeChat shows it.
func (p page) PluginHref() string { return p.seenIn(true).link() }

// EarlierHref is the page with more of the older messages; More says how many.
func (p page) EarlierHref() string { return p.more(p.More()).link() }

// More is how many messages the next step back adds.
func (p page) More() int { return min(p.Older, 2*usual) }
