package webhook

import (
	"context"

	"github.com/hongyan-im/hongyan/internal/delivery"
)

// CheckURL returns a *[URLError] if nothing can be told to a URL.
func (t *Teller) CheckURL(address string) error { return t.Guard.CheckURL(address) }

// OfMessage returns the jobs of a message in the order of their events.
func (t *Teller) OfMessage(ctx context.Context, id delivery.MessageID) ([]Job, error) {
	return t.Store.OfMessage(ctx, id)
}

// List returns a page of jobs, the latest first; see [Store].
func (t *Teller) List(ctx context.Context, f Filter, after Position, n int) ([]Job, error) {
	return t.Store.List(ctx, f, after, n)
}

// ReplayMessage tells everything about a message once more, with the whole schedule before it. It
// returns how many jobs that are.
func (t *Teller) ReplayMessage(ctx context.Context, id delivery.MessageID) (int, error) {
	now := t.Now()
	return t.Store.ReplayMessage(ctx, id, now, now.Add(GiveUpAfter))
}

// Replay does so with all jobs of a filter, whose Status is Delivered or Failed. With dryRun it only
// counts them.
func (t *Teller) Replay(ctx context.Context, f Filter, dryRun bool) (int, error) {
	if dryRun {
		return t.Store.Count(ctx, f)
	}
	now := t.Now()
	return t.Store.Replay(ctx, f, now, now.Add(GiveUpAfter))
}
