package storetest

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// gone fails unless these messages are forgotten, or are not.
func (w *world) gone(want bool, ids ...delivery.MessageID) {
	w.Helper()
	for _, id := range ids {
		if _, err := w.Message(w.Context(), id); (err != nil) != want {
			w.Errorf("%v: %v", id, err)
		}
	}
}

func (w *world) prune(before time.Time, keep, n, want int) {
	w.Helper()
	got, err := w.Prune(w.Context(), before, keep, n)
	w.ok(err)
	if got != want {
		w.Errorf("%d messages were forgotten instead of %d", got, want)
	}
}

var forgetting = []check{
	{"Prune/what ended before then, with all that belongs to it", func(w *world) {
		old := w.message(2)
		old.Key, old.Digest = "k", delivery.Digest{1}
		w.add(underway(old))
		w.settle(w.ended(old.Deliveries[0].ID, delivery.Queued)) // leaves an attempt
		w.claimed()
		again := w.ended(old.Deliveries[0].ID, delivery.Sent)
		again.Attempt = 2
		w.settle(again, w.ended(old.Deliveries[1].ID, delivery.Refused))
		open := w.sending(1)
		half := w.sending(2)
		w.settle(w.ended(half.Deliveries[0].ID, delivery.Sent))
		w.now = w.now.Add(time.Hour)
		recent := w.sending(1)
		w.settle(w.ended(recent.Deliveries[0].ID, delivery.Sent))

		w.prune(old.Accepted, 0, 10, 0) // it ended then, not before
		w.prune(w.now, 0, 10, 1)
		w.gone(true, old.ID)
		w.gone(false, open.ID, half.ID, recent.ID)
		records, err := w.Attempts(w.Context(), old.ID)
		w.ok(err)
		w.same("attempts", len(records), 0)

		same := w.message(1) // the key is free again
		same.Key, same.Digest = "k", delivery.Digest{2}
		w.add(same)
		w.settle(w.ended(half.Deliveries[1].ID, delivery.Sent))
		w.prune(w.now, 0, 10, 0) // the message ended just now
		w.prune(w.now.Add(time.Millisecond), 0, 10, 2)
		w.gone(true, half.ID, recent.ID)
		w.gone(false, open.ID, same.ID)
	}},
	{"Prune/no more than n at once", func(w *world) {
		for range 25 {
			w.settle(w.ended(w.sending(1).Deliveries[0].ID, delivery.Sent))
		}
		then := w.now.Add(time.Second)
		w.prune(then, 0, 10, 10)
		w.prune(then, 0, 10, 10)
		w.prune(then, 0, 10, 5)
		w.prune(then, 0, 10, 0)
	}},
	{"Prune/many at once", func(w *world) {
		const n = 700
		m := w.sending(1)
		for range n {
			w.settle(w.ended(w.sending(1).Deliveries[0].ID, delivery.Sent))
		}
		w.prune(w.now.Add(time.Second), 0, 10*n, n)
		w.gone(false, m.ID)
	}},
	{"Prune/the oldest ends, while more are kept than are to be", func(w *world) {
		w.queued(5) // they do not count
		ids := make([]delivery.MessageID, 6)
		for i := range ids {
			w.now = w.now.Add(time.Second)
			m := w.sending(2)
			ids[i] = m.ID
			w.settle(w.ended(m.Deliveries[0].ID, delivery.Sent), w.ended(m.Deliveries[1].ID, delivery.Sent))
		}
		long := beginning.Add(-time.Hour)
		w.prune(long, 0, 10, 0)
		w.prune(long, 6, 10, 0)
		w.prune(long, 4, 1, 1)
		w.prune(long, 4, 10, 1)
		w.gone(true, ids[:2]...)
		w.gone(false, ids[2:]...)
		w.prune(ids2time(w, ids[2]).Add(time.Millisecond), 4, 10, 1) // by age below what is kept
		w.prune(long, 1, 10, 2)
		w.gone(false, ids[5])
	}},
	{"Prune/what waits is never forgotten", func(w *world) {
		ids := w.queued(3)
		w.prune(w.now.Add(1000*time.Hour), 1, 10, 0)
		w.gone(false, ids...)
	}},
}

func ids2time(w *world, id delivery.MessageID) time.Time { return w.get(id).Deliveries[0].Settled }
