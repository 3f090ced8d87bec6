package limit

import "math"

// never is before every time.
const never = math.MinInt64 / 2

// queue is all that counts against one more for a receiver: what it got, what everybody got, and the
// bookings that go before it.
type queue struct {
	sent   [2][]int64
	own    [2]*lane // those go before it
	shared [2]*lane // those of @all: they may go before it or after it, and need their room
}

// back returns the n-th from the end of everything in the queue whose time is before until; a
// booking whose time has passed counts as of now.
func (q *queue) back(n int, now, until int64) int64 {
	var cursors [4]struct {
		runs []run
	}
	used := 0
	for _, l := range q.own {
		if l != nil && len(l.runs) > 0 {
			cursors[used].runs = l.runs
			used++
		}
	}
	for _, l := range q.shared {
		if l == nil {
			continue
		}
		if i, _ := l.find(until); i > 0 {
			cursors[used].runs = l.runs[:i]
			used++
		}
	}
	for used > 0 {
		latest := -1
		for i := range used {
			if runs := cursors[i].runs; len(runs) > 0 &&
				(latest < 0 || runs[len(runs)-1].at > cursors[latest].runs[len(cursors[latest].runs)-1].at) {
				latest = i
			}
		}
		if latest < 0 {
			break
		}
		runs := cursors[latest].runs
		end := runs[len(runs)-1]
		if n -= end.n; n <= 0 {
			return max(now, end.at)
		}
		cursors[latest].runs = runs[:len(runs)-1]
	}
	return backOfTwo(q.sent[0], q.sent[1], n)
}

// backOfTwo returns the n-th from the end of both.
func backOfTwo(a, b []int64, n int) int64 {
	if len(a)+len(b) < n {
		return never
	}
	for n > 1 && len(a) > 0 && len(b) > 0 {
		if a[len(a)-1] > b[len(b)-1] {
			a = a[:len(a)-1]
		} else {
			b = b[:len(b)-1]
		}
		n--
	}
	switch {
	case len(b) == 0:
		return a[len(a)-n]
	case len(a) == 0:
		return b[len(b)-n]
	}
	return max(a[len(a)-1], b[len(b)-1])
}

// open reports whether one more may go at now.
func (q *queue) open(w windows, now int64) bool {
	if max(q.own[0].last(), q.own[1].last()) > now {
		return false
	}
	for i := range w {
		if q.back(w[i].most, now, now+w[i].hold)+w[i].hold > now {
			return false
		}
	}
	return true
}

// next returns when one more may be booked, after now, and which window has it wait, or
// behindOthers.
func (q *queue) next(w windows, now, from int64) (at int64, behind int) {
	at, behind = max(from, q.own[0].last(), q.own[1].last()), behindOthers
	latest := now
	for moved := true; moved; {
		moved = false
		for i := range w {
			// Moving on may bring more of what is booked for everybody into the window.
			t := q.back(w[i].most, now, at+w[i].plan) + w[i].plan
			if t > latest {
				latest, behind = t, i
			}
			if t > at {
				at, moved = t, true
			}
		}
	}
	return wholeSecond(at), behind
}

// wholeSecond rounds up. It is what lets bookings share their times; and people read it easily.
func wholeSecond(ms int64) int64 { return (ms + 999) / 1000 * 1000 }
