package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// DispatcherConfig is what a [Dispatcher] works with. Outbox, Senders, Limits and Hub are required.
type DispatcherConfig struct {
	Outbox  Outbox
	Senders Senders
	Limits  Limits
	Hub     *Hub
	// Directory finds members by phone number and email address; nil means that nobody does, and
	// messages that name such are refused.
	Directory Directory
	Lane      func(Sender) Lane // nil means the zero Lane for all
	Observer  Observer          // nil means nobody
	Log       *slog.Logger      // nil means none
	Now       func() time.Time  // nil means time.Now
	Jitter    func() float64    // at least 0, below 1; nil means by chance
	// Patience is how long Stop lets requests end that are under way. 0 means 30 s.
	Patience time.Duration
}

// Dispatcher is the way out: it sends what is due, each sender within its own bounds. It keeps in
// memory what is under way and when the next delivery of each queue is due, and no more, however
// much is waiting.
type Dispatcher struct {
	DispatcherConfig

	mu      sync.Mutex
	lanes   map[Sender]*lane
	order   []*lane // who claims first moves on each time
	running bool

	wake       chan struct{} // something is due, or there is room
	expiring   chan struct{} // something runs out before what is known
	nextExpiry time.Time     // under mu

	loops    sync.WaitGroup // the loops
	calls    sync.WaitGroup // the deliveries under way
	workers  *workers
	stopping context.CancelFunc
	sending  context.Context // of requests: ends when Stop loses patience
	abandon  context.CancelFunc
}

// NewDispatcher returns a dispatcher that does nothing before Start.
func NewDispatcher(c DispatcherConfig) *Dispatcher {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	if c.Lane == nil {
		c.Lane = func(Sender) Lane { return Lane{} }
	}
	if c.Patience == 0 {
		c.Patience = 30 * time.Second
	}
	x := &Dispatcher{
		DispatcherConfig: c, lanes: map[Sender]*lane{},
		wake: make(chan struct{}, 1), expiring: make(chan struct{}, 1),
	}
	x.workers = newWorkers(x.send)
	return x
}

