package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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

// TestRetentionForEver: without bounds no message is too old or too many, and the outbox is asked all
// the same, for what else it keeps.
func TestRetentionForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &store{}
		go (&retention{s, config.Retention{}, time.Now, slog.New(slog.DiscardHandler)}).run(ctx)
		synctest.Wait()
		if len(s.calls) != 1 || !s.calls[0].before.IsZero() || s.calls[0].keep != 0 {
			t.Errorf("%+v", s.calls)
		}
		cancel()
		synctest.Wait()
	})
}

// TestForgotten: a month later a message is gone, and the next start has it no more.
func TestForgotten(t *testing.T) {
	noLeaks(t)
	u := newUpstream(t)
	u.open()
	conf := settings(t, u.url)
	conf.Retention = config.Retention{Days: 30}
	g := run(t, Options{Config: conf})
	a := g.send("?wait=20s", "old")
	if a.Status != "sent" {
		t.Fatalf("%+v", a)
	}
	g.stop()
	g = run(t, Options{Config: conf, Now: func() time.Time { return time.Now().AddDate(0, 0, 29) }})
	kept := g.send("?wait=20s", "new")
	g.status(a.ID, "sent")
	g.stop()
	g = run(t, Options{Config: conf, Now: func() time.Time { return time.Now().AddDate(0, 0, 31) }})
	defer g.stop()
	for deadline := time.Now().Add(20 * time.Second); ; {
		if got := g.ask(http.MethodGet, "/v1/messages/"+a.ID, ""); got.code == http.StatusNotFound {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("after 31 days: %+v", got)
		}
	}
	g.status(kept.ID, "sent")
}
