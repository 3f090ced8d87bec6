// Package limit keeps WeCom's quotas in process, so that WeCom has no reason to drop or refuse what
// is sent: [Limits] implements delivery.Limits.
//
// What is kept, and for whom:
//
//   - An app towards each member: 30 in any minute and 1000 in any hour. WeCom answers 0 and drops
//     the surplus in silence, so nothing but counting helps. Departments and tags are receivers of
//     their own with the same figures, since who is in them is not known here. What goes to @all
//     counts for every one of them.
//   - An app, all its receivers together: person-times of a day in Beijing, where the account cap of
//     the corp is configured.
//   - A robot: 20 in any minute. A group chat: 200 in any minute and 10,000 in any 24 hours.
//
// # How it is counted
//
// Each receiver has a [line]: the times of what was sent, and the bookings of those who wait, in the
// order in which they came. The next one may go a window after the one that is as many places ahead
// of it as the window allows; so one look at the line gives the n-th who waits its time at once.
//
// A booking is an estimate; it is what was sent that decides. When a booked time comes, its delivery
// asks again, and goes if what was sent leaves room, whatever was booked: after a pause a thousand
// may come together, and thirty go. So nothing that happens to bookings can break a quota: they may
// be forgotten, or name a time that never comes. They are forgotten a minute after their time, and
// all of them when the clock is set back; a delivery whose booking is not there is looked at as it
// comes.
//
// A booking holds its place until its time, and those behind it wait for that. So what is cancelled,
// or would go only after its time has run out, should be returned ([Limits.Return]).
//
// # Room
//
// A receiver takes 8 bytes for each message of the last hour, up to about twice what an hour allows,
// and 16 for each second for which something is booked; those who get nothing for an hour are
// forgotten.
package limit

