package storetest

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// ordered adds a message of one delivery under an order key.
func (w *world) ordered(key string, status delivery.Status) *delivery.Message {
	w.Helper()
	m := w.message(1)
	m.OrderKey = key
	if status == delivery.Sending {
		underway(m)
	}
	m.Deliveries[0].Status = status
	return w.add(m)
}

// waits fails unless the first delivery of the message waits for others, or does not.
func (w *world) waits(m *delivery.Message, want bool) {
	w.Helper()
	if got := w.get(m.ID).Deliveries[0]; got.Waiting != want {
		w.Errorf("%v is %s, waiting %v", m.ID, got.Status, got.Waiting)
	}
}

var ordering = []check{
	{"parts/each waits until the one before is settled", func(w *world) {
		for _, status := range []delivery.Status{delivery.Sent, delivery.PartlySent, delivery.Uncertain} {
			m := w.add(chain(underway(w.message(3))))
			w.idle()
			w.settle(w.ended(m.Deliveries[0].ID, delivery.Queued)) // not settled: it is tried again
			w.claimed()
			w.idle()
			w.now = w.now.Add(time.Second)
			s := w.ended(m.Deliveries[0].ID, status)
			s.Attempt = 2
			w.same("woken", w.settle(s), []delivery.Sender{crm})
			d := w.claimed()
			if d.ID != m.Deliveries[1].ID || !d.Due.Equal(w.now) || d.Waiting || d.Reason.Code != delivery.ReasonNone {
				w.Errorf("%v was given out, due %v, waiting %v, reason %q", d.ID, d.Due, d.Waiting, d.Reason.Code)
			}
			w.idle()
			w.settle(w.ended(d.ID, delivery.Sent))
			w.same("last", w.claimed().ID, m.Deliveries[2].ID)
			w.same("woken by the last", w.settle(w.ended(m.Deliveries[2].ID, delivery.Sent)), []delivery.Sender(nil))
		}
	}},
	{"parts/a later time of its own is kept", func(w *world) {
		m := chain(underway(w.message(2)))
		m.Deliveries[1].Due = w.now.Add(time.Hour)
		w.add(m)
		w.settle(w.ended(m.Deliveries[0].ID, delivery.Sent))
		w.idle()
		w.now = w.now.Add(time.Hour)
		w.claimed()
	}},
	{"parts/what was to follow one that did not go ends likewise", func(w *world) {
		for status, code := range map[delivery.Status]string{delivery.Refused: delivery.ReasonEarlierPart, delivery.Expired: delivery.ReasonExpired} {
			m := w.add(chain(underway(w.message(4))))
			w.settle(w.ended(m.Deliveries[0].ID, delivery.Sent))
			w.claimed()
			w.settle(w.ended(m.Deliveries[1].ID, status))
			w.statuses(m.ID, delivery.Sent, status, status, status)
			for _, d := range w.get(m.ID).Deliveries[2:] {
				if d.Reason.Code != code || d.Reason.Detail == "" || d.Settled.IsZero() {
					w.Errorf("%v: reason %+v, settled %v", d.ID, d.Reason, d.Settled)
				}
			}
			w.idle()
		}
	}},
	{"parts/those that wait for nobody are not concerned", func(w *world) {
		m := w.sending(3)
		w.settle(w.ended(m.Deliveries[0].ID, delivery.Refused))
		w.statuses(m.ID, delivery.Refused, delivery.Sending, delivery.Sending)
	}},
	{"order key/messages go one after another", func(w *world) {
		first := w.ordered("k", delivery.Sending)
		second := w.ordered("k", delivery.Sending)
		third := w.ordered("k", delivery.Queued)
		for _, m := range []*delivery.Message{second, third} {
			if d := m.Deliveries[0]; d.Status != delivery.Queued || !d.Waiting || d.Attempts != 0 || d.Reason.Code != delivery.ReasonOrder {
				w.Errorf("Add made %v %s, waiting %v, attempts %d, reason %q", d.ID, d.Status, d.Waiting, d.Attempts, d.Reason.Code)
			}
			w.same("stored", w.get(m.ID).Deliveries, m.Deliveries)
		}
		other := w.ordered("other", delivery.Sending)
		w.waits(other, false)
		robot := w.message(1)
		robot.Sender, robot.OrderKey = "erp", "k"
		w.waits(w.add(robot), false)

		w.idle()
		w.now = w.now.Add(time.Minute)
		w.same("woken", w.settle(w.ended(first.Deliveries[0].ID, delivery.Refused)), []delivery.Sender{crm})
		d := w.claimed()
		w.same("next", d.ID.Message, second.ID)
		w.same("its time", d.Due, w.now)
		w.idle()
		w.settle(w.ended(d.ID, delivery.Sent))
		w.same("last", w.claimed().ID.Message, third.ID)
		w.settle(w.ended(third.Deliveries[0].ID, delivery.Sent))
		w.waits(w.ordered("k", delivery.Sending), false)
	}},
	{"order key/a message of several parts counts as a whole", func(w *world) {
		first := w.message(2)
		first.OrderKey = "k"
		w.add(underway(first))
		second := w.message(3)
		second.OrderKey = "k"
		underway(second)
		second.Deliveries[1].Status, second.Deliveries[1].Attempts, second.Deliveries[1].Waiting = delivery.Queued, 0, true
		second.Deliveries[1].Started = time.Time{}
		w.add(second)
		w.idle()
		w.settle(w.ended(first.Deliveries[1].ID, delivery.Sent))
		w.idle()
		w.settle(w.ended(first.Deliveries[0].ID, delivery.Sent))
		c := w.claim(10)
		var got []int
		for _, d := range c.Deliveries {
			got = append(got, d.ID.Part)
		}
		w.same("parts that may go", got, []int{0, 2})
		w.settle(w.ended(second.Deliveries[0].ID, delivery.Sent))
		w.same("then", w.claimed().ID, second.Deliveries[1].ID)
	}},
	{"order key/one that is cancelled while it waits lets nobody pass", func(w *world) {
		first := w.ordered("k", delivery.Sending)
		second := w.ordered("k", delivery.Queued)
		third := w.ordered("k", delivery.Queued)
		_, _, woken, err := w.Cancel(w.Context(), second.ID, w.now)
		w.ok(err)
		w.same("woken", woken, []delivery.Sender(nil))
		w.idle()
		w.waits(w.ordered("k", delivery.Queued), true)
		w.settle(w.ended(first.Deliveries[0].ID, delivery.Sent))
		w.same("next", w.claimed().ID.Message, third.ID)
	}},
	{"order key/one that is cancelled or runs out lets the next go", func(w *world) {
		for _, end := range []string{"cancel", "expire"} {
			first := w.ordered(end, delivery.Queued)
			second := w.ordered(end, delivery.Queued)
			var woken []delivery.Sender
			var err error
			if end == "cancel" {
				_, _, woken, err = w.Cancel(w.Context(), first.ID, w.now)
			} else {
				third := w.message(1)
				third.Expires = w.now.Add(time.Minute)
				third.OrderKey = "expire"
				w.claimed()
				w.settle(w.ended(first.Deliveries[0].ID, delivery.Sent))
				w.claimed()
				w.settle(w.ended(second.Deliveries[0].ID, delivery.Sent))
				w.add(third)
				second = w.ordered(end, delivery.Queued)
				w.now = third.Expires
				_, woken, _, err = w.Expire(w.Context(), w.now, 10)
			}
			w.ok(err)
			w.same("woken", woken, []delivery.Sender{crm})
			d := w.claimed()
			w.same("next", d.ID.Message, second.ID)
			w.settle(w.ended(d.ID, delivery.Sent))
		}
	}},
	{"order key/one that was scheduled stays so, and waits as well", func(w *world) {
		first := w.ordered("k", delivery.Sending)
		m := w.message(1)
		m.OrderKey = "k"
		m.Deliveries[0].Status, m.Deliveries[0].Due = delivery.Scheduled, w.now.Add(time.Hour)
		w.add(m)
		w.statuses(m.ID, delivery.Scheduled)
		w.waits(m, true)
		w.settle(w.ended(first.Deliveries[0].ID, delivery.Sent))
		w.idle()
		w.now = w.now.Add(time.Hour)
		w.same("then", w.claimed().ID.Message, m.ID)
	}},
	{"order key/a part that was divided off belongs to its message", func(w *world) {
		m := w.message(1)
		m.OrderKey = "k"
		m.Deliveries[0].Content = content("到", "a", "b")
		w.add(m)
		next := w.ordered("k", delivery.Queued)
		later := w.now.Add(time.Minute)
		w.claimAs(delivery.Want{Sender: crm, N: 1}, func([]*delivery.Delivery) []delivery.Decision {
			return []delivery.Decision{{Keep: []string{"a"}, Later: []delivery.Later{{Users: []string{"b"}, Due: later}}}}
		})
		w.settle(w.ended(delivery.ID{Message: m.ID}, delivery.Sent))
		w.idle()
		w.now = later
		d := w.claimed()
		w.same("the rest of the first", d.ID, delivery.ID{Message: m.ID, Part: 1})
		w.settle(w.ended(d.ID, delivery.Sent))
		w.same("the second", w.claimed().ID.Message, next.ID)
	}},
}
