package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

var finding = []check{
	{"Search/by each thing", func(w *world) {
		users := w.addressed(wecom.To{Users: []string{"ZhangSan", "lisi"}, Parties: []int{7}}, "磁盘已满 \"C:\\\" <95%>")
		users.Labels = map[string]string{"order": "4711", "kind": "disk"}
		a := w.add(users).ID
		w.now = w.now.Add(time.Hour)
		b := w.add(w.addressed(wecom.To{Tags: []int{9}}, "Disk is FULL")).ID
		w.now = w.now.Add(time.Hour)
		c := w.add(w.addressed(wecom.To{All: true}, "zhangsan")).ID
		robot := w.message(1)
		robot.Sender = delivery.Robot("ops")
		robot.Deliveries[0].Content = delivery.Content{Robot: &wecom.RobotMessage{Body: wecom.Markdown{Content: "# disk"}}}
		w.now = w.now.Add(10 * time.Hour) // terms lie in several spans
		d := w.add(robot).ID
		refused := w.sending(1)
		s := w.ended(refused.Deliveries[0].ID, delivery.Refused)
		s.Reason.Code = delivery.ReasonRefused
		w.settle(s)
		e := refused.ID
		w.ok(w.Hold(w.Context(), delivery.Robot("ops"), delivery.Rest{Until: w.now, Reason: delivery.Reason{Code: delivery.ReasonMisconfigured}}))
		for _, c := range []struct {
			says string
			f    delivery.Filter
			want []delivery.MessageID
		}{
			{"all", delivery.Filter{}, []delivery.MessageID{e, d, c, b, a}},
			{"a sender", delivery.Filter{Senders: []delivery.Sender{crm}}, []delivery.MessageID{e, c, b, a}},
			{"two senders", delivery.Filter{Senders: []delivery.Sender{"robot:ops", crm, "none"}}, []delivery.MessageID{e, d, c, b, a}},
			{"a member, in any case", delivery.Filter{User: "zhangSAN"}, []delivery.MessageID{e, a}},
			{"a member and a status", delivery.Filter{User: "zhangsan", Statuses: []delivery.Status{delivery.Refused}}, []delivery.MessageID{e}},
			{"a member of a sender that has none", delivery.Filter{User: "zhangsan", Senders: []delivery.Sender{"erp"}}, nil},
			{"a department", delivery.Filter{Party: 7}, []delivery.MessageID{a}},
			{"a tag", delivery.Filter{Tag: 9}, []delivery.MessageID{b}},
			{"everybody", delivery.Filter{All: true}, []delivery.MessageID{c}},
			{"a label", delivery.Filter{Labels: []string{"order:4711"}}, []delivery.MessageID{a}},
			{"two labels", delivery.Filter{Labels: []string{"order:4711", "kind:disk"}}, []delivery.MessageID{a}},
			{"a label that it has not", delivery.Filter{Labels: []string{"order:4711", "kind:net"}}, nil},
			{"a status", delivery.Filter{Statuses: []delivery.Status{delivery.Queued}}, []delivery.MessageID{d, c, b, a}},
			{"statuses", delivery.Filter{Statuses: []delivery.Status{delivery.Refused, delivery.Queued}, Senders: []delivery.Sender{crm}}, []delivery.MessageID{e, c, b, a}},
			{"one that none has", delivery.Filter{Statuses: []delivery.Status{delivery.Sending, delivery.Uncertain}}, nil},
			{"a reason", delivery.Filter{Reasons: []string{delivery.ReasonRefused}}, []delivery.MessageID{e}},
			{"what its sender waits for", delivery.Filter{Reasons: []string{delivery.ReasonMisconfigured}}, []delivery.MessageID{d}},
			{"a text", delivery.Filter{Text: "DISK"}, []delivery.MessageID{d, b}},
			{"a text that JSON escapes", delivery.Filter{Text: `"c:\" <95`}, []delivery.MessageID{a}},
			{"not the names of members", delivery.Filter{Text: "lisi"}, nil},
			{"nor those of JSON", delivery.Filter{Text: "content"}, nil},
			{"since", delivery.Filter{Since: beginning.Add(time.Hour), Senders: []delivery.Sender{crm}}, []delivery.MessageID{e, c, b}},
			{"until", delivery.Filter{Until: beginning.Add(2 * time.Hour)}, []delivery.MessageID{b, a}},
			{"between", delivery.Filter{Since: beginning.Add(time.Millisecond), Until: beginning.Add(2 * time.Hour), Tag: 9}, []delivery.MessageID{b}},
			{"before anything", delivery.Filter{Until: beginning}, nil},
			{"before the epoch", delivery.Filter{Until: time.Unix(1, 0)}, nil},
			{"at the end of time", delivery.Filter{Since: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		} {
			for _, n := range []int{1, 2, 100} {
				if got := w.search(c.f, n); !slices.Equal(got, c.want) {
					w.Errorf("%s, %d at a time: %v, want %v", c.says, n, got, c.want)
				}
			}
		}
	}},
	{"Search/one delivery must have it all", func(w *world) {
		m := w.message(2)
		m.Deliveries[0].Content, m.Deliveries[1].Content = content("a", "zhangsan"), content("b", "lisi")
		underway(w.add(underway(m)))
		w.settle(w.ended(m.Deliveries[0].ID, delivery.Sent), w.ended(m.Deliveries[1].ID, delivery.Refused))
		for user, want := range map[string]int{"zhangsan": 0, "lisi": 1} {
			w.same(user, len(w.search(delivery.Filter{User: user, Statuses: []delivery.Status{delivery.Refused}}, 10)), want)
		}
	}},
	{"Search/is as if all were looked at, while rows arrive", func(w *world) {
		random := rand.New(rand.NewPCG(1, 2))
		pick := func(n int) int { return random.IntN(n) }
		all := map[delivery.MessageID]*delivery.Message{}
		add := func() {
			m := w.addressed(wecom.To{}, []string{"aa", "bb", "ab"}[pick(3)])
			m.Sender = []delivery.Sender{crm, "erp"}[pick(2)]
			to := &m.Deliveries[0].Content.App.To
			for range 1 + pick(3) {
				switch pick(4) {
				case 0:
					to.Parties = append(to.Parties, 1+pick(3))
				case 1:
					to.Tags = append(to.Tags, 1+pick(3))
				default:
					to.Users = append(to.Users, fmt.Sprint("u", pick(4)))
				}
			}
			if pick(2) == 0 {
				m.Labels = map[string]string{"l": fmt.Sprint(pick(3))}
			}
			underway(m)
			w.add(m)
			if status := delivery.Statuses[pick(8)+1]; delivery.Sending.May(status) {
				s := w.ended(m.Deliveries[0].ID, status)
				if status != delivery.Sent { // which has no reason
					s.Reason.Code = []string{"", delivery.ReasonBusy, delivery.ReasonNoReceiver}[pick(3)]
				}
				w.settle(s)
			}
			all[m.ID] = w.get(m.ID)
			w.now = w.now.Add(time.Duration(pick(3)) * time.Hour)
		}
		for range 100 {
			add()
		}
		for range 60 {
			var f delivery.Filter
			for range pick(4) {
				switch pick(8) {
				case 0:
					f.Senders = []delivery.Sender{"erp"}
				case 1:
					f.Statuses = append(f.Statuses, delivery.Statuses[pick(9)])
				case 2:
					f.Reasons = []string{delivery.ReasonBusy}
				case 3:
					f.User = fmt.Sprint("U", pick(4))
				case 4:
					f.Party = 1 + pick(3)
				case 5:
					f.Tag = 1 + pick(3)
				case 6:
					f.Labels = []string{fmt.Sprint("l:", pick(3))}
				case 7:
					f.Text = "B"
				}
			}
			var want []delivery.MessageID
			for id, m := range all {
				if f.MatchesLabels(m.Labels) && f.Matches(&m.Deliveries[0], delivery.Rest{}) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			slices.Reverse(want)
			if got := w.search(f, 1+pick(50)); !slices.Equal(got, want) {
				w.Fatalf("%+v: %v, want %v", f, got, want)
			}
		}
		page, err := w.Search(w.Context(), delivery.Filter{}, 0, 10)
		w.ok(err)
		second, err := w.Search(w.Context(), delivery.Filter{}, page.Next, 10)
		w.ok(err)
		add()
		again, err := w.Search(w.Context(), delivery.Filter{}, page.Next, 10)
		w.ok(err)
		for i := range second.Messages {
			w.same("the second page", again.Messages[i].ID, second.Messages[i].ID)
		}
	}},
	{"Search/bounded work, however little is found", func(w *world) {
		var batch []*delivery.Message
		for i := range 3000 {
			m := w.addressed(wecom.To{Users: []string{"zhangsan"}}, fmt.Sprint("text ", i))
			m.Labels = map[string]string{"k": "v"}
			for j := range m.Deliveries {
				m.Deliveries[j].Sender, m.Deliveries[j].Accepted, m.Deliveries[j].Expires = m.Sender, m.Accepted, m.Expires
			}
			batch = append(batch, m)
		}
		_, err := w.AddAll(w.Context(), batch)
		w.ok(err)
		for _, f := range []delivery.Filter{
			{Text: "nothing"}, {User: "zhangsan", Text: "nothing"}, {User: "zhangsan", Senders: []delivery.Sender{"erp"}},
			{Statuses: []delivery.Status{delivery.Queued}, Text: "nothing"}, {Senders: []delivery.Sender{crm}, Text: "nothing"},
			{Labels: []string{"k:v"}, Tag: 1}, {Labels: []string{"k:v"}, User: "lisi"}, {Reasons: []string{delivery.ReasonBusy}},
		} {
			page, err := w.Search(w.Context(), f, 0, 100)
			w.ok(err)
			if len(page.Messages) > 0 || page.Next == 0 || page.Looked > 6000 {
				w.Errorf("%+v: %d found, next %v, looked at %d", f, len(page.Messages), page.Next, page.Looked)
			}
			w.same("found in the end", len(w.search(f, 100)), 0)
		}
		// What an index leads to is found without looking at the others.
		w.add(w.addressed(wecom.To{Users: []string{"lisi"}, Tags: []int{5}}, "x"))
		for _, f := range []delivery.Filter{{User: "LISI"}, {Tag: 5}, {User: "nobody"}, {Labels: []string{"k:w"}}, {Senders: []delivery.Sender{"erp"}}, {Statuses: []delivery.Status{delivery.Refused}}} {
			page, err := w.Search(w.Context(), f, 0, 100)
			w.ok(err)
			if page.Next != 0 || page.Looked > 10 {
				w.Errorf("%+v: next %v, looked at %d", f, page.Next, page.Looked)
			}
		}
	}},
	{"Search/pages of messages with many parts end early", func(w *world) {
		for range 4 {
			m := w.message(600)
			for i := range m.Deliveries {
				m.Deliveries[i].Content = content(strings.Repeat("x", 10), fmt.Sprint("u", i))
			}
			w.add(m)
		}
		page, err := w.Search(w.Context(), delivery.Filter{}, 0, 100)
		w.ok(err)
		if n := len(page.Messages); n != 2 || page.Next == 0 {
			w.Errorf("a page of %d messages with 600 parts", n)
		}
		w.same("found", len(w.search(delivery.Filter{User: "U599"}, 100)), 4)
	}},
}
