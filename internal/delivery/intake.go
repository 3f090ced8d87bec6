package delivery

import (
	"context"
	"time"
)

// Intake is the way in.
type Intake struct {
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
	m, err = in.prepare(&r)
	if err != nil {
		return nil, false, err
	}
	if r.Key != "" {
		m.Key, m.Digest = r.Key, r.Digest
	}
	booked := in.plan(m)
	earlier, err := in.outbox.Add(ctx, m)
	if err != nil || earlier != 0 {
		in.undo(m, booked)
		if err != nil {
			return nil, false, err
		}
		m, err = in.outbox.Message(ctx, earlier)
		return m, true, err
	}
	in.recall(m, booked)
	in.dispatcher.accepted(m)
	return m, false, nil
}

// prepare makes the message and its deliveries.
func (in *Intake) prepare(r *Request) (*Message, error) {
	if !in.senders.Knows(r.Sender) {
		return nil, ErrUnknownSender
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	contents, after, err := split(r.Content, r.NoSplit)
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

// booking is what plan promised for a delivery, to be taken back if it is not stored.
type booking struct {
	limits time.Time // of the receivers' quotas; zero if none was booked
	slot   bool      // of the dispatcher
	gone   Content   // what was booked
}

// plan books the quotas of the deliveries, gives those that must wait their time, and marks those
// that may go at once. Members over their quota get deliveries of their own.
func (in *Intake) plan(m *Message) []booking {
	bookings := make([]booking, len(m.Deliveries))
	count := len(m.Deliveries)
	for i := range count {
		d := &m.Deliveries[i]
		if d.Status == Scheduled || d.Waiting {
			continue // they ask for their quota when they are claimed
		}
		decision := in.limits.Book(m.Accepted, d.Sender, d.Content, time.Time{})
		if len(m.Deliveries)+len(decision.Later) > MaxParts {
			decision = decision.together() // rather late for some than not at all
		}
		for _, later := range decision.Later {
			part := m.Deliveries[i]
			part.ID.Part = len(m.Deliveries)
			part.Content = d.Content.ForUsers(later.Users)
			part.Due, part.Reason = later.Due, later.Reason
			m.Deliveries = append(m.Deliveries, part)
			bookings = append(bookings, booking{limits: later.Due, gone: part.Content})
		}
		d = &m.Deliveries[i]
		if decision.Later != nil {
			d.Content = d.Content.WithUsers(decision.Keep)
		}
		bookings[i] = booking{limits: m.Accepted, gone: d.Content}
		if !decision.Due.IsZero() {
			d.Due, d.Reason, bookings[i].limits = decision.Due, decision.Reason, decision.Due
			continue
		}
		if in.dispatcher.take(d.Sender, d.Priority) {
			bookings[i].slot = true
			d.Status, d.Attempts, d.Started = Sending, 1, m.Accepted
		}
	}
	return bookings
}

// undo takes back what was promised for a message that is not stored.
func (in *Intake) undo(m *Message, bookings []booking) {
	for _, b := range bookings {
		if !b.limits.IsZero() {
			in.limits.Return(b.limits, m.Sender, b.gone)
		}
		if b.slot {
			in.dispatcher.giveBack(m.Sender)
		}
	}
}

// recall takes back what was promised for those that wait for an earlier message after all.
func (in *Intake) recall(m *Message, bookings []booking) {
	for i, b := range bookings {
		if b.slot && m.Deliveries[i].Status != Sending {
			in.limits.Return(b.limits, m.Sender, b.gone)
			in.dispatcher.giveBack(m.Sender)
		}
	}
}
