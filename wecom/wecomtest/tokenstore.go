package wecomtest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/hongyan-im/hongyan/wecom"
)

// storePatience is how long a store may take to tell of a change.
const storePatience = 10 * time.Second

// TestTokenStore checks that a [wecom.TokenStore] keeps its contract. open returns an empty store;
// the stores that one test opens may share what is behind them.
func TestTokenStore(t *testing.T, open func(t *testing.T) wecom.TokenStore) {
	s := &storeSuite{open: open}
	for _, c := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"what was saved is found, by others too", s.save},
		{"one holder at a time", s.oneHolder},
		{"the double check is in Acquire", s.doubleCheck},
		{"a late holder may not save", s.lateHolder},
		{"a failure is told to those who waited", s.failure},
		{"a final failure is told to everybody", s.finalFailure},
		{"only the refused token is dropped", s.drop},
		{"a change is hinted at", s.hints},
		{"keys are apart", s.keys},
	} {
		t.Run(c.name, c.run)
	}
}

type storeSuite struct {
	open func(t *testing.T) wecom.TokenStore

	mu sync.Mutex
	n  int
}

// key returns a key of its own for each test, in case the stores share what is behind them.
func (s *storeSuite) key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return fmt.Sprintf("ww1:test%d-%d", s.n, time.Now().UnixNano())
}

func token(value string, fence int64) wecom.StoredToken {
	now := time.Now()
	return wecom.StoredToken{Value: value, FetchedAt: now.Add(-time.Second), ExpiresAt: now.Add(time.Hour), Fence: fence}
}

func acquire(t *testing.T, store wecom.TokenStore, key string, want wecom.Want, lease time.Duration) wecom.Claim {
	t.Helper()
	c, err := store.Acquire(t.Context(), key, want, lease)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return c
}

func granted(t *testing.T, store wecom.TokenStore, key string, want wecom.Want, lease time.Duration) int64 {
	t.Helper()
	c := acquire(t, store, key, want, lease)
	if !c.Granted || c.Fence <= 0 || c.Token.Value != "" || c.Failure != nil {
		t.Fatalf("claim %+v, want the lease", c)
	}
	return c.Fence
}

func saved(t *testing.T, store wecom.TokenStore, key string, tok wecom.StoredToken, want bool) {
	t.Helper()
	if ok, err := store.Save(t.Context(), key, tok); err != nil || ok != want {
		t.Fatalf("Save = %v, %v, want %v", ok, err, want)
	}
}

// loaded waits for Load to find the token: it may lag behind by a moment.
func loaded(t *testing.T, store wecom.TokenStore, key, want string) (tok wecom.StoredToken) {
	t.Helper()
	until(t, "Load finds "+want, func() bool {
		var err error
		tok, err = store.Load(t.Context(), key)
		return err == nil && tok.Value == want
	})
	return tok
}

// until calls done again and again until it is true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), storePatience)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (s *storeSuite) save(t *testing.T) {
	one, key := s.open(t), s.key()
	loaded(t, one, key, "")
	fence := granted(t, one, key, wecom.Want{}, time.Minute)
	want := token("the-token/+=", fence)
	saved(t, one, key, want, true)
	got := loaded(t, one, key, want.Value)
	if got.Fence != fence || got.ExpiresAt.Sub(want.ExpiresAt).Abs() > time.Second || got.FetchedAt.Sub(want.FetchedAt).Abs() > time.Second {
		t.Errorf("Load finds %v fetched at %v, want %v fetched at %v", got, got.FetchedAt, want, want.FetchedAt)
	}
	// The lease is over with it.
	granted(t, one, key, wecom.Want{Not: want.Value, NotFence: fence}, time.Minute)
}

func (s *storeSuite) oneHolder(t *testing.T) {
	store, key := s.open(t), s.key()
	var (
		mu     sync.Mutex
		fences []int64
		wg     sync.WaitGroup
	)
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := store.Acquire(t.Context(), key, wecom.Want{}, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if c.Granted {
				fences = append(fences, c.Fence)
			} else if c.Wait <= 0 || c.Wait > time.Minute || c.Fence == 0 {
				t.Errorf("claim of one who must wait: %+v", c)
			}
		}()
	}
	wg.Wait()
	if len(fences) != 1 {
		t.Errorf("%d holders at once", len(fences))
	}
}

func (s *storeSuite) doubleCheck(t *testing.T) {
	store, key := s.open(t), s.key()
	fence := granted(t, store, key, wecom.Want{}, time.Minute)
	saved(t, store, key, token("one", fence), true)
	if c := acquire(t, store, key, wecom.Want{}, time.Minute); c.Token.Value != "one" || c.Token.Fence != fence || time.Until(c.Token.ExpiresAt) < 50*time.Minute {
		t.Errorf("anybody: %+v", c)
	}
	if c := acquire(t, store, key, wecom.Want{Not: "another"}, time.Minute); c.Token.Value != "one" {
		t.Errorf("one whose token was refused, and is replaced already: %+v", c)
	}
	if c := acquire(t, store, key, wecom.Want{AfterFence: fence - 1}, time.Minute); c.Token.Value != "one" {
		t.Errorf("one with an older token: %+v", c)
	}
	if c := acquire(t, store, key, wecom.Want{Not: "one", NotFence: fence - 1}, time.Minute); c.Token.Value != "one" {
		t.Errorf("one whose token was refused, and was given out again since: %+v", c)
	}
	next := granted(t, store, key, wecom.Want{AfterFence: fence}, time.Minute)
	if next <= fence {
		t.Errorf("fence %d after %d", next, fence)
	}
	if c := acquire(t, store, key, wecom.Want{Not: "one", NotFence: fence}, time.Minute); c.Granted || c.Fence != next {
		t.Errorf("one whose token is that one: %+v", c)
	}
}

