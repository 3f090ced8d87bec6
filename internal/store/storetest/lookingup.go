package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

const (
	zhang = "mobile:13800000002"
	li    = "email:lisi@example.com"
	ghost = "mobile:13911111111"
)

// lookedUp is the settlement of an attempt that went into looking up.
func (w *world) lookedUp(id delivery.ID, c delivery.Content, l delivery.Lookup) delivery.Settlement {
	s := w.ended(id, delivery.Queued)
	s.NotTried, s.Content, s.Lookup = true, &c, &l
	return s
}

var lookingUp = []check{
	{"Add/who was looked up before is kept, and found", func(w *world) {
		m := w.message(2)
		m.Deliveries[0].Content = content("a", "zhangsan")
		m.Deliveries[0].Lookup = &delivery.Lookup{
			Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}}, Unknown: []string{ghost}, Also: []string{"zhangsan"},
		}
		w.add(m)
		got := w.get(m.ID)
		w.same("looked up", got.Deliveries[0].Lookup, m.Deliveries[0].Lookup)
		w.same("not looked up", got.Deliveries[1].Lookup, (*delivery.Lookup)(nil))
		w.same("claimed", w.claimed().Lookup, m.Deliveries[0].Lookup)
		for _, alias := range []string{zhang, ghost} {
			w.same(alias, w.search(delivery.Filter{Aliases: []string{alias}}, 10), []delivery.MessageID{m.ID})
		}
		w.same("both", w.search(delivery.Filter{Aliases: []string{zhang, ghost}, User: "ZhangSan"}, 10), []delivery.MessageID{m.ID})
		w.same("another", w.search(delivery.Filter{Aliases: []string{zhang, li}}, 10), []delivery.MessageID(nil))
	}},
	{"Settle/what was looked up is what is sent, and found by", func(w *world) {
		var all []*delivery.Message
		for range 20 { // some of them in blocks by now
			m := w.message(1)
			m.Deliveries[0].Content = content("a", zhang, ghost, "wangwu")
			all = append(all, w.add(underway(m)))
			w.now = w.now.Add(time.Minute)
		}
		w.same("before", len(w.search(delivery.Filter{User: "zhangsan"}, 100)), 0)
		var want []delivery.MessageID
		l := delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "ZhangSan"}}, Unknown: []string{ghost}}
		for _, i := range []int{7, 3, 19, 0, 12, 3} { // the last is a repetition
			id := all[i].Deliveries[0].ID
			w.settle(w.lookedUp(id, content("a", "wangwu", "ZhangSan"), l))
			if !slices.Contains(want, id.Message) {
				want = append(want, id.Message)
			}
		}
		slices.Sort(want)
		slices.Reverse(want)
		for _, f := range []delivery.Filter{{User: "zhangsan"}, {User: "zhangsan", Aliases: []string{zhang}}, {Aliases: []string{ghost}, User: "ZHANGSAN", Statuses: []delivery.Status{delivery.Queued}}} {
			for _, n := range []int{1, 3, 100} {
				w.same(fmt.Sprintf("%+v", f), w.search(f, n), want)
			}
		}
		w.same("by alias", len(w.search(delivery.Filter{Aliases: []string{zhang}}, 100)), 20)
		d := w.claimed()
		w.same("content", d.Content, content("a", "wangwu", "ZhangSan"))
		w.same("lookup", d.Lookup, &l)
		w.same("attempts", d.Attempts, 1)
	}},
	{"Settle/nobody was found: it ends, with the content it had", func(w *world) {
		m := w.message(2)
		m.Deliveries[0].Content, m.Deliveries[1].Content = content("a", ghost), content("b", ghost)
		chain(underway(m))
		w.add(m)
		s := w.ended(m.Deliveries[0].ID, delivery.Refused)
		s.NotTried, s.Reason.Code, s.Lookup = true, delivery.ReasonNoReceiver, &delivery.Lookup{Unknown: []string{ghost}}
		w.settle(s)
		w.statuses(m.ID, delivery.Refused, delivery.Refused)
		d := w.get(m.ID).Deliveries[0]
		w.same("content", d.Content, content("a", ghost))
		w.same("lookup", d.Lookup, s.Lookup)
		w.same("attempts", d.Attempts, 0)
		w.same("found", w.search(delivery.Filter{Aliases: []string{ghost}}, 10), []delivery.MessageID{m.ID})
	}},
	{"Settle/who cannot be looked up now gets a delivery of their own", func(w *world) {
		m := w.message(2)
		m.OrderKey = "k"
		m.Deliveries[0].Content = content("a", zhang, li, ghost)
		m.Deliveries[1].Content = content("b", "wangwu")
		w.add(underway(m))
		behind := w.message(1)
		behind.OrderKey = "k"
		w.add(behind)
		later := w.now.Add(time.Hour)
		l := delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}}, Unknown: []string{ghost}}
		s := w.lookedUp(m.Deliveries[0].ID, content("a", "zhangsan"), l)
		s.Later = []delivery.Later{{Users: []string{li}, Due: later, Reason: delivery.Reason{Code: delivery.ReasonDirectory, Detail: "why"}}}
		w.settle(s)
		got := w.get(m.ID)
		if len(got.Deliveries) != 3 {
			w.Fatalf("%d deliveries", len(got.Deliveries))
		}
		w.same("lookup", got.Deliveries[0].Lookup, &l)
		rest := got.Deliveries[2]
		want := m.Deliveries[0]
		want.ID.Part, want.Content, want.Status, want.Due, want.Reason = 2, content("a", li), delivery.Queued, later, s.Later[0].Reason
		want.Attempts, want.Started = 0, time.Time{}
		w.same("the rest", rest, want)
		for _, id := range []delivery.ID{m.Deliveries[0].ID} {
			w.claimed()
			w.settle(w.ended(id, delivery.Sent))
		}
		w.settle(w.ended(m.Deliveries[1].ID, delivery.Sent))
		w.idle() // the message behind it waits for the rest too
		w.now = later
		w.same("the rest is due", w.claimed().ID, rest.ID)
		w.settle(w.ended(rest.ID, delivery.Sent))
		w.same("the message behind", w.claimed().ID.Message, behind.ID)
	}},
	{"Settle/with no number left for a part, all wait", func(w *world) {
		m := w.message(delivery.MaxParts)
		m.Deliveries[0].Content = content("a", zhang, li)
		m.Deliveries[0].Status = delivery.Sending
		w.add(m)
		later := w.now.Add(time.Hour)
		s := w.lookedUp(m.Deliveries[0].ID, content("a", "zhangsan"), delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}}})
		s.Later = []delivery.Later{{Users: []string{li}, Due: later, Reason: delivery.Reason{Code: delivery.ReasonDirectory}}}
		w.settle(s)
		d := w.get(m.ID).Deliveries[0]
		w.same("content", d.Content, content("a", zhang, li))
		w.same("due", d.Due, later)
		w.same("reason", d.Reason, s.Later[0].Reason)
	}},
	{"Claim/what is to be looked up leaves no fingerprint, and is a twin once it is known", func(w *world) {
		checked := func(users ...string) *delivery.Message {
			m := w.message(1)
			m.Deliveries[0].Content = content("the same", users...)
			m.Deliveries[0].Check, m.Deliveries[0].CheckFor = delivery.CheckOn, time.Hour
			return m
		}
		for range 2 {
			if d := w.add(underway(checked(zhang))).Deliveries[0]; d.Check != delivery.CheckOn {
				w.Errorf("added: check %v", d.Check)
			}
		}
		w.add(checked(zhang))
		m := w.claimed()
		if m.Check != delivery.CheckOn {
			w.Errorf("claimed: check %v", m.Check)
		}
		// Looking up failed once before; that does not make the next attempt the second.
		failed := w.ended(m.ID, delivery.Queued)
		failed.Reason.Code = delivery.ReasonBusy
		w.settle(failed)
		w.same("attempts", w.claimed().Attempts, 2)
		l := delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}}, Attempts: 1}
		s := w.lookedUp(m.ID, content("the same", "zhangsan"), l)
		s.Attempt = 2
		w.settle(s)
		if d := w.claimed(); d.Check != delivery.CheckOn || d.Attempts != 2 {
			w.Errorf("complete: check %v, attempt %d", d.Check, d.Attempts)
		}
		if d := w.add(underway(checked("zhangsan"))).Deliveries[0]; d.Check != delivery.CheckTwin {
			w.Errorf("its twin: check %v", d.Check)
		}
	}},
	{"Claim/members who were looked up are divided with what was found", func(w *world) {
		m := w.message(1)
		m.Deliveries[0].Content = content("a", "zhangsan", "lisi")
		m.Deliveries[0].Lookup = &delivery.Lookup{
			Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}, {Alias: li, User: "lisi"}}, Unknown: []string{ghost}, Attempts: 3,
		}
		w.add(m)
		later := w.now.Add(time.Hour)
		w.claimAs(delivery.Want{Sender: crm, N: 1}, func([]*delivery.Delivery) []delivery.Decision {
			return []delivery.Decision{{Keep: []string{"lisi"}, Later: []delivery.Later{{Users: []string{"zhangsan"}, Due: later}}}}
		})
		got := w.get(m.ID)
		w.same("who stays", got.Deliveries[0].Lookup, &delivery.Lookup{Found: []delivery.Found{{Alias: li, User: "lisi"}}, Unknown: []string{ghost}, Attempts: 3})
		w.same("who waits", got.Deliveries[1].Lookup, &delivery.Lookup{Found: []delivery.Found{{Alias: zhang, User: "zhangsan"}}})
	}},
}
