package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// dueQuery is completed by what to select: for the ids and times the index is enough.
const dueQuery = ` FROM deliveries INDEXED BY deliveries_due
	WHERE ` + isReady + ` AND sender = ? AND priority = ? AND due <= ? AND expires > ? ORDER BY due LIMIT ?`

var (
	findDue  = prepare(`SELECT id, due` + dueQuery)
	findRow  = prepare(`SELECT ` + rowColumns + ` FROM deliveries WHERE id = ?`)
	findNext = prepare(`SELECT due FROM deliveries INDEXED BY deliveries_due
		WHERE ` + isReady + ` AND sender = ? AND priority = ? AND expires > ? ORDER BY due LIMIT 1`)
	// The reason of a delivery whose fate is not known stays: it may end for it.
	startRow = prepare(`UPDATE deliveries SET status = 3, attempts = ?, started = ?, checked = ?,
		reason = CASE WHEN doubt > 0 THEN reason ELSE '' END, reason_detail = CASE WHEN doubt > 0 THEN reason_detail ELSE '' END
		WHERE id = ? AND ` + isReady)
	postponeRow = prepare(`UPDATE deliveries SET status = 2, due = ?, reason = ?, reason_detail = ? WHERE id = ? AND ` + isReady)
	narrowRow   = prepare(`UPDATE deliveries SET content = ?, linked = 1 WHERE id = ? AND ` + isReady)
	setLookup   = prepare(`UPDATE deliveries SET lookup = ? WHERE id = ?`)
	findHighest = prepare(`SELECT max(id) FROM deliveries WHERE id BETWEEN ? AND ?`)
)

