//go:build go1.25

package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The tests of this file run in bubbles of testing/synctest: hours pass in no time, and a goroutine
// left behind fails the test.

// office hands out tokens as WeCom does: the same one until it dies.
type office struct {
	latency time.Duration
	fixed   bool // expires_in is always that of a new token
	fail    error

	mu    sync.Mutex
	token string
	dies  time.Time
	calls int
}

const tokenLife = 2 * time.Hour

func (o *office) fetch(ctx context.Context) (string, time.Duration, error) {
	select {
	case <-time.After(o.latency):
	case <-ctx.Done():
		return "", 0, &TransportError{Op: opGettoken, Sent: true, Err: ctx.Err()}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.fail != nil {
		return "", 0, o.fail
	}
	if !time.Now().Before(o.dies) {
		o.token, o.dies = fmt.Sprintf("token-%d", o.calls), time.Now().Add(tokenLife)
	}
	if o.fixed {
		return o.token, tokenLife, nil
	}
	return o.token, time.Until(o.dies), nil
}

func (o *office) revoke() { o.mu.Lock(); o.dies = time.Time{}; o.mu.Unlock() }

func (o *office) asked() int { o.mu.Lock(); defer o.mu.Unlock(); return o.calls }

func (o *office) cache(store TokenStore) *tokenCache {
	return &tokenCache{
		key: "ww1:app", host: "https://wecom.test", store: store, fetch: o.fetch,
		lease: defaultTokenLease, wait: defaultTokenWait, start: time.Now(),
	}
}

func mustToken(t *testing.T, c *tokenCache, stale string) string {
	t.Helper()
	token, err := c.Token(t.Context(), stale)
	if err != nil {
		t.Fatalf("Token(%q): %v", stale, err)
	}
	return token
}

func TestManyCallersOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		c := o.cache(NewMemoryStore())
		began := time.Now()
		all := func(stale, want string) {
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					if token := mustToken(t, c, stale); token != want {
						t.Errorf("got %s, want %s", token, want)
					}
				})
			}
			wg.Wait()
		}
		all("", "token-1")
		if took := time.Since(began); o.asked() != 1 || took != o.latency {
			t.Errorf("%d gettoken for 200 cold callers, served after %v", o.asked(), took)
		}
		o.revoke()
		all("token-1", "token-2")
		if o.asked() != 2 {
			t.Errorf("%d gettoken after all 200 were refused", o.asked())
		}
		// One who was refused with the old token and comes late finds it replaced.
		all("token-1", "token-2")
		if o.asked() != 2 {
			t.Errorf("%d gettoken after latecomers", o.asked())
		}
	})
}

// A day of steady use: no caller ever waits but at the ends of tokens, and gettoken is called once
// per life, apart from the single early try that finds out that WeCom renews late.
func TestADayOfTokens(t *testing.T) {
	for _, fixed := range []bool{false, true} {
		t.Run(fmt.Sprint("expires_in fixed ", fixed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{latency: 50 * time.Millisecond, fixed: fixed}
				c := o.cache(NewMemoryStore())
				dead := 0
				for range 24 * 60 {
					token := mustToken(t, c, "")
					o.mu.Lock()
					alive := token == o.token && time.Now().Before(o.dies)
					o.mu.Unlock()
					if !alive {
						dead++
						mustToken(t, c, token)
					}
					time.Sleep(time.Minute)
				}
				if o.asked() > 13+1 || dead > 0 {
					t.Errorf("%d gettoken and %d dead tokens served in a day of 12 lives", o.asked(), dead)
				}
			})
		})
	}
}