func (s *storeSuite) lateHolder(t *testing.T) {
	store, key := s.open(t), s.key()
	late := granted(t, store, key, wecom.Want{}, 20*time.Millisecond)
	var next wecom.Claim
	until(t, "the lease is over", func() bool {
		next = acquire(t, store, key, wecom.Want{}, time.Minute)
		return next.Granted
	})
	if next.Fence <= late {
		t.Errorf("fence %d after %d", next.Fence, late)
	}
	saved(t, store, key, token("late", late), false)
	if err := store.Fail(t.Context(), key, late, wecom.TokenFailure{Code: wecom.CodeBadSecret, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	loaded(t, store, key, "")
	if c := acquire(t, store, key, wecom.Want{}, time.Minute); c.Failure != nil || c.Fence != next.Fence {
		t.Errorf("the late holder's failure counts: %+v", c)
	}
	saved(t, store, key, token("new", next.Fence), true)
	saved(t, store, key, token("late", late), false)
	loaded(t, store, key, "new")
}

func (s *storeSuite) failure(t *testing.T) {
	store, key := s.open(t), s.key()
	fence := granted(t, store, key, wecom.Want{}, time.Minute)
	if err := store.Fail(t.Context(), key, fence, wecom.TokenFailure{Code: wecom.CodeBusy, Msg: "system busy | 忙", HintID: "17", CallerIP: "::1"}); err != nil {
		t.Fatal(err)
	}
	c := acquire(t, store, key, wecom.Want{WaitedFor: fence}, time.Minute)
	if c.Failure == nil || c.Failure.Code != wecom.CodeBusy || c.Failure.Msg != "system busy | 忙" || c.Failure.HintID != "17" || c.Failure.CallerIP != "::1" {
		t.Fatalf("one who waited for it: %+v", c)
	}
	next := granted(t, store, key, wecom.Want{}, time.Minute) // who comes later tries anew
	saved(t, store, key, token("after all", next), true)
	if c := acquire(t, store, key, wecom.Want{WaitedFor: fence}, time.Minute); c.Token.Value != "after all" {
		t.Errorf("a failure outlives a success: %+v", c)
	}
}

func (s *storeSuite) finalFailure(t *testing.T) {
	store, key := s.open(t), s.key()
	fence := granted(t, store, key, wecom.Want{}, time.Minute)
	ends := time.Now().Add(time.Minute)
	if err := store.Fail(t.Context(), key, fence, wecom.TokenFailure{Code: wecom.CodeBadSecret, Msg: "invalid credential", Until: ends}); err != nil {
		t.Fatal(err)
	}
	c := acquire(t, store, key, wecom.Want{}, time.Minute)
	if c.Failure == nil || c.Failure.Code != wecom.CodeBadSecret || c.Failure.Until.Sub(ends).Abs() > time.Second {
		t.Errorf("anybody: %+v", c)
	}
}

func (s *storeSuite) drop(t *testing.T) {
	store, key := s.open(t), s.key()
	fence := granted(t, store, key, wecom.Want{}, time.Minute)
	saved(t, store, key, token("one", fence), true)
	if err := store.Drop(t.Context(), key, "refused before", fence); err != nil {
		t.Fatal(err)
	}
	if err := store.Drop(t.Context(), key, "one", fence-1); err != nil { // refused before it was given out again
		t.Fatal(err)
	}
	if c := acquire(t, store, key, wecom.Want{}, time.Minute); c.Token.Value != "one" {
		t.Fatalf("another token was dropped: %+v", c)
	}
	if err := store.Drop(t.Context(), key, "one", fence); err != nil {
		t.Fatal(err)
	}
	loaded(t, store, key, "")
}

func (s *storeSuite) hints(t *testing.T) {
	one, other, key := s.open(t), s.open(t), s.key()
	if one.Changed(key) == nil {
		t.Skip("the store gives no hints")
	}
	expect := func(what string, change func()) {
		t.Helper()
		hint := one.Changed(key)
		if _, err := one.Load(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		change()
		select {
		case <-hint:
		case <-time.After(storePatience):
			t.Errorf("no hint of %s", what)
		}
	}
	var fence int64
	by := one
	// Stores that share nothing cannot hear of each other.
	probe := s.key()
	saved(t, other, probe, token("x", granted(t, other, probe, wecom.Want{}, time.Minute)), true)
	if tok, err := one.Load(t.Context(), probe); err == nil && tok.Value == "x" {
		by = other
	}
	fence = granted(t, by, key, wecom.Want{}, time.Minute)
	expect("a token", func() { saved(t, by, key, token("one", fence), true) })
	expect("a drop", func() {
		if err := by.Drop(t.Context(), key, "one", fence); err != nil {
			t.Fatal(err)
		}
	})
	fence = granted(t, by, key, wecom.Want{}, time.Minute)
	expect("a failure", func() {
		if err := by.Fail(t.Context(), key, fence, wecom.TokenFailure{Code: wecom.CodeBusy}); err != nil {
			t.Fatal(err)
		}
	})
}

func (s *storeSuite) keys(t *testing.T) {
	store, a, b := s.open(t), s.key(), s.key()
	saved(t, store, a, token("of a", granted(t, store, a, wecom.Want{}, time.Minute)), true)
	fence := granted(t, store, b, wecom.Want{}, time.Minute)
	_ = store.Drop(t.Context(), b, "of a", math.MaxInt64)
	loaded(t, store, a, "of a")
	saved(t, store, b, token("of b", fence), true)
	loaded(t, store, a, "of a")
	loaded(t, store, b, "of b")
}
