package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	// settleAlone is nearly all of the traffic: the end of a delivery that concerns no other row.
	settleAlone = prepare(`UPDATE deliveries SET status = ?, reason = ?, reason_detail = ?, settled = ?, doubt = ?, maybe_twice = ?, answer = ?
		WHERE id = ? AND status = 3 AND attempts = ? AND linked = 0`)
	findAttempt = prepare(`SELECT sender, order_key, started FROM deliveries WHERE id = ? AND status = 3 AND attempts = ?`)
	keepAttempt = prepare(`INSERT INTO attempts (delivery, attempt, at, took, reason, reason_detail, answer) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT DO NOTHING`)
	settleRow = prepare(`UPDATE deliveries SET status = ?, reason = ?, reason_detail = ?, settled = ?, doubt = ?, maybe_twice = ?, answer = ?,
		due = ?, attempts = ? WHERE id = ? AND status = 3`)
	completeRow = prepare(`UPDATE deliveries SET content = coalesce(?, content), lookup = ?, linked = max(linked, ?) WHERE id = ?`)
	// An attempt that was not made leaves what is known of the one before it.
	forgetStart = prepare(`UPDATE deliveries SET started = coalesce((SELECT max(at) FROM attempts WHERE delivery = deliveries.id), 0)
		WHERE id = ?`)
)

// settlement is a Settlement made ready in its caller's goroutine.
type settlement struct {
	delivery.Settlement
	answer  any      // JSON
	content any      // encoded, or nil if it stays
	lookup  any      // JSON, or nil if it stays
	terms   []string // that the message is found by from now on, beside those that it had
}

func newSettlement(s *delivery.Settlement) (out settlement, err error) {
	out.Settlement = *s
	if out.answer, err = answerJSON(&s.Answer); err != nil || s.Lookup == nil {
		return out, err
	}
	if out.lookup, err = lookupJSON(s.Lookup); err != nil || s.Content == nil {
		return out, err
	}
	for _, f := range s.Lookup.Found {
		out.terms = append(out.terms, userTerm(f.User))
	}
	content, err := s.Content.Encode()
	out.content = content
	return out, err
}

// Settle implements [delivery.Outbox].
func (o *Outbox) Settle(ctx context.Context, given ...delivery.Settlement) (woken []delivery.Sender, err error) {
	settlements := make([]settlement, len(given))
	for i := range given {
		s := &given[i]
		if !delivery.Sending.May(s.Status) {
			return nil, fmt.Errorf("an attempt cannot end as %s", s.Status)
		}
		var err error
		if settlements[i], err = newSettlement(s); err != nil {
			return nil, err
		}
	}
	var e ends
	err = o.writer.write(ctx, func(t *tx) error {
		e = ends{}
		for i := range settlements {
			if err := t.settle(&settlements[i], &e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.woken, nil
}

func (t *tx) settle(s *settlement, e *ends) error {
	id, final := rowID(s.ID), s.Status.Final()
	if final && !s.NotTried && s.lookup == nil {
		n, err := t.update(settleAlone, int64(s.Status), s.Reason.Code, s.Reason.Detail, millis(s.At), millis(s.Doubt), flag(s.MaybeTwice), s.answer,
			id, int64(s.Attempt))
		if err != nil || n == 1 {
			t.ended += n
			return err
		}
	}
	var (
		sender   string
		orderKey sql.NullString
		started  int64
	)
	found, err := t.get(findAttempt, []any{id, int64(s.Attempt)}, &sender, &orderKey, &started)
	if err != nil || !found {
		return err
	}
	if s.lookup != nil {
		if s, err = t.complete(s); err != nil {
			return err
		}
	}
	settled, due, attempts := int64(0), millis(s.Due), s.Attempt
	if final {
		settled, due = millis(s.At), 0
	}
	if s.NotTried {
		attempts--
	}
	err = t.exec(settleRow, int64(s.Status), s.Reason.Code, s.Reason.Detail, settled, millis(s.Doubt), flag(s.MaybeTwice), s.answer,
		due, int64(attempts), id)
	if err != nil {
		return err
	}
	switch {
	case s.NotTried:
		err = t.exec(forgetStart, id)
	case !final:
		err = t.exec(keepAttempt, id, int64(s.Attempt), started, s.Took.Milliseconds(), s.Reason.Code, s.Reason.Detail, s.answer)
	}
	if err != nil || !final {
		return err
	}
	return t.afterEnd(id, delivery.Sender(sender), orderKey, s.Status, s.At, e)
}

// complete records what was looked up for a delivery, and gives those who must wait deliveries of
// their own. It returns what else there is to record.
func (t *tx) complete(s *settlement) (*settlement, error) {
	id := rowID(s.ID)
	if len(s.Later) > 0 {
		r := new(row)
		if err := t.all(findRow, []any{id}, func(scan func(...any) error) error { return r.scan(scan) }); err != nil {
			return nil, err
		}
		added, err := t.addParts(r, s.Later)
		if err != nil {
			return nil, err
		}
		if !added {
			whole := *s
			last := delivery.Decision{Later: s.Later}.Together()
			whole.Due, whole.Reason = last.Due, last.Reason
			return &whole, nil
		}
	}
	if err := t.exec(completeRow, s.content, s.lookup, flag(len(s.Later) > 0), id); err != nil {
		return nil, err
	}
	return s, t.enter(s.ID.Message, s.terms)
}

// senders are those for which something became due.
type senders []delivery.Sender

func (s *senders) add(sender delivery.Sender) {
	for _, known := range *s {
		if known == sender {
			return
		}
	}
	*s = append(*s, sender)
}

var (
	findWaitingPart = prepare(`SELECT 1 FROM deliveries WHERE id = ? AND ` + isOpen + ` AND waiting = 1`)
	endWaiting      = prepare(`UPDATE deliveries SET status = ?, reason = ?, reason_detail = ?, cause = ?, settled = ?,
		answer = coalesce(answer, ?) WHERE id = ? AND ` + isOpen)
	wakePart = prepare(`UPDATE deliveries SET waiting = 0, due = max(due, ?), reason = CASE reason WHEN 'in_order' THEN '' ELSE reason END
		WHERE id = ? AND ` + isOpen)
	wakeMessage = prepare(`UPDATE deliveries SET waiting = 0, due = max(due, ?), reason = CASE reason WHEN 'in_order' THEN '' ELSE reason END
		WHERE id BETWEEN ? AND ? AND ` + isOpen + ` AND waiting = 2`)
	findOpenPart = prepare(`SELECT 1 FROM deliveries WHERE id BETWEEN ? AND ? AND status <= 3 ORDER BY id DESC LIMIT 1`)
)

// afterEnd does what follows from the end of a delivery for others: the part after it goes on, or
// ends likewise; and when it was the last one of its message, so does the next message of the order
// key, and whoever wants to know is told.
func (t *tx) afterEnd(id int64, sender delivery.Sender, orderKey sql.NullString, status delivery.Status, at time.Time, e *ends) error {
	if err := t.followers(id, sender, status, at, e); err != nil {
		return err
	}
	first := id &^ lastPart
	var one int64
	open, err := t.get(findOpenPart, []any{first, first | lastPart}, &one)
	if err != nil || open {
		return err
	}
	t.ended++
	if err := t.tellEnd(first, sender, at); err != nil {
		return err
	}
	if !orderKey.Valid {
		return nil
	}
	return t.nextMessage(sender, orderKey.String, at, e)
}

// followers wakes the part that waits for this one. If this one did not go out, nor do those that
// were to follow it.
func (t *tx) followers(id int64, sender delivery.Sender, status delivery.Status, at time.Time, e *ends) error {
	for id&lastPart != lastPart {
		id++
		var one int64
		waits, err := t.get(findWaitingPart, []any{id}, &one)
		if err != nil || !waits {
			return err
		}
		why := delivery.Reason{Code: delivery.ReasonEarlierPart}
		switch status {
		case delivery.Refused:
		case delivery.Expired:
			why.Code = delivery.ReasonExpired
		case delivery.Cancelled:
			why.Code = delivery.ReasonCancelled
		default:
			e.woken.add(sender)
			return t.exec(wakePart, millis(at), id)
		}
		why.Detail = fmt.Sprintf("part %d of the message was not sent", id&lastPart) // the one before, counted from 1
		if err := t.exec(endWaiting, int64(status), why.Code, why.Detail, nil, millis(at), nil, id); err != nil {
			return err
		}
		e.events = append(e.events, delivery.Event{ID: deliveryID(id), Sender: sender, Status: status, Reason: why, At: at})
	}
	return nil
}

// nextMessage wakes the first message of the order key that is not at its end, if it waits.
func (t *tx) nextMessage(sender delivery.Sender, orderKey string, at time.Time, e *ends) error {
	var next int64
	found, err := t.get(findOpen, []any{string(sender), orderKey}, &next)
	if err != nil || !found {
		return err
	}
	first := next &^ lastPart
	n, err := t.update(wakeMessage, millis(at), first, first|lastPart)
	if n > 0 {
		e.woken.add(sender)
	}
	return err
}
