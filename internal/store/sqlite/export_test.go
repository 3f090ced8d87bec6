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