// Where gettoken gives a new token before the old one dies, nobody ever waits.
func TestRenewalInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: time.Second}
		c := o.cache(NewMemoryStore())
		first := mustToken(t, c, "")
		time.Sleep(tokenLife - longestRenewal/2) // by then it is due, whatever was left to chance
		o.revoke()                               // so that the next call gives another
		began := time.Now()
		for range 100 {
			if got := mustToken(t, c, ""); got != first {
				t.Errorf("served %s while another is fetched", got)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("callers waited %v", took)
		}
		time.Sleep(2 * time.Second)
		if got := mustToken(t, c, ""); got != "token-2" || o.asked() != 2 {
			t.Errorf("then %s after %d gettoken", got, o.asked())
		}
	})
}

// A renewal that fails costs nothing while the token lives, and is tried again.
func TestRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		c := o.cache(NewMemoryStore())
		mustToken(t, c, "")
		o.fail = &Error{Op: opGettoken, Code: CodeBusy}
		time.Sleep(tokenLife - longestRenewal/2 + time.Second)
		for range 20 {
			mustToken(t, c, "")
			synctest.Wait()
		}
		if n := o.asked(); n != 2 {
			t.Errorf("%d gettoken; a failed renewal is not repeated at once", n)
		}
		time.Sleep(longestRenewal/4 + time.Second)
		mustToken(t, c, "")
		synctest.Wait()
		if n := o.asked(); n != 3 {
			t.Errorf("%d gettoken; a failed renewal is tried again later", n)
		}
		time.Sleep(longestRenewal)
		if _, err := c.Token(t.Context(), ""); !errors.Is(err, &Error{Code: CodeBusy}) {
			t.Errorf("a dead token was served, or the error is %v", err)
		}
		o.fail = nil
		time.Sleep(time.Second) // the pause after some failures in a row
		mustToken(t, c, "")
	})
}

// A wrong secret is asked about once a minute, however many want to know.
func TestWrongSecretIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{fail: &Error{Op: opGettoken, Code: CodeBadSecret, Msg: "invalid credential"}}
		store := NewMemoryStore()
		one, other := o.cache(store), o.cache(store)
		for range 10 {
			for _, c := range []*tokenCache{one, other} {
				if _, err := c.Token(t.Context(), ""); !errors.Is(err, &Error{Op: opGettoken, Code: CodeBadSecret}) || !NeverSent(err) {
					t.Fatalf("error %v", err)
				}
			}
			time.Sleep(5 * time.Second)
		}
		if o.asked() != 1 {
			t.Errorf("%d gettoken with a wrong secret", o.asked())
		}
		time.Sleep(time.Minute)
		o.fail = nil
		mustToken(t, one, "")
		mustToken(t, other, "")
		if o.asked() != 2 {
			t.Errorf("%d gettoken after the secret was put right", o.asked())
		}
	})
}

// The first of passing troubles is told to those who waited; who comes later tries anew.
func TestBusyIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond, fail: &Error{Op: opGettoken, Code: CodeBusy}}
		store := NewMemoryStore()
		caches := []*tokenCache{o.cache(store), o.cache(store), o.cache(store)}
		var wg sync.WaitGroup
		for _, c := range caches {
			for range 20 {
				wg.Go(func() {
					if _, err := c.Token(t.Context(), ""); !errors.Is(err, &Error{Code: CodeBusy}) {
						t.Errorf("error %v", err)
					}
				})
			}
		}
		wg.Wait()
		if o.asked() != 1 {
			t.Errorf("%d gettoken; those who waited should share the answer", o.asked())
		}
		o.fail = nil
		mustToken(t, caches[2], "")
	})
}

// WeCom refuses a token and gives the same one out again: callers learn that it is final, and
// gettoken is not hammered.
func TestRefusedTokenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		c := o.cache(NewMemoryStore())
		first := mustToken(t, c, "")
		for range 100 {
			if again := mustToken(t, c, first); again != first {
				t.Fatalf("got %s", again)
			}
		}
		if o.asked() != 2 {
			t.Errorf("%d gettoken for 100 refusals of the same token", o.asked())
		}
		time.Sleep(refusedAgainMemory)
		o.revoke()
		if token := mustToken(t, c, first); token == first {
			t.Error("not asked again later")
		}
	})
}

