package httpapi

import (
	"context"
	"slices"

	"github.com/hongyan-im/hongyan/internal/delivery"
	"github.com/hongyan-im/hongyan/wecom"
)

// What the API asks for beside taking and showing messages is tested on the real thing (real_test.go);
// here it does as little as it can.

func (w *world) AcceptAll(ctx context.Context, requests []delivery.Request) ([]delivery.Accepted, error) {
	all := make([]delivery.Accepted, len(requests))
	for i, r := range requests {
		one := &all[i]
		one.Message, one.Replayed, one.Err = w.Accept(ctx, r)
	}
	return all, w.fails
}

func (w *world) Resend(context.Context, delivery.MessageID, delivery.Resend) (*delivery.Message, bool, error) {
	return nil, false, delivery.ErrNothingToResend
}

func (w *world) ResendAll(context.Context, delivery.Filter, delivery.MessageID, int, delivery.Resend, bool) (delivery.ResentPage, error) {
	return delivery.ResentPage{}, w.fails
}

func (w *world) Cancel(context.Context, delivery.MessageID) (int, int, error) { return 0, 1, w.fails }

func (w *world) Recall(context.Context, delivery.MessageID) ([]delivery.Change, error) {
	return []delivery.Change{{Why: delivery.WhyNotSent}}, w.fails
}

func (w *world) UpdateCard(context.Context, delivery.MessageID, wecom.CardUpdate) ([]delivery.Change, error) {
	return []delivery.Change{{Why: delivery.WhyImpossible}}, w.fails
}

func (w *world) Search(_ context.Context, f delivery.Filter, before delivery.MessageID, n int) (page delivery.Page, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, m := range w.messages {
		if (before == 0 || id < before) && f.Matches(&m.Deliveries[0], w.rests[m.Sender]) && f.MatchesLabels(m.Labels) {
			page.Messages = append(page.Messages, w.copy(id))
		}
	}
	slices.SortFunc(page.Messages, func(a, b *delivery.Message) int { return int(b.ID - a.ID) })
	page.Messages = page.Messages[:min(n, len(page.Messages))]
	return page, w.fails
}

func (w *world) Resends(context.Context, []delivery.MessageID) (map[delivery.MessageID]delivery.MessageID, error) {
	return nil, w.fails
}
