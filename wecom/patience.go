package wecom

import (
	"context"
	"time"
)

// patience bounds the pauses of a transfer, not the whole of it: a large file on a slow line takes
// its time, a dead line does not.
type patience struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// newPatience returns a context that ends when nothing has moved for limit, or with ctx.
func newPatience(ctx context.Context, limit time.Duration) (context.Context, *patience) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &patience{limit: limit, cancel: cancel}
	p.timer = time.AfterFunc(limit, func() { cancel(errStalled) })
	return ctx, p
}

// renew is called when something moves.
func (p *patience) renew() { p.timer.Reset(p.limit) }

// pause is called when it is the other side's turn, and the line may rest.
func (p *patience) pause() { p.timer.Stop() }

func (p *patience) end() {
	p.timer.Stop()
	p.cancel(nil)
}

// errStalled is the cause of a context whose transfer stood still.
var errStalled error = stalled{}

type stalled struct{}

func (stalled) Error() string        { return "nothing moved for longer than the time-out" }
func (stalled) Timeout() bool        { return true }
func (stalled) Is(target error) bool { return target == context.DeadlineExceeded }

// endOf says why the context of a request ended, or nil if it did not.
func endOf(ctx context.Context) error {
	if err := ctx.Err(); err == nil || context.Cause(ctx) != errStalled {
		return err
	}
	return errStalled
}