// Start takes up what the outbox has, and begins to send. Deliveries that were under way when the
// gateway ended are judged first.
func (x *Dispatcher) Start(ctx context.Context) error {
	now := x.Now()
	if err := x.recall(ctx, now); err != nil {
		return fmt.Errorf("delivery: taking up what is waiting: %w", err)
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	x.sending, x.abandon = context.WithCancel(context.WithoutCancel(ctx))
	x.mu.Lock()
	x.running, x.stopping = true, stop
	x.mu.Unlock()
	x.loops.Go(func() { x.claimLoop(loop) })
	x.loops.Go(func() { x.expireLoop(loop) })
	return nil
}

// recall fills the memory from the outbox.
func (x *Dispatcher) recall(ctx context.Context, now time.Time) error {
	if _, err := x.Outbox.Rewind(ctx, now, now.Add(2*LongestPause)); err != nil {
		return err
	}
	for _, kind := range []Kind{KindApp, KindChat, KindRobot} {
		if err := x.Outbox.Sends(ctx, kind, x.Limits.Since(kind, now), x.seen); err != nil {
			return err
		}
	}
	orphans, err := x.Outbox.Orphans(ctx)
	if err != nil {
		return err
	}
	for i := range orphans {
		d := &orphans[i]
		o := Judge(Attempt{Delivery: d, Err: ErrInterrupted, Ended: now, Jitter: x.Jitter()})
		s := settlement(d, o, now)
		if d.Content.Unresolved() { // it was looked up, and surely not sent
			s = Settlement{ID: d.ID, Attempt: d.Attempts, Status: Queued, Due: d.Due, At: now, NotTried: true, Answer: d.Answer}
		}
		if _, err := x.Outbox.Settle(ctx, s); err != nil {
			return err
		}
		x.tell(d, s)
	}
	queues, err := x.Outbox.Queues(ctx)
	if err != nil {
		return err
	}
	rests, err := x.Outbox.Rests(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, q := range queues {
		x.lane(q.Sender).queues[queueOf(q.Priority)].note(q.Due)
	}
	for sender, rest := range rests {
		l := x.lane(sender)
		l.rest = rest
		if l.resting() {
			x.alarm(sender, rest)
		}
		l.retry(now) // what kept it from working may have been corrected before this start
	}
	return nil
}

// seen tells the limits of what was sent or has its time: not of what waits for its members to be
// looked up.
func (x *Dispatcher) seen(at time.Time, s Sender, c Content, booked bool) {
	if !c.Unresolved() {
		x.Limits.Seen(at, s, c, booked)
	}
}

// Refresh takes up new settings of senders, and gives those at rest another try at once: what kept
// them from working may be what was changed.
func (x *Dispatcher) Refresh() {
	x.mu.Lock()
	now := x.Now()
	for _, l := range x.order {
		l.set(x.Lane(l.sender), x.Senders.Knows(l.sender))
		l.retry(now)
	}
	x.mu.Unlock()
	poke(x.wake)
}

// Stop claims nothing more, and waits for what is under way: as long as Patience says and ctx lasts.
// Requests that have not ended by then are given up; what became of them is judged like any answer
// that did not come. It returns when nothing is under way.
func (x *Dispatcher) Stop(ctx context.Context) {
	x.mu.Lock()
	stop, was := x.stopping, x.running
	x.running = false
	x.mu.Unlock()
	if !was {
		return
	}
	stop()
	x.loops.Wait()
	ended := make(chan struct{})
	go func() {
		x.calls.Wait()
		close(ended)
	}()
	patience := time.NewTimer(x.Patience)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
	case <-ctx.Done():
	}
	x.abandon()
	<-ended
	x.workers.dismiss()
}

// Rest returns the rest that a sender is at, if it is at one. One that the configuration does not
// have rests until it has it, and nobody knows when.
func (x *Dispatcher) Rest(s Sender) (Rest, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch l := x.lanes[s]; {
	case l == nil:
		return Rest{}, false
	case !l.known:
		return Rest{Reason: Reason{Code: ReasonUnknownSender, Detail: "the configuration has no " + s.String()}}, true
	default:
		return l.rest, l.resting()
	}
}

// Slowed returns, as a Rest, why a sender cannot send the next one just now: its configured rate, and
// until when, or that all requests that it may have are under way, which end nobody knows when. It is
// the zero Rest if neither is so, or if the sender is at rest.
func (x *Dispatcher) Slowed(s Sender) Rest {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lanes[s]
	if l == nil || !l.known || l.resting() {
		return Rest{}
	}
	_, again := l.free(x.Now())
	switch {
	case !again.IsZero():
		return Rest{Until: again, Reason: Reason{Code: ReasonRate, Detail: fmt.Sprintf("%v sends at most %g a second", s, float64(l.rate.Limit()))}}
	case l.busy >= l.workers:
		return Rest{Reason: Reason{Code: ReasonWorkers, Detail: fmt.Sprintf("%v has %d under way", s, l.busy)}}
	}
	return Rest{}
}

// lane returns the lane of a sender. x.mu is held.
func (x *Dispatcher) lane(s Sender) *lane {
	l := x.lanes[s]
	if l == nil {
		l = &lane{sender: s}
		l.set(x.Lane(s), x.Senders.Knows(s))
		x.lanes[s] = l
		x.order = append(x.order, l)
	}
	return l
}

// take promises a worker to a new delivery that may go at once. turn is for accepted.
func (x *Dispatcher) take(s Sender, p Priority) (turn int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := x.Now()
	l := x.lane(s)
	if !x.running || !l.mayPass(p, now) {
		return 0, false
	}
	l.begin(1)
	x.calls.Add(1)
	return l.turn, true
}

// giveBack ends what take promised.
func (x *Dispatcher) giveBack(s Sender) {
	x.mu.Lock()
	x.lane(s).busy--
	x.mu.Unlock()
	x.calls.Done()
	poke(x.wake)
}

// accepted sends what may go at once, as it was promised, and remembers when the rest of a message is due.
func (x *Dispatcher) accepted(m *Message, promises []promise) {
	x.Hub.Accepted(m)
	waits := false
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		if d.Status == Sending {
			x.workers.send(*d, promises[i].turn)
			continue
		}
		waits = true
		if !d.Waiting {
			x.queued(d.Sender, d.Priority, d.Due)
		}
	}
	if waits {
		x.expires(m.Expires)
	}
}

// Cancel ends the deliveries of a message that have not left; see Outbox.Cancel.
func (x *Dispatcher) Cancel(ctx context.Context, id MessageID) (cancelled, left int, err error) {
	ended, left, woken, err := x.Outbox.Cancel(ctx, id, x.Now())
	x.woken(woken)
	x.report(ended)
	return len(ended), left, err
}

// queued remembers that something waits for its time.
func (x *Dispatcher) queued(s Sender, p Priority, due time.Time) {
	x.mu.Lock()
	q := &x.lane(s).queues[queueOf(p)]
	news := q.due.IsZero() || due.Before(q.due)
	q.note(due)
	x.mu.Unlock()
	if news {
		poke(x.wake)
	}
}

// woken looks at all queues of senders: deliveries that waited for others became due.
func (x *Dispatcher) woken(senders []Sender) {
	if len(senders) == 0 {
		return
	}
	x.mu.Lock()
	now := x.Now()
	for _, s := range senders {
		l := x.lane(s)
		for i := range l.queues {
			l.queues[i].note(now)
		}
	}
	x.mu.Unlock()
	poke(x.wake)
}

// poke leaves word for a loop.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// storageTrouble reports whether err is one that passes by itself.
func storageTrouble(err error) bool { return err != nil && !errors.Is(err, ErrClosed) }
