package limit

import (
	"cmp"
	"slices"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// book decides on what was chosen, and books it.
func (s *sender) book(now int64) delivery.Decision {
	waits := false
	for _, r := range s.call.receivers {
		s.look(r.line, now)
		waits = waits || r.line.at > now
	}
	parts := 1
	if waits {
		parts = s.divide(now)
	}
	times := make([]partTime, 0, 8)
	for i := range parts {
		times = append(times, s.settle(i, now))
	}
	return s.decide(now, times)
}

// look finds when one more may go to a receiver.
func (s *sender) look(l *line, now int64) {
	q := s.queue(l)
	if q.open(s.call.windows, now) {
		l.at = now
	} else {
		l.at, l.behind = q.next(s.call.windows, now, now)
	}
	if l == &s.all {
		s.lookAtEverybody(q, now)
	}
}

// queue is what counts against one more for a receiver, by how it came.
func (s *sender) queue(l *line) queue {
	q := queue{sent: [2][]int64{l.sent, nil}}
	if l.wait != nil {
		if l.came != dueAgain {
			q.own[0] = &l.wait.again
		}
		if l.came == first {
			q.own[1] = &l.wait.plan
		}
	}
	if s.call.kind == delivery.KindApp && l != &s.all {
		q.sent[1] = s.all.sent
		if s.all.wait != nil {
			q.shared = s.all.wait.lanes()
		}
	}
	return q
}

// lookAtEverybody has @all wait until each receiver of the app has room for it. It does not wait for
// their bookings: one who has thousands waiting would hold it up for days. Theirs make room for it
// when their time comes.
func (s *sender) lookAtEverybody(all queue, now int64) {
	look := func(l *line) {
		if len(l.sent) == 0 || l.sent[len(l.sent)-1] <= now-s.call.windows.longest().plan {
			return
		}
		q := all
		q.sent[1] = l.sent
		if s.all.at <= now && q.open(s.call.windows, now) {
			return
		}
		if at, _ := q.next(s.call.windows, now, max(now, s.all.at)); at > s.all.at {
			s.all.at, s.all.behind = at, behindMember
		}
	}
	for _, l := range s.members {
		look(l)
	}
	for _, l := range s.groups {
		look(l)
	}
}

// divide puts the receivers into parts that go at different times, the first of them the one that
// stays. Departments, tags and @all cannot leave it. The first part is now if anybody in it may go
// now; members who may go before it go with it, as somebody may be in the department that it waits for.
func (s *sender) divide(now int64) (parts int) {
	var rest []receiver
	from, fixed := now, false
	for _, r := range s.call.receivers {
		if r.user == "" {
			from, fixed = max(from, r.line.at), true
		}
	}
	for _, r := range s.call.receivers {
		if r.line.part = 0; r.line.at > from {
			rest = append(rest, r)
		}
	}
	if fixed || len(rest) < len(s.call.receivers) {
		parts = 1
	}
	slices.SortStableFunc(rest, func(a, b receiver) int { return cmp.Compare(a.line.at, b.line.at) })
	return parts + cut(rest, parts, max(1, s.limits.config.Groups-parts))
}

// cut numbers the parts of receivers, in the order of their times, from first on: so that within one
// the last waits little longer than the first, and there are at most so many.
func cut(sorted []receiver, first, most int) (parts int) {
	for near := int64(5000); ; near *= 2 {
		parts = 0
		var start int64
		for _, r := range sorted {
			if parts == 0 || r.line.at > start+near {
				start = r.line.at
				parts++
			}
			r.line.part = first + parts - 1
		}
		if parts <= most {
			return parts
		}
	}
}

// partTime is when a part goes, and why it waits.
type partTime struct {
	at     int64
	day    bool      // the day has no room for it before
	last   *receiver // the one who waits longest
	others int       // who wait as well
}

// settle finds the time of a part, and books it.
func (s *sender) settle(part int, now int64) partTime {
	p := partTime{at: now}
	weight := 0
	for i := range s.call.receivers {
		r := &s.call.receivers[i]
		if r.line.part != part {
			continue
		}
		weight += r.line.size
		if r.line.at > now {
			if p.last != nil {
				p.others++
			}
			if r.line.at > p.at {
				p.at, p.last = r.line.at, r
			}
		}
	}
	if most := perAccount * s.accountCap(); most > 0 && weight > 0 {
		at := s.days.room(p.at, weight, most, s.limits.config.Margin.Milliseconds())
		p.at, p.day = at, at > p.at
	}
	for _, r := range s.call.receivers {
		switch {
		case r.line.part != part:
		case p.at <= now:
			s.send(r.line, now)
		default:
			s.wait(r.line, p.at)
		}
	}
	return p
}

func (s *sender) accountCap() int { return s.limits.config.AccountCap(s.name) }

// decide says it in the words of the port.
func (s *sender) decide(now int64, times []partTime) (d delivery.Decision) {
	if times[0].at > now {
		d.Due, d.Reason = s.limits.steady.show(times[0].at), s.reason(times[0], now)
	}
	if len(times) == 1 {
		return d
	}
	d.Later = make([]delivery.Later, len(times)-1)
	for i, t := range times[1:] {
		d.Later[i].Due, d.Later[i].Reason = s.limits.steady.show(t.at), s.reason(t, now)
	}
	for i, user := range s.call.names {
		if part := s.call.users[i].part; part == 0 {
			d.Keep = append(d.Keep, user)
		} else {
			d.Later[part-1].Users = append(d.Later[part-1].Users, user)
		}
	}
	return d
}
