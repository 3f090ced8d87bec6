package delivery

import (
	"context"
	"math"
	"strings"
	"time"
)

const (
	// maxSleep is how long a loop sleeps at most while something waits for its time, so that a clock
	// that is set forward is noticed.
	maxSleep = time.Minute
	// afterTrouble is how long a loop waits when the storage does not work.
	afterTrouble = time.Second
	// batch is how many rows the loops ask for at most in one go.
	batch = 1024
)

// claimLoop claims what is due whenever there is room for it. It sleeps until the next delivery is
// due, and for ever while none is waiting.
func (x *Dispatcher) claimLoop(ctx context.Context) {
	clock := newWatch(x.Now)
	for ctx.Err() == nil {
		if clock.setBack() {
			x.rewind(ctx)
		}
		now := x.Now()
		wants, next := x.wants(now)
		if len(wants) == 0 {
			x.sleep(ctx, x.wake, untilNext(now, next))
			continue
		}
		// What is claimed must be known, whatever happens to ctx meanwhile.
		claimed, err := x.Outbox.Claim(context.WithoutCancel(ctx), now, wants, func(due []*Delivery) []Decision {
			return x.decide(now, due)
		})
		if err != nil {
			x.Log.Error("claiming deliveries", "error", err)
		}
		x.begin(now, wants, claimed)
		if storageTrouble(err) {
			x.sleep(ctx, nil, afterTrouble)
		}
	}
}

// wants says what to claim now. The lanes take turns in being first.
func (x *Dispatcher) wants(now time.Time) (wants []Want, next time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	total, turn := 0, 1
	for i, l := range x.order {
		if total >= batch {
			turn = i
			break
		}
		more, again := l.wants(now)
		next = earlier(next, again)
		for _, w := range more {
			total += w.N
			l.queues[queueOf(w.Priority)].noted = time.Time{}
		}
		wants = append(wants, more...)
	}
	if len(wants) > 0 {
		x.order = append(x.order[turn:len(x.order):len(x.order)], x.order[:turn]...)
	}
	return wants, next
}

// decide asks the limits about deliveries that are due.
func (x *Dispatcher) decide(now time.Time, due []*Delivery) []Decision {
	decisions := make([]Decision, len(due))
	for i, d := range due {
		if d.Content.Unresolved() {
			continue // it is looked up first
		}
		var booked time.Time
		if d.Reason.paced() {
			booked = d.Due
		}
		decisions[i] = x.Limits.Book(now, d.Sender, d.Content, booked).whole()
		x.observePaced(d.Sender, decisions[i])
	}
	return decisions
}

// paced reports whether a quota gave a delivery its time.
func (r Reason) paced() bool { return strings.HasSuffix(r.Code, "_paced") }

// begin sends what was claimed, and remembers when each queue is due next.
func (x *Dispatcher) begin(now time.Time, wants []Want, claimed []Claimed) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, w := range wants {
		l := x.lane(w.Sender)
		q := &l.queues[queueOf(w.Priority)]
		if i >= len(claimed) {
			continue // the storage did not answer: what was due still is
		}
		c := claimed[i]
		q.due = c.Next
		if c.More {
			q.due = now
		}
		q.due = earlier(q.due, q.noted)
		l.begin(len(c.Deliveries))
		x.calls.Add(len(c.Deliveries))
		for _, d := range c.Deliveries {
			x.workers.send(d, l.turn)
		}
	}
}

// expireLoop ends what waits and whose time has run out.
func (x *Dispatcher) expireLoop(ctx context.Context) {
	for ctx.Err() == nil {
		now := x.Now()
		x.mu.Lock()
		x.nextExpiry = now.Add(MaxDelay + MaxTTL) // news that comes while we look counts
		x.mu.Unlock()
		ended, woken, next, err := x.Outbox.Expire(ctx, now, batch)
		x.woken(woken)
		x.report(ended)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			x.Log.Error("ending what has run out", "error", err)
			x.sleep(ctx, nil, afterTrouble)
			continue
		case len(ended) == batch:
			continue
		}
		x.mu.Lock()
		if next.IsZero() || x.nextExpiry.Before(next) {
			next = x.nextExpiry
		}
		x.nextExpiry = next
		x.mu.Unlock()
		x.sleep(ctx, x.expiring, untilNext(now, next))
	}
}

// expires tells the loop of something that runs out then.
func (x *Dispatcher) expires(at time.Time) {
	x.mu.Lock()
	news := at.Before(x.nextExpiry)
	if news {
		x.nextExpiry = at
	}
	x.mu.Unlock()
	if news {
		poke(x.expiring)
	}
}

// sleep returns after a while, when there is news, or when ctx ends.
func (x *Dispatcher) sleep(ctx context.Context, news chan struct{}, while time.Duration) {
	var alarm <-chan time.Time
	if while != forEver {
		timer := time.NewTimer(while)
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-news:
	case <-alarm:
	case <-ctx.Done():
	}
}

const forEver time.Duration = math.MaxInt64

// untilNext is how long to sleep when something is due next; zero is nothing.
func untilNext(now, next time.Time) time.Duration {
	if next.IsZero() {
		return forEver
	}
	return min(max(next.Sub(now), 0), maxSleep)
}

// rewind brings forward what would wait for a time that the clock has been set back from.
func (x *Dispatcher) rewind(ctx context.Context) {
	now := x.Now()
	n, err := x.Outbox.Rewind(ctx, now, now.Add(2*LongestPause))
	x.Log.Warn("the clock was set back", "deliveries_brought_forward", n, "error", err)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range x.order {
		for i := range l.queues {
			if !l.queues[i].due.IsZero() {
				l.queues[i].note(now)
			}
		}
		if l.rest.Until.After(now.Add(2 * longestRest)) {
			l.rest.Until = now
		}
	}
}

// watch notices a clock that is set back. It compares it with one that is never set.
type watch struct {
	now          func() time.Time
	wall, steady time.Time
}

func newWatch(now func() time.Time) *watch {
	return &watch{now: now, wall: now().Round(0), steady: time.Now()}
}

// setBack reports whether the clock was set back by more than a few seconds since it was last asked.
func (w *watch) setBack() bool {
	const slack = 5 * time.Second
	wall, steady := w.now().Round(0), time.Now()
	lost := steady.Sub(w.steady) - wall.Sub(w.wall)
	w.wall, w.steady = wall, steady
	return lost > slack
}
