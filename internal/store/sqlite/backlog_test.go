package sqlite

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// TestBacklogs counts what waits for each sender, whatever it waits for, and nothing else.
func TestBacklogs(t *testing.T) {
	o := reopen(t, filepath.Join(t.TempDir(), "hongyan.db"))
	defer o.Close()
	base := time.UnixMilli(1_800_000_000_000)
	add := func(sender delivery.Sender, after time.Duration, orderKey string, statuses ...delivery.Status) *delivery.Message {
		at := base.Add(after)
		m := &delivery.Message{Sender: sender, Accepted: at, Expires: at.Add(time.Hour), OrderKey: orderKey}
		for i, status := range statuses {
			m.Deliveries = append(m.Deliveries, delivery.Delivery{
				ID: delivery.ID{Part: i}, Sender: sender, Content: textTo("zhangsan"), Status: status, Waiting: i > 0, Due: at, Accepted: at, Expires: m.Expires,
			})
		}
		if _, err := o.Add(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	add("crm", 0, "", delivery.Scheduled)
	add("crm", time.Second, "", delivery.Queued, delivery.Queued, delivery.Queued)
	first := add("crm", 2*time.Second, "k", delivery.Sending)
	add("crm", 3*time.Second, "k", delivery.Sending) // waits for the one before it
	add("robot:ops", 4*time.Second, "", delivery.Scheduled)
	done := add("ops", 5*time.Second, "", delivery.Sending)
	settled := base.Add(10 * time.Second)
	settle := func(m *delivery.Message, at time.Time) {
		if _, err := o.Settle(t.Context(), delivery.Settlement{ID: delivery.ID{Message: m.ID}, Attempt: m.Deliveries[0].Attempts, Status: delivery.Sent, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	settle(done, settled)
	got, err := o.Backlogs(t.Context())
	want := []delivery.Backlog{
		{Sender: "crm", Scheduled: 1, Queued: 4, Oldest: base.Add(time.Second)},
		{Sender: "robot:ops", Scheduled: 1},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %+v %v\nwant %+v", got, err, want)
	}

	settle(first, settled)
	ends, err := o.EndsSince(t.Context(), settled, delivery.ID{}, 10)
	if err != nil || len(ends) != 2 || ends[0].ID.Message != first.ID || ends[1].ID.Message != done.ID || ends[1].Sender != "ops" || !ends[1].At.Equal(settled) {
		t.Errorf("ends: %+v %v", ends, err)
	}
	if ends, err = o.EndsSince(t.Context(), settled, ends[0].ID, 1); err != nil || len(ends) != 1 || ends[0].ID.Message != done.ID {
		t.Errorf("ends after the first: %+v %v", ends, err)
	}
	if ends, err = o.EndsSince(t.Context(), settled, ends[0].ID, 1); err != nil || len(ends) != 0 {
		t.Errorf("ends after the last: %+v %v", ends, err)
	}
}
