package delivery

import (
	"context"
	"log/slog"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// prompt is how long a call may take for which the quotas need not be told when it ended: their windows
// have some room of their own.
const prompt = 200 * time.Millisecond

// send is one attempt: a worker was counted for it when the sender's rest was at that turn, and its
// row says that it is under way.
func (x *Dispatcher) send(d Delivery, turn int) {
	defer x.calls.Done()
	if d.Content.Unresolved() {
		x.lookUp(&d, turn)
		return
	}
	if !d.Covered(d.Started) {
		if d.IfUnknown == Hold {
			x.release(&d, nil, 0)
			x.settle(&d, Settlement{
				ID: d.ID, Attempt: d.Attempts, Status: Uncertain, NotTried: true, Doubt: d.Doubt, At: x.Now(),
				Reason: d.Reason, Answer: d.Answer,
			})
			return
		}
		d.MaybeTwice = true
	}
	began := time.Now()
	receipt, err := x.Senders.Send(x.sending, d.Sender, d.Outgoing())
	took, now := time.Since(began), x.Now()
	switch {
	case wecom.NeverSent(err):
		x.Limits.Return(d.Started, d.Sender, d.Content)
	case took > prompt:
		x.Limits.Ended(d.Started, now, d.Sender, d.Content)
	}
	if d.Lookup != nil {
		x.forget(&d, receipt.InvalidUsers)
	}
	o := Judge(Attempt{Delivery: &d, Receipt: receipt, Err: err, Ended: now, Jitter: x.Jitter()})
	x.release(&d, &o, turn)
	x.Observer.Attempted(d.Sender, o, took)
	s := settlement(&d, o, now)
	s.Took = took
	x.settle(&d, s)
}

// settlement is what to record of an outcome.
func settlement(d *Delivery, o Outcome, now time.Time) Settlement {
	return Settlement{
		ID: d.ID, Attempt: d.Attempts, Status: o.Status, Due: o.Due, Reason: o.Reason, At: now,
		Doubt: o.Doubt, MaybeTwice: d.MaybeTwice, Answer: o.Answer,
	}
}

// release gives the worker back, and takes note of what the outcome says about the sender: nothing
// new if the sender rests and the attempt began before it did, in turn.
func (x *Dispatcher) release(d *Delivery, o *Outcome, turn int) {
	x.mu.Lock()
	l := x.lane(d.Sender)
	l.busy--
	l.unsettled++
	before := l.rest
	if o != nil && x.sending.Err() == nil && (!l.resting() || turn == l.turn) {
		if l.rest = NextRest(before, *o, x.Now(), x.Jitter()); l.rest.Failures != before.Failures {
			l.turn++
		}
	}
	after := l.rest
	x.mu.Unlock()
	poke(x.wake)
	if !before.Until.Equal(after.Until) {
		x.keepRest(d.Sender, before, after)
	}
}

// keepRest records a rest and logs when it begins and ends.
func (x *Dispatcher) keepRest(s Sender, was, rest Rest) {
	x.Observer.Rested(s, rest)
	switch {
	case rest.Until.IsZero():
		x.Log.Info("sender works again", "sender", s, "rested_since", was.Since)
	case was.Until.IsZero() || was.Reason.Code != rest.Reason.Code || was.Failure.Code != rest.Failure.Code:
		x.alarm(s, rest)
	}
	if err := x.Outbox.Hold(context.WithoutCancel(x.sending), s, rest); err != nil {
		x.Log.Error("recording that a sender rests", "sender", s, "error", err)
	}
}

// alarm logs that a sender rests: once, however often it is tried, until it works or fails otherwise.
func (x *Dispatcher) alarm(s Sender, rest Rest) {
	f := rest.Failure
	attrs := []any{"sender", s, "reason", rest.Reason.Code, "until", rest.Until, "op", f.Op, "errcode", int(f.Code), "message", f.Msg}
	if f.CallerIP != "" {
		attrs = append(attrs, "caller_ip", f.CallerIP)
	}
	if hint := f.Hint(wecom.English); hint != "" {
		attrs = append(attrs, "hint", hint)
	}
	x.Log.Warn("sender rests: its messages wait until it works", attrs...)
}

// settle records how an attempt ended. While the storage does not work it tries again: what was sent
// is known only here. When the dispatcher is given up, the next one finds the row as it is, and takes
// its fate for unknown.
func (x *Dispatcher) settle(d *Delivery, s Settlement) {
	defer func() {
		x.mu.Lock()
		x.lane(d.Sender).unsettled--
		x.mu.Unlock()
		poke(x.wake)
	}()
	for {
		woken, err := x.Outbox.Settle(context.WithoutCancel(x.sending), s)
		if err == nil {
			x.woken(woken)
			break
		}
		if x.sending.Err() != nil || !storageTrouble(err) {
			x.Log.Error("an answer could not be recorded", "delivery", d.ID, "status", s.Status, "error", err)
			return
		}
		x.Log.Error("recording an answer", "delivery", d.ID, "error", err)
		x.sleep(x.sending, nil, afterTrouble)
	}
	if s.Status == Queued {
		x.queued(d.Sender, d.Priority, s.Due)
		for _, later := range s.Later {
			x.queued(d.Sender, d.Priority, later.Due)
		}
		x.expires(d.Expires)
	}
	x.tell(d, s)
}

// tell publishes and logs what is stored.
func (x *Dispatcher) tell(d *Delivery, s Settlement) {
	x.Hub.Publish(Event{ID: s.ID, Sender: d.Sender, Status: s.Status, Reason: s.Reason, At: s.At})
	level := slog.LevelInfo
	switch s.Status {
	case Queued:
		level = slog.LevelDebug
	case PartlySent, Refused, Uncertain:
		level = slog.LevelWarn
	}
	if !x.Log.Enabled(context.Background(), level) {
		return
	}
	attrs := []any{"delivery", s.ID, "sender", d.Sender, "status", s.Status, "attempts", d.Attempts, "took", s.Took}
	if s.Reason.Code != ReasonNone {
		attrs = append(attrs, "reason", s.Reason.Code)
	}
	if f := s.Answer.Failure; f != nil {
		attrs = append(attrs, "errcode", int(f.Code), "message", f.Msg)
	}
	x.Log.Log(context.Background(), level, "delivery", attrs...)
}

// report publishes and logs ends that no attempt brought, and gives back what quotas they had.
func (x *Dispatcher) report(ended []Event) {
	for _, e := range ended {
		if !e.Booked.IsZero() {
			x.Limits.Return(e.Booked, e.Sender, e.Content)
		}
		x.Hub.Publish(e)
		x.Log.Warn("delivery", "delivery", e.ID, "sender", e.Sender, "status", e.Status, "reason", e.Reason.Code)
	}
}
