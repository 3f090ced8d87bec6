package limit

import (
	"math"
	"slices"
	"sort"
)

// window allows most within any span. Times and spans are in milliseconds.
type window struct {
	most int
	hold int64  // how far apart two must be, most places from one another, for one to go now
	plan int64  // how far apart they are booked: more than hold, so that a booked one that comes a little late spoils nothing for those behind it
	name string // as in "30 this minute"
}

// windows are the shortest first.
type windows []window

func (w windows) longest() window { return w[len(w)-1] }

// line is what one receiver got of a sender, and what is booked for it.
type line struct {
	sent []int64 // ascending; as many as the longest window looks back on, and some older ones
	wait *waiting
	size int // how many person-times of the day it is

	// Of the call under way.
	call   uint64 // its number
	came   coming
	at     int64 // when it may go
	behind int   // the window that says so, or one of those below
	part   int   // which part of the delivery it is in
}

// coming is how a delivery came to a line.
type coming uint8

const (
	first    coming = iota
	due             // its booked time has come
	dueAgain        // likewise, and it had been put off before
)

// Values of line.behind that are no window.
const (
	behindOthers = -1 // bookings that were there before
	behindMember = -2 // only for @all: a member has had too much
)

// waiting are the bookings of a line.
//
// plan has those that were made when a delivery came for the first time. again has those of
// deliveries whose time came, and that could not go then, because the plan had come late: the
// gateway had stopped or been held. They go before those of the plan, each of which moves behind them
// when its own time comes. So the whole line keeps its order, and moves back by what was lost, with
// one more postponement for each.
type waiting struct {
	plan, again lane
}

func (w *waiting) lanes() [2]*lane { return [2]*lane{&w.again, &w.plan} }

// tidy lets go of what is empty.
func (l *line) tidy() {
	if l.wait != nil && len(l.wait.again.runs)+len(l.wait.plan.runs) == 0 {
		l.wait = nil
	}
}

// replan makes a plan of all bookings: the line is late for another time, and starts again with the
// one that came now.
func (l *line) replan() {
	if l.wait == nil || len(l.wait.again.runs) == 0 {
		return
	}
	a, b := l.wait.again.runs, l.wait.plan.runs
	merged := make([]run, 0, len(a)+len(b))
	for len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].at <= b[0].at {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
		if n := len(merged); n > 1 && merged[n-2].at == merged[n-1].at {
			merged[n-2].n += merged[n-1].n
			merged = merged[:n-1]
		}
	}
	l.wait.plan.runs, l.wait.again.runs = merged, nil
}

// lane is bookings in the order of their times. A crowd that waits shares its times by the dozen, so
// that ten thousand who wait take the room of some hundred.
type lane struct {
	runs []run
}

type run struct {
	at int64
	n  int
}

const (
	never = math.MinInt64 / 2
	hour  = 3_600_000
)

func (l *lane) last() int64 {
	if l == nil || len(l.runs) == 0 {
		return never
	}
	return l.runs[len(l.runs)-1].at
}

func (l *lane) find(at int64) (int, bool) {
	i := sort.Search(len(l.runs), func(i int) bool { return l.runs[i].at >= at })
	return i, i < len(l.runs) && l.runs[i].at == at
}

func (l *lane) add(at int64, n int) {
	if l.last() < at {
		l.runs = append(l.runs, run{at, n})
		return
	}
	i, found := l.find(at)
	if found {
		l.runs[i].n += n
		return
	}
	l.runs = slices.Insert(l.runs, i, run{at, n})
}

// remove reports whether there was one.
func (l *lane) remove(at int64) bool {
	i, found := l.find(at)
	if !found {
		return false
	}
	if l.runs[i].n--; l.runs[i].n == 0 {
		if i == 0 {
			l.runs = l.runs[1:]
		} else {
			l.runs = slices.Delete(l.runs, i, i+1)
		}
	}
	return true
}

// takeSent removes one that was sent at that time.
func (l *line) takeSent(at int64) bool {
	for i := len(l.sent) - 1; i >= 0 && l.sent[i] >= at; i-- {
		if l.sent[i] == at {
			l.sent = slices.Delete(l.sent, i, i+1)
			return true
		}
	}
	return false
}

// addSent lets go of what no window looks at any more before it grows.
func (l *line) addSent(at int64, longest window) {
	if len(l.sent) == cap(l.sent) && len(l.sent) > 0 {
		old := max(0, len(l.sent)-longest.most)
		for old < len(l.sent) && l.sent[old] <= at-longest.plan {
			old++
		}
		l.sent = append(l.sent[:0], l.sent[old:]...)
	}
	i := len(l.sent)
	for i > 0 && l.sent[i-1] > at {
		i--
	}
	l.sent = slices.Insert(l.sent, i, at)
}

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
