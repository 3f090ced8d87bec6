package sqlite

import (
	"context"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Backlogs says what waits for each sender, those that the configuration does not know any more among
// them. It counts from an index: about 0.1 s for a million deliveries.
func (o *Outbox) Backlogs(ctx context.Context) ([]delivery.Backlog, error) {
	const (
		next = `SELECT sender FROM deliveries INDEXED BY deliveries_status
			WHERE (status <= 2 OR status >= 5) AND sender > ? ORDER BY sender LIMIT 1`
		// Ids grow with time, so the least one is the oldest.
		count = `SELECT status, n, (SELECT accepted FROM deliveries WHERE id = first) FROM (
			SELECT status, count(*) AS n, min(id) AS first FROM deliveries INDEXED BY deliveries_status
				WHERE sender = ? AND status <= 2 GROUP BY status)`
	)
	var all []delivery.Backlog
	for sender := ""; ; {
		more := false
		if err := o.each(ctx, next, []any{sender}, func(scan func(...any) error) error {
			more = true
			return scan(&sender)
		}); err != nil || !more {
			return all, err
		}
		b := delivery.Backlog{Sender: delivery.Sender(sender)}
		if err := o.each(ctx, count, []any{sender}, func(scan func(...any) error) error {
			var (
				status delivery.Status
				n      int
				oldest int64
			)
			err := scan(&status, &n, &oldest)
			if status == delivery.Scheduled {
				b.Scheduled = n
			} else {
				b.Queued, b.Oldest = n, fromMillis(oldest)
			}
			return err
		}); err != nil {
			return nil, err
		}
		if b.Scheduled+b.Queued > 0 {
			all = append(all, b)
		}
	}
}

// EndsSince returns up to n deliveries that came to their end at or after that time, in the order in
// which they did, beginning after the one that the ID names.
func (o *Outbox) EndsSince(ctx context.Context, since time.Time, after delivery.ID, n int) ([]delivery.Event, error) {
	const query = `SELECT id, sender, status, reason, reason_detail, settled FROM deliveries INDEXED BY deliveries_settled
		WHERE status >= 4 AND (settled, id) > (?, ?) ORDER BY settled, id LIMIT ?`
	var ends []delivery.Event
	err := o.each(ctx, query, []any{millis(since), rowID(after), n}, func(scan func(...any) error) error {
		var (
			e           delivery.Event
			sender      string
			id, settled int64
		)
		err := scan(&id, &sender, &e.Status, &e.Reason.Code, &e.Reason.Detail, &settled)
		e.ID, e.Sender, e.At = deliveryID(id), delivery.Sender(sender), fromMillis(settled)
		ends = append(ends, e)
		return err
	})
	return ends, err
}