// Who waits may leave; the others are served all the same.
func TestWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: time.Second}
		c := o.cache(NewMemoryStore())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // the first: its flight goes on without it
			_, err := c.Token(ctx, "")
			if !errors.Is(err, context.DeadlineExceeded) || !NeverSent(err) || time.Since(c.start) != 100*time.Millisecond {
				t.Errorf("left after %v with %v", time.Since(c.start), err)
			}
		})
		synctest.Wait()
		wg.Go(func() { mustToken(t, c, "") })
		wg.Wait()
		if o.asked() != 1 {
			t.Errorf("%d gettoken", o.asked())
		}
	})
}

// gettoken hangs: everybody is told after its time-out, not after that of the lease.
func TestFetchHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: time.Hour}
		store := NewMemoryStore()
		one, other := o.cache(store), o.cache(store)
		var wg sync.WaitGroup
		for _, c := range []*tokenCache{one, other} {
			wg.Go(func() {
				_, err := c.Token(t.Context(), "")
				if took := time.Since(c.start); err == nil || took > defaultTokenLease-tokenCallMargin {
					t.Errorf("after %v: %v", took, err)
				}
			})
		}
		wg.Wait()
	})
}

// Two clients of one app share a store: one gettoken for both, whatever happens to the token.
func TestSharedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		store := NewMemoryStore()
		one, other := o.cache(store), o.cache(store)
		both := func(stale, want string, asked int) {
			t.Helper()
			var wg sync.WaitGroup
			for _, c := range []*tokenCache{one, other} {
				for range 50 {
					wg.Go(func() {
						if token := mustToken(t, c, stale); token != want {
							t.Errorf("got %s, want %s", token, want)
						}
					})
				}
			}
			wg.Wait()
			if o.asked() != asked {
				t.Errorf("%d gettoken, want %d", o.asked(), asked)
			}
		}
		both("", "token-1", 1)
		o.revoke()
		both("token-1", "token-2", 2)
		time.Sleep(tokenLife + time.Second)
		both("", "token-3", 3)
	})
}

// A holder that is frozen beyond its lease must not put its old token over a newer one.
func TestLateSaveIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		frozen, err := store.Acquire(t.Context(), "k", Want{}, time.Second)
		if err != nil || !frozen.Granted {
			t.Fatalf("claim %+v, error %v", frozen, err)
		}
		if c, _ := store.Acquire(t.Context(), "k", Want{}, time.Second); c.Granted || c.Fence != frozen.Fence || c.Wait != time.Second {
			t.Errorf("a second claim: %+v", c)
		}
		time.Sleep(time.Second)
		next, _ := store.Acquire(t.Context(), "k", Want{}, time.Second)
		if !next.Granted || next.Fence <= frozen.Fence {
			t.Fatalf("claim after the lease: %+v", next)
		}
		in := func(value string, fence int64) StoredToken {
			return StoredToken{Value: value, ExpiresAt: time.Now().Add(time.Hour), Fence: fence}
		}
		if saved, _ := store.Save(t.Context(), "k", in("new", next.Fence)); !saved {
			t.Error("the newest holder may not save")
		}
		if saved, _ := store.Save(t.Context(), "k", in("old", frozen.Fence)); saved {
			t.Error("a holder whose lease went to another may save")
		}
		_ = store.Fail(t.Context(), "k", frozen.Fence, TokenFailure{Code: CodeBadSecret, Until: time.Now().Add(time.Hour)})
		_ = store.Drop(t.Context(), "k", "old", frozen.Fence)
		if c, _ := store.Acquire(t.Context(), "k", Want{}, time.Second); c.Token.Value != "new" {
			t.Errorf("then found: %+v", c)
		}
	})
}

// failingStore is a store that goes away on command.
type failingStore struct {
	MemoryStore
	down atomic.Bool
}

var errStoreDown = errors.New("store down")

