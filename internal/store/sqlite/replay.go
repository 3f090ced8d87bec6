package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// OfMessage implements [webhook.Store].
func (w *Webhooks) OfMessage(ctx context.Context, id delivery.MessageID) ([]webhook.Job, error) {
	return w.jobs(ctx, `WHERE message = ? ORDER BY event`, int64(id))
}

func (w *Webhooks) jobs(ctx context.Context, where string, args ...any) (jobs []webhook.Job, err error) {
	err = w.each(ctx, `SELECT `+webhookColumns+` FROM webhooks `+where, args, func(scan func(...any) error) error {
		j, err := scanWebhook(scan)
		jobs = append(jobs, j)
		return err
	})
	return jobs, err
}

// List implements [webhook.Store]. It takes a page of each app and status, which are ranges of one
// index, and the latest of them all.
func (w *Webhooks) List(ctx context.Context, f webhook.Filter, after webhook.Position, n int) (jobs []webhook.Job, err error) {
	const page = `INDEXED BY webhooks_status WHERE status = ? AND sender = ? AND created >= ? AND (created, message, event) < (?, ?, ?)
		ORDER BY created DESC, message DESC, event DESC LIMIT ?`
	if after == (webhook.Position{}) {
		after.Created = time.UnixMilli(1<<63 - 1)
	}
	err = w.ranges(ctx, f, func(status webhook.Status, sender delivery.Sender) error {
		some, err := w.jobs(ctx, page, int64(status), string(sender), millis(f.Since), after.Created.UnixMilli(), int64(after.ID.Message), int64(after.ID.Event), int64(n))
		jobs = append(jobs, some...)
		return err
	})
	slices.SortFunc(jobs, func(a, b webhook.Job) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		if a.ID.Message != b.ID.Message {
			return int(max(min(b.ID.Message-a.ID.Message, 1), -1))
		}
		return b.ID.Event - a.ID.Event
	})
	return jobs[:min(len(jobs), n)], err
}

// ranges calls each for every range of the index that a filter means.
func (w *Webhooks) ranges(ctx context.Context, f webhook.Filter, each func(webhook.Status, delivery.Sender) error) error {
	for _, status := range webhook.Statuses {
		if f.Status != 0 && f.Status != status {
			continue
		}
		senders := f.Senders
		if senders == nil {
			var err error
			if senders, err = w.senders(ctx, status); err != nil {
				return err
			}
		}
		for _, sender := range senders {
			if err := each(status, sender); err != nil {
				return err
			}
		}
	}
	return nil
}

// senders lists those that have jobs of a status.
func (w *Webhooks) senders(ctx context.Context, status webhook.Status) (all []delivery.Sender, err error) {
	const query = `SELECT sender FROM webhooks INDEXED BY webhooks_status WHERE status = ? AND sender > ? ORDER BY sender LIMIT 1`
	last := ""
	for more := true; more && err == nil; {
		more = false
		err = w.each(ctx, query, []any{int64(status), last}, func(scan func(...any) error) error {
			more = true
			err := scan(&last)
			all = append(all, delivery.Sender(last))
			return err
		})
	}
	return all, err
}

// Count implements [webhook.Store].
func (w *Webhooks) Count(ctx context.Context, f webhook.Filter) (n int, err error) {
	const query = `SELECT count(*) FROM webhooks INDEXED BY webhooks_status WHERE status = ? AND sender = ? AND created >= ?`
	err = w.ranges(ctx, f, func(status webhook.Status, sender delivery.Sender) error {
		return w.each(ctx, query, []any{int64(status), string(sender), millis(f.Since)}, func(scan func(...any) error) error {
			var some int
			err := scan(&some)
			n += some
			return err
		})
	})
	return n, err
}

var (
	replayWebhook = prepare(`UPDATE webhooks SET status = 1, due = ?, until = ?, step = 0, settled = 0
		WHERE message = ? AND event = ?`)
	findOfMessage = prepare(`SELECT message, event, producer, origin FROM webhooks WHERE message = ?`)
	findSettled   = prepare(`SELECT message, event, producer, origin FROM webhooks INDEXED BY webhooks_status
		WHERE status = ? AND sender = ? AND created >= ? ORDER BY created LIMIT ?`)
)

// ReplayMessage implements [webhook.Store].
func (w *Webhooks) ReplayMessage(ctx context.Context, id delivery.MessageID, now, until time.Time) (int, error) {
	var n int
	err := w.writer.write(ctx, func(t *tx) (err error) {
		n, err = t.replay(findOfMessage, []any{int64(id)}, now, until)
		return err
	})
	if err != nil {
		return 0, err // if ctx ended it may still be under way
	}
	return n, nil
}

// Replay implements [webhook.Store], in several transactions.
func (w *Webhooks) Replay(ctx context.Context, f webhook.Filter, now, until time.Time) (total int, err error) {
	err = w.ranges(ctx, f, func(status webhook.Status, sender delivery.Sender) error {
		if status == webhook.Pending {
			return nil
		}
		for n := maxPiece; n == maxPiece; total += n {
			err := w.writer.write(ctx, func(t *tx) (err error) {
				n, err = t.replay(findSettled, []any{int64(status), string(sender), millis(f.Since), int64(maxPiece)}, now, until)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return total, err
}

func (t *tx) replay(s statement, args []any, now, until time.Time) (int, error) {
	type found struct{ message, event int64 }
	var all []found
	err := t.all(s, args, func(scan func(...any) error) error {
		var f found
		var r webhook.Receiver
		err := scan(&f.message, &f.event, &r.Producer, &r.Origin)
		all = append(all, f)
		t.fresh.add(webhook.Queue{Receiver: r, Due: now, Again: true})
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, f := range all {
		if err := t.exec(replayWebhook, millis(now), millis(until), f.message, f.event); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}
