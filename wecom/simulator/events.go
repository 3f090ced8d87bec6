package simulator

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// CallbackEvent is an event of which WeCom told an app: what was sent to its callback URL, or kept by
// the recorder when it has none.
type CallbackEvent struct {
	At      time.Time `json:"at"` // by the simulator's clock
	CorpID  string    `json:"corpid"`
	AgentID int       `json:"agentid"` // of the app
	Event   string    `json:"event"`   // such as template_card_event
	User    string    `json:"user"`    // FromUserName

	// Of a card: the message, what was pressed and chosen, and the code for one update.
	MsgID        string              `json:"msgid,omitempty"`
	EventKey     string              `json:"event_key,omitempty"`
	TaskID       string              `json:"task_id,omitempty"`
	CardType     string              `json:"card_type,omitempty"`
	ResponseCode string              `json:"response_code,omitempty"`
	Chosen       map[string][]string `json:"chosen,omitempty"` // option ids by question_key

	XML string `json:"xml"` // as it was before encryption

	// URL is empty when the recorder took the event; it takes every one.
	URL       string            `json:"url,omitempty"`
	Delivered bool              `json:"delivered"`
	Attempts  []CallbackAttempt `json:"attempts,omitempty"`
	// Reply is the passive reply, decrypted, and ReplyError why it was discarded.
	Reply      string `json:"reply,omitempty"`
	ReplyError string `json:"reply_error,omitempty"`
}

// CallbackAttempt is one POST to a callback URL. WeCom makes three, each of 5 seconds at most.
type CallbackAttempt struct {
	Status int    `json:"status,omitempty"` // of HTTP; 0 when there was no answer
	Error  string `json:"error,omitempty"`
}

// events are the newest events, whether or not anybody asks for them.
type events struct {
	mu   sync.Mutex
	list []*CallbackEvent // oldest first
}

const maxEvents = 1000

// add records e. What becomes of it later is told by amend.
func (es *events) add(e *CallbackEvent) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if es.list = append(es.list, e); len(es.list) > maxEvents {
		es.list[0] = nil
		es.list = es.list[1:]
	}
}

// amend changes an event while nobody reads it, and returns a copy of it.
func (es *events) amend(e *CallbackEvent, change func(*CallbackEvent)) CallbackEvent {
	es.mu.Lock()
	defer es.mu.Unlock()
	change(e)
	return e.clone()
}

// clone shares only what never changes.
func (e *CallbackEvent) clone() CallbackEvent {
	c := *e
	c.Attempts = slices.Clone(e.Attempts)
	return c
}

func (es *events) clear() (n int) {
	es.mu.Lock()
	defer es.mu.Unlock()
	n = len(es.list)
	es.list = nil
	return n
}

// Callbacks returns the last 1000 events that apps were told of, oldest first.
func (s *WeCom) Callbacks() []CallbackEvent {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	list := make([]CallbackEvent, len(s.events.list))
	for i, e := range s.events.list {
		list[i] = e.clone()
	}
	return list
}

// Clicks returns what the member pressed on cards, oldest first: the events of Callbacks that are
// theirs.
func (s *WeCom) Clicks(userID string) []CallbackEvent {
	return slices.DeleteFunc(s.Callbacks(), func(e CallbackEvent) bool {
		return e.MsgID == "" || !strings.EqualFold(e.User, userID)
	})
}

// DeleteCallbacks forgets all events.
func (s *WeCom) DeleteCallbacks() { s.events.clear() }
