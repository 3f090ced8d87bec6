package delivery

import (
	"context"
	"time"
)

// Intake is the way in.
type Intake struct {
	// Files are what messages may name by an id of the gateway. nil means that there are none. It is set
	// before the first message.
	Files Files

	outbox     Outbox
	senders    Senders
	limits     Limits
	dispatcher *Dispatcher
	now        func() time.Time
}

// NewIntake returns the way in to an outbox; what may go at once is handed to the dispatcher. now is
// time.Now, except in tests.
func NewIntake(o Outbox, s Senders, l Limits, d *Dispatcher, now func() time.Time) *Intake {
	return &Intake{outbox: o, senders: s, limits: l, dispatcher: d, now: now}
}

// Accept checks a request, splits it into deliveries, and stores them: when it returns, the message
// survives the end of the process and of the machine. If the producer used the key before for the
// same request, it returns the message of then, and replayed.
//
// The errors are *[RequestError] and *wecom.ValidationError, which name the field, ErrUnknownSender,
// ErrKeyReused, and those that wrap ErrStorage. With all of them but the last nothing was stored;
// with the last, as far as can be known.
func (in *Intake) Accept(ctx context.Context, r Request) (m *Message, replayed bool, err error) {
	all, err := in.AcceptAll(ctx, []Request{r})
	if err != nil {
		return nil, false, err
	}
	return all[0].Message, all[0].Replayed, all[0].Err
}