func (s *failingStore) Load(ctx context.Context, key string) (StoredToken, error) {
	if s.down.Load() {
		return StoredToken{}, errStoreDown
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *failingStore) Acquire(ctx context.Context, key string, want Want, lease time.Duration) (Claim, error) {
	if s.down.Load() {
		return Claim{}, errStoreDown
	}
	return s.MemoryStore.Acquire(ctx, key, want, lease)
}

func (s *failingStore) Save(ctx context.Context, key string, t StoredToken) (bool, error) {
	if s.down.Load() {
		return false, errStoreDown
	}
	return s.MemoryStore.Save(ctx, key, t)
}

func (s *failingStore) Drop(ctx context.Context, key, token string, fence int64) error {
	if s.down.Load() {
		return errStoreDown
	}
	return s.MemoryStore.Drop(ctx, key, token, fence)
}

// Without its store each client fetches for itself, once, and keeps the token.
func TestStoreGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		store := &failingStore{}
		one, other := o.cache(store), o.cache(store)
		store.down.Store(true)
		for range 10 {
			mustToken(t, one, "")
			mustToken(t, other, "")
		}
		if o.asked() != 2 {
			t.Errorf("%d gettoken by two clients without a store", o.asked())
		}
		store.down.Store(false)
		o.revoke()
		mustToken(t, one, "token-1")
		mustToken(t, other, "token-1")
		if o.asked() != 3 {
			t.Errorf("%d gettoken once the store is back", o.asked())
		}
	})
}

// It goes away between the lease and the end of gettoken: the token is good all the same.
func TestStoreGoesAwayWhileFetching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: time.Second}
		store := &failingStore{}
		c := o.cache(store)
		go func() { time.Sleep(o.latency / 2); store.down.Store(true) }()
		mustToken(t, c, "")
		mustToken(t, c, "")
		if o.asked() != 1 {
			t.Errorf("%d gettoken", o.asked())
		}
	})
}

// A holder that dies with its lease delays the others by the lease, no more.
func TestHolderDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		store := NewMemoryStore()
		if c, err := store.Acquire(t.Context(), "ww1:app", Want{}, defaultTokenLease); err != nil || !c.Granted {
			t.Fatal(c, err)
		}
		c := o.cache(store)
		mustToken(t, c, "")
		if took := time.Since(c.start); took > defaultTokenLease+100*time.Millisecond {
			t.Errorf("served after %v", took)
		}
	})
}

// A lease that never ends, in a store gone mad, must not stop the sending.
func TestLeaseNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&office{}).cache(stuckStore{})
		mustToken(t, c, "")
		if took := time.Since(c.start); took > defaultTokenLease+defaultTokenWait+pollInterval+shortestPause {
			t.Errorf("after %v", took)
		}
	})
}

// stuckStore is a store whose lease another holds for ever.
type stuckStore struct{}

func (stuckStore) Changed(string) <-chan struct{} { return nil }
func (stuckStore) Load(context.Context, string) (StoredToken, error) {
	return StoredToken{}, nil
}
func (stuckStore) Acquire(context.Context, string, Want, time.Duration) (Claim, error) {
	return Claim{Fence: 1, Wait: time.Hour}, nil
}
func (stuckStore) Save(context.Context, string, StoredToken) (bool, error) { return false, nil }
func (stuckStore) Fail(context.Context, string, int64, TokenFailure) error { return nil }
func (stuckStore) Drop(context.Context, string, string, int64) error       { return nil }

