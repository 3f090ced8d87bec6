package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"sync/atomic"
	"time"
)

// Message is one message that WeCom accepted.
type Message struct {
	MsgID   string    `json:"msgid"`
	At      time.Time `json:"at"` // by the simulator's clock
	CorpID  string    `json:"corpid"`
	AgentID int       `json:"agentid"`
	MsgType string    `json:"msgtype"`
	Users   []string  `json:"users"`   // members who got it, however they were addressed
	Parties []int     `json:"parties"` // as addressed
	Tags    []int     `json:"tags"`    // as addressed
	// Dropped are the members who did not get it because their minute or hour was full.
	Dropped []string `json:"dropped,omitempty"`
	// ChatID and Chat, its name, are of the group it was sent to, if it was; Robot is the name of the
	// robot that did it, and then there is neither ChatID nor AgentID.
	ChatID string `json:"chatid,omitempty"`
	Chat   string `json:"chat,omitempty"`
	Robot  string `json:"robot,omitempty"`
	// Body is the member of the request that is named like the msgtype, after cutting. In the inbox of
	// one member a card is as it was last updated for them.
	Body     json.RawMessage `json:"body"`
	Request  json.RawMessage `json:"request"` // as sent
	Recalled bool            `json:"recalled"`
}

// Text is what a member reads first: the content of a text, the title of a card or of the first
// article, the subtitle of a card without title.
func (m Message) Text() string {
	type titled struct{ Title string }
	var body struct {
		Content, Title string
		MainTitle      titled `json:"main_title"`
		SubTitleText   string `json:"sub_title_text"`
		Articles       []titled
	}
	json.Unmarshal(m.Body, &body)
	if len(body.Articles) == 0 {
		body.Articles = []titled{{}}
	}
	return cmp.Or(body.Content, body.Title, body.MainTitle.Title, body.Articles[0].Title, body.SubTitleText)
}

// Filter selects messages. Its zero value selects all.
type Filter struct {
	User    string    // got it; case does not matter
	MsgType string    // is exactly this
	CorpID  string    // sent it
	AgentID int       // sent it
	Since   time.Time // or later, by the simulator's clock
	Limit   int       // only the newest so many
}

// Messages returns the remembered messages that f selects, oldest first.
func (s *WeCom) Messages(f Filter) []Message {
	key := strings.ToLower(f.User)
	records := s.store.newest(key, f.Limit, f.selects)
	list := make([]Message, len(records))
	for i, r := range records {
		list[i] = r.message(key)
	}
	return list
}

// DeleteMessages forgets all messages. Quotas and the duplicate check remember them all the same.
func (s *WeCom) DeleteMessages() { s.store.clear() }

// Inbox is what one member got, oldest first.
type Inbox []Message

// Inbox returns what the member got, from every app.
func (s *WeCom) Inbox(userID string) Inbox {
	if userID == "" {
		return nil // and not everybody's
	}
	return s.Messages(Filter{User: userID})
}

// Last is the newest message, or the zero Message if there is none.
func (i Inbox) Last() Message {
	if len(i) == 0 {
		return Message{}
	}
	return i[len(i)-1]
}

// record is a message as the store has it: what it points to is shared and never changed, but for card
// and recalled. It does not point to the app, which would keep a whole replaced world alive.
type record struct {
	msgID     string
	at        time.Time
	corpID    string
	agentID   int
	appName   string
	msgType   string
	receivers []*member
	dropped   []*member
	parties   []string
	tags      []string
	body      any
	request   []byte // valid JSON, as sent

	chatID, chatName string // of the group, or empty; a robot's has an id made here
	robot            bool   // sent by one; appName is its name
	card             *cardState
	recalled         atomic.Bool
}

func (f Filter) selects(r *record) bool {
	return (f.MsgType == "" || f.MsgType == r.msgType) &&
		(f.CorpID == "" || f.CorpID == r.corpID) &&
		(f.AgentID == 0 || f.AgentID == r.agentID) &&
		(f.Since.IsZero() || !r.at.Before(f.Since))
}

// message is made when somebody asks, not while the sender waits. userKey is whose copy it is, or
// empty.
func (r *record) message(userKey string) Message {
	m := Message{
		MsgID:   r.msgID,
		At:      r.at,
		CorpID:  r.corpID,
		AgentID: r.agentID,
		MsgType: r.msgType,
		Users:   userIDs(r.receivers),
		Parties: numbers(r.parties),
		Tags:    numbers(r.tags),
		Body:    encode(r.copyOf(userKey).body),
		Request: bytes.ToValidUTF8(r.request, []byte("\uFFFD")),

		ChatID: r.chatID, Chat: r.chatName, Recalled: r.recalled.Load(),
	}
	if r.robot {
		m.Robot, m.ChatID = r.appName, "" // which only groups of apps have
	}
	if len(r.dropped) > 0 {
		m.Dropped = userIDs(r.dropped)
	}
	return m
}

func userIDs(members []*member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.id
	}
	return ids
}

// keep puts r into the inboxes and shows it on the phones that are being watched.
func (s *WeCom) keep(r *record) {
	s.store.keep(r)
	s.phones.show(r)
}
