package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// each reads rows outside of the writer. Faults become those of the port.
func (o *Outbox) each(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	if o.seen != nil {
		o.seen(query, args)
	}
	rows, err := o.read.QueryContext(ctx, query, args...)
	return eachRow(ctx, rows, err, each)
}

// eachRow is each for the rows of a query that was made.
func eachRow(ctx context.Context, rows *sql.Rows, err error, each func(scan func(...any) error) error) error {
	if err != nil {
		return readError(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return readError(ctx, rows.Err())
}

func readError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err.Error() == "sql: database is closed":
		return delivery.ErrClosed
	}
	return fault(err)
}

// Message implements [delivery.Reader].
func (o *Outbox) Message(ctx context.Context, id delivery.MessageID) (*delivery.Message, error) {
	var m *delivery.Message
	first := rowID(delivery.ID{Message: id})
	const query = `SELECT ` + rowColumns + `, producer, labels, callback_url, idem_key, digest, resend_of FROM deliveries WHERE id BETWEEN ? AND ? ORDER BY id`
	err := o.each(ctx, query, []any{first, first | lastPart}, func(scan func(...any) error) error {
		var r row
		var producer, labels, callback, key sql.NullString
		var digest []byte
		var resendOf sql.NullInt64
		if err := r.scan(scan, &producer, &labels, &callback, &key, &digest, &resendOf); err != nil {
			return err
		}
		if m == nil {
			m = &delivery.Message{
				ID: id, Sender: r.Sender, Priority: r.Priority, Accepted: r.Accepted, Expires: r.Expires,
				Producer: producer.String, OrderKey: r.orderKey.String, CallbackURL: callback.String, Key: key.String,
				ResendOf: delivery.MessageID(resendOf.Int64),
			}
			copy(m.Digest[:], digest)
			if labels.Valid {
				if err := json.Unmarshal([]byte(labels.String), &m.Labels); err != nil {
					return err
				}
			}
		}
		m.Deliveries = append(m.Deliveries, r.Delivery)
		return nil
	})
	if err == nil && m == nil {
		err = delivery.ErrNotFound
	}
	return m, err
}

// Attempts implements [delivery.Reader].
func (o *Outbox) Attempts(ctx context.Context, id delivery.MessageID) ([]delivery.AttemptRecord, error) {
	var records []delivery.AttemptRecord
	first := rowID(delivery.ID{Message: id})
	const query = `SELECT delivery, attempt, at, took, reason, reason_detail, answer FROM attempts WHERE delivery BETWEEN ? AND ? ORDER BY delivery, attempt`
	err := o.each(ctx, query, []any{first, first | lastPart}, func(scan func(...any) error) error {
		var a delivery.AttemptRecord
		var row, at, took int64
		var answer sql.NullString
		if err := scan(&row, &a.Attempt, &at, &took, &a.Reason.Code, &a.Reason.Detail, &answer); err != nil {
			return err
		}
		a.Part, a.At, a.Took = deliveryID(row).Part, fromMillis(at), time.Duration(took)*time.Millisecond
		err := parseAnswer(answer, &a.Answer)
		records = append(records, a)
		return err
	})
	return records, err
}

