package storetest

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

var settling = []check{
	{"Settle/the end of a delivery is recorded whole", func(w *world) {
		for _, status := range []delivery.Status{delivery.Sent, delivery.PartlySent, delivery.Refused, delivery.Expired, delivery.Uncertain} {
			m := w.sending(1)
			w.now = w.now.Add(time.Second)
			s := w.ended(m.Deliveries[0].ID, status)
			s.Took, s.Doubt, s.MaybeTwice = 300*time.Millisecond, w.now.Add(-time.Second), true
			s.Reason = delivery.Reason{Code: delivery.ReasonSomeReceivers, Detail: "lisi"}
			s.Answer = delivery.Answer{
				MsgID: "m1", ResponseCode: "r1", InvalidUsers: []string{"lisi"}, InvalidParties: []int{3}, InvalidTags: []int{4}, UnlicensedUsers: []string{"wangwu"},
				Failure: &delivery.Failure{Op: "message/send", Code: wecom.Code(81013), Msg: "no", HintID: "h", CallerIP: "1.2.3.4", Status: 502},
			}
			w.settle(s)
			want := m.Deliveries[0]
			want.Status, want.Settled, want.Reason, want.Answer, want.Doubt, want.MaybeTwice = status, s.At, s.Reason, s.Answer, s.Doubt, true
			got := w.get(m.ID).Deliveries[0]
			got.Due = want.Due // it means nothing any more
			w.same(status.String(), got, want)
			records, err := w.Attempts(w.Context(), m.ID)
			w.ok(err)
			w.same("attempts before it", records, []delivery.AttemptRecord(nil))
		}
	}},
	{"Settle/what is to be tried again is, and its attempts are kept", func(w *world) {
		m := w.sending(1)
		id := m.Deliveries[0].ID
		var want []delivery.AttemptRecord
		for n := 1; n <= 3; n++ {
			started := w.now
			w.now = w.now.Add(time.Second)
			s := w.ended(id, delivery.Queued)
			s.Attempt, s.Due, s.Took = n, w.now.Add(time.Minute), 20*time.Millisecond
			s.Reason = delivery.Reason{Code: delivery.ReasonBusy, Detail: "again"}
			s.Answer.Failure = &delivery.Failure{Op: "message/send", Code: -1, Msg: "system error"}
			w.settle(s)
			want = append(want, delivery.AttemptRecord{Attempt: n, At: started, Took: s.Took, Reason: s.Reason, Answer: s.Answer})
			w.idle()
			w.now = s.Due
			if d := w.claimed(); d.Attempts != n+1 {
				w.Fatalf("attempt %d after %d", d.Attempts, n)
			}
		}
		w.settle(delivery.Settlement{ID: id, Attempt: 4, Status: delivery.Sent, At: w.now})
		got, err := w.Attempts(w.Context(), m.ID)
		w.ok(err)
		w.same("attempts", got, want)
	}},
	{"Settle/an attempt that is not the last is left alone", func(w *world) {
		m := w.sending(1)
		id := m.Deliveries[0].ID
		w.settle(w.ended(id, delivery.Queued))
		w.settle(w.ended(id, delivery.Sent)) // it is not Sending any more
		w.statuses(m.ID, delivery.Queued)
		w.claimed()
		w.settle(w.ended(id, delivery.Refused)) // that was the first attempt
		w.statuses(m.ID, delivery.Sending)
		w.settle(delivery.Settlement{ID: id, Attempt: 3, Status: delivery.Refused, At: w.now})
		w.statuses(m.ID, delivery.Sending)
		w.settle(delivery.Settlement{ID: id, Attempt: 2, Status: delivery.Sent, At: w.now})
		w.settle(delivery.Settlement{ID: id, Attempt: 2, Status: delivery.Refused, At: w.now})
		w.statuses(m.ID, delivery.Sent)
		w.settle(w.ended(delivery.ID{Message: 4711}, delivery.Sent)) // there is none
	}},
	{"Settle/an attempt that was not made does not count", func(w *world) {
		m := w.sending(1)
		first := w.now
		id := m.Deliveries[0].ID
		w.now = w.now.Add(time.Second)
		back := w.ended(id, delivery.Queued)
		back.NotTried = true
		w.settle(back)
		d := w.get(m.ID).Deliveries[0]
		if d.Attempts != 0 || !d.Started.IsZero() {
			w.Errorf("attempts %d, started %v", d.Attempts, d.Started)
		}
		w.claimed()
		w.settle(w.ended(id, delivery.Queued)) // tried
		w.now = w.now.Add(time.Second)
		w.claimed()
		back.Attempt = 2
		w.settle(back)
		d = w.get(m.ID).Deliveries[0]
		if d.Attempts != 1 || !d.Started.Equal(first.Add(time.Second)) {
			w.Errorf("attempts %d, started %v", d.Attempts, d.Started)
		}
		w.claimed()
		w.settle(delivery.Settlement{ID: id, Attempt: 2, Status: delivery.Uncertain, NotTried: true, At: w.now})
		if d = w.get(m.ID).Deliveries[0]; d.Status != delivery.Uncertain || d.Attempts != 1 {
			w.Errorf("%s after %d attempts", d.Status, d.Attempts)
		}
		records, err := w.Attempts(w.Context(), m.ID)
		w.ok(err)
		if len(records) != 1 {
			w.Errorf("%d attempts are recorded", len(records))
		}
	}},
	{"Settle/many at once", func(w *world) {
		m := w.sending(100)
		var all []delivery.Settlement
		for _, d := range m.Deliveries {
			all = append(all, w.ended(d.ID, delivery.Sent))
		}
		w.settle(all...)
		if got := w.get(m.ID); got.Status() != delivery.Sent {
			w.Errorf("the message is %s", got.Status())
		}
	}},
}

