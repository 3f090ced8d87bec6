package sqlite

import (
	"context"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// Backlogs says what waits for each sender, those that the configuration does not know any more among
// them. It walks indexes: about 0.1 s for a million deliveries.
func (o *Outbox) Backlogs(ctx context.Context) ([]delivery.Backlog, error) {
	// Ids grow with time, so the least one is the oldest.
	const query = `SELECT sender, status, n, (SELECT accepted FROM deliveries WHERE id = first) FROM (
		SELECT sender, status, sum(n) AS n, min(first) AS first FROM (
			SELECT sender, status, count(*) AS n, min(id) AS first FROM deliveries INDEXED BY deliveries_due
				WHERE status <= 2 AND waiting = 0 GROUP BY sender, status
			UNION ALL SELECT sender, status, count(*), min(id) FROM deliveries INDEXED BY deliveries_waiting
				WHERE status <= 2 AND waiting > 0 GROUP BY sender, status
		) GROUP BY sender, status) ORDER BY sender, status`
	var all []delivery.Backlog
	err := o.each(ctx, query, nil, func(scan func(...any) error) error {
		var (
			sender string
			status delivery.Status
			n      int
			oldest int64
		)
		if err := scan(&sender, &status, &n, &oldest); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].Sender != delivery.Sender(sender) {
			all = append(all, delivery.Backlog{Sender: delivery.Sender(sender)})
		}
		b := &all[len(all)-1]
		if status == delivery.Scheduled {
			b.Scheduled = n
		} else {
			b.Queued, b.Oldest = n, fromMillis(oldest)
		}
		return nil
	})
	return all, err
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
