package storetest

import (
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

var managing = []check{
	{"AddAll/each as Add would", func(w *world) {
		earlier := w.message(1)
		earlier.Key, earlier.Digest = "k1", delivery.Digest{1}
		w.add(earlier)
		keyed := func(key string, digest byte) *delivery.Message {
			m := w.message(1)
			m.Key, m.Digest = key, delivery.Digest{digest}
			return m
		}
		all := []*delivery.Message{keyed("k1", 1), w.message(2), keyed("k1", 2), keyed("k2", 3), keyed("k2", 3), underway(w.message(1))}
		added, err := w.AddAll(w.Context(), all)
		w.ok(err)
		w.same("replayed", added[0].Earlier, earlier.ID)
		w.is(added[2].Err, delivery.ErrKeyReused)
		w.same("replayed within the batch", added[4].Earlier, all[3].ID)
		last := earlier.ID
		for _, i := range []int{1, 3, 5} {
			if added[i] != (delivery.Added{}) || all[i].ID <= last {
				w.Errorf("%d: %+v, id %v after %v", i, added[i], all[i].ID, last)
			}
			last = all[i].ID
			w.same("parts", len(w.get(all[i].ID).Deliveries), len(all[i].Deliveries))
		}
		w.statuses(all[5].ID, delivery.Sending)
		w.same("due", len(w.claim(10).Deliveries), 4)
	}},
	{"AddAll/none is stored if one cannot be", func(w *world) {
		bad := w.message(1)
		bad.Deliveries[0].Status = delivery.Sent
		if _, err := w.AddAll(w.Context(), []*delivery.Message{w.message(1), bad}); err == nil {
			w.Error("a message that was sent already was added")
		}
		w.idle()
	}},
	{"Recalled/only what was sent", func(w *world) {
		m := w.sending(3)
		w.settle(w.ended(m.Deliveries[0].ID, delivery.Sent), w.ended(m.Deliveries[1].ID, delivery.PartlySent), w.ended(m.Deliveries[2].ID, delivery.Refused))
		w.ok(w.Recalled(w.Context(), m.Deliveries[0].ID, m.Deliveries[1].ID, m.Deliveries[2].ID, delivery.ID{Message: 4711}))
		w.statuses(m.ID, delivery.Recalled, delivery.Recalled, delivery.Refused)
	}},
	{"SpendCode/once, and again if it was not used after all", func(w *world) {
		m := w.sending(2)
		s := w.ended(m.Deliveries[0].ID, delivery.Sent)
		s.Answer = delivery.Answer{MsgID: "m", ResponseCode: "c"}
		w.settle(s, w.ended(m.Deliveries[1].ID, delivery.Sent))
		w.is(w.SpendCode(w.Context(), m.Deliveries[1].ID, true), delivery.ErrNoCode)
		w.is(w.SpendCode(w.Context(), delivery.ID{Message: 4711}, true), delivery.ErrNoCode)
		w.ok(w.SpendCode(w.Context(), s.ID, true))
		w.is(w.SpendCode(w.Context(), s.ID, true), delivery.ErrNoCode)
		s.Answer.CodeSpent = true
		w.same("answer", w.get(m.ID).Deliveries[0].Answer, s.Answer)
		w.ok(w.SpendCode(w.Context(), s.ID, false))
		w.ok(w.SpendCode(w.Context(), s.ID, true))
	}},
	{"Resends/the latest of each", func(w *world) {
		ids := w.queued(3)
		var last delivery.MessageID
		for range 2 {
			m := w.message(2)
			m.ResendOf = ids[1]
			last = w.add(m).ID
		}
		w.same("resend_of", w.get(last).ResendOf, ids[1])
		w.same("resend_of", w.get(ids[1]).ResendOf, delivery.MessageID(0))
		resends, err := w.Resends(w.Context(), ids)
		w.ok(err)
		w.same("resends", resends, map[delivery.MessageID]delivery.MessageID{ids[1]: last})
	}},
	{"Cancel and Expire/what a quota gave is told, and what was waited for", func(w *world) {
		for _, expire := range []bool{false, true} {
			m := w.message(3)
			due := w.now.Add(time.Hour)
			m.Expires = w.now.Add(2 * time.Hour)
			m.Deliveries[0].Due, m.Deliveries[0].Reason.Code = due, delivery.ReasonMemberPaced
			m.Deliveries[1].Due, m.Deliveries[1].Status, m.Deliveries[1].Reason.Code = due, delivery.Scheduled, delivery.ReasonDelay
			w.add(m)
			failure := delivery.Failure{Op: "message/send", Code: 60020, Msg: "not allow to access from your ip", CallerIP: "203.0.113.9"}
			w.ok(w.Hold(w.Context(), crm, delivery.Rest{Until: due, Reason: delivery.Reason{Code: delivery.ReasonMisconfigured}, Failure: failure}))
			var ended []delivery.Event
			var err error
			code := delivery.ReasonCancelled
			if expire {
				w.now, code = m.Expires, delivery.ReasonExpired
				ended, _, _, err = w.Expire(w.Context(), w.now, 10)
			} else {
				ended, _, _, err = w.Cancel(w.Context(), m.ID, w.now)
			}
			w.ok(err)
			if len(ended) != 3 {
				w.Fatalf("%d events", len(ended))
			}
			for i, want := range []string{delivery.ReasonMisconfigured, delivery.ReasonDelay, delivery.ReasonMisconfigured} {
				d := w.get(m.ID).Deliveries[i]
				w.same("reason", d.Reason, delivery.Reason{Code: code, Cause: want})
				for _, e := range ended {
					if e.ID != d.ID {
						continue
					}
					w.same("reason of the event", e.Reason, d.Reason)
					if booked := i == 0; booked != !e.Booked.IsZero() || booked && !e.Booked.Equal(due) {
						w.Errorf("part %d: booked %v", i, e.Booked)
					} else if booked {
						w.same("content", e.Content, d.Content)
					}
				}
				var told *delivery.Failure
				if want == delivery.ReasonMisconfigured {
					told = &failure
				}
				w.same("failure", d.Answer.Failure, told)
			}
			w.ok(w.Hold(w.Context(), crm, delivery.Rest{}))
		}
	}},
}

// addressed is a message to these receivers.
func (w *world) addressed(to wecom.To, text string) *delivery.Message {
	m := w.message(1)
	m.Deliveries[0].Content = delivery.Content{App: &wecom.Message{To: to, Body: wecom.Text{Content: text}}}
	return m
}

// search walks through all pages of n messages, and fails if one is unbounded or out of order.
func (w *world) search(f delivery.Filter, n int) (ids []delivery.MessageID) {
	w.Helper()
	var before delivery.MessageID
	for pages := 0; ; pages++ {
		page, err := w.Search(w.Context(), f, before, n)
		w.ok(err)
		if len(page.Messages) > n || page.Looked > 20_000 || pages > 10_000 {
			w.Fatalf("page %d has %d messages of %d, and looked at %d", pages, len(page.Messages), n, page.Looked)
		}
		for _, m := range page.Messages {
			if len(ids) > 0 && m.ID >= ids[len(ids)-1] || before != 0 && m.ID >= before {
				w.Fatalf("%v comes after %v", m.ID, ids[len(ids)-1])
			}
			ids = append(ids, m.ID)
		}
		if page.Next == 0 {
			return ids
		}
		if before != 0 && page.Next >= before {
			w.Fatalf("%v does not go on after %v", page.Next, before)
		}
		before = page.Next
	}
}