// Claim implements [delivery.Outbox]. decide runs inside the transaction: if that fails, what it
// booked was for deliveries that stay where they are, and if it fails for another operation's sake,
// decide is asked again.
//
// Rows are read and decoded before the writer's turn comes, which then only looks whether they are
// still due: reading JSON takes longer than all the writer has to do. If ctx ends before that turn,
// nothing is claimed; afterwards Claim waits for the answer, or nobody would know what was claimed.
func (o *Outbox) Claim(ctx context.Context, now time.Time, wants []delivery.Want, decide func([]*delivery.Delivery) []delivery.Decision) ([]delivery.Claimed, error) {
	select {
	case o.claims <- struct{}{}:
		defer func() { <-o.claims }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ahead, err := o.readDue(ctx, now, wants)
	if err != nil {
		return nil, err
	}
	var claimed []delivery.Claimed
	err = o.writer.write(context.WithoutCancel(ctx), func(t *tx) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		claimed = make([]delivery.Claimed, len(wants))
		for i, want := range wants {
			if err := t.claim(&claimed[i], now, want, ahead, decide); err != nil {
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

// readDue reads what the writer will probably find due.
func (o *Outbox) readDue(ctx context.Context, now time.Time, wants []delivery.Want) (map[int64]*row, error) {
	ahead := map[int64]*row{}
	for _, want := range wants {
		if want.N <= 0 {
			continue
		}
		rows, err := o.readDueRows.QueryContext(ctx, dueArgs(now, want)...)
		err = eachRow(ctx, rows, err, func(scan func(...any) error) error {
			r, err := scanDue(scan)
			ahead[r.id] = r
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return ahead, nil
}

func dueArgs(now time.Time, want delivery.Want) []any {
	return []any{string(want.Sender), int64(want.Priority), millis(now), millis(now), int64(want.N)}
}

func scanDue(scan func(...any) error) (*row, error) {
	r := new(row)
	err := r.scan(scan)
	if err == nil && r.badContent == nil && r.Attempts == r.Lookup.Tries() && r.Checked() && !r.Content.Unresolved() {
		r.fingerprint, err = r.Content.Fingerprint()
	}
	return r, err
}

func (t *tx) claim(c *delivery.Claimed, now time.Time, want delivery.Want, ahead map[int64]*row, decide func([]*delivery.Delivery) []delivery.Decision) error {
	args := dueArgs(now, want)
	if want.N > 0 {
		due, err := t.due(args, ahead, now)
		if err != nil {
			return err
		}
		if err := t.decide(c, now, due, decide); err != nil {
			return err
		}
	}
	var next int64
	found, err := t.get(findNext, []any{args[0], args[1], args[2]}, &next)
	if err != nil || !found {
		return err
	}
	if c.More = next <= millis(now); !c.More {
		c.Next = fromMillis(next)
	}
	return nil
}

// due finds what is due. A row whose content cannot be read would come back for ever: it ends here.
func (t *tx) due(args []any, ahead map[int64]*row, now time.Time) ([]*row, error) {
	type entry struct{ id, due int64 }
	var entries []entry
	err := t.all(findDue, args, func(scan func(...any) error) error {
		var e entry
		err := scan(&e.id, &e.due)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	due := make([]*row, 0, len(entries))
	for _, e := range entries {
		r := ahead[e.id]
		if r == nil || millis(r.Due) != e.due {
			// It came after the others were read, or changed since.
			err := t.all(findRow, []any{e.id}, func(scan func(...any) error) (err error) {
				r, err = scanDue(scan)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		if r.badContent == nil {
			due = append(due, r)
			continue
		}
		if err := t.exec(endWaiting, int64(delivery.Refused), delivery.ReasonInvalid, "its stored content cannot be read", nil, millis(now), nil, r.id); err != nil {
			return nil, err
		}
		// Whoever waits for it has the same sender, so it is in this queue that somebody looks next.
		if err := t.afterEnd(r.id, r.Sender, r.orderKey, delivery.Refused, now, &ends{}); err != nil {
			return nil, err
		}
	}
	return due, nil
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
	if r.fingerprint != 0 {
		r.Check = t.leave(&r.Delivery, r.fingerprint, now)
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
	if added, err := t.addParts(r, d.Later); err != nil || !added {
		// There is no number for more parts: everybody waits for the last of them.
		*d = d.Together()
		return err
	}
	r.Content = r.Content.WithUsers(d.Keep)
	content, err := r.Content.Encode()
	if err != nil {
		return t.fail(err)
	}
	r.linked = true
	if r.fingerprint != 0 {
		if r.fingerprint, err = r.Content.Fingerprint(); err != nil {
			return t.fail(err)
		}
	}
	if r.Lookup != nil {
		r.Lookup = r.Lookup.For(d.Keep, true)
		lookup, err := lookupJSON(r.Lookup)
		if err != nil {
			return t.fail(err)
		}
		if err := t.exec(setLookup, lookup, r.id); err != nil {
			return err
		}
	}
	return t.exec(narrowRow, content, r.id)
}

// addParts gives members of a delivery new ones, the next free parts of the message. added is false if
// there is no number for so many.
func (t *tx) addParts(r *row, later []delivery.Later) (added bool, err error) {
	first := r.id &^ lastPart
	var highest int64
	if _, err := t.get(findHighest, []any{first, first | lastPart}, &highest); err != nil {
		return false, err
	}
	if highest&lastPart+int64(len(later)) > lastPart {
		return false, nil
	}
	for _, l := range later {
		highest++
		part := r.Delivery
		part.Content, part.Lookup = r.Content.ForUsers(l.Users), r.Lookup.For(l.Users, false)
		part.Status, part.Waiting = delivery.Queued, false
		part.Due, part.Reason = l.Due, l.Reason
		part.Attempts, part.Started, part.Answer = 0, time.Time{}, delivery.Answer{}
		values, err := values(&part, forNothing, true, r.orderKey.String, noHeader)
		if err != nil {
			return false, t.fail(err)
		}
		values[columnID] = highest
		if err := t.exec(insertRow, values...); err != nil {
			return false, err
		}
		if part.Lookup == nil {
			continue
		}
		lookup, err := lookupJSON(part.Lookup)
		if err != nil {
			return false, t.fail(err)
		}
		if err := t.exec(setLookup, lookup, highest); err != nil {
			return false, err
		}
	}
	return true, nil
}
