package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
)

// pruner is the part of the outbox that forgets.
type pruner interface {
	Prune(ctx context.Context, before time.Time, keep, n int) (pruned int, err error)
}

// retention forgets messages whose time to be looked up is over.
type retention struct {
	outbox pruner
	config config.Retention
	now    func() time.Time
	log    *slog.Logger
}

// How retention goes about it. Between two batches those who send have the disk to themselves.
const (
	pruneBatch = 500 // messages
	prunePause = 100 * time.Millisecond
	pruneEvery = 10 * time.Minute
)

// run forgets until ctx ends. It does so too where messages are kept for ever: the outbox has more to
// forget than them.
func (r *retention) run(ctx context.Context) {
	forget(ctx, r.log, "messages", func() (int, error) { return r.outbox.Prune(ctx, r.before(), r.config.Messages, pruneBatch) })
}

// forget calls prune until ctx ends: every ten minutes, and again soon while it finds a whole batch.
func forget(ctx context.Context, log *slog.Logger, what string, prune func() (int, error)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	total := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		n, err := prune()
		total += n
		if err != nil && ctx.Err() == nil {
			log.Error("forgetting old "+what, "error", err)
		}
		if n >= pruneBatch && err == nil {
			timer.Reset(prunePause)
			continue
		}
		if total > 0 {
			log.Info("forgot old "+what, what, total)
			total = 0
		}
		timer.Reset(pruneEvery)
	}
}

// before is when a message must have ended to be forgotten; the zero time keeps all.
func (r *retention) before() time.Time {
	if r.config.Days == 0 {
		return time.Time{}
	}
	return r.now().AddDate(0, 0, -r.config.Days)
}
