package sqlite

import (
	"context"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	// The rows are read first, since an UPDATE that walks the index it changes would be a trap.
	rewindReady = prepare(`UPDATE deliveries SET due = ? WHERE id IN (SELECT id FROM deliveries INDEXED BY deliveries_due
		WHERE ` + isReady + ` AND sender = ? AND priority = ? AND due > ? AND status = 2 AND reason NOT LIKE '%\_paced' ESCAPE '\' LIMIT ?)`)
	rewindWaiting = prepare(`UPDATE deliveries SET due = ? WHERE id IN (SELECT id FROM deliveries
		WHERE ` + isOpen + ` AND waiting > 0 AND due > ? AND status = 2 AND reason NOT LIKE '%\_paced' ESCAPE '\' LIMIT ?)`)

	countOfEnded = prepare(`SELECT value FROM counters WHERE name = 'ended'`)
	findEnded    = prepare(`SELECT id, settled FROM deliveries WHERE status >= 4 AND (settled, id) > (?, ?) ORDER BY settled, id LIMIT ?`)
	findLastEnd  = prepare(`SELECT coalesce(max(settled), 0), coalesce(min(status), 0) FROM deliveries WHERE id BETWEEN ? AND ?`)
	dropRows     = prepare(`DELETE FROM deliveries WHERE id BETWEEN ? AND ?`)
	dropAttempts = prepare(`DELETE FROM attempts WHERE delivery BETWEEN ? AND ?`)
)

// maxPiece bounds what one transaction of a long task writes, so that others do not wait for it long.
const maxPiece = 200

// Rewind implements [delivery.Outbox], in several transactions if there is much to change. When nothing
// that could go is due too late, what waits for others is not looked at: it is in no index, and the
// start of a gateway is no time to read all that waits.
func (o *Outbox) Rewind(ctx context.Context, now, latest time.Time) (changed int, err error) {
	if now.After(latest) {
		latest = now // or the same rows would be changed for ever
	}
	queues, err := o.Queues(ctx)
	if err != nil {
		return 0, err
	}
	for _, q := range queues {
		n, err := o.inPieces(ctx, rewindReady, millis(now), string(q.Sender), int64(q.Priority), millis(latest))
		changed += n
		if err != nil {
			return changed, err
		}
	}
	if changed == 0 {
		return 0, nil
	}
	n, err := o.inPieces(ctx, rewindWaiting, millis(now), millis(latest))
	return changed + n, err
}

// inPieces makes a change, whose last parameter is how many rows it may change, until no more are left.
func (o *Outbox) inPieces(ctx context.Context, change statement, args ...any) (changed int, err error) {
	for {
		var n int64
		err := o.writer.write(ctx, func(t *tx) (err error) {
			n, err = t.update(change, append(args[:len(args):len(args)], int64(maxPiece))...)
			return err
		})
		if err != nil {
			return changed, err
		}
		if changed += int(n); n < maxPiece {
			return changed, nil
		}
	}
}

// Prune implements [delivery.Outbox], in several transactions if there is much to forget.
func (o *Outbox) Prune(ctx context.Context, before time.Time, keep, n int) (pruned int, err error) {
	for pruned < n {
		piece := min(n-pruned, maxPiece)
		var gone int
		err := o.writer.write(ctx, func(t *tx) (err error) {
			gone, err = t.prune(millis(before), int64(keep), piece)
			return err
		})
		if err != nil {
			return pruned, err
		}
		if pruned += gone; gone < piece {
			break
		}
	}
	return pruned, o.pruneTerms(ctx)
}

// maxAliases bounds what is forgotten of those that are looked up anyway; they are small.
const maxAliases = 10 * maxPiece

func (t *tx) prune(before, keep int64, n int) (gone int, err error) {
	if err := t.exec(dropPrints, int64(n), time.Now().Add(-2*remembered).UnixMilli()); err != nil {
		return 0, err
	}
	if err := t.exec(dropAliases, time.Now().UnixMilli(), int64(maxAliases)); err != nil {
		return 0, err
	}
	surplus := int64(0)
	if keep > 0 {
		if _, err := t.get(countOfEnded, nil, &surplus); err != nil {
			return 0, err
		}
		surplus += t.ended - keep
	}
	// The oldest end first. A message that has parts still to be sent keeps all its parts.
	type end struct{ id, settled int64 }
	last := end{0, -1}
	seen := int64(-1)
	for pages := 0; pages < 10 && gone < n; pages++ {
		var ends []end
		err := t.all(findEnded, []any{last.settled, last.id, int64(maxPiece)}, func(scan func(...any) error) error {
			var e end
			err := scan(&e.id, &e.settled)
			ends = append(ends, e)
			return err
		})
		if err != nil {
			return gone, err
		}
		for _, e := range ends {
			last = e
			old := e.settled < before
			if gone == n || !old && surplus <= 0 {
				return gone, nil
			}
			first := e.id &^ lastPart
			if first == seen {
				continue
			}
			seen = first
			var latest, status int64
			found, err := t.get(findLastEnd, []any{first, first | lastPart}, &latest, &status)
			if err != nil {
				return gone, err
			}
			if !found || status < int64(delivery.Sent) || latest >= before && surplus <= 0 {
				continue
			}
			if err := t.exec(dropRows, first, first|lastPart); err != nil {
				return gone, err
			}
			if err := t.exec(dropAttempts, first, first|lastPart); err != nil {
				return gone, err
			}
			if err := t.exec(dropWebhooks, int64(deliveryID(first).Message)); err != nil {
				return gone, err
			}
			t.ended--
			surplus--
			gone++
		}
		if len(ends) < maxPiece {
			break
		}
	}
	return gone, nil
}