// Orphans implements [delivery.Reader]. The process owns the file, so all that was on its way when the
// file was opened has lost its owner.
func (o *Outbox) Orphans(ctx context.Context) ([]delivery.Delivery, error) {
	var orphans []delivery.Delivery
	for _, left := range o.orphans {
		const query = `SELECT ` + rowColumns + ` FROM deliveries WHERE id = ? AND attempts = ? AND status = 3`
		err := o.each(ctx, query, []any{left.id, left.attempt}, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			orphans = append(orphans, r.Delivery)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return orphans, nil
}

// Queues implements [delivery.Reader]: a look at the head of each queue, however long they are.
func (o *Outbox) Queues(ctx context.Context) ([]delivery.Queue, error) {
	var queues []delivery.Queue
	const query = `SELECT sender, priority, due FROM deliveries INDEXED BY deliveries_due
		WHERE ` + isReady + ` AND (sender, priority) > (?, ?) ORDER BY sender, priority, due LIMIT 1`
	sender, priority := "", int64(-1<<31)
	for more := true; more; {
		more = false
		err := o.each(ctx, query, []any{sender, priority}, func(scan func(...any) error) error {
			var due int64
			if err := scan(&sender, &priority, &due); err != nil {
				return err
			}
			queues = append(queues, delivery.Queue{Sender: delivery.Sender(sender), Priority: delivery.Priority(priority), Due: fromMillis(due)})
			more = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return queues, nil
}

// Sends implements [delivery.Reader].
func (o *Outbox) Sends(ctx context.Context, kind delivery.Kind, since time.Time, tell func(at time.Time, s delivery.Sender, c delivery.Content, booked bool)) error {
	const (
		columns = `SELECT sender, content, 0, `
		// What ended after since; of that, what was or may have been taken: sent, partly_sent, uncertain,
		// recalled. What was sent was counted by WeCom when its answer came, at the latest.
		ended = columns + `CASE WHEN status IN (4, 5) THEN settled ELSE started END FROM deliveries INDEXED BY deliveries_settled
			WHERE status >= 4 AND settled >= ?1 AND kind = ?2 AND (status IN (4, 5) OR started >= ?1 AND (status IN (9, 10) OR doubt > 0))`
		sending = columns + `started FROM deliveries INDEXED BY deliveries_sending WHERE status = 3 AND started >= ?1 AND kind = ?2`
		doubted = columns + `started FROM deliveries INDEXED BY deliveries_doubt WHERE doubt > 0 AND status <= 2 AND started >= ?1 AND kind = ?2
			AND NOT reason LIKE '%\_paced' ESCAPE '\'`
		paced = `SELECT sender, content, 1, due FROM deliveries INDEXED BY deliveries_paced WHERE status <= 2 AND reason LIKE '%\_paced' ESCAPE '\' AND kind = ?2`
	)
	return o.each(ctx, ended+` UNION ALL `+sending+` UNION ALL `+doubted+` UNION ALL `+paced, []any{millis(since), int64(kind)}, func(scan func(...any) error) error {
		var sender string
		var data []byte
		var booked bool
		var at int64
		if err := scan(&sender, &data, &booked, &at); err != nil {
			return err
		}
		if content, err := delivery.DecodeReceivers(kind, data); err == nil {
			tell(fromMillis(at), delivery.Sender(sender), content, booked)
		}
		return nil
	})
}

// Depth implements [delivery.Reader]. It walks an index of what waits: about 0.1 s for a million.
func (o *Outbox) Depth(ctx context.Context) (map[delivery.Status]int, error) {
	depth := map[delivery.Status]int{}
	const query = `SELECT status, count(*) FROM deliveries INDEXED BY deliveries_expires WHERE ` + isOpen + ` GROUP BY status
		UNION ALL SELECT status, count(*) FROM deliveries INDEXED BY deliveries_sending WHERE status = 3 GROUP BY status`
	err := o.each(ctx, query, nil, func(scan func(...any) error) error {
		var status delivery.Status
		var n int
		err := scan(&status, &n)
		depth[status] = n
		return err
	})
	return depth, err
}

var (
	setRest  = prepare(`INSERT OR REPLACE INTO rests (sender, until, since, failures, reason, reason_detail, failure) VALUES (?,?,?,?,?,?,?)`)
	dropRest = prepare(`DELETE FROM rests WHERE sender = ?`)
)

// Hold implements [delivery.Outbox].
func (o *Outbox) Hold(ctx context.Context, s delivery.Sender, rest delivery.Rest) error {
	failure, err := json.Marshal(rest.Failure)
	if err != nil {
		return err
	}
	return o.writer.write(ctx, func(t *tx) error {
		if rest == (delivery.Rest{}) {
			return t.exec(dropRest, string(s))
		}
		return t.exec(setRest, string(s), millis(rest.Until), millis(rest.Since), int64(rest.Failures), rest.Reason.Code, rest.Reason.Detail, string(failure))
	})
}

// Rests implements [delivery.Reader].
func (o *Outbox) Rests(ctx context.Context) (map[delivery.Sender]delivery.Rest, error) {
	rests := map[delivery.Sender]delivery.Rest{}
	const query = `SELECT sender, until, since, failures, reason, reason_detail, failure FROM rests`
	err := o.each(ctx, query, nil, func(scan func(...any) error) error {
		var r delivery.Rest
		var sender, failure string
		var until, since int64
		if err := scan(&sender, &until, &since, &r.Failures, &r.Reason.Code, &r.Reason.Detail, &failure); err != nil {
			return err
		}
		r.Until, r.Since = fromMillis(until), fromMillis(since)
		err := json.Unmarshal([]byte(failure), &r.Failure)
		rests[delivery.Sender(sender)] = r
		return err
	})
	return rests, err
}
