package limit

import (
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// reason says why a part waits, and until when.
func (s *sender) reason(p partTime, now int64) delivery.Reason {
	next := s.limits.clockTime(p.at, now)
	if p.day {
		detail := fmt.Sprintf("the app has used up its %d person-times of the day; next at %s", perAccount*s.accountCap(), next)
		return delivery.Reason{Code: delivery.ReasonDayPaced, Detail: detail}
	}
	code := delivery.ReasonMemberPaced
	switch s.call.kind {
	case delivery.KindRobot:
		code = delivery.ReasonRobotPaced
	case delivery.KindChat:
		code = delivery.ReasonChatPaced
	}
	return delivery.Reason{Code: code, Detail: s.why(p) + "; next at " + next}
}

func (s *sender) why(p partTime) string {
	who := s.nameOf(p.last)
	behind := p.last.line.behind
	switch {
	case behind == behindMember:
		return "a member or department has no room for what goes to everybody"
	case behind == behindOthers && p.others > 0:
		return fmt.Sprintf("earlier messages for %s and %d more go first", who, p.others)
	case behind == behindOthers:
		return "earlier messages for " + who + " go first"
	}
	w := s.call.windows[behind]
	switch {
	case p.others > 0:
		return fmt.Sprintf("%s and %d more have had their %d %s", who, p.others, w.most, w.name)
	case s.call.kind == delivery.KindRobot:
		return fmt.Sprintf("the robot has sent %d %s", w.most, w.name)
	}
	return fmt.Sprintf("%s has had %d %s", who, w.most, w.name)
}

func (s *sender) nameOf(r *receiver) string {
	switch {
	case r.user != "":
		return r.user
	case s.call.kind == delivery.KindRobot:
		return "the robot"
	case s.call.kind == delivery.KindChat:
		return "the group chat"
	case r.line == &s.all:
		return "everybody"
	case r.tag:
		return fmt.Sprintf("tag %d", r.id)
	}
	return fmt.Sprintf("department %d", r.id)
}

// clockTime is the time for people, in the zone of the process, with its date if that is not today's.
func (l *Limits) clockTime(at, now int64) string {
	t, today := l.steady.show(at).In(l.config.Zone), l.steady.show(now).In(l.config.Zone)
	if t.Format(time.DateOnly) == today.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
