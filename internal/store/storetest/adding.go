package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

var adding = []check{
	{"Add/a message comes back as it was given", func(w *world) {
		m := w.message(3)
		m.Priority = delivery.High
		m.Labels = map[string]string{"order": "4711", "单号": "四七"}
		m.CallbackURL = "https://shop.example/done"
		m.Key, m.Digest = "k1", delivery.Digest{1, 2, 3}
		m.Deliveries[0] = delivery.Delivery{
			Content: content("到", "zhangsan", "lisi"), Status: delivery.Sending, Attempts: 1, Started: w.now, Due: w.now,
			Check: delivery.CheckOn, CheckFor: 90 * time.Minute, IfUnknown: delivery.Hold,
		}
		m.Deliveries[1].Content = delivery.Content{Chat: &wecom.ChatMessage{ChatID: "c1", Body: wecom.Text{Content: "hi"}}}
		m.Deliveries[1].Status, m.Deliveries[1].Due = delivery.Scheduled, w.now.Add(time.Hour)
		m.Deliveries[1].Reason = delivery.Reason{Code: delivery.ReasonDelay, Detail: "an hour"}
		m.Deliveries[2].Content = delivery.Content{Robot: &wecom.RobotMessage{Body: wecom.Text{Content: "ho"}}}
		m.Deliveries[2].Waiting = true
		w.add(m)
		w.same("message", w.get(m.ID), m)
	}},
	{"Add/ids are given to the message and its deliveries, and grow", func(w *world) {
		var last delivery.MessageID
		for i := range 300 {
			if i == 150 {
				w.now = w.now.Add(-time.Hour) // the clock was set back
			}
			m := w.add(w.message(2))
			if m.ID <= last {
				w.Fatalf("message %d has id %d after %d", i, m.ID, last)
			}
			last = m.ID
			w.same("deliveries", []delivery.ID{m.Deliveries[0].ID, m.Deliveries[1].ID}, []delivery.ID{{Message: m.ID}, {Message: m.ID, Part: 1}})
			if _, err := delivery.ParseMessageID(m.ID.String()); err != nil {
				w.Fatal(err)
			}
		}
	}},
	{"Add/what is on its way is given to nobody else", func(w *world) {
		w.sending(2)
		w.idle()
	}},
	{"Add/of many callers with one idempotency key one stores, and all learn its id", func(w *world) {
		const callers = 32
		ids := make([]delivery.MessageID, callers)
		stored := make([]bool, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				m := w.message(1)
				m.Key, m.Digest = "order-1", delivery.Digest{7}
				earlier, err := w.Add(w.Context(), m)
				if err != nil {
					w.Error(err)
				}
				ids[i], stored[i] = max(earlier, m.ID), earlier == 0
			})
		}
		all.Wait()
		count := 0
		for i := range callers {
			if stored[i] {
				count++
			}
			if ids[i] != ids[0] {
				w.Errorf("one caller learned %v, another %v", ids[i], ids[0])
			}
		}
		if count != 1 {
			w.Errorf("%d callers stored the message", count)
		}
		if c := w.claim(100); len(c.Deliveries) != 1 {
			w.Errorf("%d deliveries are due", len(c.Deliveries))
		}
	}},
	{"Add/an idempotency key is for one request, within its producer", func(w *world) {
		first := w.message(1)
		first.Key, first.Digest = "k", delivery.Digest{1}
		w.add(first)
		other := w.message(1)
		other.Key, other.Digest = "k", delivery.Digest{2}
		_, err := w.Add(w.Context(), other)
		w.is(err, delivery.ErrKeyReused)
		if other.ID != 0 {
			w.Errorf("a message that was not stored got the id %v", other.ID)
		}
		other.Producer = "blog"
		w.add(other)
		third := w.message(1)
		w.add(third) // no key at all
	}},
	{"Add/one that cannot be stored leaves its neighbours alone", func(w *world) {
		first := w.message(1)
		first.Key, first.Digest = "k", delivery.Digest{1}
		w.add(first)
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				m := w.message(1)
				if i%2 == 0 {
					m.Key, m.Digest = "k", delivery.Digest{2}
				}
				_, err := w.Add(w.Context(), m)
				if i%2 == 0 {
					w.is(err, delivery.ErrKeyReused)
				} else if err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if n := len(w.claim(100).Deliveries); n != 33 {
			w.Errorf("%d deliveries are there instead of 33", n)
		}
	}},
	{"Add/a new message is scheduled, queued or on its way", func(w *world) {
		for _, s := range delivery.Statuses {
			m := w.message(1)
			m.Deliveries[0].Status = s
			_, err := w.Add(w.Context(), m)
			if may := s <= delivery.Sending; may != (err == nil) {
				w.Errorf("%s: %v", s, err)
			}
		}
	}},
	{"Add/a caller whose context has ended does not wait", func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		_, err := w.Add(ctx, w.message(1))
		w.is(err, context.Canceled)
	}},
	{"Add/many callers at once", func(w *world) {
		const callers, each = 16, 50
		var all sync.WaitGroup
		seen := sync.Map{}
		for c := range callers {
			all.Go(func() {
				for i := range each {
					m := w.message(1)
					m.Labels = map[string]string{"n": fmt.Sprint(c, i)}
					if _, err := w.Add(w.Context(), m); err != nil {
						w.Error(err)
						return
					}
					if _, twice := seen.LoadOrStore(m.ID, true); twice {
						w.Errorf("%v was given twice", m.ID)
					}
					if got := w.get(m.ID); got.Labels["n"] != m.Labels["n"] {
						w.Errorf("%v is another's message", m.ID)
					}
				}
			})
		}
		all.Wait()
		depth, err := w.Depth(w.Context())
		w.ok(err)
		w.same("depth", depth, map[delivery.Status]int{delivery.Queued: callers * each})
	}},
}
