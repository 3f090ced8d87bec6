package simulator

import (
	"sync"
	"time"
)

// ledger is what WeCom remembers of one app's sends: enough to suppress duplicates, to keep the
// limits per member and the person-times of the day. One lock covers all three, because a send
// counts in all of them or in none.
type ledger struct {
	mu         sync.Mutex
	duplicates duplicates
	windows    map[string]window // by key of the member
	takes      int               // since the last tidy
	left       int               // windows that the last tidy left
	today      dayCount
	inChats    map[string]window  // as windows, of messages to group chats
	tasks      map[string]*record // by task_id; nil while the card is on its way
	taskOrder  []string           // oldest first

	ticket ticket // of ticket/get; it has a lock of its own
}

func newLedger() *ledger {
	return &ledger{windows: map[string]window{}, inChats: map[string]window{}}
}

// posting asks the ledger for one send.
type posting struct {
	msgID     string
	receivers []*member
	dayCap    int
	check     bool // for duplicates
	hash      contentHash
	interval  time.Duration
	taskID    string // that must be new, or empty
}

// verdict is the ledger's answer: one of duplicateOf, taskTaken, overCap, or who receives and who is
// dropped.
type verdict struct {
	at          time.Time
	duplicateOf string // the msgid of the first send
	taskTaken   bool
	overCap     bool
	receivers   []*member
	dropped     []*member
}

// post decides on p and books it. The clock is read under the lock, so that bookings are in the
// order of time. Dropped members do not count for the day, and neither does a send that the day has
// no room for: WeCom's page does not say what becomes of a call that crosses the line, here it is
// refused whole.
func (l *ledger) post(p posting, clock *clock) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := verdict{at: clock.now()}
	if p.check {
		if first, ok := l.duplicates.seen(p.hash, p.interval, v.at); ok {
			v.duplicateOf = first
			return v
		}
	}
	if _, v.taskTaken = l.tasks[p.taskID]; v.taskTaken {
		return v
	}
	now := v.at.UnixNano()
	l.tidy(now)
	v.receivers, v.dropped = l.split(p.receivers, now)
	today := l.today.at(v.at)
	if today.used+len(v.receivers) > p.dayCap {
		v.overCap = true
		return v
	}
	today.used += len(v.receivers)
	for _, m := range v.receivers {
		l.windows[m.key] = l.windows[m.key].with(now)
	}
	l.takes += len(v.receivers)
	if p.check {
		l.duplicates.remember(p.hash, p.msgID, v.at)
	}
	if p.taskID != "" {
		l.setTask(p.taskID, nil)
	}
	return v
}

// postToChat books a message to a group chat, and separates the members who get it from those who had
// their 200 of this minute (path/90248).
func (l *ledger) postToChat(members []*member, now int64) (receivers, dropped []*member) {
	const perMinute = 200
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy(now)
	l.takes += len(members)
	for _, m := range members {
		if w := l.inChats[m.key].until(now); w.below(perMinute, time.Minute, now) {
			l.inChats[m.key] = w.with(now)
			receivers = append(receivers, m)
		} else {
			dropped = append(dropped, m)
		}
	}
	return receivers, dropped
}

// setTask remembers the card of a task, and forgets the oldest when there are too many.
func (l *ledger) setTask(id string, r *record) {
	if l.tasks == nil {
		l.tasks = map[string]*record{}
	}
	if _, known := l.tasks[id]; !known {
		l.taskOrder = append(l.taskOrder, id)
		if len(l.taskOrder) > maxCards {
			delete(l.tasks, l.taskOrder[0])
			l.taskOrder = l.taskOrder[1:]
		}
	}
	l.tasks[id] = r
}

// remember makes the card known by its task_id.
func (l *ledger) remember(taskID string, r *record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setTask(taskID, r)
}

// task is the card of a task_id, or nil.
func (l *ledger) task(id string) *record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tasks[id]
}

// daysCount is how many person-times were delivered today, or yesterday.
func (l *ledger) daysCount(now time.Time, yesterday bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	today := l.today.at(now)
	if yesterday {
		return today.before
	}
	return today.used
}

// split separates the members with room in their windows from those without. While nobody is
// dropped it returns the list it was given.
func (l *ledger) split(members []*member, now int64) (room, dropped []*member) {
	for i, m := range members {
		if l.windows[m.key].hasRoom(now) {
			if dropped != nil {
				room = append(room, m)
			}
			continue
		}
		if dropped == nil {
			room = append(make([]*member, 0, len(members)-1), members[:i]...)
		}
		dropped = append(dropped, m)
	}
	if dropped == nil {
		return members, nil
	}
	return room, dropped
}

// tidy forgets members without a message in the last hour, whenever the windows may have doubled.
func (l *ledger) tidy(now int64) {
	if l.takes < l.left+1024 {
		return
	}
	for _, windows := range []map[string]window{l.windows, l.inChats} {
		for key, w := range windows {
			if w.idle(now) {
				delete(windows, key)
			}
		}
	}
	l.takes, l.left = 0, len(l.windows)+len(l.inChats)
}
