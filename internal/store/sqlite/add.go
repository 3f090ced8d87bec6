package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	insertRow = prepare(`INSERT INTO deliveries (id, sender, priority, status, waiting, linked, due, accepted, expires,
		settled, attempts, started, doubt, maybe_twice, checked, check_for, if_unknown, reason, reason_detail, order_key, answer,
		producer, labels, callback_url, idem_key, digest, resend_of, kind, content)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`)
	findKey  = prepare(`SELECT id, digest FROM deliveries WHERE producer = ? AND idem_key = ?`)
	findOpen = prepare(`SELECT id FROM deliveries WHERE order_key IS NOT NULL AND status <= 3 AND sender = ? AND order_key = ?
		ORDER BY id LIMIT 1`)
)

// addition is a message made ready in its caller's goroutine, so that the writer has little to do
// with it. The caller's message is not touched by the writer: the caller may have given up.
type addition struct {
	message *delivery.Message // a copy, with deliveries of its own
	prints  []uint64
	rows    [][]any
	lookups []any // JSON, of deliveries that have one; nil if none has
	terms   []string
	earlier delivery.MessageID
}

// Add implements [delivery.Outbox].
func (o *Outbox) Add(ctx context.Context, m *delivery.Message) (earlier delivery.MessageID, err error) {
	added, err := o.AddAll(ctx, []*delivery.Message{m})
	if err != nil {
		return 0, err
	}
	return added[0].Earlier, added[0].Err
}

