package storetest

import (
	"slices"
	"time"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/internal/webhook"
)

func (h *hooks) listing() {
	var ids []webhook.ID
	for i := range 6 {
		m := h.with(1)
		if i%2 == 1 {
			m.Sender = delivery.Robot("ops")
		}
		id := h.end(m)
		ids = append(ids, webhook.ID{Message: id, Event: 1})
		if i >= 4 {
			h.fail(id)
		}
		if i > 0 {
			h.now = h.now.Add(time.Minute) // the first two happened at once
		}
	}
	list := func(f webhook.Filter) (got []webhook.ID) {
		var after webhook.Position
		for {
			page, err := h.store.List(h.Context(), f, after, 2)
			h.ok(err)
			for _, j := range page {
				got = append(got, j.ID)
				after = webhook.Position{Created: j.Created, ID: j.ID}
			}
			if len(page) < 2 {
				break
			}
		}
		n, err := h.store.Count(h.Context(), f)
		h.ok(err)
		if n != len(got) {
			h.Errorf("%+v: counted %d, listed %d", f, n, len(got))
		}
		slices.Reverse(got)
		return got
	}
	h.same("all", list(webhook.Filter{}), ids)
	h.same("failed", list(webhook.Filter{Status: webhook.Failed}), ids[4:])
	h.same("of crm", list(webhook.Filter{Senders: []delivery.Sender{crm}}), []webhook.ID{ids[0], ids[2], ids[4]})
	h.same("of nobody", list(webhook.Filter{Senders: []delivery.Sender{}}), []webhook.ID(nil))
	h.same("pending since", list(webhook.Filter{Status: webhook.Pending, Since: beginning.Add(time.Minute)}), ids[2:4])
}

func (h *hooks) replaying() {
	id := h.end(h.with(1))
	h.fail(id)
	h.store.Fresh()
	h.now = h.now.Add(time.Hour)
	until := h.now.Add(webhook.GiveUpAfter)
	n, err := h.store.ReplayMessage(h.Context(), id, h.now, until)
	h.ok(err)
	if n != 1 {
		h.Errorf("replayed %d", n)
	}
	h.same("fresh", h.store.Fresh(), []webhook.Queue{{Receiver: hookReceiver, Due: h.now, Again: true}})
	c := h.claimHooks(5)
	if len(c.Jobs) != 1 || c.Jobs[0].Attempts != 2 || c.Jobs[0].Step != 0 || !c.Jobs[0].Until.Equal(until) {
		h.Errorf("claimed %+v", c.Jobs)
	}
	if n, err := h.store.ReplayMessage(h.Context(), id+1, h.now, until); n != 0 || err != nil {
		h.Errorf("replayed %d, %v", n, err)
	}
}

func (h *hooks) replayingMany() {
	const many = 450
	for range many {
		h.end(h.with(1))
	}
	ops := h.with(1)
	ops.Sender = "ops"
	foreign := h.end(ops)
	given, _, err := h.store.GiveUp(h.Context(), h.now.Add(webhook.GiveUpAfter), many+1)
	h.ok(err)
	if given != many+1 {
		h.Fatalf("gave up %d", given)
	}
	f := webhook.Filter{Senders: []delivery.Sender{crm}, Status: webhook.Failed, Since: h.now}
	for _, want := range []int{many, 0} {
		n, err := h.store.Replay(h.Context(), f, h.now, h.now.Add(time.Hour))
		h.ok(err)
		if n != want {
			h.Errorf("replayed %d, want %d", n, want)
		}
	}
	if got := h.job(foreign).Status; got != webhook.Failed {
		h.Errorf("that of another app is %v", got)
	}
	if c := h.claimHooks(1000); len(c.Jobs) != many {
		h.Errorf("claimed %d", len(c.Jobs))
	}
	f.Since = h.now.Add(time.Millisecond)
	f.Senders = nil
	if n, err := h.store.Count(h.Context(), f); n != 0 || err != nil {
		h.Errorf("counted %d, %v", n, err)
	}
}
