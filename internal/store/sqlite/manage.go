package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var (
	markRecalled = prepare(`UPDATE deliveries SET status = 10, reason = '', reason_detail = '' WHERE id = ? AND status IN (4, 5)`)
	findAnswer   = prepare(`SELECT answer FROM deliveries WHERE id = ?`)
	setAnswer    = prepare(`UPDATE deliveries SET answer = ? WHERE id = ?`)
)

// Recalled implements [delivery.Outbox].
func (o *Outbox) Recalled(ctx context.Context, ids ...delivery.ID) error {
	return o.writer.write(ctx, func(t *tx) error {
		for _, id := range ids {
			if err := t.exec(markRecalled, rowID(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SpendCode implements [delivery.Outbox].
func (o *Outbox) SpendCode(ctx context.Context, id delivery.ID, spent bool) error {
	return o.writer.write(ctx, func(t *tx) error {
		var column sql.NullString
		var a delivery.Answer
		found, err := t.get(findAnswer, []any{rowID(id)}, &column)
		if err != nil {
			return err
		}
		if err := parseAnswer(column, &a); err != nil {
			return fmt.Errorf("the stored answer of %v: %w", id, err)
		}
		if !found || a.ResponseCode == "" || spent && a.CodeSpent {
			return delivery.ErrNoCode
		}
		a.CodeSpent = spent
		data, err := json.Marshal(a)
		if err != nil {
			return err
		}
		return t.exec(setAnswer, string(data), rowID(id))
	})
}