import (
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Config says what is kept. Its zero value has WeCom's own figures and no cap of the day.
type Config struct {
	// Margin is added to every window, because WeCom counts by its own clock, and when a request
	// arrives. A booking keeps all of it; half of it may be lost between the booked time and the
	// moment at which its delivery is sent. Defaults to 1 s, and is at
	// least 10 ms.
	Margin time.Duration

	MemberMinute int // per app and member, department or tag; defaults to 30
	MemberHour   int // likewise; defaults to 1000
	RobotMinute  int // per robot; defaults to 20
	ChatMinute   int // per group chat; defaults to 200
	ChatDay      int // per group chat, in any 24 hours; defaults to 10,000

	// AccountCap is the account cap (账号上限) of the sender's corp: the app may send 200 times as many
	// person-times a day, and @all counts as many. 0 is not known: no such cap is kept. It is called
	// often, and must return at once. nil is better than one that knows none: at start, what was sent
	// earlier today is counted only where there may be a cap.
	AccountCap func(delivery.Sender) int
	// PartySize and TagSize are how many members the app reaches in a department or tag, for the cap
	// of the day. 0 is not known, and counts as 1. They must return at once.
	PartySize, TagSize func(s delivery.Sender, id int) int

	// Groups is how many deliveries one is divided into at most, the one that stays included, when
	// its members may go at different times. Defaults to 8.
	Groups int

	// Elapsed is a clock that is never set, such as time.Since of a fixed time: with it, a wall clock
	// that jumps neither empties a window nor fills one. nil takes the times that Book is given as
	// they are.
	Elapsed func() time.Duration

	Zone *time.Location   // of the times in reasons; defaults to the process's own
	Now  func() time.Time // only to tell past from future in Seen; defaults to time.Now
}

func (c *Config) setDefaults() {
	set(&c.Margin, time.Second)
	c.Margin = max(c.Margin, 10*time.Millisecond)
	set(&c.MemberMinute, 30)
	set(&c.MemberHour, 1000)
	set(&c.RobotMinute, 20)
	set(&c.ChatMinute, 200)
	set(&c.ChatDay, 10_000)
	set(&c.Groups, 8)
	if c.Zone == nil {
		c.Zone = time.Local
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.AccountCap == nil {
		c.AccountCap = func(delivery.Sender) int { return 0 }
	}
	none := func(delivery.Sender, int) int { return 0 }
	if c.PartySize == nil {
		c.PartySize = none
	}
	if c.TagSize == nil {
		c.TagSize = none
	}
}

func set[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Limits counts what each receiver gets. It is safe for concurrent use; senders do not wait for one
// another. It has no goroutine and no timer.
type Limits struct {
	config  Config
	capped  bool // there are caps of the day
	steady  steady
	app     windows
	robot   windows
	chat    windows
	senders sync.Map // delivery.Sender → *sender
}

var _ delivery.Limits = (*Limits)(nil)

// New returns limits that have seen nothing.
func New(config Config) *Limits {
	capped := config.AccountCap != nil
	config.setDefaults()
	l := &Limits{config: config, capped: capped, steady: steady{elapsed: config.Elapsed}}
	l.app = windows{
		l.window(config.MemberMinute, time.Minute, "this minute"),
		l.window(config.MemberHour, time.Hour, "this hour"),
	}
	l.robot = windows{l.window(config.RobotMinute, time.Minute, "this minute")}
	l.chat = windows{
		l.window(config.ChatMinute, time.Minute, "this minute"),
		l.window(config.ChatDay, 24*time.Hour, "this day"),
	}
	return l
}

// Since implements [delivery.Limits].
func (l *Limits) Since(kind delivery.Kind, now time.Time) time.Time {
	longest := l.app
	switch kind {
	case delivery.KindChat:
		longest = l.chat
	case delivery.KindRobot:
		longest = l.robot
	}
	at := now.UnixMilli()
	since := at
	for _, w := range longest {
		since = min(since, at-w.plan)
	}
	if l.capped && kind == delivery.KindApp {
		since = min(since, startOf(dayOf(at)))
	}
	return time.UnixMilli(since)
}

func (l *Limits) window(most int, span time.Duration, name string) window {
	return window{
		most: most,
		// Times are cut to the millisecond, so that two may seem further apart than they were.
		hold: (span + l.config.Margin/2).Milliseconds() + 1,
		plan: (span + l.config.Margin).Milliseconds(),
		name: name,
	}
}

func (l *Limits) sender(name delivery.Sender) *sender {
	if s, ok := l.senders.Load(name); ok {
		return s.(*sender)
	}
	s, _ := l.senders.LoadOrStore(name, newSender(l, name))
	return s.(*sender)
}

// Book implements delivery.Limits. A booked time is a whole second.
func (l *Limits) Book(now time.Time, from delivery.Sender, c delivery.Content, booked time.Time) delivery.Decision {
	s := l.sender(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := l.steady.time(now)
	s.tick(at)
	s.choose(c)
	if !booked.IsZero() {
		s.recall(l.steady.past(booked))
	}
	return s.book(at)
}

// Return implements delivery.Limits. What is not booked at that time is not taken back.
func (l *Limits) Return(at time.Time, from delivery.Sender, c delivery.Content) {
	s := l.sender(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose(c)
	for _, r := range s.call.receivers {
		s.takeBack(r.line, l.steady.past(at))
	}
}

// Ended implements delivery.Limits. What was sent counts from the end of its call on, so that it leaves
// a window no sooner than it leaves WeCom's.
func (l *Limits) Ended(began, ended time.Time, from delivery.Sender, c delivery.Content) {
	s := l.sender(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := l.steady.time(ended)
	s.choose(c)
	for _, r := range s.call.receivers {
		if r.line.takeSent(l.steady.past(began)) {
			s.days.add(l.steady.past(began), -r.line.size)
		}
		s.send(r.line, at)
	}
}

// Seen implements delivery.Limits. A booking whose time came while the gateway was not running
// counts as sent at that time, as nobody can say which it was. What was sent at a time that is still to
// come, since the clock was set back meanwhile, counts as sent now: it may have been just before.
func (l *Limits) Seen(at time.Time, from delivery.Sender, c delivery.Content, booked bool) {
	s := l.sender(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose(c)
	now := l.config.Now()
	past := !at.After(now)
	if !past && !booked {
		at, past = now, true
	}
	for _, r := range s.call.receivers {
		if past {
			s.send(r.line, l.steady.past(at))
		} else {
			s.wait(r.line, l.steady.past(at))
		}
	}
}
