// Package storetest is what a store must be able to do, as tests: one suite for every kind of
// database.
package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// TestOutbox tests the outboxes that open opens, each of them empty. open closes them when its test
// ends.
func TestOutbox(t *testing.T, open func(t *testing.T) delivery.Outbox) {
	for _, suite := range [][]check{adding, claiming, settling, ordering, ending, reading, finding, managing, forgetting, stepping, lookingUp} {
		for _, c := range suite {
			t.Run(c.says, func(t *testing.T) {
				c.test(&world{T: t, Outbox: open(t), now: beginning})
			})
		}
	}
}

// TestSearch is the part of TestOutbox that looks for messages, and changes what they are found by.
func TestSearch(t *testing.T, open func(t *testing.T) delivery.Outbox) {
	for _, c := range append(finding[:len(finding):len(finding)], lookingUp...) {
		t.Run(c.says, func(t *testing.T) {
			c.test(&world{T: t, Outbox: open(t), now: beginning})
		})
	}
}

// check is one thing that holds.
type check struct {
	says string
	test func(*world)
}

// world is an outbox, and a clock that only the test moves.
type world struct {
	*testing.T
	delivery.Outbox
	now time.Time
}

// beginning is when all tests begin: not now, so that a store that looks at its own clock is found out.
var beginning = time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)

const crm = delivery.Sender("crm")

// content is a text to members.
func content(text string, users ...string) delivery.Content {
	if len(users) == 0 {
		users = []string{"zhangsan"}
	}
	return delivery.Content{App: &wecom.Message{To: wecom.To{Users: users}, Body: wecom.Text{Content: text}}}
}

// message is one of n deliveries that may go at once.
func (w *world) message(n int) *delivery.Message {
	m := &delivery.Message{Sender: crm, Accepted: w.now, Expires: w.now.Add(24 * time.Hour), Producer: "shop"}
	for i := range n {
		m.Deliveries = append(m.Deliveries, delivery.Delivery{
			Sender: m.Sender, Content: content(fmt.Sprintf("text %d", i)), Status: delivery.Queued, Due: w.now,
			Accepted: m.Accepted, Expires: m.Expires,
		})
	}
	return m
}

func (w *world) add(m *delivery.Message) *delivery.Message {
	w.Helper()
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		d.Sender, d.Priority, d.Accepted, d.Expires = m.Sender, m.Priority, m.Accepted, m.Expires
	}
	earlier, err := w.Add(w.Context(), m)
	if err != nil {
		w.Fatalf("Add: %v", err)
	}
	if earlier != 0 {
		w.Fatalf("Add found the earlier message %v", earlier)
	}
	return m
}

// queued adds messages of one queued delivery.
func (w *world) queued(n int) (ids []delivery.MessageID) {
	w.Helper()
	for range n {
		ids = append(ids, w.add(w.message(1)).ID)
	}
	return ids
}

// sending adds a message whose deliveries are on their way.
func (w *world) sending(n int) *delivery.Message {
	w.Helper()
	return w.add(underway(w.message(n)))
}

func underway(m *delivery.Message) *delivery.Message {
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		d.Status, d.Attempts, d.Started = delivery.Sending, 1, m.Accepted
	}
	return m
}

// chain makes each part wait for the one before.
func chain(m *delivery.Message) *delivery.Message {
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		d.Waiting = i > 0
		if d.Waiting {
			d.Status, d.Attempts, d.Started, d.Reason.Code = delivery.Queued, 0, time.Time{}, delivery.ReasonOrder
		}
	}
	return m
}

// goes is the decision to let all go.
func goes(due []*delivery.Delivery) []delivery.Decision { return make([]delivery.Decision, len(due)) }

// claim takes up to n due deliveries of crm.
func (w *world) claim(n int) delivery.Claimed {
	w.Helper()
	return w.claimAs(delivery.Want{Sender: crm, N: n}, goes)
}

func (w *world) claimAs(want delivery.Want, decide func([]*delivery.Delivery) []delivery.Decision) delivery.Claimed {
	w.Helper()
	claimed, err := w.Claim(w.Context(), w.now, []delivery.Want{want}, decide)
	if err != nil {
		w.Fatalf("Claim: %v", err)
	}
	if len(claimed) != 1 {
		w.Fatalf("Claim answered %d wants instead of 1", len(claimed))
	}
	return claimed[0]
}

// claimed takes one delivery, which must be there.
func (w *world) claimed() delivery.Delivery {
	w.Helper()
	c := w.claim(1)
	if len(c.Deliveries) != 1 {
		w.Fatalf("nothing is due")
	}
	return c.Deliveries[0]
}

// idle fails if something is due.
func (w *world) idle() {
	w.Helper()
	if c := w.claim(10); len(c.Deliveries) > 0 {
		w.Fatalf("%v was given out, though nothing is due", c.Deliveries[0].ID)
	}
}

func (w *world) settle(s ...delivery.Settlement) []delivery.Sender {
	w.Helper()
	woken, err := w.Settle(w.Context(), s...)
	if err != nil {
		w.Fatalf("Settle: %v", err)
	}
	return woken
}

// ended is the settlement of a delivery's first attempt.
func (w *world) ended(id delivery.ID, status delivery.Status) delivery.Settlement {
	return delivery.Settlement{ID: id, Attempt: 1, Status: status, At: w.now, Due: w.now}
}

func (w *world) get(id delivery.MessageID) *delivery.Message {
	w.Helper()
	m, err := w.Message(w.Context(), id)
	if err != nil {
		w.Fatalf("Message(%v): %v", id, err)
	}
	return m
}

// statuses fails unless the deliveries of a message have these.
func (w *world) statuses(id delivery.MessageID, want ...delivery.Status) {
	w.Helper()
	var got []delivery.Status
	for _, d := range w.get(id).Deliveries {
		got = append(got, d.Status)
	}
	w.same("statuses", got, want)
}

// same compares; times are the same if they are to the millisecond, since that is how they are stored.
func (w *world) same(what string, got, want any) {
	w.Helper()
	if diff := cmp.Diff(want, got, alike...); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

var alike = []cmp.Option{
	cmp.Comparer(func(a, b time.Time) bool {
		return a.IsZero() == b.IsZero() && a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
	}),
	cmp.Comparer(func(a, b delivery.Content) bool {
		if a.Kind() == 0 || b.Kind() == 0 {
			return a.Kind() == b.Kind()
		}
		one, err1 := a.Encode()
		other, err2 := b.Encode()
		return err1 == nil && err2 == nil && string(one) == string(other)
	}),
	cmpopts.EquateEmpty(),
}

func (w *world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("the error is %v instead of %v", err, want)
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
