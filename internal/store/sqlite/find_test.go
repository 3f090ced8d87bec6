package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/store/sqlite"
	"github.com/hongyan-im/hongyan/wecom"
)

// TestNoSearchScans: whatever is looked for, SQLite walks an index from a bound, and reads no table
// or index from its beginning; but the text and what the walk gives is looked through in pieces.
func TestNoSearchScans(t *testing.T) {
	o := open(t, fresh(t))
	o.SmallBlocks(1)
	filters := []delivery.Filter{{}}
	for _, with := range []func(*delivery.Filter){
		func(f *delivery.Filter) { f.Senders = []delivery.Sender{"crm", "erp"} },
		func(f *delivery.Filter) { f.Statuses = []delivery.Status{delivery.Refused, delivery.Sending} },
		func(f *delivery.Filter) { f.Statuses = delivery.Statuses[:] },
		func(f *delivery.Filter) { f.Reasons = []string{delivery.ReasonBusy} },
		func(f *delivery.Filter) { f.User = "zhangsan" },
		func(f *delivery.Filter) { f.Party, f.Tag, f.All = 1, 1, true },
		func(f *delivery.Filter) { f.Labels = []string{"a:b"} },
		func(f *delivery.Filter) { f.Text = "x" },
		func(f *delivery.Filter) { f.Since, f.Until = time.Now().Add(-time.Hour), time.Now().Add(time.Hour) },
	} {
		for _, f := range filters {
			with(&f)
			filters = append(filters, f)
		}
	}
	add := func(status delivery.Status) {
		m := newMessage(status, time.Now())
		if _, err := o.Add(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if status == delivery.Sending {
			if _, err := o.Settle(t.Context(), delivery.Settlement{ID: m.Deliveries[0].ID, Attempt: 1, Status: delivery.Refused, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(delivery.Queued)
	add(delivery.Sending)
	add(delivery.Queued) // the blocks before it are written
	plans := map[string]bool{}
	for _, f := range filters {
		for _, plan := range o.Plans(t, func() error {
			_, err := o.Search(t.Context(), f, 0, 10)
			return err
		}) {
			plans[plan] = true
		}
	}
	for plan := range plans {
		switch {
		case strings.HasPrefix(plan, "SCAN list VIRTUAL TABLE"): // the ids that the walk gave
		case strings.HasPrefix(plan, "SCAN rests"): // one row for each sender at rest
		case strings.HasPrefix(plan, "SEARCH "), plan == "LIST SUBQUERY", strings.HasPrefix(plan, "CORRELATED"):
		default:
			t.Errorf("SQLite plans to %s", plan)
		}
	}
	if len(plans) < 5 {
		t.Errorf("only %d plans seen: %v", len(plans), plans)
	}
}

// TestTermsAreForgotten: with the last message of their block.
func TestTermsAreForgotten(t *testing.T) {
	o := open(t, fresh(t))
	o.SmallBlocks(5)
	began := time.Now().Add(-100 * time.Hour)
	var last time.Time
	for i := range 41 {
		m := newMessage(delivery.Sending, began)
		m.Accepted = began.Add(time.Duration(i) * time.Hour)
		var users []string
		for j := range 20 {
			users = append(users, fmt.Sprint("u", i, "-", j))
		}
		m.Deliveries[0].Content.App = &wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: "x"}}
		if _, err := o.Add(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		last = m.Accepted
		if _, err := o.Settle(t.Context(), delivery.Settlement{ID: m.Deliveries[0].ID, Attempt: 1, Status: delivery.Sent, At: m.Accepted}); err != nil {
			t.Fatal(err)
		}
	}
	const perBlock = 5*20 + 1 // of members and the sender
	if n := o.Terms(t); n != 8*perBlock {
		t.Fatalf("%d terms", n)
	}
	if _, err := o.Prune(t.Context(), last.Add(-12*time.Hour), 0, 1000); err != nil {
		t.Fatal(err)
	}
	if n := o.Terms(t); n != 3*perBlock { // 13 messages are left
		t.Errorf("%d terms are left", n)
	}
	if _, err := o.Prune(t.Context(), last.Add(time.Hour), 0, 1000); err != nil {
		t.Fatal(err)
	}
	if n := o.Terms(t); n != 0 {
		t.Errorf("%d terms are left when all is forgotten", n)
	}
}

// TestTermsAfterARestart: the latest messages are found again, and so are those of a file without
// blocks.
func TestTermsAfterARestart(t *testing.T) {
	path := fresh(t)
	o, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.SmallBlocks(30)
	want := map[string][]delivery.MessageID{}
	for range 100 {
		m := newMessage(delivery.Queued, time.Now())
		m.Labels = map[string]string{"n": fmt.Sprint(rand.N(5))}
		if _, err := o.Add(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		label := "n:" + m.Labels["n"]
		want[label] = append([]delivery.MessageID{m.ID}, want[label]...)
	}
	for range 3 {
		for label, ids := range want {
			page, err := o.Search(t.Context(), delivery.Filter{Labels: []string{label}}, 0, 200)
			if err != nil {
				t.Fatal(err)
			}
			var got []delivery.MessageID
			for _, m := range page.Messages {
				got = append(got, m.ID)
			}
			if !slices.Equal(got, ids) {
				t.Fatalf("%s: %v, want %v", label, got, ids)
			}
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if o, err = sqlite.Open(path, sqlite.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}