// A refused token is not handed out again: neither while another is fetched, nor when none can be had.
func TestRefusedTokenIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		c := o.cache(NewMemoryStore())
		first := mustToken(t, c, "")
		o.revoke()
		o.latency = time.Second
		go func() { _, _ = c.Token(context.Background(), first) }()
		synctest.Wait()
		if got := mustToken(t, c, ""); got == first {
			t.Error("served while its replacement is on the way")
		}
		second := mustToken(t, c, "")
		o.mu.Lock()
		o.fail = &Error{Op: opGettoken, Code: CodeBadSecret}
		o.mu.Unlock()
		for range 100 {
			if _, err := c.Token(t.Context(), second); !errors.Is(err, &Error{Code: CodeBadSecret}) {
				t.Fatalf("error %v", err)
			}
			if got, err := c.Token(t.Context(), ""); err == nil {
				t.Fatalf("served %q, which was refused", got)
			}
			time.Sleep(10 * time.Second)
		}
		if n := o.asked(); n > 2+1000/60+1 {
			t.Errorf("%d gettoken", n)
		}
	})
}

// Callers that try again at once do not become calls of gettoken.
func TestFailingGettokenIsNotHammered(t *testing.T) {
	for _, fail := range []error{
		&Error{Op: opGettoken, Code: CodeBusy},
		&TransportError{Op: opGettoken, Status: 403, Err: errors.New("HTTP 403")},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := &office{latency: 2 * time.Millisecond, fail: fail}
			c := o.cache(NewMemoryStore())
			for time.Since(c.start) < 10*time.Minute {
				if _, err := c.Token(t.Context(), ""); err == nil {
					t.Fatal("no error")
				}
				time.Sleep(5 * time.Millisecond)
			}
			if n := o.asked(); n > 100 {
				t.Errorf("%d gettoken in 10 minutes of %v", n, fail)
			}
			o.mu.Lock()
			o.fail = nil
			o.mu.Unlock()
			time.Sleep(longestBackoff)
			mustToken(t, c, "")
		})
	}
}

// hangingStore is a store that does not answer: its network swallows what is sent.
type hangingStore struct{ MemoryStore }

func (s *hangingStore) Load(ctx context.Context, _ string) (StoredToken, error) {
	<-ctx.Done()
	return StoredToken{}, ctx.Err()
}

func (s *hangingStore) Drop(ctx context.Context, _, _ string, _ int64) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		c := o.cache(&hangingStore{})
		first := mustToken(t, c, "")
		if took := time.Since(c.start); took > storePatience+o.latency+100*time.Millisecond {
			t.Errorf("a token after %v", took)
		}
		o.revoke()
		began := time.Now()
		if second := mustToken(t, c, first); second == first || time.Since(began) > 3*storeTimeout {
			t.Errorf("%s after %v", second, time.Since(began))
		}
		for range 100 {
			mustToken(t, c, "")
		}
		if n := o.asked(); n != 2 {
			t.Errorf("%d gettoken", n)
		}
	})
}

// A short outage is waited out: no process goes its own way.
func TestShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		store := &failingStore{}
		store.down.Store(true)
		var wg sync.WaitGroup
		for range 8 {
			c := o.cache(store)
			wg.Go(func() { mustToken(t, c, "") })
		}
		time.Sleep(500 * time.Millisecond)
		store.down.Store(false)
		wg.Wait()
		if n := o.asked(); n != 1 {
			t.Errorf("%d gettoken by 8 clients in an outage of 500 ms", n)
		}
	})
}

// A token that WeCom refuses and gives out again is found out once for all, not by each in turn.
func TestRefusedTokenAgainInAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: time.Second}
		store := NewMemoryStore()
		var caches []*tokenCache
		for range 16 {
			caches = append(caches, o.cache(store))
		}
		first := mustToken(t, caches[0], "")
		for _, c := range caches {
			mustToken(t, c, "")
		}
		began := time.Now()
		var wg sync.WaitGroup
		for _, c := range caches {
			wg.Go(func() {
				if got := mustToken(t, c, first); got != first {
					t.Errorf("got %s", got)
				}
			})
		}
		wg.Wait()
		if n, took := o.asked(), time.Since(began); n != 2 || took > 2*time.Second {
			t.Errorf("%d gettoken, all told after %v", n, took)
		}
	})
}

