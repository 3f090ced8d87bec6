package storetest

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// doubtful leaves a queued delivery of which an attempt may have arrived.
func (w *world) doubtful() delivery.ID {
	w.Helper()
	m := w.sending(1)
	s := w.ended(m.Deliveries[0].ID, delivery.Queued)
	s.Doubt, s.Reason.Code, s.Due = w.now, delivery.ReasonNoAnswer, w.now.Add(time.Minute)
	w.settle(s)
	return s.ID
}

var ending = []check{
	{"Cancel/ends what has not left, and counts what has", func(w *world) {
		m := w.message(4)
		underway(m)
		m.Deliveries[1].Status, m.Deliveries[1].Attempts = delivery.Queued, 0
		m.Deliveries[2].Status, m.Deliveries[2].Attempts = delivery.Scheduled, 0
		w.add(m)
		w.settle(w.ended(m.Deliveries[3].ID, delivery.Sent))
		w.now = w.now.Add(time.Second)
		ended, left, _, err := w.Cancel(w.Context(), m.ID, w.now)
		w.ok(err)
		reason := delivery.Reason{Code: delivery.ReasonCancelled}
		w.same("ended", ended, []delivery.Event{
			{ID: m.Deliveries[1].ID, Sender: crm, Status: delivery.Cancelled, Reason: reason, At: w.now},
			{ID: m.Deliveries[2].ID, Sender: crm, Status: delivery.Cancelled, Reason: reason, At: w.now},
		})
		w.same("left", left, 2)
		w.statuses(m.ID, delivery.Sending, delivery.Cancelled, delivery.Cancelled, delivery.Sent)
		d := w.get(m.ID).Deliveries[1]
		w.same("reason", d.Reason, reason)
		w.same("settled", d.Settled, w.now)
		w.idle()
		ended, left, _, err = w.Cancel(w.Context(), m.ID, w.now)
		w.ok(err)
		if len(ended) != 0 || left != 4 {
			w.Errorf("the second time it ended %d, and %d had left", len(ended), left)
		}
	}},
	{"Cancel/a message that is not there", func(w *world) {
		_, _, _, err := w.Cancel(w.Context(), 4711, w.now)
		w.is(err, delivery.ErrNotFound)
	}},
	{"Cancel/what may have arrived is uncertain", func(w *world) {
		id := w.doubtful()
		ended, _, _, err := w.Cancel(w.Context(), id.Message, w.now)
		w.ok(err)
		if len(ended) != 1 || ended[0].Status != delivery.Uncertain {
			w.Errorf("ended %+v", ended)
		}
		w.statuses(id.Message, delivery.Uncertain)
	}},
	{"Expire/ends what has run out, and tells when the next does", func(w *world) {
		var soon []delivery.MessageID
		for i := range 3 {
			m := w.message(1)
			m.Expires = w.now.Add(time.Duration(3-i) * time.Minute)
			m.Deliveries[0].Due = m.Expires
			soon = append(soon, w.add(m).ID)
		}
		doubtful := w.doubtful() // runs out in 24 hours
		_, _, next, err := w.Expire(w.Context(), w.now, 10)
		w.ok(err)
		w.same("next", next, w.now.Add(time.Minute))
		w.now = w.now.Add(3 * time.Minute)
		var ended []delivery.Event
		for len(ended) < 3 {
			some, _, _, err := w.Expire(w.Context(), w.now, 2)
			w.ok(err)
			if len(some) == 0 || len(some) > 2 {
				w.Fatalf("%d ended in one go of 2", len(some))
			}
			ended = append(ended, some...)
		}
		for i, e := range ended {
			w.same("event", e, delivery.Event{
				ID: delivery.ID{Message: soon[2-i]}, Sender: crm, Status: delivery.Expired, Reason: delivery.Reason{Code: delivery.ReasonExpired}, At: w.now,
			})
			w.statuses(soon[i], delivery.Expired)
		}
		w.now = w.get(doubtful.Message).Expires
		ended, _, next, err = w.Expire(w.Context(), w.now, 10)
		w.ok(err)
		if len(ended) != 1 || ended[0].Status != delivery.Uncertain || !next.IsZero() {
			w.Errorf("ended %+v, next %v", ended, next)
		}
		w.statuses(doubtful.Message, delivery.Uncertain)
	}},
	{"Expire/what is on its way is left to its answer", func(w *world) {
		m := w.sending(1)
		w.now = m.Expires
		ended, _, _, err := w.Expire(w.Context(), w.now, 10)
		w.ok(err)
		w.same("ended", ended, []delivery.Event(nil))
		w.statuses(m.ID, delivery.Sending)
	}},
	{"Expire/all parts of a message", func(w *world) {
		m := w.add(chain(w.message(3)))
		w.now = m.Expires
		ended, _, _, err := w.Expire(w.Context(), w.now, 10)
		w.ok(err)
		w.statuses(m.ID, delivery.Expired, delivery.Expired, delivery.Expired)
		if len(ended) != 3 {
			w.Errorf("%d events", len(ended))
		}
	}},
	{"Rewind/what would wait for a time that the clock has left is due now", func(w *world) {
		far, near := w.now.Add(2*time.Hour), w.now.Add(5*time.Minute)
		add := func(status delivery.Status, due time.Time, reason string) delivery.MessageID {
			m := w.message(1)
			m.Deliveries[0].Status, m.Deliveries[0].Due, m.Deliveries[0].Reason.Code = status, due, reason
			return w.add(m).ID
		}
		busy := add(delivery.Queued, far, delivery.ReasonBusy)
		kept := map[delivery.MessageID]time.Time{
			add(delivery.Queued, near, delivery.ReasonBusy):       near,
			add(delivery.Queued, far, delivery.ReasonMemberPaced): far,
			add(delivery.Queued, far, delivery.ReasonDayPaced):    far,
			add(delivery.Scheduled, far, delivery.ReasonDelay):    far,
		}
		changed, err := w.Rewind(w.Context(), w.now, w.now.Add(20*time.Minute))
		w.ok(err)
		w.same("changed", changed, 1)
		w.same("busy", w.get(busy).Deliveries[0].Due, w.now)
		for id, due := range kept {
			w.same("kept", w.get(id).Deliveries[0].Due, due)
		}
		w.same("next", w.claimed().ID.Message, busy)
	}},
	{"Rewind/thousands at once", func(w *world) {
		const n = 1200
		for range n {
			m := w.message(1)
			m.Deliveries[0].Due = w.now.Add(time.Hour)
			w.add(m)
		}
		changed, err := w.Rewind(w.Context(), w.now, w.now.Add(time.Minute))
		w.ok(err)
		w.same("changed", changed, n)
		w.same("due", len(w.claim(2*n).Deliveries), n)
	}},
}