// AddAll implements [delivery.Outbox].
func (o *Outbox) AddAll(ctx context.Context, messages []*delivery.Message) ([]delivery.Added, error) {
	additions := make([]*addition, len(messages))
	for i, m := range messages {
		var err error
		if additions[i], err = newAddition(m); err != nil {
			return nil, err
		}
	}
	added := make([]delivery.Added, len(messages))
	err := o.writer.write(ctx, func(t *tx) error {
		for i, a := range additions {
			added[i] = delivery.Added{}
			switch err := a.do(t); {
			case errors.Is(err, delivery.ErrKeyReused):
				added[i].Err = err
			case err != nil:
				return t.fail(err) // some are written already: all must be undone
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, a := range additions {
		added[i].Earlier = a.earlier
		if added[i].Err == nil {
			a.give(messages[i])
		}
	}
	return added, nil
}

// give tells the caller's message what became of it, if it was stored.
func (a *addition) give(m *delivery.Message) {
	if a.earlier == 0 {
		m.ID = a.message.ID
		copy(m.Deliveries, a.message.Deliveries)
	}
}

func newAddition(m *delivery.Message) (*addition, error) {
	if n := len(m.Deliveries); n == 0 || n > delivery.MaxParts {
		return nil, fmt.Errorf("a message has 1 to %d deliveries, given %d", delivery.MaxParts, n)
	}
	labels, err := asJSON(m.Labels, len(m.Labels) == 0)
	if err != nil {
		return nil, err
	}
	header := header{m.Producer, labels, text(m.CallbackURL), text(m.Key), nil, nil}
	if m.ResendOf != 0 {
		header[5] = int64(m.ResendOf)
	}
	if m.Key != "" {
		header[4] = m.Digest[:]
	}
	own := *m
	own.Deliveries = append([]delivery.Delivery(nil), m.Deliveries...)
	a := &addition{message: &own, prints: make([]uint64, len(own.Deliveries)), rows: make([][]any, len(own.Deliveries))}
	a.terms = termsOf(m)
	linked := len(own.Deliveries) > 1 || m.OrderKey != "" || m.CallbackURL != ""
	for i := range own.Deliveries {
		d := &own.Deliveries[i]
		waiting := int64(forNothing)
		switch {
		case d.Status != delivery.Scheduled && d.Status != delivery.Queued && d.Status != delivery.Sending:
			return nil, fmt.Errorf("a new delivery cannot be %s", d.Status)
		case d.Waiting && i == 0:
			return nil, errors.New("the first delivery of a message has none to wait for")
		case d.Waiting && d.Status == delivery.Sending:
			return nil, errors.New("a delivery that waits cannot be on its way")
		case d.Waiting:
			waiting = forPart
		case d.Status == delivery.Sending:
			d.Attempts = 1
			if d.Started.IsZero() {
				d.Started = m.Accepted
			}
			if d.Checked() && !d.Content.Unresolved() {
				if a.prints[i], err = d.Content.Fingerprint(); err != nil {
					return nil, err
				}
			}
		}
		if a.rows[i], err = values(d, waiting, linked, m.OrderKey, header); err != nil {
			return nil, err
		}
		if d.Lookup != nil {
			if a.lookups == nil {
				a.lookups = make([]any, len(own.Deliveries))
			}
			if a.lookups[i], err = lookupJSON(d.Lookup); err != nil {
				return nil, err
			}
		}
		header = noHeader
	}
	return a, nil
}

func (a *addition) do(t *tx) error {
	m := a.message
	a.earlier = 0
	if m.Key != "" {
		var row int64
		var digest []byte
		found, err := t.get(findKey, []any{m.Producer, m.Key}, &row, &digest)
		if err != nil {
			return err
		}
		if found && !bytes.Equal(digest, m.Digest[:]) {
			return delivery.ErrKeyReused
		}
		if found {
			a.earlier = deliveryID(row).Message
			return nil
		}
	}
	ordered := false
	if m.OrderKey != "" {
		var row int64
		var err error
		if ordered, err = t.get(findOpen, []any{string(m.Sender), m.OrderKey}, &row); err != nil {
			return err
		}
	}
	var err error
	if m.ID, err = t.nextID(m.Accepted); err != nil {
		return err
	}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		d.ID = delivery.ID{Message: m.ID, Part: i}
		values := a.rows[i]
		values[columnID] = rowID(d.ID)
		if ordered && !d.Waiting {
			a.wait(d, values)
		}
		if a.prints[i] != 0 && d.Status == delivery.Sending {
			d.Check = t.leave(d, a.prints[i], d.Started)
			values[columnCheck] = int64(d.Check)
		}
		if err := t.exec(insertRow, values...); err != nil {
			return err
		}
		if a.lookups != nil && a.lookups[i] != nil {
			if err := t.exec(setLookup, a.lookups[i], values[columnID]); err != nil {
				return err
			}
		}
	}
	t.entered = append(t.entered, entry{m.ID, a.terms})
	return nil
}

// wait makes a delivery wait for the earlier messages of its order key. One that has a later time
// anyway keeps it, and stays Scheduled.
func (a *addition) wait(d *delivery.Delivery, values []any) {
	d.Waiting, values[columnWaiting] = true, int64(forOrder)
	if d.Status == delivery.Sending {
		d.Attempts, d.Started, d.Due = 0, time.Time{}, a.message.Accepted
		values[columnTries], values[columnStarted], values[columnDue] = int64(0), int64(0), millis(d.Due)
	}
	if d.Status != delivery.Scheduled {
		d.Status, values[columnStatus] = delivery.Queued, int64(delivery.Queued)
	}
	if d.Reason.Code == delivery.ReasonNone {
		d.Reason = delivery.Reason{Code: delivery.ReasonOrder}
		values[columnReason], values[columnReason+1] = d.Reason.Code, d.Reason.Detail
	}
}

// epoch is where the moments in message ids begin; with 40 bits they end in 2059.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

const countBits = 11

// nextID gives a message its id: its moment and a count, and always one that is greater than all
// before, also when the clock was set back or a moment has more messages than the count can tell.
func (t *tx) nextID(accepted time.Time) (delivery.MessageID, error) {
	const last = int64(1)<<51 - 1
	moment := max(accepted.UnixMilli()-epoch, 0)
	id := max(min(moment, last>>countBits)<<countBits, t.shared.message+1)
	if id > last {
		return 0, errors.New("there are no message ids left: the clock was once set beyond the year 2059")
	}
	t.shared.message = id
	return delivery.MessageID(id), nil
}
