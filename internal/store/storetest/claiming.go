package storetest

import (
	"sync"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var claiming = []check{
	{"Claim/what is due longest goes first, and its rows say so", func(w *world) {
		var want []delivery.ID
		for i := range 5 {
			m := w.message(1)
			m.Deliveries[0].Due = w.now.Add(-time.Duration(i) * time.Second)
			w.add(m)
			want = append([]delivery.ID{{Message: m.ID}}, want...)
		}
		w.now = w.now.Add(time.Second)
		c := w.claim(3)
		var got []delivery.ID
		for _, d := range c.Deliveries {
			got = append(got, d.ID)
			if d.Status != delivery.Sending || d.Attempts != 1 || !d.Started.Equal(w.now) {
				w.Errorf("%v is %s, attempt %d, started %v", d.ID, d.Status, d.Attempts, d.Started)
			}
			w.same("stored", w.get(d.ID.Message).Deliveries[0], d)
		}
		w.same("order", got, want[:3])
		if !c.More || !c.Next.IsZero() {
			w.Errorf("more %v, next %v, though two are due", c.More, c.Next)
		}
	}},
	{"Claim/each queue by itself, and when it is due next", func(w *world) {
		soon, later := w.now.Add(time.Minute), w.now.Add(time.Hour)
		for _, due := range []time.Time{later, soon, w.now} {
			m := w.message(1)
			m.Deliveries[0].Due = due
			w.add(m)
		}
		low := w.message(1)
		low.Priority = delivery.Low
		w.add(low)
		robot := w.message(1)
		robot.Sender = delivery.Robot("ops")
		w.add(robot)
		wants := []delivery.Want{{Sender: crm, N: 5}, {Sender: crm, Priority: delivery.Low, N: 5}, {Sender: "none", N: 5}, {Sender: robot.Sender, N: 0}}
		claimed, err := w.Claim(w.Context(), w.now, wants, goes)
		w.ok(err)
		for i, n := range []int{1, 1, 0, 0} {
			if len(claimed[i].Deliveries) != n {
				w.Errorf("want %d: %d deliveries instead of %d", i, len(claimed[i].Deliveries), n)
			}
		}
		w.same("next", []time.Time{claimed[0].Next, claimed[1].Next, claimed[2].Next, claimed[3].Next}, []time.Time{soon, {}, {}, {}})
		w.same("more", []bool{claimed[0].More, claimed[1].More, claimed[2].More, claimed[3].More}, []bool{false, false, false, true})
		w.same("low", claimed[1].Deliveries[0].ID.Message, low.ID)
	}},
	{"Claim/a delivery is given to one caller only", func(w *world) {
		const n, callers = 300, 8
		w.queued(n)
		var mu sync.Mutex
		given := map[delivery.ID]int{}
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for {
					claimed, err := w.Claim(w.Context(), w.now, []delivery.Want{{Sender: crm, N: 7}}, goes)
					if err != nil {
						w.Error(err)
						return
					}
					if len(claimed[0].Deliveries) == 0 {
						return
					}
					mu.Lock()
					for _, d := range claimed[0].Deliveries {
						given[d.ID]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(given) != n {
			w.Errorf("%d of %d were given out", len(given), n)
		}
		for id, times := range given {
			if times != 1 {
				w.Errorf("%v was given out %d times", id, times)
			}
		}
	}},
	{"Claim/what must wait gets its time and reason", func(w *world) {
		w.queued(2)
		later := w.now.Add(40 * time.Second)
		reason := delivery.Reason{Code: delivery.ReasonMemberPaced, Detail: "zhangsan has had 30 this minute"}
		c := w.claimAs(delivery.Want{Sender: crm, N: 10}, func(due []*delivery.Delivery) []delivery.Decision {
			if len(due) != 2 {
				w.Errorf("asked about %d instead of 2", len(due))
			}
			return []delivery.Decision{{}, {Due: later, Reason: reason}}
		})
		if len(c.Deliveries) != 1 || c.More || !c.Next.Equal(later) {
			w.Fatalf("%d given out, more %v, next %v", len(c.Deliveries), c.More, c.Next)
		}
		w.idle()
		w.now = later
		d := w.claimAs(delivery.Want{Sender: crm, N: 10}, func(due []*delivery.Delivery) []delivery.Decision {
			w.same("reason", due[0].Reason, reason)
			w.same("due", due[0].Due, later)
			return goes(due)
		}).Deliveries[0]
		if d.Attempts != 1 || d.Reason.Code != delivery.ReasonNone {
			w.Errorf("attempt %d, reason %q", d.Attempts, d.Reason.Code)
		}
	}},
	{"Claim/members who must wait longer get deliveries of their own", func(w *world) {
		m := w.message(2)
		m.Deliveries[0].Content = content("到", "a", "b", "c", "d")
		m.Deliveries[0].Check, m.Deliveries[0].CheckFor, m.Deliveries[0].IfUnknown = delivery.CheckOn, time.Hour, delivery.Hold
		m.Deliveries[1].Due = w.now.Add(time.Hour)
		w.add(m)
		reason := delivery.Reason{Code: delivery.ReasonMemberPaced}
		decision := delivery.Decision{Keep: []string{"a"}, Later: []delivery.Later{
			{Users: []string{"b", "d"}, Due: w.now.Add(time.Minute), Reason: reason},
			{Users: []string{"c"}, Due: w.now.Add(time.Hour), Reason: reason},
		}}
		c := w.claimAs(delivery.Want{Sender: crm, N: 10}, func([]*delivery.Delivery) []delivery.Decision { return []delivery.Decision{decision} })
		if len(c.Deliveries) != 1 {
			w.Fatalf("%d given out", len(c.Deliveries))
		}
		w.same("who stays", c.Deliveries[0].Content, content("到", "a"))
		got := w.get(m.ID).Deliveries
		w.same("stored", got[0], c.Deliveries[0])
		if len(got) != 4 {
			w.Fatalf("%d parts instead of 4", len(got))
		}
		for i, want := range []delivery.Delivery{
			{Content: content("到", "b", "d"), Due: w.now.Add(time.Minute)},
			{Content: content("到", "c"), Due: w.now.Add(time.Hour)},
		} {
			want.ID = delivery.ID{Message: m.ID, Part: 2 + i}
			want.Sender, want.Accepted, want.Expires = m.Sender, m.Accepted, m.Expires
			want.Status, want.Reason = delivery.Queued, reason
			want.Check, want.CheckFor, want.IfUnknown = delivery.CheckOn, time.Hour, delivery.Hold
			w.same("new part", got[2+i], want)
		}
		w.now = w.now.Add(time.Minute)
		w.same("who is next", w.claimed().Content, content("到", "b", "d"))
	}},
	{"Claim/all of a divided delivery can be made to wait", func(w *world) {
		m := w.message(1)
		m.Deliveries[0].Content = content("到", "a", "b")
		w.add(m)
		c := w.claimAs(delivery.Want{Sender: crm, N: 1}, func([]*delivery.Delivery) []delivery.Decision {
			return []delivery.Decision{{
				Due: w.now.Add(time.Second), Reason: delivery.Reason{Code: delivery.ReasonRate}, Keep: []string{"a"},
				Later: []delivery.Later{{Users: []string{"b"}, Due: w.now.Add(time.Minute), Reason: delivery.Reason{Code: delivery.ReasonMemberPaced}}},
			}}
		})
		if len(c.Deliveries) != 0 || !c.Next.Equal(w.now.Add(time.Second)) {
			w.Errorf("%d given out, next %v", len(c.Deliveries), c.Next)
		}
		w.statuses(m.ID, delivery.Queued, delivery.Queued)
		w.now = w.now.Add(time.Second)
		w.same("who goes", w.claimed().Content, content("到", "a"))
		w.idle()
	}},
	{"Claim/what has run out is left", func(w *world) {
		m := w.message(1)
		m.Expires = w.now.Add(time.Minute)
		w.add(m)
		w.now = m.Expires
		c := w.claim(1)
		if len(c.Deliveries) > 0 || c.More || !c.Next.IsZero() {
			w.Errorf("%d given out, more %v, next %v", len(c.Deliveries), c.More, c.Next)
		}
		w.statuses(m.ID, delivery.Queued)
	}},
	{"twins/the same content within the interval goes without the check", func(w *world) {
		send := func(status delivery.Status, sender delivery.Sender, check delivery.DuplicateCheck, text string) *delivery.Message {
			m := w.message(1)
			m.Sender = sender
			m.Deliveries[0].Content, m.Deliveries[0].Check, m.Deliveries[0].CheckFor = content(text), check, 30*time.Minute
			if status == delivery.Sending {
				underway(m)
			}
			return w.add(m)
		}
		expect := func(what string, m *delivery.Message, want delivery.DuplicateCheck) {
			w.Helper()
			if got := w.get(m.ID).Deliveries[0].Check; got != want {
				w.Errorf("%s: check %d instead of %d", what, got, want)
			}
			if got := m.Deliveries[0].Check; got != want && m.Deliveries[0].Status == delivery.Sending {
				w.Errorf("%s: Add answered check %d instead of %d", what, got, want)
			}
		}
		expect("first", send(delivery.Sending, crm, delivery.CheckOn, "到"), delivery.CheckOn)
		expect("other text", send(delivery.Sending, crm, delivery.CheckOn, "走"), delivery.CheckOn)
		expect("other sender", send(delivery.Sending, "erp", delivery.CheckOn, "到"), delivery.CheckOn)
		expect("twin", send(delivery.Sending, crm, delivery.CheckOn, "到"), delivery.CheckTwin)
		expect("its own choice", send(delivery.Sending, crm, delivery.CheckOwn, "到"), delivery.CheckOwn)
		expect("none", send(delivery.Sending, crm, delivery.CheckNone, "到"), delivery.CheckNone)

		queued := send(delivery.Queued, crm, delivery.CheckOn, "到")
		expect("queued", queued, delivery.CheckOn) // it has not left yet
		d := w.claimed()
		w.same("claimed", d.ID.Message, queued.ID)
		expect("queued twin", queued, delivery.CheckTwin)
		if d.Check != delivery.CheckTwin {
			w.Errorf("given out with check %d", d.Check)
		}
		w.now = w.now.Add(30 * time.Minute)
		expect("after the interval", send(delivery.Sending, crm, delivery.CheckOn, "到"), delivery.CheckOn)
		w.now = w.now.Add(30*time.Minute - time.Millisecond)
		expect("at its end", send(delivery.Sending, crm, delivery.CheckOn, "到"), delivery.CheckTwin)
	}},
	{"twins/a delivery is not its own twin, and two of one message are", func(w *world) {
		m := w.message(2)
		for i := range m.Deliveries {
			d := &m.Deliveries[i]
			d.Content, d.Check, d.CheckFor = content("到"), delivery.CheckOn, time.Hour
		}
		w.add(underway(m))
		checks := func() (all []delivery.DuplicateCheck) {
			for _, d := range w.get(m.ID).Deliveries {
				all = append(all, d.Check)
			}
			return all
		}
		w.same("checks", checks(), []delivery.DuplicateCheck{delivery.CheckOn, delivery.CheckTwin})
		back := w.ended(m.Deliveries[0].ID, delivery.Queued)
		back.NotTried = true
		w.settle(back)
		w.claimed()
		w.same("checks", checks(), []delivery.DuplicateCheck{delivery.CheckOn, delivery.CheckTwin})
	}},
	{"twins/also when the clock is set back over midnight, and on the next day", func(w *world) {
		w.now = time.Date(2026, 3, 5, 0, 10, 0, 0, time.UTC)
		for i, want := range []delivery.DuplicateCheck{delivery.CheckOn, delivery.CheckTwin, delivery.CheckTwin, delivery.CheckOn} {
			w.now = w.now.Add([]time.Duration{0, -40 * time.Minute, time.Hour, 4 * time.Hour}[i])
			m := w.message(1)
			m.Deliveries[0].Check, m.Deliveries[0].CheckFor = delivery.CheckOn, 4*time.Hour
			w.add(underway(m))
			w.same("check", m.Deliveries[0].Check, want)
		}
		w.now = time.Date(2026, 3, 6, 1, 0, 0, 0, time.UTC)
		m := w.message(1)
		m.Deliveries[0].Check, m.Deliveries[0].CheckFor = delivery.CheckOn, 24*time.Hour
		w.add(underway(m))
		w.same("check of the day after", m.Deliveries[0].Check, delivery.CheckTwin)
	}},
}
