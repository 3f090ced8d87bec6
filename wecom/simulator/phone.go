package simulator

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hongyan-im/hongyan/wecom/simulator/internal/phone"
)

// phones is what the inbox page needs to know of the simulator.
type phones struct{ sim *WeCom }

var (
	_ phone.Source  = phones{}
	_ phone.Library = phones{}
)

// Members lists everybody whose phone can be looked at, in the world's order.
func (p phones) Members() []phone.Member {
	var list []phone.Member
	for _, corp := range p.sim.directory.Load().world.Corps {
		for _, u := range corp.Users {
			list = append(list, phone.Member{CorpID: corp.CorpID, CorpName: corp.Name, UserID: u.UserID, Name: u.Name})
		}
	}
	return list
}

// Messages returns what the member's phone shows, oldest first.
func (p phones) Messages(corpID, userID string) []phone.Message {
	if userID == "" {
		return nil
	}
	key := strings.ToLower(userID)
	records := p.sim.store.newest(key, 0, Filter{CorpID: corpID}.selects)
	list := make([]phone.Message, len(records))
	for i, r := range records {
		list[i] = r.onPhone(key)
	}
	return list
}

// Media describes what a message names.
func (p phones) Media(corpID, mediaID string) (phone.Media, bool) {
	m := p.sim.findMedia(corpID, mediaID)
	if m == nil {
		return phone.Media{}, false
	}
	return phone.Media{Name: m.name, ContentType: m.contentType, Size: int64(len(m.data))}, true
}

// Subscribe gives every new message, and those that changed once more, until cancel, which closes the
// channel. Who does not keep up misses some; a sender never waits.
func (p phones) Subscribe() (messages <-chan phone.Message, cancel func()) {
	return p.sim.phones.add()
}

// onPhone is the message on the phone of one member, or as it was sent if userKey is empty.
func (r *record) onPhone(userKey string) phone.Message {
	shown := r.copyOf(userKey)
	return phone.Message{
		MsgID: r.msgID, CorpID: r.corpID, At: r.at,
		AgentID: r.agentID, AppName: r.appName, MsgType: r.msgType,
		ChatID: r.chatID, ChatName: r.chatName,
		Body: encode(shown.body), Users: userIDs(r.receivers),
		Recalled: r.recalled.Load(), Clicked: shown.clicked, Chosen: shown.chosen,
	}
}

// subscribers are the pages that are open.
type subscribers struct {
	mu    sync.Mutex
	open  map[chan phone.Message]bool
	count atomic.Int32 // of open: a sender looks here first, and usually sees 0
}

const subscriberBacklog = 64

func (s *subscribers) add() (<-chan phone.Message, func()) {
	ch := make(chan phone.Message, subscriberBacklog)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[chan phone.Message]bool{}
	}
	s.open[ch] = true
	s.count.Add(1)
	return ch, func() { s.remove(ch) }
}

func (s *subscribers) remove(ch chan phone.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[ch] {
		delete(s.open, ch)
		s.count.Add(-1)
		close(ch)
	}
}

// show tells of a message that is new, or recalled.
func (s *subscribers) show(r *record) {
	if s.count.Load() > 0 && len(r.receivers) > 0 {
		s.tell(r.onPhone(""))
	}
}

// showCopies tells of a card that changed on the phones of these members. Their copies may differ: it
// is the first one's that is told.
func (s *subscribers) showCopies(r *record, members []*member) {
	if s.count.Load() == 0 || len(members) == 0 {
		return
	}
	m := r.onPhone(members[0].key)
	m.Users = userIDs(members)
	s.tell(m)
}

func (s *subscribers) tell(m phone.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.open {
		select {
		case ch <- m:
		default:
		}
	}
}
