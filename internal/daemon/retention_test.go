package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hongyan-im/hongyan/internal/config"
	"github.com/hongyan-im/hongyan/internal/delivery"
)

func id(n delivery.MessageID) delivery.ID { return delivery.ID{Message: n} }

// store is an outbox with so many old messages.
type store struct {
	mu    sync.Mutex
	old   int
	fail  bool
	calls []call
}

type call struct {
	at, before time.Time
	keep, n    int
}

func (s *store) Prune(_ context.Context, before time.Time, keep, n int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call{time.Now(), before, keep, n})
	if s.fail {
		return 0, errors.New("the disk is full")
	}
	gone := min(n, s.old)
	s.old -= gone
	return gone, nil
}

func (s *store) set(old int, fail bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old, s.fail = old, fail
}

// TestRetention: old messages go in small batches with pauses between them, at once and then every
// ten minutes; trouble is no end.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		s := &store{old: 1200}
		r := &retention{s, config.Retention{Days: 30, Messages: 7}, time.Now, slog.New(slog.DiscardHandler)}
		go r.run(ctx)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(s.calls) != 3 || s.old != 0 {
			t.Fatalf("%d old messages left after %+v", s.old, s.calls)
		}
		first, last := s.calls[0], s.calls[2]
		if !first.at.Equal(began) || !first.before.Equal(began.AddDate(0, 0, -30)) || first.keep != 7 || first.n != pruneBatch {
			t.Errorf("first call %+v", first)
		}
		if got := last.at.Sub(first.at); got != 2*prunePause {
			t.Errorf("three batches in %v", got)
		}
		s.set(0, true)
		time.Sleep(pruneEvery)
		synctest.Wait()
		s.set(1, false)
		time.Sleep(pruneEvery)
		synctest.Wait()
		if len(s.calls) != 5 || s.old != 0 {
			t.Errorf("%d old messages left after %+v", s.old, s.calls)
		}
		cancel()
		synctest.Wait()
	})
}

// TestRetentionForEver: without bounds nothing is looked at.
func TestRetentionForEver(t *testing.T) {
	s := &store{old: 1}
	(&retention{s, config.Retention{}, time.Now, nil}).run(t.Context())
	if len(s.calls) != 0 {
		t.Errorf("%+v", s.calls)
	}
	r := retention{config: config.Retention{Messages: 5}, now: time.Now}
	if !r.before().IsZero() {
		t.Error("0 days is for ever")
	}
}
