package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// Webhooks are what is to be told, in the database of an [Outbox].
type Webhooks struct {
	*Outbox
	news chan struct{}

	mu    sync.Mutex
	fresh fresh
}

// Webhooks returns what is to be told of the messages in it.
func (o *Outbox) Webhooks() *Webhooks { return o.webhooks }

// fresh is for whom a transaction made something due.
type fresh map[webhook.Receiver]webhook.Queue

func (f *fresh) add(q webhook.Queue) {
	if *f == nil {
		*f = fresh{}
	}
	if known, ok := (*f)[q.Receiver]; ok {
		q.Again = q.Again || known.Again
		if known.Due.Before(q.Due) {
			q.Due = known.Due
		}
	}
	(*f)[q.Receiver] = q
}

// committed is called by the writer after a transaction in which there was something to tell.
func (w *Webhooks) committed(f fresh) {
	w.mu.Lock()
	for _, q := range f {
		w.fresh.add(q)
	}
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// News implements [webhook.Store].
func (w *Webhooks) News() <-chan struct{} { return w.news }

// Fresh implements [webhook.Store].
func (w *Webhooks) Fresh() (queues []webhook.Queue) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.fresh {
		queues = append(queues, q)
	}
	w.fresh = nil
	return queues
}

// Queues implements [webhook.Store]: a look at the head of each queue, however long they are.
func (w *Webhooks) Queues(ctx context.Context) (queues []webhook.Queue, err error) {
	const query = `SELECT producer, origin, due FROM webhooks INDEXED BY webhooks_due
		WHERE status = 1 AND (producer, origin) > (?, ?) ORDER BY producer, origin, due LIMIT 1`
	var last webhook.Receiver
	for more := true; more && err == nil; {
		more = false
		err = w.each(ctx, query, []any{last.Producer, last.Origin}, func(scan func(...any) error) error {
			var due int64
			if err := scan(&last.Producer, &last.Origin, &due); err != nil {
				return err
			}
			queues = append(queues, webhook.Queue{Receiver: last, Due: fromMillis(due)})
			more = true
			return nil
		})
	}
	return queues, err
}

var (
	findCallback = prepare(`SELECT producer, callback_url, resend_of FROM deliveries WHERE id = ? AND callback_url IS NOT NULL`)
	addWebhook   = prepare(`INSERT INTO webhooks (message, event, sender, producer, origin, url, created, status, due, until, attempts, step, settled)
		SELECT ?1, coalesce(max(event), 0) + 1, ?2, ?3, ?4, ?5, ?6, 1, ?6, ?7, 0, 0, 0 FROM webhooks WHERE message = ?1`)
	dropWebhooks = prepare(`DELETE FROM webhooks WHERE message = ?`)
)

// maxResends bounds how far back the first one is looked for of messages that were sent again.
const maxResends = 10

// tellEnd leaves word that the message whose part 0 is first came to its end, if somebody wants to know.
func (t *tx) tellEnd(first int64, sender delivery.Sender, at time.Time) error {
	var r webhook.Receiver
	var url string
	var resendOf sql.NullInt64
	found, err := t.get(findCallback, []any{first}, &r.Producer, &url, &resendOf)
	if err != nil || !found {
		return err
	}
	// A message that was sent again by another key is told to those who know the key of the first one.
	for range maxResends {
		before, producer := "", ""
		if !resendOf.Valid {
			break
		}
		found, err := t.get(findCallback, []any{rowID(delivery.ID{Message: delivery.MessageID(resendOf.Int64)})}, &producer, &before, &resendOf)
		if err != nil {
			return err
		}
		if !found || before != url {
			break
		}
		r.Producer = producer
	}
	r.Origin = webhook.OriginOf(url)
	err = t.exec(addWebhook, int64(deliveryID(first).Message), string(sender), r.Producer, r.Origin, url, millis(at), millis(at.Add(webhook.GiveUpAfter)))
	t.fresh.add(webhook.Queue{Receiver: r, Due: at})
	return err
}

const webhookColumns = `message, event, sender, producer, origin, url, created, status, due, until, attempts, step, settled, history`

