package delivery

import "time"

// Listener is told what becomes of messages, once it is stored. Its methods return at once: those who
// call them have messages to send.
type Listener interface {
	// Accepted tells of a new message, before anything else is told of it.
	Accepted(m *Message)
	// Changed tells of a delivery that waits again or came to its end.
	Changed(e Event)
}

// Observer is told of what the dispatcher does, for metrics. Its methods return at once.
type Observer interface {
	// Attempted tells of a call that has ended, and what it means for its delivery.
	Attempted(s Sender, o Outcome, took time.Duration)
	// Paced tells that a quota gave deliveries a later time, for this reason.
	Paced(s Sender, code string, deliveries int)
	// Rested tells that a sender's rest began or was prolonged; or, with the zero Rest, that it is over.
	Rested(s Sender, r Rest)
}

// nobody is the Observer where there is none.
type nobody struct{}

func (nobody) Attempted(Sender, Outcome, time.Duration) {}
func (nobody) Paced(Sender, string, int)                {}
func (nobody) Rested(Sender, Rest)                      {}

// State is what a sender is at.
type State struct {
	Workers  int // calls that may be under way at once
	InFlight int // calls that are under way
	Resting  bool
	Rest     Rest
}

// State returns what a sender is at.
func (x *Dispatcher) State(s Sender) State {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lanes[s]
	if l == nil {
		l = &lane{sender: s}
		l.set(x.Lane(s), x.Senders.Knows(s))
	}
	state := State{Workers: l.workers, InFlight: l.busy}
	if l.resting() {
		state.Resting, state.Rest = true, l.rest
	}
	return state
}

// Retry gives a sender at rest another try at once.
func (x *Dispatcher) Retry(s Sender) {
	x.mu.Lock()
	if l := x.lanes[s]; l != nil {
		l.retry(x.Now())
	}
	x.mu.Unlock()
	poke(x.wake)
}

// observePaced counts what quotas made wait.
func (x *Dispatcher) observePaced(s Sender, d Decision) {
	if !d.Due.IsZero() {
		x.Observer.Paced(s, d.Reason.Code, 1)
	}
	for _, later := range d.Later {
		x.Observer.Paced(s, later.Reason.Code, 1)
	}
}

// Backlog is what waits for one sender.
type Backlog struct {
	Sender    Sender
	Scheduled int
	Queued    int
	Oldest    time.Time // when the oldest of those that are queued was accepted; zero if there is none
}
