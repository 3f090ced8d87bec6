package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

func reopen(t *testing.T, path string) *Outbox {
	t.Helper()
	o, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func textTo(users ...string) delivery.Content {
	return delivery.Content{App: &wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: "到"}}}
}

func addMessage(t *testing.T, o *Outbox, orderKey string, statuses ...delivery.Status) *delivery.Message {
	t.Helper()
	now := time.Now()
	m := &delivery.Message{Sender: "crm", Accepted: now, Expires: now.Add(time.Hour), Producer: "shop", OrderKey: orderKey}
	for _, status := range statuses {
		m.Deliveries = append(m.Deliveries, delivery.Delivery{
			Sender: "crm", Content: textTo("zhangsan"), Status: status, Due: now, Accepted: now, Expires: m.Expires,
		})
	}
	if _, err := o.Add(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPlans holds what makes every operation independent of how much is stored: no statement reads a
// table from end to end, or sorts.
func TestPlans(t *testing.T) {
	o := reopen(t, filepath.Join(t.TempDir(), "hongyan.db"))
	defer o.Close()
	for _, statement := range statements {
		if strings.HasPrefix(statement, "BEGIN") || strings.HasPrefix(statement, "COMMIT") || strings.HasPrefix(statement, "ROLLBACK") {
			continue
		}
		rows, err := o.write.Query("EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
		if err != nil {
			// The one connection is the writer's.
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			// An index of what waits may be walked by its order; there is always a LIMIT to it.
			walk := strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "INDEX deliveries_") && !strings.Contains(detail, "INDEX webhooks_") &&
				!strings.HasPrefix(detail, "SCAN json_each") && detail != "SCAN CONSTANT ROW"
			if walk && statement != statements[rewindWaiting] || strings.Contains(detail, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", statement, detail)
			}
		}
		_ = rows.Close()
	}
}

func TestUnreadableContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hongyan.db")
	o := reopen(t, path)
	bad := addMessage(t, o, "k", delivery.Queued)
	next := addMessage(t, o, "k", delivery.Queued)
	err := o.writer.write(t.Context(), func(tx *tx) error {
		_, err := tx.conn.ExecContext(t.Context(), `UPDATE deliveries SET content = x'ff' WHERE id = ?`, rowID(bad.Deliveries[0].ID))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	goes := func(due []*delivery.Delivery) []delivery.Decision { return make([]delivery.Decision, len(due)) }
	want := []delivery.Want{{Sender: "crm", N: 10}}
	claimed, err := o.Claim(t.Context(), time.Now(), want, goes)
	if err != nil {
		t.Fatal(err)
	}
	if len(claimed[0].Deliveries) != 0 || !claimed[0].More {
		t.Errorf("%d given out, more %v", len(claimed[0].Deliveries), claimed[0].More)
	}
	m, err := o.Message(t.Context(), bad.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := m.Deliveries[0]; d.Status != delivery.Refused || d.Reason.Code != delivery.ReasonInvalid {
		t.Errorf("it is %s, %q", d.Status, d.Reason.Code)
	}
	claimed, err = o.Claim(t.Context(), time.Now(), want, goes)
	if err != nil {
		t.Fatal(err)
	}
	if len(claimed[0].Deliveries) != 1 || claimed[0].Deliveries[0].ID.Message != next.ID {
		t.Errorf("given out: %v", claimed[0].Deliveries)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReopened: what the file tells a new owner.
func TestReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hongyan.db")
	o := reopen(t, path)
	under := addMessage(t, o, "", delivery.Sending, delivery.Queued, delivery.Sending)
	ended := addMessage(t, o, "", delivery.Sending)
	settled := delivery.Settlement{ID: ended.Deliveries[0].ID, Attempt: 1, Status: delivery.Sent, At: time.Now()}
	if _, err := o.Settle(t.Context(), settled); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}

	o = reopen(t, path)
	defer o.Close()
	orphans := func() (parts []int) {
		t.Helper()
		all, err := o.Orphans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.ID.Message != under.ID {
				t.Errorf("%v is no orphan", d.ID)
			}
			parts = append(parts, d.ID.Part)
		}
		return parts
	}
	later := addMessage(t, o, "", delivery.Sending)
	if later.ID <= ended.ID {
		t.Errorf("id %v after %v", later.ID, ended.ID)
	}
	if got := orphans(); len(got) != 2 || got[0] != 0 || got[1] != 2 {
		t.Errorf("the orphans are the parts %v", got)
	}
	// One that was sent again since has an owner.
	back := delivery.Settlement{ID: under.Deliveries[0].ID, Attempt: 1, Status: delivery.Queued, Due: time.Now(), At: time.Now()}
	if _, err := o.Settle(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	_, err := o.Claim(t.Context(), time.Now(), []delivery.Want{{Sender: "crm", N: 10}}, func(due []*delivery.Delivery) []delivery.Decision {
		return make([]delivery.Decision, len(due))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := orphans(); len(got) != 1 || got[0] != 2 {
		t.Errorf("afterwards the orphans are the parts %v", got)
	}
	// One message had ended, and the file knows it.
	if n, err := o.Prune(t.Context(), time.Time{}, 1, 10); n != 0 || err != nil {
		t.Errorf("%d of 1 were more than 1: %v", n, err)
	}
}

func TestMessageIDs(t *testing.T) {
	tx := &tx{shared: new(shared)}
	next := func(accepted time.Time) delivery.MessageID {
		t.Helper()
		before := tx.shared.message
		id, err := tx.nextID(accepted)
		if err != nil {
			t.Fatal(err)
		}
		if int64(id) <= before || id <= 0 || id >= 1<<51 {
			t.Fatalf("id %d after %d", id, before)
		}
		return id
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 3 << countBits { // more than a moment has numbers for
		next(now)
	}
	next(now.Add(-time.Hour))
	if id := next(now.Add(time.Hour)); int64(id)>>countBits != now.Add(time.Hour).UnixMilli()-epoch {
		t.Errorf("id %d is of another moment", id)
	}
	next(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC))
	next(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) // past the last moment
	tx.shared.message = 1<<51 - 1
	if id, err := tx.nextID(now); err == nil {
		t.Errorf("id %d after the last one", id)
	}
}
