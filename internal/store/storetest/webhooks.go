package storetest

import (
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

// hooks is an outbox with what is to be told of its messages.
type hooks struct {
	*world
	store webhook.Store
}

const hookURL = "https://Example.com:8443/hook?x=1"

var hookReceiver = webhook.Receiver{Producer: "shop", Origin: "https://example.com:8443"}

// TestWebhooks tests the stores of webhooks that open opens, each with its outbox, which is empty.
func TestWebhooks(t *testing.T, open func(t *testing.T) (delivery.Outbox, webhook.Store)) {
	for says, test := range map[string]func(*hooks){
		"whatever ends a message leaves one job":      (*hooks).everyEnd,
		"a resend is told by the key of the first":    (*hooks).resent,
		"a message without a callback leaves none":    (*hooks).noCallback,
		"jobs are claimed by receiver, and leased":    (*hooks).claiming,
		"an attempt is settled once":                  (*hooks).settling,
		"what nobody takes in time is given up":       (*hooks).givingUp,
		"jobs are listed by sender, status and time":  (*hooks).listing,
		"a message's jobs are replayed":               (*hooks).replaying,
		"jobs are replayed by a filter, however many": (*hooks).replayingMany,
		"jobs are forgotten with their messages":      (*hooks).forgetting,
	} {
		t.Run(says, func(t *testing.T) {
			o, s := open(t)
			test(&hooks{&world{T: t, Outbox: o, now: beginning}, s})
		})
	}
}

// with is a message of n deliveries that are on their way, with a callback.
func (h *hooks) with(n int) *delivery.Message {
	m := underway(h.message(n))
	m.CallbackURL = hookURL
	return m
}

// end adds a message and ends it.
func (h *hooks) end(m *delivery.Message) delivery.MessageID {
	h.Helper()
	h.add(m)
	for i := range m.Deliveries {
		h.settle(h.ended(m.Deliveries[i].ID, delivery.Sent))
	}
	return m.ID
}

func (h *hooks) jobs(id delivery.MessageID) []webhook.Job {
	h.Helper()
	jobs, err := h.store.OfMessage(h.Context(), id)
	h.ok(err)
	return jobs
}

// job is the only job of a message.
func (h *hooks) job(id delivery.MessageID) webhook.Job {
	h.Helper()
	jobs := h.jobs(id)
	if len(jobs) != 1 {
		h.Fatalf("the message has %d jobs, want 1", len(jobs))
	}
	return jobs[0]
}

func (h *hooks) claimHooks(n int) webhook.Claimed {
	h.Helper()
	claimed, err := h.store.Claim(h.Context(), h.now, h.now.Add(time.Minute), []webhook.Want{{Receiver: hookReceiver, N: n}})
	h.ok(err)
	return claimed[0]
}

// fail ends the only job of a message as failed.
func (h *hooks) fail(id delivery.MessageID) {
	h.Helper()
	for _, j := range h.claimHooks(1000).Jobs {
		if j.ID.Message == id {
			h.ok(h.store.Settle(h.Context(), webhook.Settlement{ID: j.ID, Attempt: j.Attempts, Status: webhook.Failed, At: h.now}))
		}
	}
	if got := h.job(id).Status; got != webhook.Failed {
		h.Fatalf("the job is %v", got)
	}
}

func (h *hooks) everyEnd() {
	ends := map[string]func() delivery.MessageID{
		"settled alone": func() delivery.MessageID { return h.end(h.with(1)) },
		"its parts one by one": func() delivery.MessageID {
			m := h.add(h.with(3))
			for i, d := range m.Deliveries {
				if n := len(h.jobs(m.ID)); n != 0 {
					h.Errorf("%d jobs after %d of 3 parts", n, i)
				}
				h.settle(h.ended(d.ID, delivery.Sent))
			}
			return m.ID
		},
		"its parts at once": func() delivery.MessageID {
			m := h.add(h.with(2))
			h.settle(h.ended(m.Deliveries[0].ID, delivery.Sent), h.ended(m.Deliveries[1].ID, delivery.Refused))
			return m.ID
		},
		"parts that follow": func() delivery.MessageID {
			m := h.add(chain(h.with(3)))
			h.settle(h.ended(m.Deliveries[0].ID, delivery.Refused))
			return m.ID
		},
		"cancelled": func() delivery.MessageID {
			m := h.with(2)
			for i := range m.Deliveries {
				m.Deliveries[i].Status, m.Deliveries[i].Attempts = delivery.Queued, 0
			}
			h.add(m)
			_, _, _, err := h.Cancel(h.Context(), m.ID, h.now)
			h.ok(err)
			return m.ID
		},
		"expired": func() delivery.MessageID {
			m := h.with(2)
			for i := range m.Deliveries {
				m.Deliveries[i].Status, m.Deliveries[i].Attempts = delivery.Queued, 0
			}
			m.Expires = h.now
			h.add(m)
			_, _, _, err := h.Expire(h.Context(), h.now, 10)
			h.ok(err)
			return m.ID
		},
		"not tried after all": func() delivery.MessageID {
			m := h.add(h.with(1))
			s := h.ended(m.Deliveries[0].ID, delivery.Uncertain)
			s.NotTried = true
			h.settle(s)
			return m.ID
		},
		"in order": func() delivery.MessageID {
			m := h.with(1)
			m.OrderKey = "k"
			return h.end(m)
		},
	}
	for how, end := range ends {
		id := end()
		got := h.job(id)
		want := webhook.Job{
			ID: webhook.ID{Message: id, Event: 1}, Sender: crm, Receiver: hookReceiver, URL: hookURL, Created: h.now,
			Status: webhook.Pending, Due: h.now, Until: h.now.Add(webhook.GiveUpAfter),
		}
		h.same(how, got, want)
	}
	select {
	case <-h.store.News():
	default:
		h.Error("there is no news")
	}
	fresh := h.store.Fresh()
	h.same("fresh", fresh, []webhook.Queue{{Receiver: hookReceiver, Due: h.now}})
	h.same("fresh once more", h.store.Fresh(), []webhook.Queue(nil))
	queues, err := h.store.Queues(h.Context())
	h.ok(err)
	h.same("queues", queues, fresh)
}

func (h *hooks) resent() {
	id := h.end(h.with(1))
	for range 2 {
		again := h.with(1)
		again.Producer, again.ResendOf = "operator", id
		id = h.end(again)
		if got := h.job(id).Receiver; got != hookReceiver {
			h.Errorf("told as %+v", got)
		}
	}
	other := h.with(1)
	other.Producer, other.ResendOf, other.CallbackURL = "operator", id, "https://elsewhere.example/"
	if got := h.job(h.end(other)).Receiver.Producer; got != "operator" {
		h.Errorf("told as %s", got)
	}
}

func (h *hooks) noCallback() {
	m := underway(h.message(2))
	if jobs := h.jobs(h.end(m)); len(jobs) != 0 {
		h.Errorf("jobs %v", jobs)
	}
	select {
	case <-h.store.News():
		h.Error("there is news")
	default:
	}
	m = h.add(h.with(1))
	s := h.ended(m.Deliveries[0].ID, delivery.Queued)
	h.settle(s)
	if jobs := h.jobs(m.ID); len(jobs) != 0 {
		h.Errorf("a message that waits for its second attempt has jobs %v", jobs)
	}
}

func (h *hooks) claiming() {
	first := h.end(h.with(1))
	h.now = h.now.Add(time.Second)
	second := h.end(h.with(1))
	other := h.with(1)
	other.CallbackURL = "http://other.example/"
	h.end(other)

	c := h.claimHooks(1)
	if len(c.Jobs) != 1 || c.Jobs[0].ID.Message != first || c.Jobs[0].Attempts != 1 {
		h.Fatalf("claimed %+v, want the one that is due longest", c.Jobs)
	}
	h.same("next", c.Next, h.now)
	c = h.claimHooks(5)
	if len(c.Jobs) != 1 || c.Jobs[0].ID.Message != second {
		h.Fatalf("claimed %+v, want the second", c.Jobs)
	}
	lease := h.now.Add(time.Minute)
	h.same("next, of those that are leased", c.Next, lease)
	if c := h.claimHooks(5); len(c.Jobs) != 0 {
		h.Fatalf("claimed what is leased: %+v", c.Jobs)
	}
	h.now = lease
	if c := h.claimHooks(5); len(c.Jobs) != 2 || c.Jobs[0].Attempts != 2 {
		h.Fatalf("after the lease %+v is claimed", c.Jobs)
	}
	queues, err := h.store.Queues(h.Context())
	h.ok(err)
	if len(queues) != 2 {
		h.Errorf("queues %+v", queues)
	}
}

func (h *hooks) settling() {
	id := h.end(h.with(1))
	stale := h.claimHooks(1).Jobs[0]
	h.now = h.now.Add(time.Hour)
	j := h.claimHooks(1).Jobs[0]
	history := []webhook.Try{{At: h.now, TookMS: 12, Code: 500, Error: "no"}}
	again := webhook.Settlement{ID: j.ID, Attempt: j.Attempts, Status: webhook.Pending, Due: h.now.Add(time.Minute), Step: 1, At: h.now, History: history}
	gone := webhook.Settlement{ID: stale.ID, Attempt: stale.Attempts, Status: webhook.Failed, At: h.now}
	h.ok(h.store.Settle(h.Context(), gone, again))
	got := h.job(id)
	if got.Status != webhook.Pending || got.Step != 1 || got.Attempts != 2 {
		h.Errorf("%+v", got)
	}
	h.same("due", got.Due, again.Due)
	h.same("history", got.History, history)
	h.now = again.Due
	j = h.claimHooks(1).Jobs[0]
	h.same("history that is claimed", j.History, history)
	told := webhook.Settlement{ID: j.ID, Attempt: j.Attempts, Status: webhook.Delivered, Step: 1, At: h.now}
	h.ok(h.store.Settle(h.Context(), told))
	told.Status = webhook.Failed
	h.ok(h.store.Settle(h.Context(), told))
	got = h.job(id)
	if got.Status != webhook.Delivered || !got.Due.IsZero() {
		h.Errorf("%+v", got)
	}
	h.same("settled", got.Settled, h.now)
	queues, err := h.store.Queues(h.Context())
	h.ok(err)
	if len(queues) != 0 {
		h.Errorf("queues %+v", queues)
	}
}

func (h *hooks) givingUp() {
	first := h.end(h.with(1))
	h.now = h.now.Add(time.Hour)
	second := h.end(h.with(1))
	give := func(n int) (int, time.Time) {
		given, next, err := h.store.GiveUp(h.Context(), h.now, n)
		h.ok(err)
		return given, next
	}
	until := h.job(first).Until
	if given, next := give(10); given != 0 || !next.Equal(until) {
		h.Errorf("gave up %d, the next at %v", given, next)
	}
	h.now = until
	if given, next := give(10); given != 1 || !next.Equal(until.Add(time.Hour)) {
		h.Errorf("gave up %d, the next at %v", given, next)
	}
	if one, two := h.job(first), h.job(second); one.Status != webhook.Failed || two.Status != webhook.Pending {
		h.Errorf("%v, %v", one.Status, two.Status)
	}
	h.now = h.now.Add(time.Hour)
	if given, next := give(1); given != 1 || !next.IsZero() {
		h.Errorf("gave up %d, the next at %v", given, next)
	}
}

func (h *hooks) forgetting() {
	id, other := h.end(h.with(2)), h.add(h.with(1)).ID
	n, err := h.Prune(h.Context(), h.now.Add(time.Hour), 0, 10)
	h.ok(err)
	if jobs := h.jobs(id); n != 1 || len(jobs) != 0 {
		h.Errorf("forgot %d messages, and left %v", n, jobs)
	}
	queues, err := h.store.Queues(h.Context())
	h.ok(err)
	if len(queues) != 0 {
		h.Errorf("queues %+v", queues)
	}
	h.settle(h.ended(delivery.ID{Message: other}, delivery.Sent))
	h.job(other)
}
