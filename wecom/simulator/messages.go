package simulator

import (
	"bytes"
	"encoding/json"
	"strings"
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
	// Body is the member of the request that is named like the msgtype, after cutting.
	Body     json.RawMessage `json:"body"`
	Request  json.RawMessage `json:"request"` // as sent
	Recalled bool            `json:"recalled"`
}

// Text is what a member reads first: the content of a text, the title of a card.
func (m Message) Text() string {
	var body struct{ Content, Title string }
	if json.Unmarshal(m.Body, &body); body.Content != "" {
		return body.Content
	}
	return body.Title
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
	records := s.store.newest(strings.ToLower(f.User), f.Limit, f.selects)
	list := make([]Message, len(records))
	for i, r := range records {
		list[i] = r.message()
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

// record is a message as the store has it: what it points to is shared and never changed. It does not
// point to the app, which would keep a whole replaced world alive.
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
}

func (f Filter) selects(r *record) bool {
	return (f.MsgType == "" || f.MsgType == r.msgType) &&
		(f.CorpID == "" || f.CorpID == r.corpID) &&
		(f.AgentID == 0 || f.AgentID == r.agentID) &&
		(f.Since.IsZero() || !r.at.Before(f.Since))
}

// message is made when somebody asks, not while the sender waits.
func (r *record) message() Message {
	m := Message{
		MsgID:   r.msgID,
		At:      r.at,
		CorpID:  r.corpID,
		AgentID: r.agentID,
		MsgType: r.msgType,
		Users:   userIDs(r.receivers),
		Parties: numbers(r.parties),
		Tags:    numbers(r.tags),
		Body:    encode(r.body),
		Request: bytes.ToValidUTF8(r.request, []byte("\uFFFD")),
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
