package limit

import (
	"strings"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// group is a department or a tag.
type group struct {
	tag bool
	id  int
}

// call is what one call is about.
type call struct {
	number  uint64
	kind    delivery.Kind
	windows windows
	// receivers has each line once. users are the lines of the message's members, as often as it
	// names them; names are theirs.
	receivers []receiver
	users     []*line
	names     []string
}

// receiver is a line and whose it is.
type receiver struct {
	line *line
	user string // as the message spells it; empty if it is none
	group
}

// choose makes c what the call is about.
func (s *sender) choose(c delivery.Content) {
	s.call = call{
		number: s.call.number + 1, kind: c.Kind(), windows: s.limits.app,
		receivers: s.call.receivers[:0], users: s.call.users[:0],
	}
	switch s.call.kind {
	case delivery.KindRobot:
		s.call.windows = s.limits.robot
		s.add(&s.robot, receiver{}, 0)
	case delivery.KindChat:
		s.call.windows = s.limits.chat
		s.add(s.named(s.chats, c.Chat.ChatID), receiver{}, 0)
	case delivery.KindApp:
		s.chooseTo(c.App.To)
	}
}

func (s *sender) chooseTo(to wecom.To) {
	config := &s.limits.config
	if to.All {
		s.add(&s.all, receiver{}, max(1, config.AccountCap(s.name)))
		return
	}
	s.call.names = to.Users
	for _, user := range to.Users {
		l := s.named(s.members, strings.ToLower(user))
		s.call.users = append(s.call.users, l)
		s.add(l, receiver{user: user}, 1)
	}
	for _, id := range to.Parties {
		g := group{id: id}
		s.add(lineOf(s, s.groups, g), receiver{group: g}, max(1, config.PartySize(s.name, id)))
	}
	for _, id := range to.Tags {
		g := group{id: id, tag: true}
		s.add(lineOf(s, s.groups, g), receiver{group: g}, max(1, config.TagSize(s.name, id)))
	}
}

// named is lineOf with a name that may be a part of a long list, which the line does not keep alive.
func (s *sender) named(lines map[string]*line, name string) *line {
	if l := lines[name]; l != nil {
		return l
	}
	return lineOf(s, lines, strings.Clone(name))
}

func lineOf[K comparable](s *sender, lines map[K]*line, key K) *line {
	l := lines[key]
	if l == nil {
		l = new(line)
		lines[key] = l
		s.lines++
	}
	return l
}

func (s *sender) add(l *line, r receiver, size int) {
	if l.call == s.call.number {
		return
	}
	l.call, l.came, l.part = s.call.number, first, 0
	s.forgetLost(l)
	if l.wait == nil { // what is booked leaves with the size it came with
		l.size = size
	}
	r.line = l
	s.call.receivers = append(s.call.receivers, r)
}
