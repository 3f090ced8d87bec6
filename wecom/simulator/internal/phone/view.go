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
	key := m.CorpID + "/" + strconv.Itoa(m.AgentID)
	if m.AgentID == 0 { // a robot, known by its group
		key = m.CorpID + "/" + m.ChatID + "/" + m.AppName
	}
	return avatar{letter(appName(l, m), false), colour(key)}
}

func chatAvatar(l lang, m Message) avatar {
	return avatar{letter(chatName(l, m), false), colour(m.CorpID + "/" + m.ChatID)}
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
	if m.AgentID == 0 {
		return l.say("robot")
	}
	return l.say("app", m.AgentID)
}

// chatName is the group's name, "" for what is not of a group.
func chatName(l lang, m Message) string {
	switch {
	case m.ChatID == "":
		return ""
	case strings.TrimSpace(m.ChatName) != "":
		return m.ChatName
	}
	return l.say("group")
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
			r.Last, r.Preview = last.MsgID, preview(viewer{c, x}, last)
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

// chip leads to one conversation: an app's, a group's, or all together.
type chip struct {
	App, Chat, Name, Href string
	Avatar                avatar // none for all together
	Chosen                bool
}

// chips lists the member's conversations, in the order they began.
func chips(c choice, messages []Message) []chip {
	all := c.conversation("", "")
	list := []chip{{Name: c.Lang.say("all_chats"), Href: all.link(), Chosen: c.App == "" && c.Chat == ""}}
	seen := map[string]bool{}
	for _, m := range messages {
		one := chip{App: strconv.Itoa(m.AgentID), Name: appName(c.Lang, m), Avatar: appAvatar(c.Lang, m)}
		if m.ChatID != "" {
			one = chip{Chat: m.ChatID, Name: chatName(c.Lang, m), Avatar: chatAvatar(c.Lang, m)}
		}
		if key := one.App + "/" + one.Chat; !seen[key] {
			seen[key] = true
			one.Href = c.conversation(one.App, one.Chat).link()
			one.Chosen = one.App == c.App && one.Chat == c.Chat
			list = append(list, one)
		}
	}
	return list
}

// item is one message in the chat.
type item struct {
	Message
	Lang      lang
	App       string
	Chat      string // its group, where the conversation does not say so already
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

// viewer is a reader before the page: what they chose, and where it comes from.
type viewer struct {
	choice
	*inbox
}

// item prepares m for drawing below prev, which is nil for the first.
func (v viewer) item(prev *Message, m Message) item {
	const mostUsers = 40
	l := v.Lang
	it := item{
		Message: m, Lang: l, App: appName(l, m), Avatar: appAvatar(l, m),
		Stamp: stamp(m.At), Clock: m.At.Format("15:04:05.000"),
		Body: readBody(v, m), JSON: pretty(l, m.Body),
	}
	switch {
	case prev == nil || prev.At.Format(time.DateOnly) != m.At.Format(time.DateOnly):
		it.Separator = l.day(m.At, v.now()) + " " + m.At.Format("15:04")
	case m.At.Sub(prev.At).Abs() >= pause: // the simulator's clock can be set back
		it.Separator = m.At.Format("15:04")
	}
	if m.ChatID != v.Chat {
		it.Chat = chatName(l, m)
	}
	it.Leads = it.Separator != "" || prev.AgentID != m.AgentID || prev.AppName != m.AppName ||
		prev.ChatID != m.ChatID || prev.Recalled
	if extra := len(m.Users) - mostUsers; extra > 0 {
		it.Users, it.More = m.Users[:mostUsers], extra
	}
	return it
}

// items prepares the last n messages.
func (v viewer) items(messages []Message, n int) []item {
	var list []item
	for i := max(0, len(messages)-n); i < len(messages); i++ {
		list = append(list, v.item(before(messages, i), messages[i]))
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
