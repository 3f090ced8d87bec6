package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	findParts   = prepare(`SELECT id, sender, status, doubt, order_key FROM deliveries WHERE id BETWEEN ? AND ? ORDER BY id`)
	findOverdue = prepare(`SELECT id, sender, status, doubt, order_key FROM deliveries WHERE ` + isOpen + ` AND expires <= ? ORDER BY expires LIMIT ?`)
	findExpires = prepare(`SELECT expires FROM deliveries WHERE ` + isOpen + ` ORDER BY expires LIMIT 1`)
	isWaiting   = prepare(`SELECT 1 FROM deliveries WHERE id = ? AND ` + isOpen)
)

// mayHaveArrived is the detail of what ends as Uncertain while it waits for another attempt.
const mayHaveArrived = "an attempt may have arrived"

// ends collects what an operation ended and for whom something became due by it.
type ends struct {
	events []delivery.Event
	woken  senders
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
	e.events = append(e.events, delivery.Event{ID: deliveryID(p.id), Sender: p.sender, Status: status, Reason: why, At: now})
	return t.exec(endWaiting, int64(status), why.Code, why.Detail, millis(now), p.id)
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
}

func (t *tx) parts(s statement, args ...any) ([]part, error) {
	var parts []part
	err := t.all(s, args, func(scan func(...any) error) error {
		var p part
		err := scan(&p.id, &p.sender, &p.status, &p.doubt, &p.orderKey)
		parts = append(parts, p)
		return err
	})
	return parts, err
}
