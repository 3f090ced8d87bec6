package limit

import (
	"sync"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// sender is what is known of one app or robot.
type sender struct {
	mu     sync.Mutex
	limits *Limits
	name   delivery.Sender

	clock int64 // the latest now
	swept int64 // when idle lines were last let go
	lines int   // how many were made since
	left  int   // how many there were then

	members map[string]*line // by user id in small letters
	groups  map[group]*line
	chats   map[string]*line
	all     line // of @all
	robot   line
	days    days

	call call // the one under way; it is here to be used again
}

func newSender(l *Limits, name delivery.Sender) *sender {
	return &sender{limits: l, name: name, members: map[string]*line{}, groups: map[group]*line{}, chats: map[string]*line{}}
}

// forgetLost drops bookings whose time passed long ago: their deliveries were cancelled, or come late
// and are looked at as they come.
func (s *sender) forgetLost(l *line) {
	const late = 60_000
	if l.wait == nil {
		return
	}
	lost := false
	for _, lane := range l.wait.lanes() {
		for len(lane.runs) > 0 && lane.runs[0].at < s.clock-late {
			s.days.add(lane.runs[0].at, -lane.runs[0].n*l.size)
			lane.runs = lane.runs[1:]
			lost = true
		}
	}
	if lost {
		l.replan() // whatever comes of them now comes late
		l.tidy()
	}
}

// send books that something was sent, or is now.
func (s *sender) send(l *line, at int64) {
	l.addSent(at, s.call.windows.longest())
	s.days.add(at, l.size)
}

// wait books a time in the line, behind those who came as it did.
func (s *sender) wait(l *line, at int64) {
	if l.wait == nil {
		l.wait = new(waiting)
	}
	if l.came == first {
		l.wait.plan.add(at)
	} else {
		l.wait.again.add(at)
	}
	s.days.add(at, l.size)
}

// recall ends the bookings for that time of all whom the call is about, and notes whose turn it is.
func (s *sender) recall(at int64) {
	for _, r := range s.call.receivers {
		r.line.came = due
		switch {
		case r.line.wait == nil:
			continue
		case r.line.wait.again.remove(at):
			r.line.came = dueAgain
		case !r.line.wait.plan.remove(at):
			continue
		}
		s.days.add(at, -r.line.size)
		r.line.tidy()
	}
}

// takeBack undoes a booking for that time, or a sending at it.
func (s *sender) takeBack(l *line, at int64) {
	if l.wait != nil && (l.wait.again.remove(at) || l.wait.plan.remove(at)) || l.takeSent(at) {
		s.days.add(at, -l.size)
		l.tidy()
	}
}

// tick notes the time, and now and then lets go of lines with nothing in them that matters.
func (s *sender) tick(now int64) {
	const skew = 1000 // callers read the clock before they come in
	if now < s.clock-skew {
		s.rewind(now)
	}
	s.clock = max(s.clock, now)
	s.days.forget(now)
	s.forgetLost(&s.all) // it counts against the others also when it is not chosen
	if s.lines > s.left+1024 || now > s.swept+hour {
		s.swept, s.lines = now, 0
		sweep(s, s.members, s.limits.app)
		sweep(s, s.groups, s.limits.app)
		sweep(s, s.chats, s.limits.chat)
		s.left = len(s.members) + len(s.groups) + len(s.chats)
	}
}

func sweep[K comparable](s *sender, lines map[K]*line, w windows) {
	for key, l := range lines {
		s.forgetLost(l)
		if l.wait == nil && (len(l.sent) == 0 || l.sent[len(l.sent)-1] <= s.clock-w.longest().plan) {
			delete(lines, key)
		}
	}
}

// rewind forgets what cannot be, because the clock was set back: what was sent later than now was sent
// by now, and what is booked was booked by a wrong clock. Its deliveries come when their time comes.
func (s *sender) rewind(now int64) {
	s.swept, s.clock = now, now
	rewind := func(l *line) {
		if l.wait != nil {
			for _, lane := range l.wait.lanes() {
				for _, r := range lane.runs {
					s.days.add(r.at, -r.n*l.size)
				}
			}
			l.wait = nil
		}
		for i := len(l.sent) - 1; i >= 0 && l.sent[i] > now; i-- {
			l.sent[i] = now
		}
	}
	rewind(&s.all)
	rewind(&s.robot)
	for _, l := range s.members {
		rewind(l)
	}
	for _, l := range s.groups {
		rewind(l)
	}
	for _, l := range s.chats {
		rewind(l)
	}
	s.days.rewind(now)
}
