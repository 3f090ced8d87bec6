package sqlite

import (
	"fmt"
	"testing"
)

// LimitPages makes the file full after so many pages, for the writer's connection of now.
func LimitPages(t *testing.T, o *Outbox, pages int) {
	t.Helper()
	err := o.writer.write(t.Context(), func(tx *tx) error {
		_, err := tx.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Plans runs do, and returns what SQLite plans for the queries that it made outside of the writer.
func (o *Outbox) Plans(t *testing.T, do func() error) (plans []string) {
	var queries []string
	var args [][]any
	o.seen = func(query string, a []any) { queries, args = append(queries, query), append(args, a) }
	err := do()
	o.seen = nil
	if err != nil {
		t.Fatal(err)
	}
	for i, query := range queries {
		err := o.each(t.Context(), "EXPLAIN QUERY PLAN "+query, args[i], func(scan func(...any) error) error {
			var id, parent, unused int
			var plan string
			err := scan(&id, &parent, &unused, &plan)
			plans = append(plans, plan)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return plans
}

// SmallBlocks makes blocks of terms of so many messages.
func (o *Outbox) SmallBlocks(messages int) { o.writer.shared.terms.most = messages }

// Terms counts the rows that messages are found by.
func (o *Outbox) Terms(t *testing.T) (n int) {
	if err := o.read.QueryRow(`SELECT count(*) FROM terms`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
