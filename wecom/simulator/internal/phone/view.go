package phone

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// avatar is the coloured square with a letter. Colour is one of the eight of
// the style sheet, the same each time for the same key.
type avatar struct {
	Letter string
	Colour uint32
}

// memberAvatar carries the last character of a Chinese name, as is the custom,
// and the first of a name in letters.
func memberAvatar(m Member) avatar {
	return avatar{letter(m.called(), true), colour(m.CorpID + "/" + m.UserID)}
}

func appAvatar(l lang, m Message) avatar {
	return avatar{letter(appName(l, m), false), colour(m.CorpID + "/" + strconv.Itoa(m.AgentID))}
}

func letter(name string, lastOfHan bool) string {
	runes := slices.DeleteFunc([]rune(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	switch {
	case len(runes) == 0:
		return "·"
	case lastOfHan && unicode.Is(unicode.Han, runes[len(runes)-1]):
		return string(runes[len(runes)-1])
	}
	return strings.ToUpper(string(runes[0]))
}

func colour(key string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(key))
	return (h.Sum32() >> 8) % 8
}

// called is the name, or the ID of one who has none.
func (m Member) called() string {
	if strings.TrimSpace(m.Name) != "" {
		return m.Name
	}
	return m.UserID
}

func appName(l lang, m Message) string {
	if strings.TrimSpace(m.AppName) != "" {
		return m.AppName
	}
	return l.say("app", m.AgentID)
}

// row is a member in the list, with their newest message.
type row struct {
	Member
	Avatar       avatar
	Count        int
	Last         string // msgid of the newest message
	Preview      string
	Brief, Stamp string // its time, for people and for programs
	Href         string
	Chosen       bool
	shown        []Message
}

// Called is the name to show.
func (r *row) Called() string { return r.Member.called() }

// group is the members of one corp.
type group struct {
	CorpID, CorpName string
	Rows             []*row
}

func (x *inbox) rows(c choice) []*row {
	var rows []*row
	for _, m := range x.src.Members() {
		r := &row{Member: m, Avatar: memberAvatar(m), Href: c.member(m).link()}
		r.shown = x.src.Messages(m.CorpID, m.UserID)
		if r.Count = len(r.shown); r.Count > 0 {
			last := r.shown[r.Count-1]
			r.Last, r.Preview = last.MsgID, preview(c.Lang, last)
			r.Brief, r.Stamp = c.Lang.brief(last.At, x.now()), stamp(last.At)
		}
		rows = append(rows, r)
	}
	return rows
}

// groups puts the rows under their corps, both in the order of the source.
func groups(rows []*row) []*group {
	var all []*group
	of := map[string]*group{}
	for _, r := range rows {
		g := of[r.CorpID]
		if g == nil {
			g = &group{CorpID: r.CorpID, CorpName: r.CorpName}
			of[r.CorpID] = g
			all = append(all, g)
		}
		g.Rows = append(g.Rows, r)
	}
	return all
}

// chip leads to one app's messages alone. ID is "" for all apps.
type chip struct {
	ID, Name, Href string
	Chosen         bool
}

// chips lists the apps the member heard from, in the order they first wrote.
func chips(c choice, messages []Message) []chip {
	list := []chip{{Name: c.Lang.say("all_apps"), Href: c.app("").link(), Chosen: c.App == ""}}
	seen := map[int]bool{}
	for _, m := range messages {
		if !seen[m.AgentID] {
			seen[m.AgentID] = true
			id := strconv.Itoa(m.AgentID)
			list = append(list, chip{id, appName(c.Lang, m), c.app(id).link(), c.App == id})
		}
	}
	return list
}

// item is one message in the chat.
type item struct {
	Message
	Lang      lang
	App       string
	Avatar    avatar
	Separator string // day or time above it; "" if it follows closely
	Leads     bool   // first of its app's run: it carries avatar and name
	Stamp     string
	Clock     string
	Body      body
	JSON      string
	More      int // receivers beyond those in Message.Users
}

// pause is how long an app is silent before the chat shows the time again.
const pause = 5 * time.Minute

// item prepares m for drawing below prev, which is nil for the first.
func (x *inbox) item(l lang, prev *Message, m Message) item {
	const mostUsers = 40
	it := item{
		Message: m, Lang: l, App: appName(l, m), Avatar: appAvatar(l, m),
		Stamp: stamp(m.At), Clock: m.At.Format("15:04:05.000"),
		Body: readBody(l, m), JSON: pretty(l, m.Body),
	}
	switch {
	case prev == nil || prev.At.Format(time.DateOnly) != m.At.Format(time.DateOnly):
		it.Separator = l.day(m.At, x.now()) + " " + m.At.Format("15:04")
	case m.At.Sub(prev.At).Abs() >= pause: // the simulator's clock can be set back
		it.Separator = m.At.Format("15:04")
	}
	it.Leads = it.Separator != "" || prev.AgentID != m.AgentID || prev.Recalled
	if extra := len(m.Users) - mostUsers; extra > 0 {
		it.Users, it.More = m.Users[:mostUsers], extra
	}
	return it
}

// items prepares the last n messages.
func (x *inbox) items(l lang, messages []Message, n int) []item {
	var list []item
	for i := max(0, len(messages)-n); i < len(messages); i++ {
		list = append(list, x.item(l, before(messages, i), messages[i]))
	}
	return list
}

func before(messages []Message, i int) *Message {
	if i == 0 {
		return nil
	}
	return &messages[i-1]
}

// stamp is a time to the millisecond, with its zone.
func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }
