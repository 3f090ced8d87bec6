package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	findDue = prepare(`SELECT ` + rowColumns + ` FROM deliveries INDEXED BY deliveries_due
		WHERE ` + isReady + ` AND sender = ? AND priority = ? AND due <= ? AND expires > ? ORDER BY due LIMIT ?`)
	findNext = prepare(`SELECT due FROM deliveries INDEXED BY deliveries_due
		WHERE ` + isReady + ` AND sender = ? AND priority = ? AND expires > ? ORDER BY due LIMIT 1`)
	// The reason of a delivery whose fate is not known stays: it may end for it.
	startRow = prepare(`UPDATE deliveries SET status = 3, attempts = ?, started = ?, checked = ?,
		reason = CASE WHEN doubt > 0 THEN reason ELSE '' END, reason_detail = CASE WHEN doubt > 0 THEN reason_detail ELSE '' END
		WHERE id = ? AND ` + isReady)
	postponeRow = prepare(`UPDATE deliveries SET status = 2, due = ?, reason = ?, reason_detail = ? WHERE id = ? AND ` + isReady)
	narrowRow   = prepare(`UPDATE deliveries SET content = ?, linked = 1 WHERE id = ? AND ` + isReady)
	findHighest = prepare(`SELECT max(id) FROM deliveries WHERE id BETWEEN ? AND ?`)
)

// Claim implements [delivery.Outbox]. decide runs inside the transaction: if that fails, what it
// booked was for deliveries that stay where they are, and if it fails for another operation's sake,
// decide is asked again.
func (o *Outbox) Claim(ctx context.Context, now time.Time, wants []delivery.Want, decide func([]*delivery.Delivery) []delivery.Decision) ([]delivery.Claimed, error) {
	var claimed []delivery.Claimed
	err := o.writer.write(ctx, func(t *tx) error {
		claimed = make([]delivery.Claimed, len(wants))
		for i, want := range wants {
			if err := t.claim(&claimed[i], now, want, decide); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

func (t *tx) claim(c *delivery.Claimed, now time.Time, want delivery.Want, decide func([]*delivery.Delivery) []delivery.Decision) error {
	queue := []any{string(want.Sender), int64(want.Priority)}
	if want.N > 0 {
		due, err := t.due(append(queue, millis(now), millis(now), int64(want.N)), now)
		if err != nil {
			return err
		}
		if err := t.decide(c, now, due, decide); err != nil {
			return err
		}
	}
	var next int64
	found, err := t.get(findNext, append(queue, millis(now)), &next)
	if err != nil || !found {
		return err
	}
	if c.More = next <= millis(now); !c.More {
		c.Next = fromMillis(next)
	}
	return nil
}

// due reads what is due. A row whose content cannot be read would come back for ever: it ends here.
func (t *tx) due(args []any, now time.Time) ([]*row, error) {
	var due []*row
	err := t.all(findDue, args, func(scan func(...any) error) error {
		r := new(row)
		err := r.scan(scan)
		due = append(due, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	good := due[:0]
	for _, r := range due {
		if r.badContent == nil {
			good = append(good, r)
			continue
		}
		if err := t.exec(endWaiting, int64(delivery.Refused), delivery.ReasonInvalid, "its stored content cannot be read", millis(now), r.id); err != nil {
			return nil, err
		}
		// Whoever waits for it has the same sender, so it is in this queue that somebody looks next.
		if err := t.afterEnd(r.id, r.Sender, r.orderKey, delivery.Refused, now, &ends{}); err != nil {
			return nil, err
		}
	}
	return good, nil
}

func (t *tx) decide(c *delivery.Claimed, now time.Time, due []*row, decide func([]*delivery.Delivery) []delivery.Decision) error {
	if len(due) == 0 {
		return nil
	}
	asked := make([]*delivery.Delivery, len(due))
	for i, r := range due {
		asked[i] = &r.Delivery
	}
	decisions := decide(asked)
	if len(decisions) != len(due) {
		return t.fail(errors.New("decide must answer for each delivery"))
	}
	c.Deliveries = make([]delivery.Delivery, 0, len(due))
	for i, r := range due {
		d := &decisions[i]
		if len(d.Later) > 0 {
			if err := t.divide(r, d); err != nil {
				return err
			}
		}
		if !d.Due.IsZero() {
			if err := t.exec(postponeRow, millis(d.Due), d.Reason.Code, d.Reason.Detail, r.id); err != nil {
				return err
			}
			continue
		}
		if err := t.start(r, now); err != nil {
			return err
		}
		c.Deliveries = append(c.Deliveries, r.Delivery)
	}
	return nil
}

// start gives a delivery out, as its next attempt.
func (t *tx) start(r *row, now time.Time) error {
	if r.Attempts == 0 && r.Checked() {
		fingerprint, err := r.Content.Fingerprint()
		if err != nil {
			return t.fail(err)
		}
		if r.Check, err = t.leave(&r.Delivery, fingerprint, now); err != nil {
			return err
		}
	}
	r.Status, r.Attempts, r.Started = delivery.Sending, r.Attempts+1, now
	if r.Doubt.IsZero() {
		r.Reason = delivery.Reason{}
	}
	return t.exec(startRow, int64(r.Attempts), millis(now), int64(r.Check), r.id)
}

// divide leaves a delivery with the members who stay, and gives those who must wait longer new ones,
// the next free parts of the message.
func (t *tx) divide(r *row, d *delivery.Decision) error {
	first := r.id &^ lastPart
	var highest int64
	if _, err := t.get(findHighest, []any{first, first | lastPart}, &highest); err != nil {
		return err
	}
	if highest&lastPart+int64(len(d.Later)) > lastPart {
		// There is no number for more parts: everybody waits for the last of them.
		for _, later := range d.Later {
			if later.Due.After(d.Due) {
				d.Due, d.Reason = later.Due, later.Reason
			}
		}
		return nil
	}
	for _, later := range d.Later {
		highest++
		part := r.Delivery
		part.Content = r.Content.ForUsers(later.Users)
		part.Status, part.Waiting = delivery.Queued, false
		part.Due, part.Reason = later.Due, later.Reason
		part.Attempts, part.Started, part.Answer = 0, time.Time{}, delivery.Answer{}
		values, err := values(&part, forNothing, true, r.orderKey.String, [5]any{})
		if err != nil {
			return t.fail(err)
		}
		values[columnID] = highest
		if err := t.exec(insertRow, values...); err != nil {
			return err
		}
	}
	r.Content = r.Content.WithUsers(d.Keep)
	content, err := r.Content.Encode()
	if err != nil {
		return t.fail(err)
	}
	r.linked = true
	return t.exec(narrowRow, content, r.id)
}
