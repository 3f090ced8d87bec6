package webhook

import "time"

// lane is what is known of a receiver for whom something waits or is under way.
type lane struct {
	due   time.Time // when the next job is due; zero if none waits, as far as is known
	noted time.Time // the earliest due that was told of while the store was asked
	busy  int       // attempts under way
	well  bool      // it took the last one

	failures int       // in a row
	failed   time.Time // when the last one ended
	rest     time.Time // until when it is left alone
}

func (l *lane) note(due time.Time) {
	l.due, l.noted = earlier(l.due, due), earlier(l.noted, due)
}

// room is how many more attempts it may have now.
func (l *lane) room() int {
	if l.well {
		return max(perReceiver-l.busy, 0)
	}
	return max(1-l.busy, 0)
}

// earlier is the earlier one of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// note takes down when something is due.
func (t *Teller) note(queues []Queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range queues {
		l := t.lane(q.Receiver)
		l.note(q.Due)
		if q.Again {
			l.rest = time.Time{}
		}
	}
}

// lane returns that of a receiver. t.mu is held.
func (t *Teller) lane(r Receiver) *lane {
	l := t.lanes[r]
	if l == nil {
		l = &lane{}
		t.lanes[r] = l
	}
	return l
}

// wants says what to claim now, and when something is due else. Receivers take turns by chance: that
// is how a map is walked.
func (t *Teller) wants(now time.Time) (wants []Want, next time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := maxBusy - t.busy
	for r, l := range t.lanes {
		if l.due.IsZero() {
			if l.busy == 0 {
				delete(t.lanes, r)
			}
			continue
		}
		n := min(l.room(), left)
		if n == 0 {
			continue // an attempt that ends says so
		}
		if l.rest.Sub(now) > 2*longestRetryAfter {
			l.rest = now // the clock was set back
		}
		if due := latest(l.due, l.rest); due.After(now) {
			next = earlier(next, due)
			continue
		}
		l.noted = time.Time{}
		left -= n
		wants = append(wants, Want{r, n})
	}
	return wants, next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// begin counts what was claimed, and remembers when more is due.
func (t *Teller) begin(wants []Want, claimed []Claimed) (jobs []Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, w := range wants {
		l := t.lane(w.Receiver)
		l.due = earlier(claimed[i].Next, l.noted)
		l.busy += len(claimed[i].Jobs)
		t.busy += len(claimed[i].Jobs)
		jobs = append(jobs, claimed[i].Jobs...)
	}
	return jobs
}

// restore is for when the store did not answer: what was due still is.
func (t *Teller) restore(wants []Want, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range wants {
		t.lane(w.Receiver).note(now)
	}
}

// release ends an attempt, and takes note of what it says about the receiver; nil says nothing. Of
// attempts that were under way at the same time, the first to fail counts.
func (t *Teller) release(j *Job, r *result, began, now time.Time) {
	t.mu.Lock()
	l := t.lane(j.Receiver)
	before := l.failures
	l.busy--
	t.busy--
	switch {
	case r == nil, r.final:
	case r.told():
		l.well, l.failures, l.rest = true, 0, time.Time{}
	default:
		l.well = false
		if !began.Before(l.failed) {
			l.failures++
			l.failed = now
		}
		l.rest = latest(l.rest, now.Add(max(restAfter(l.failures, t.Jitter()), r.retryAfter)))
	}
	after := l.failures
	t.mu.Unlock()
	poke(t.freed)
	switch {
	case before < failuresInARow && after >= failuresInARow:
		t.Log.Warn("a receiver of webhooks fails and rests", "key", j.Receiver.Producer, "origin", j.Receiver.Origin, "failure", r.failure)
	case before >= failuresInARow && after == 0:
		t.Log.Info("a receiver of webhooks works again", "key", j.Receiver.Producer, "origin", j.Receiver.Origin)
	}
}