// hintedStore is a MemoryStore whose changes are told to those who watch, as Redis does.
type hintedStore struct {
	*MemoryStore
	mu       sync.Mutex
	watchers []func()
}

func (s *hintedStore) Watch(_ string, changed func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, changed)
}

func (s *hintedStore) Save(ctx context.Context, key string, t StoredToken) (bool, error) {
	saved, err := s.MemoryStore.Save(ctx, key, t)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, changed := range s.watchers {
		go changed()
	}
	return saved, err
}

// A fleet whose token WeCom refuses for long, and gives out again all the time, asks once per pause
// all together, however its sends fall and although each hears of what the others save.
func TestRefusedForLongInAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 20 * time.Millisecond}
		store := &hintedStore{MemoryStore: NewMemoryStore()}
		const seconds = 60
		var wg sync.WaitGroup
		for _, pause := range []time.Duration{10, 110, 230, 370} {
			c := o.cache(store)
			watch(store, c)
			wg.Go(func() {
				for time.Since(c.start) < seconds*time.Second {
					mustToken(t, c, mustToken(t, c, ""))
					time.Sleep(pause * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if n := o.asked(); n < 3 || n > 1+2*seconds/5 {
			t.Errorf("%d gettoken in %d s", n, seconds)
		}
	})
}

// One node that cannot reach WeCom does not take the others with it.
func TestOneNodeIsCutOff(t *testing.T) {
	for _, failure := range []error{
		&TransportError{Op: opGettoken, Err: errors.New("connection refused")},
		&Error{Op: opGettoken, Code: CodeUntrustedIP},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &hintedStore{MemoryStore: NewMemoryStore()}
			bad, good := &office{latency: 5 * time.Millisecond, fail: failure}, &office{latency: 5 * time.Millisecond}
			cut, c := bad.cache(store), good.cache(store)
			for range 20 { // the cut off one is at it, whenever the other comes
				var wg sync.WaitGroup
				wg.Go(func() { _, _ = cut.Token(t.Context(), "") })
				time.Sleep(time.Millisecond)
				good.revoke()
				old := mustToken(t, c, "")
				mustToken(t, c, old)
				wg.Wait()
				store.Drop(t.Context(), c.key, mustToken(t, c, ""), 1<<60)
				time.Sleep(10 * time.Second)
			}
		})
	}
}

// The failure of another that holds for all, as a store of other makers may have it, is told and not
// asked for again and again.
func TestStubbornFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		store := &stubbornStore{MemoryStore: NewMemoryStore()}
		c := o.cache(store)
		if _, err := c.Token(t.Context(), ""); !NeverSent(err) {
			t.Error(err)
		}
		if store.asked != 1 {
			t.Errorf("asked %d times", store.asked)
		}
	})
}

type stubbornStore struct {
	*MemoryStore
	asked int
}

func (s *stubbornStore) Acquire(context.Context, string, Want, time.Duration) (Claim, error) {
	s.asked++
	if s.asked > 10 {
		return Claim{Granted: true, Fence: 1}, nil
	}
	return Claim{Failure: &TokenFailure{Msg: "no route", Until: time.Now().Add(time.Minute)}}, nil
}

