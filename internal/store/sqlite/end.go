package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	findParts   = prepare(`SELECT ` + partColumns + ` FROM deliveries WHERE id BETWEEN ? AND ? ORDER BY id`)
	findOverdue = prepare(`SELECT ` + partColumns + ` FROM deliveries WHERE ` + isOpen + ` AND expires <= ? ORDER BY expires LIMIT ?`)
	findExpires = prepare(`SELECT expires FROM deliveries WHERE ` + isOpen + ` ORDER BY expires LIMIT 1`)
	isWaiting   = prepare(`SELECT 1 FROM deliveries WHERE id = ? AND ` + isOpen)
	findRest    = prepare(`SELECT reason, failure FROM rests WHERE sender = ? AND until > 0`)
)

// partColumns are those of a part. The content is only needed of what has its time from a quota.
const partColumns = `id, sender, status, doubt, order_key, due, waiting, reason, kind,
	CASE WHEN status <= 2 AND reason LIKE '%\_paced' ESCAPE '\' THEN content END`

// mayHaveArrived is the detail of what ends as Uncertain while it waits for another attempt.
const mayHaveArrived = "an attempt may have arrived"

// ends collects what an operation ended and for whom something became due by it.
type ends struct {
	events []delivery.Event
	woken  senders
	rests  map[delivery.Sender]rest // as far as they were looked up
}

// rest is why a sender is at rest; nothing, if it is not.
type rest struct {
	reason string
	answer any // JSON of an Answer with the failure
}

// restOf looks a rest up.
func (t *tx) restOf(s delivery.Sender, e *ends) (rest, error) {
	if r, known := e.rests[s]; known {
		return r, nil
	}
	var r rest
	var failure string
	found, err := t.get(findRest, []any{string(s)}, &r.reason, &failure)
	if err != nil {
		return r, err
	}
	if found && failure != "{}" {
		r.answer = `{"failure":` + failure + `}`
	}
	if e.rests == nil {
		e.rests = map[delivery.Sender]rest{}
	}
	e.rests[s] = r
	return r, nil
}

// Cancel implements [delivery.Outbox]. A delivery of which an attempt may have arrived is not sent
// again either, but it ends as Uncertain.
func (o *Outbox) Cancel(ctx context.Context, id delivery.MessageID, now time.Time) (ended []delivery.Event, left int, woken []delivery.Sender, err error) {
	var e ends
	var gone int
	err = o.writer.write(ctx, func(t *tx) error {
		e, gone = ends{}, 0
		return t.cancel(id, now, &e, &gone)
	})
	if err != nil {
		return nil, 0, nil, err
	}
	return e.events, gone, e.woken, nil
}

func (t *tx) cancel(id delivery.MessageID, now time.Time, e *ends, gone *int) error {
	first := rowID(delivery.ID{Message: id})
	parts, err := t.parts(findParts, first, first|lastPart)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		return delivery.ErrNotFound
	}
	for _, p := range parts {
		if p.status > delivery.Queued {
			*gone++
			continue
		}
		if err := t.end(p, delivery.Cancelled, delivery.ReasonCancelled, now, e); err != nil {
			return err
		}
	}
	if len(e.events) == 0 {
		return nil
	}
	// All parts that wait have ended, so none is left that another one wakes.
	last := parts[len(parts)-1]
	return t.afterEnd(last.id, last.sender, last.orderKey, delivery.Cancelled, now, e)
}

// end ends a delivery that waits; what may have arrived is Uncertain whatever was meant to become of it.
func (t *tx) end(p part, status delivery.Status, reason string, now time.Time, e *ends) error {
	why := delivery.Reason{Code: reason}
	if p.doubt != 0 {
		status, why.Detail = delivery.Uncertain, mayHaveArrived
	}
	why.Cause = p.reason
	var answer any
	if p.waiting == forNothing && p.status == delivery.Queued {
		rest, err := t.restOf(p.sender, e)
		if err != nil {
			return err
		}
		if rest.reason != "" {
			why.Cause, answer = rest.reason, rest.answer
		}
	}
	event := delivery.Event{ID: deliveryID(p.id), Sender: p.sender, Status: status, Reason: why, At: now}
	if p.content != nil {
		if content, err := delivery.DecodeContent(p.kind, p.content); err == nil {
			event.Booked, event.Content = fromMillis(p.due), content
		}
	}
	e.events = append(e.events, event)
	return t.exec(endWaiting, int64(status), why.Code, why.Detail, text(why.Cause), millis(now), answer, p.id)
}

// Expire implements [delivery.Outbox].
func (o *Outbox) Expire(ctx context.Context, now time.Time, n int) (ended []delivery.Event, woken []delivery.Sender, next time.Time, err error) {
	var e ends
	var first int64
	err = o.writer.write(ctx, func(t *tx) error {
		e, first = ends{}, 0
		return t.expire(now, n, &e, &first)
	})
	if err != nil {
		return nil, nil, time.Time{}, err
	}
	return e.events, e.woken, fromMillis(first), nil
}

func (t *tx) expire(now time.Time, n int, e *ends, first *int64) error {
	overdue, err := t.parts(findOverdue, millis(now), int64(n))
	if err != nil {
		return err
	}
	for _, p := range overdue {
		var one int64
		open, err := t.get(isWaiting, []any{p.id}, &one)
		if err != nil {
			return err
		}
		if !open {
			continue // it ended with an earlier part, just now
		}
		if err := t.end(p, delivery.Expired, delivery.ReasonExpired, now, e); err != nil {
			return err
		}
		status := e.events[len(e.events)-1].Status
		if err := t.afterEnd(p.id, p.sender, p.orderKey, status, now, e); err != nil {
			return err
		}
	}
	_, err = t.get(findExpires, nil, first)
	return err
}

type part struct {
	id       int64
	sender   delivery.Sender
	status   delivery.Status
	doubt    int64
	orderKey sql.NullString
	due      int64
	waiting  int64
	reason   string
	kind     delivery.Kind
	content  []byte // of what has its time from a quota
}

func (t *tx) parts(s statement, args ...any) ([]part, error) {
	var parts []part
	err := t.all(s, args, func(scan func(...any) error) error {
		var p part
		err := scan(&p.id, &p.sender, &p.status, &p.doubt, &p.orderKey, &p.due, &p.waiting, &p.reason, &p.kind, &p.content)
		parts = append(parts, p)
		return err
	})
	return parts, err
}