// prepare makes the message and its deliveries.
func (in *Intake) prepare(ctx context.Context, r *Request) (*Message, error) {
	if !in.senders.Knows(r.Sender) {
		return nil, ErrUnknownSender
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := in.checkAliases(&r.Content); err != nil {
		return nil, err
	}
	content, lookup := r.Content, (*Lookup)(nil)
	if r.Delay == 0 { // else who has a number may be another one by then
		content, lookup = in.resolve(ctx, r.Sender, content)
	}
	contents, after, err := split(content, r.NoSplit)
	if err != nil {
		return nil, err
	}
	now := in.now().Truncate(time.Millisecond)
	due := now.Add(r.Delay)
	if r.TTL == 0 {
		r.TTL = DefaultTTL
	}
	m := &Message{
		Sender: r.Sender, Priority: r.Priority, Accepted: now, Expires: due.Add(r.TTL),
		Producer: r.Producer, Labels: r.Labels, OrderKey: r.OrderKey, CallbackURL: r.CallbackURL,
		Deliveries: make([]Delivery, len(contents)),
	}
	if r.Key != "" {
		m.Key, m.Digest = r.Key, r.Digest
	}
	check, interval := checkOf(r)
	for i, c := range contents {
		if c.App != nil && (c.App.DuplicateCheck || c.App.DuplicateCheckInterval != 0) {
			plain := *c.App // the check goes along when it is sent
			plain.DuplicateCheck, plain.DuplicateCheckInterval = false, 0
			c = Content{App: &plain}
		}
		d := &m.Deliveries[i]
		*d = Delivery{
			ID: ID{Part: i}, Sender: r.Sender, Priority: r.Priority, Content: c,
			Status: Queued, Due: due, Waiting: after[i], Accepted: now, Expires: m.Expires,
			Check: check, CheckFor: interval, IfUnknown: r.IfUnknown,
		}
		if lookup != nil {
			d.Lookup = lookup.For(c.To().Users, sameReceivers(c, contents[0]))
		}
		switch {
		case r.Delay > 0:
			d.Status, d.Reason = Scheduled, Reason{Code: ReasonDelay}
		case d.Waiting:
			d.Reason = Reason{Code: ReasonOrder}
		}
	}
	return m, nil
}

// The interval of the duplicate check: it covers the retries, as far as WeCom allows. The longer it
// is, the more legitimate twins have to go without.
const (
	shortestCheck = 10 * time.Minute
	longestCheck  = 4 * time.Hour
	usualCheck    = 30 * time.Minute // WeCom's own, where the caller names none
)

// checkOf chooses the duplicate check, unless the program did.
func checkOf(r *Request) (DuplicateCheck, time.Duration) {
	m := r.Content.App
	switch {
	case m == nil, r.OwnCheck && !m.DuplicateCheck:
		return CheckNone, 0
	case r.OwnCheck && m.DuplicateCheckInterval == 0:
		return CheckOwn, usualCheck
	case r.OwnCheck:
		return CheckOwn, m.DuplicateCheckInterval
	}
	return CheckOn, min(max(r.TTL.Truncate(time.Second), shortestCheck), longestCheck)
}

// promise is what plan promised for a delivery, to be taken back if it does not go.
type promise struct {
	worker bool // of the dispatcher, which knows it by turn
	turn   int
	at     time.Time // that the quotas of the receivers gave; zero if they were not asked
	what   Content   // that they were asked for
}

// turnOf is who waits for a worker.
type turnOf struct {
	sender   Sender
	priority Priority
}

// plan marks the deliveries that may go at once, and books the quotas of their receivers; those who
// are over it get deliveries of their own, with the time that was booked. What does not go at once
// for want of a worker asks for its quota when it is claimed, as do those that wait anyway. waits has
// whose deliveries of the same commit wait for a worker: later ones do not pass them.
func (in *Intake) plan(m *Message, waits map[turnOf]bool) []promise {
	promises := make([]promise, len(m.Deliveries))
	for i := range promises {
		d := &m.Deliveries[i]
		whose := turnOf{d.Sender, d.Priority}
		if d.Status == Scheduled || d.Waiting || waits[whose] {
			continue
		}
		turn, ok := in.dispatcher.take(d.Sender, d.Priority)
		if !ok {
			waits[whose] = true
			continue
		}
		if d.Content.Unresolved() { // it is looked up first
			promises[i] = promise{worker: true, turn: turn}
			d.Status, d.Attempts, d.Started = Sending, 1, m.Accepted
			continue
		}
		decision := in.limits.Book(m.Accepted, d.Sender, d.Content, time.Time{}).whole()
		in.dispatcher.observePaced(d.Sender, decision)
		if len(m.Deliveries)+len(decision.Later) > MaxParts {
			decision = decision.Together() // rather late for some than not at all
		}
		if decision.Later != nil {
			whole := *d
			d.Content, d.Lookup = d.Content.WithUsers(decision.Keep), d.Lookup.For(decision.Keep, true)
			for _, later := range decision.Later {
				part := whole
				part.ID.Part = len(m.Deliveries)
				part.Content, part.Lookup = whole.Content.ForUsers(later.Users), whole.Lookup.For(later.Users, false)
				part.Due, part.Reason = later.Due, later.Reason
				m.Deliveries = append(m.Deliveries, part)
				promises = append(promises, promise{at: later.Due, what: part.Content})
			}
			d = &m.Deliveries[i]
		}
		if !decision.Due.IsZero() {
			in.dispatcher.giveBack(d.Sender)
			d.Due, d.Reason = decision.Due, decision.Reason
			promises[i] = promise{at: decision.Due, what: d.Content}
			continue
		}
		promises[i] = promise{worker: true, turn: turn, at: m.Accepted, what: d.Content}
		d.Status, d.Attempts, d.Started = Sending, 1, m.Accepted
	}
	return promises
}

// takeBack ends the promises for deliveries that do not go: all of them if the message was not
// stored, else those that wait for an earlier message after all.
func (in *Intake) takeBack(m *Message, promises []promise, stored bool) {
	for i, p := range promises {
		if stored && (!p.worker || m.Deliveries[i].Status == Sending) {
			continue
		}
		if !p.at.IsZero() {
			in.limits.Return(p.at, m.Sender, p.what)
		}
		if p.worker {
			in.dispatcher.giveBack(m.Sender)
		}
	}
}
