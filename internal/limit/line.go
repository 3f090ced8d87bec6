package limit

import "slices"

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

// replan makes a plan of all bookings, after another stop: those that were put off before will come
// late again, and start the lane of those anew.
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