var (
	findWebhooks = prepare(`SELECT ` + webhookColumns + ` FROM webhooks INDEXED BY webhooks_due
		WHERE status = 1 AND producer = ? AND origin = ? AND due <= ? ORDER BY due LIMIT ?`)
	findNextWebhook = prepare(`SELECT due FROM webhooks INDEXED BY webhooks_due WHERE status = 1 AND producer = ? AND origin = ? ORDER BY due LIMIT 1`)
	startWebhook    = prepare(`UPDATE webhooks SET due = ?, attempts = attempts + 1 WHERE message = ? AND event = ?`)
	settleWebhook   = prepare(`UPDATE webhooks SET status = ?, due = ?, step = ?, settled = ?, history = ?
		WHERE message = ? AND event = ? AND status = 1 AND attempts = ?`)
	endWebhooks = prepare(`UPDATE webhooks SET status = 3, settled = ? WHERE (message, event) IN
		(SELECT message, event FROM webhooks INDEXED BY webhooks_until WHERE status = 1 AND until <= ? ORDER BY until LIMIT ?)`)
	findUntil = prepare(`SELECT until FROM webhooks INDEXED BY webhooks_until WHERE status = 1 ORDER BY until LIMIT 1`)
)

func scanWebhook(scan func(...any) error) (webhook.Job, error) {
	var j webhook.Job
	var created, due, until, settled int64
	var history sql.NullString
	err := scan(&j.ID.Message, &j.ID.Event, &j.Sender, &j.Receiver.Producer, &j.Receiver.Origin, &j.URL,
		&created, &j.Status, &due, &until, &j.Attempts, &j.Step, &settled, &history)
	if err == nil && history.Valid {
		err = json.Unmarshal([]byte(history.String), &j.History)
	}
	j.Created, j.Due, j.Until, j.Settled = fromMillis(created), fromMillis(due), fromMillis(until), fromMillis(settled)
	return j, err
}

// Claim implements [webhook.Store].
func (w *Webhooks) Claim(ctx context.Context, now, lease time.Time, wants []webhook.Want) ([]webhook.Claimed, error) {
	var claimed []webhook.Claimed
	err := w.writer.write(ctx, func(t *tx) error {
		claimed = make([]webhook.Claimed, len(wants))
		for i, want := range wants {
			if err := t.claimWebhooks(&claimed[i], now, lease, want); err != nil {
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

func (t *tx) claimWebhooks(c *webhook.Claimed, now, lease time.Time, want webhook.Want) error {
	r := want.Receiver
	err := t.all(findWebhooks, []any{r.Producer, r.Origin, millis(now), int64(want.N)}, func(scan func(...any) error) error {
		j, err := scanWebhook(scan)
		c.Jobs = append(c.Jobs, j)
		return err
	})
	if err != nil {
		return err
	}
	for i := range c.Jobs {
		j := &c.Jobs[i]
		j.Attempts, j.Due = j.Attempts+1, lease
		if err := t.exec(startWebhook, millis(lease), int64(j.ID.Message), int64(j.ID.Event)); err != nil {
			return err
		}
	}
	var next int64
	if _, err := t.get(findNextWebhook, []any{r.Producer, r.Origin}, &next); err != nil {
		return err
	}
	c.Next = fromMillis(next)
	return nil
}

// Settle implements [webhook.Store].
func (w *Webhooks) Settle(ctx context.Context, given ...webhook.Settlement) error {
	histories := make([]any, len(given))
	for i := range given {
		var err error
		if histories[i], err = asJSON(given[i].History, len(given[i].History) == 0); err != nil {
			return err
		}
	}
	return w.writer.write(ctx, func(t *tx) error {
		for i := range given {
			s := &given[i]
			due, settled := int64(0), millis(s.At)
			if s.Status == webhook.Pending {
				due, settled = millis(s.Due), 0
			}
			err := t.exec(settleWebhook, int64(s.Status), due, int64(s.Step), settled, histories[i],
				int64(s.ID.Message), int64(s.ID.Event), int64(s.Attempt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// GiveUp implements [webhook.Store].
func (w *Webhooks) GiveUp(ctx context.Context, now time.Time, n int) (given int, next time.Time, err error) {
	var changed, until int64
	err = w.writer.write(ctx, func(t *tx) (err error) {
		until = 0
		if changed, err = t.update(endWebhooks, millis(now), millis(now), int64(n)); err != nil {
			return err
		}
		_, err = t.get(findUntil, nil, &until)
		return err
	})
	if err != nil {
		return 0, time.Time{}, err // if ctx ended it may still be under way
	}
	return int(changed), fromMillis(until), nil
}

var _ webhook.Store = (*Webhooks)(nil)