// ways bring a delivery to a status, alone in its message.
func (w *world) at(status delivery.Status) delivery.ID {
	w.Helper()
	m := w.message(1)
	if status == delivery.Scheduled {
		m.Deliveries[0].Status = delivery.Scheduled
		return delivery.ID{Message: w.add(m).ID}
	}
	id := delivery.ID{Message: w.add(m).ID}
	switch {
	case status == delivery.Queued:
	case status == delivery.Cancelled:
		_, _, _, err := w.Cancel(w.Context(), id.Message, w.now)
		w.ok(err)
	default:
		w.claimed()
		if status != delivery.Sending {
			w.settle(w.ended(id, status))
		}
	}
	return id
}

var stepping = []check{
	{"steps/only those of the table are made", func(w *world) {
		// Whatever is tried with a delivery in any status, it makes no step that the table does not have.
		tries := map[string]func(id delivery.ID){
			"Claim":  func(delivery.ID) { w.claim(100) },
			"Cancel": func(id delivery.ID) { _, _, _, err := w.Cancel(w.Context(), id.Message, w.now); w.ok(err) },
			"Expire": func(delivery.ID) { _, _, _, err := w.Expire(w.Context(), w.now.Add(25*time.Hour), 1000); w.ok(err) },
			"postpone": func(delivery.ID) {
				w.claimAs(delivery.Want{Sender: crm, N: 100}, func(due []*delivery.Delivery) []delivery.Decision {
					decisions := goes(due)
					for i := range decisions {
						decisions[i].Due = w.now.Add(time.Hour)
					}
					return decisions
				})
			},
			"Rewind": func(delivery.ID) {
				_, err := w.Rewind(w.Context(), w.now.Add(-time.Hour), w.now.Add(-time.Minute))
				w.ok(err)
			},
			"Prune": func(delivery.ID) { _, err := w.Prune(w.Context(), w.now.Add(-time.Hour), 0, 100); w.ok(err) },
		}
		for _, to := range delivery.Statuses {
			tries["Settle as "+to.String()] = func(id delivery.ID) {
				_, err := w.Settle(w.Context(), w.ended(id, to))
				if may := delivery.Sending.May(to); may != (err == nil) {
					w.Errorf("Settle as %s: %v", to, err)
				}
			}
		}
		for _, from := range delivery.Statuses {
			if from == delivery.Recalled {
				continue // nothing brings a delivery there yet
			}
			for name, try := range tries {
				id := w.at(from)
				w.statuses(id.Message, from)
				try(id)
				got := w.get(id.Message).Deliveries[0]
				if got.Status != from && !from.May(got.Status) {
					w.Errorf("%s brought a delivery from %s to %s", name, from, got.Status)
				}
				if got.Status.Final() != !got.Settled.IsZero() {
					w.Errorf("%s: a delivery that is %s has Settled %v", name, got.Status, got.Settled)
				}
				// Nothing of this try is left for the next one.
				w.now = w.now.Add(time.Hour)
				w.claim(100)
				w.now = w.now.Add(time.Hour)
			}
		}
	}},
	{"steps/Settle makes each that a request can make", func(w *world) {
		for _, to := range delivery.Sending.Next() {
			id := w.at(delivery.Sending)
			w.settle(w.ended(id, to))
			w.statuses(id.Message, to)
			w.now = w.now.Add(time.Minute)
			w.claim(100)
		}
	}},
}
