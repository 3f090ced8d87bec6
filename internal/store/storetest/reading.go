package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

var reading = []check{
	{"Message/one that is not there", func(w *world) {
		_, err := w.Message(w.Context(), 4711)
		w.is(err, delivery.ErrNotFound)
	}},
	{"Orphans/there are none in a new outbox, whatever is on its way", func(w *world) {
		w.sending(2)
		orphans, err := w.Orphans(w.Context())
		w.ok(err)
		w.same("orphans", len(orphans), 0)
	}},
	{"Queues/when the first of each is due", func(w *world) {
		add := func(s delivery.Sender, p delivery.Priority, due time.Time) {
			m := w.message(1)
			m.Sender, m.Priority = s, p
			m.Deliveries[0].Due = due
			w.add(m)
		}
		robot := delivery.Robot("ops")
		add(crm, delivery.High, w.now.Add(time.Hour))
		add(crm, delivery.High, w.now.Add(time.Minute))
		add(crm, delivery.Low, w.now)
		add(robot, delivery.Normal, w.now.Add(2*time.Minute))
		w.sending(1)
		m := w.message(2) // the second part waits for the first
		m.Sender = "erp"
		w.add(chain(underway(m)))
		queues, err := w.Queues(w.Context())
		w.ok(err)
		slices.SortFunc(queues, func(a, b delivery.Queue) int {
			return strings.Compare(string(a.Sender), string(b.Sender))*10 + int(a.Priority-b.Priority)
		})
		w.same("queues", queues, []delivery.Queue{
			{Sender: crm, Priority: delivery.High, Due: w.now.Add(time.Minute)},
			{Sender: crm, Priority: delivery.Low, Due: w.now},
			{Sender: robot, Due: w.now.Add(2 * time.Minute)},
		})
	}},
	{"Depth/counts what waits and what is on its way", func(w *world) {
		w.queued(3)
		w.settle(w.ended(w.sending(1).Deliveries[0].ID, delivery.Sent))
		w.sending(2)
		m := w.message(1)
		m.Deliveries[0].Status, m.Deliveries[0].Due = delivery.Scheduled, w.now.Add(time.Hour)
		w.add(m)
		depth, err := w.Depth(w.Context())
		w.ok(err)
		w.same("depth", depth, map[delivery.Status]int{delivery.Scheduled: 1, delivery.Queued: 3, delivery.Sending: 2})
	}},
	{"Sends/what may have used a quota since then, and what has its time from one", func(w *world) {
		type send struct {
			At     time.Time
			S      delivery.Sender
			User   string
			Booked bool
		}
		var want []send
		to := func(name string) *delivery.Message {
			m := w.message(1)
			m.Deliveries[0].Content = m.Deliveries[0].Content.ForUsers([]string{name})
			return m
		}
		sent := func(name string, status delivery.Status, counts bool) {
			m := w.add(underway(to(name)))
			s := w.ended(m.Deliveries[0].ID, status)
			s.At = w.now.Add(time.Second)
			at := w.now
			if status == delivery.Sent || status == delivery.PartlySent {
				at = s.At
			}
			if status == delivery.Queued {
				s.Due = w.now.Add(10 * time.Hour)
			}
			if name == "doubt" {
				s.Doubt = w.now
			}
			w.settle(s)
			if counts {
				want = append(want, send{at, crm, name, false})
			}
		}
		sent("long ago", delivery.Sent, false)
		w.now = w.now.Add(2 * time.Hour)
		since := w.now
		sent("sent", delivery.Sent, true)
		sent("partly", delivery.PartlySent, true)
		sent("uncertain", delivery.Uncertain, true)
		sent("refused", delivery.Refused, false)
		sent("busy", delivery.Queued, false)
		sent("doubt", delivery.Queued, true)
		w.now = w.now.Add(time.Minute)
		w.add(underway(to("under way")))
		want = append(want, send{w.now, crm, "under way", false})
		paced := to("paced")
		paced.Deliveries[0].Due, paced.Deliveries[0].Reason.Code = w.now.Add(time.Hour), delivery.ReasonChatPaced
		w.add(paced)
		want = append(want, send{w.now.Add(time.Hour), crm, "paced", true})
		delayed := to("delayed")
		delayed.Deliveries[0].Due, delayed.Deliveries[0].Reason.Code = w.now.Add(time.Hour), delivery.ReasonDelay
		w.add(delayed)

		var got []send
		err := w.Sends(w.Context(), delivery.KindApp, since, func(at time.Time, s delivery.Sender, c delivery.Content, booked bool) {
			got = append(got, send{at, s, strings.Join(c.To().Users, "|"), booked})
		})
		w.ok(err)
		byUser := func(a, b send) int { return strings.Compare(a.User, b.User) }
		slices.SortFunc(got, byUser)
		slices.SortFunc(want, byUser)
		w.same("sends", got, want)
	}},
	{"Rests/are kept until they end", func(w *world) {
		rest := delivery.Rest{
			Until: w.now.Add(time.Minute), Since: w.now, Failures: 3, Reason: delivery.Reason{Code: delivery.ReasonLimited, Detail: "45009"},
			Failure: delivery.Failure{Op: "message/send", Code: 45009, Msg: "limited", HintID: "h", Status: 200},
		}
		robot := delivery.Robot("ops")
		w.ok(w.Hold(w.Context(), crm, delivery.Rest{Until: w.now}))
		w.ok(w.Hold(w.Context(), crm, rest))
		w.ok(w.Hold(w.Context(), robot, rest))
		expect := func(want map[delivery.Sender]delivery.Rest) {
			got, err := w.Rests(w.Context())
			w.ok(err)
			w.same("rests", got, want)
		}
		expect(map[delivery.Sender]delivery.Rest{crm: rest, robot: rest})
		w.ok(w.Hold(w.Context(), crm, delivery.Rest{}))
		w.ok(w.Hold(w.Context(), "none", delivery.Rest{}))
		expect(map[delivery.Sender]delivery.Rest{robot: rest})
	}},
}
