package delivery

import (
	"time"

	"golang.org/x/time/rate"
)

// Lane says how much one sender may have under way. Senders share nothing: what one has waiting, or
// how slow its answers are, takes no worker from another.
type Lane struct {
	Workers int     // requests under way at once; 0 means DefaultWorkers
	Rate    float64 // messages per second; 0 means as many as WeCom takes
	Weight  int     // share of the claims while all have much waiting; 0 means 1
}

// DefaultWorkers is how many requests of one sender are under way at once.
const DefaultWorkers = 64

// unsettledPerWorker is how many answers may wait to be recorded, for each worker. They need a
// goroutine each, and no connection.
const unsettledPerWorker = 8

// quantum is how many deliveries of a lane of weight 1 are claimed in one go, at most.
const quantum = 256

// shares are those of the priorities among a sender's claims while all of them have something due.
var shares = [len(Priorities)]int{16, 4, 1}

// lane is the state of one sender. The dispatcher's mutex guards it.
type lane struct {
	sender  Sender
	known   bool // the configuration has it
	workers int
	weight  int
	rate    *rate.Limiter // nil if there is none

	busy      int // requests under way, or promised to an intake
	unsettled int // answers that are not recorded yet

	queues [len(Priorities)]queue
	rest   Rest
	turn   int // of rest: counts its changes
}

// queue is what is known of the deliveries of one priority that wait for their time.
type queue struct {
	due    time.Time // of the first; zero if none waits
	noted  time.Time // the earliest that was added since the claim that is under way began
	credit int       // see pick
}

// note remembers that something is due then.
func (q *queue) note(due time.Time) {
	q.due, q.noted = earlier(q.due, due), earlier(q.noted, due)
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (l *lane) set(settings Lane, known bool) {
	l.known = known
	l.workers = settings.Workers
	if l.workers <= 0 {
		l.workers = DefaultWorkers
	}
	l.weight = max(settings.Weight, 1)
	switch {
	case settings.Rate <= 0:
		l.rate = nil
	case l.rate == nil || l.rate.Limit() != rate.Limit(settings.Rate):
		l.rate = rate.NewLimiter(rate.Limit(settings.Rate), max(1, int(settings.Rate/10)))
	}
}

// free is how many more requests may begin at now. When there are none for want of time, again says
// when to look; for want of workers it is zero, since one that becomes free says so.
func (l *lane) free(now time.Time) (n int, again time.Time) {
	if !l.known {
		return 0, time.Time{}
	}
	// Answers are recorded many at a time, while others are sent; but when they cannot be recorded,
	// there are not to be ever more.
	n = min(l.workers-l.busy, unsettledPerWorker*l.workers-l.busy-l.unsettled)
	if l.resting() {
		if now.Before(l.rest.Until) {
			return 0, l.rest.Until
		}
		n = min(n, 1-l.busy) // one, to see whether it works again
	}
	if l.rate != nil && n > 0 {
		tokens := l.rate.TokensAt(time.Now()) // not now, which may be set back
		if tokens < 1 {
			return 0, now.Add(time.Duration((1-tokens)/float64(l.rate.Limit())*float64(time.Second)) + time.Millisecond)
		}
		n = min(n, int(tokens))
	}
	return max(n, 0), time.Time{}
}

// resting reports whether the sender is at rest, be it that a probe is due.
func (l *lane) resting() bool { return !l.rest.Until.IsZero() }

// retry has a sender at rest try at once.
func (l *lane) retry(now time.Time) {
	if l.resting() {
		l.rest.Until = earlier(l.rest.Until, now)
	}
}

// wants says what to claim at now, and when to look again.
func (l *lane) wants(now time.Time) (wants []Want, again time.Time) {
	var next time.Time
	var due [len(Priorities)]bool
	some := false
	for i := range l.queues {
		switch at := l.queues[i].due; {
		case at.IsZero():
		case at.After(now):
			next = earlier(next, at)
		default:
			due[i], some = true, true
		}
	}
	if !some {
		return nil, next
	}
	n, again := l.free(now)
	if n == 0 {
		return nil, earlier(next, again)
	}
	var counts [len(Priorities)]int
	for range min(n, quantum*l.weight) {
		counts[l.pick(due)]++
	}
	for i, count := range counts {
		if count > 0 {
			wants = append(wants, Want{l.sender, Priorities[i], count})
		}
	}
	return wants, next
}

// pick chooses one of the priorities that have something due, in proportion to their shares.
func (l *lane) pick(due [len(Priorities)]bool) (best int) {
	total := 0
	best = -1
	for i, share := range shares {
		if !due[i] {
			continue
		}
		total += share
		l.queues[i].credit += share
		if best < 0 || l.queues[i].credit > l.queues[best].credit {
			best = i
		}
	}
	l.queues[best].credit -= total
	return best
}

// mayPass reports whether a new delivery may go at once: nothing of its priority or a higher one is
// due before it, and there is room.
func (l *lane) mayPass(p Priority, now time.Time) bool {
	for i, other := range Priorities {
		if at := l.queues[i].due; other <= p && !at.IsZero() && !at.After(now) {
			return false
		}
	}
	n, _ := l.free(now)
	return n > 0 && !l.resting() // a probe is for what waits longest
}

// begin counts requests that begin.
func (l *lane) begin(n int) {
	l.busy += n
	if l.rate != nil {
		l.rate.ReserveN(time.Now(), n)
	}
}

// queueOf is the index of a priority.
func queueOf(p Priority) int { return int(p - High) }