// A store that outlives its clients does not keep them.
func TestWatchedClientsAreCollected(t *testing.T) {
	store := &hintedStore{MemoryStore: NewMemoryStore()}
	gone := make(chan struct{})
	func() {
		client, err := New(Config{CorpID: "ww1", Secret: "s", Tokens: store})
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(client, func(c chan struct{}) { close(c) }, gone)
		runtime.AddCleanup(client.tokens.(*tokenCache), func(struct{}) {}, struct{}{})
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-gone:
			for _, changed := range store.watchers {
				changed() // must not need the client
			}
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("the client is still there")
}

// Dense traffic and uneven ways to and fro: a life costs one gettoken, and its end a refused call or
// two while the news travels.
func TestLivesUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 30 * time.Millisecond}
		back := 20 * time.Millisecond // the answer's way
		c := o.cache(NewMemoryStore())
		fetch := c.fetch
		c.fetch = func(ctx context.Context) (string, time.Duration, error) {
			token, life, err := fetch(ctx)
			time.Sleep(back)
			return token, life, err
		}
		refused := 0
		const lives = 3
		for time.Since(c.start) < lives*tokenLife-time.Minute {
			token := mustToken(t, c, "")
			o.mu.Lock()
			alive := token == o.token && time.Now().Before(o.dies)
			o.mu.Unlock()
			if !alive {
				refused++
				mustToken(t, c, token)
			}
			time.Sleep(70 * time.Millisecond)
		}
		if o.asked() > lives+1 || refused > 2*lives {
			t.Errorf("%d gettoken and %d refused calls in %d lives", o.asked(), refused, lives)
		}
	})
}

// A store in which the end of a token stands too early, written by a node whose clock is slow, does
// not make everybody fetch all the time.
func TestEndTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{latency: 50 * time.Millisecond}
		store := NewMemoryStore()
		c := o.cache(store)
		token := mustToken(t, c, "")
		claim, err := store.Acquire(t.Context(), c.key, Want{AfterFence: 1 << 62}, time.Minute)
		if err != nil || !claim.Granted {
			t.Fatal(claim, err)
		}
		early := StoredToken{Value: token, Fence: claim.Fence, FetchedAt: time.Now(), ExpiresAt: time.Now().Add(time.Minute)}
		if saved, _ := store.Save(t.Context(), c.key, early); !saved {
			t.Fatal("not saved")
		}
		other := o.cache(store)
		for time.Since(c.start) < time.Hour {
			mustToken(t, other, "")
			time.Sleep(time.Second)
		}
		if n := o.asked(); n > 12 {
			t.Errorf("%d gettoken in an hour", n)
		}
	})
}

// A token fetched while the store was away is not replaced by the dead one that the store had, and
// reaches the store once it is back.
func TestOutageTokenSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		store := &failingStore{}
		c := o.cache(store)
		first := mustToken(t, c, "")
		time.Sleep(time.Hour)
		o.revoke()
		store.down.Store(true)
		second := mustToken(t, c, first)
		store.down.Store(false)
		c.reload() // as a store that was away and is back has it done
		if got := mustToken(t, c, ""); got != second {
			t.Errorf("%s instead of %s", got, second)
		}
		if got := mustToken(t, o.cache(store), ""); got != second {
			t.Errorf("a new client starts with %s", got)
		}
		if o.asked() != 2 {
			t.Errorf("%d gettoken", o.asked())
		}
	})
}

// A caller that has left already starts nothing.
func TestCancelledCallerStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := o.cache(NewMemoryStore()).Token(ctx, ""); !errors.Is(err, context.Canceled) || !NeverSent(err) {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		if o.asked() != 0 {
			t.Error("gettoken was called")
		}
	})
}

// A store that ends the goroutine, as t.Fatal in a fake does, fails the flight and no more.
type quittingStore struct{ MemoryStore }

func (*quittingStore) Load(context.Context, string) (StoredToken, error) {
	runtime.Goexit()
	panic("unreachable")
}

func TestStoreQuits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := (&office{}).cache(&quittingStore{}).Token(t.Context(), ""); err == nil {
			t.Error("no error")
		}
	})
}

// The failure that another caller reports reads like the one it saw.
func TestFailureOfAnother(t *testing.T) {
	err := TokenFailure{Code: CodeBadSecret, Msg: "invalid credential"}.err("h")
	if err.Error() != "wecom: gettoken: 40001 invalid credential" {
		t.Error(err)
	}
	err = TokenFailure{Msg: io.EOF.Error()}.err("https://h")
	if !NeverSent(err) || err.Error() != "wecom: gettoken: no answer from https://h: the caller that asked for all reports: EOF" {
		t.Error(err)
	}
}
