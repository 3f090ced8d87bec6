package wecom

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// How long things around a token last.
const (
	defaultTokenLease  = 6 * time.Second // a gettoken must be over before its lease is
	tokenCallMargin    = 2 * time.Second // gettoken's own time-out ends this long before the lease
	defaultTokenWait   = 3 * time.Second // patience beyond one lease
	longestRenewal     = 5 * time.Minute // a token is renewed at most this long before it dies
	failureMemory      = time.Minute     // a wrong secret is not tried again sooner: WeCom blocks the IP
	firstBackoff       = 250 * time.Millisecond
	longestBackoff     = 15 * time.Second
	outlived           = 5 * time.Second // trust in a token that gettoken still gives out past its end
	refusedAgainMemory = 5 * time.Second // gettoken gave the refused token again: do not ask sooner
)

// tokenCache is the TokenSource of a client: a local copy that is read without a lock, and behind
// it a store shared with others. At most one flight, a refresh, is under way at a time; callers
// wait for it and may leave.
type tokenCache struct {
	key   string
	host  string // for errors
	store TokenStore
	fetch func(context.Context) (string, time.Duration, error) // gettoken
	lease time.Duration
	wait  time.Duration

	observer Observer // or nil

	start   time.Time // the times of a cachedToken count from here: monotonic, and cheap to compare
	current atomic.Pointer[cachedToken]

	mu         sync.Mutex
	flight     *flight
	failure    error         // what gettoken failed with last, if it is not worth another try yet
	failUntil  time.Duration // since start
	failures   int           // in a row
	renewsLate bool          // gettoken gave the same token again before its end: WeCom's usual way, so do not ask early

	// Of the flight that is under way, one at a time.
	downSince time.Duration // since start: when the store began to fail; 0 if it works
	alone     time.Duration // since start: when gettoken was last called without the store; 0 for never
}

// cachedToken is a token in this process. Only its flags change.
type cachedToken struct {
	value   string
	fence   int64
	alone   bool          // fetched without the store: others do not have it
	expires time.Duration // since start: dead at the latest
	renew   time.Duration // since start: still served, but fetch another in the background
	again   time.Duration // since start: WeCom refused it and then gave it out again; do not ask before
	past    int           // how often it was given out again past its end

	renewing atomic.Bool
	refused  atomic.Bool // WeCom refused it: not served again
}

// unflagged is a copy of what others must not see change, without the flags.
func (t *cachedToken) unflagged() *cachedToken {
	return &cachedToken{
		value: t.value, fence: t.fence, alone: t.alone, expires: t.expires, renew: t.renew, again: t.again, past: t.past,
	}
}

// flight is one refresh and those who wait for it.
type flight struct {
	want  Want
	done  chan struct{} // closed when token and err are set
	token string
	err   error
}

func (c *tokenCache) now() time.Duration { return time.Since(c.start) }

// Token implements TokenSource.
func (c *tokenCache) Token(ctx context.Context, stale string) (string, error) {
	if t := c.current.Load(); t != nil && t.value != stale && !t.refused.Load() {
		switch now := c.now(); {
		case now < t.renew:
			return t.value, nil
		case now < t.expires:
			c.renewInBackground(t)
			return t.value, nil
		}
	}
	return c.refresh(ctx, stale)
}

// refresh returns a token other than stale, by a flight of its own or somebody else's.
func (c *tokenCache) refresh(ctx context.Context, stale string) (string, error) {
	for {
		if ctx.Err() != nil {
			return "", c.left(ctx)
		}
		c.mu.Lock()
		now, t := c.now(), c.current.Load()
		if t != nil && t.value == stale && now >= t.again {
			t.refused.Store(true)
		}
		if t != nil && now < t.expires && !t.refused.Load() {
			c.mu.Unlock()
			return t.value, nil
		}
		if c.failure != nil && now < c.failUntil {
			err := c.failure
			c.mu.Unlock()
			return "", err
		}
		f, mine := c.flight, false
		if f == nil {
			f, mine = c.takeOff(wantInPlaceOf(t, stale)), true
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", c.left(ctx)
		}
		switch {
		case errors.Is(f.err, errStoreAway):
			continue // a renewal that could wait, but this caller cannot
		case f.err != nil:
			return "", f.err
		case f.token != stale || mine || f.want.Not == stale:
			return f.token, nil
		}
		// The flight of another caller, who did not know that stale is dead, found just that token.
	}
}

// wantInPlaceOf says what a flight must bring: anything but the token that was refused.
func wantInPlaceOf(t *cachedToken, stale string) Want {
	switch {
	case t != nil && t.refused.Load():
		return Want{Not: t.value, NotFence: t.fence}
	case stale != "":
		return Want{Not: stale, NotFence: math.MaxInt64} // nobody here knows where it came from
	}
	return Want{}
}

// left is the error of a caller that did not wait.
func (c *tokenCache) left(ctx context.Context) error {
	return &TransportError{Op: opGettoken, Host: c.host, Err: ctx.Err()}
}

// renewInBackground starts a flight for a token that is still good, once.
func (c *tokenCache) renewInBackground(t *cachedToken) {
	if !t.renewing.CompareAndSwap(false, true) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight == nil && c.current.Load() == t && c.now() >= c.failUntil {
		c.takeOff(Want{AfterFence: t.fence})
	}
}

// takeOff starts a flight. It is bounded by itself, not by the caller that needed it first: that
// one may leave while others stay. c.mu is held.
func (c *tokenCache) takeOff(want Want) *flight {
	f := &flight{want: want, done: make(chan struct{})}
	c.flight = f
	go func() {
		var got found
		got.err = errNoFlight // unless obtain returns: a store of the caller's may end this goroutine
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if got.err == nil {
				c.land(got.token, got.alone, want)
			} else {
				c.crash(got.err, got.until)
			}
			f.token, f.err = got.token.Value, got.err
			c.flight = nil
			close(f.done)
		}()
		began := c.now()
		got = c.obtain(want)
		if c.observer != nil {
			c.observer.ObserveToken(TokenEvent{Cause: want.cause(), Origin: got.origin(), Took: c.now() - began, Err: got.err})
		}
	}()
	return f
}

// land makes t the current token. c.mu is held.
func (c *tokenCache) land(t StoredToken, alone bool, want Want) {
	c.failure, c.failures, c.failUntil = nil, 0, 0
	now, last := c.now(), c.current.Load()
	next := &cachedToken{value: t.Value, fence: t.Fence, alone: alone, expires: now + time.Until(t.ExpiresAt)}
	if want.Not == "" && last != nil && last.value != t.Value && !last.refused.Load() && next.expires < last.expires {
		// The one at hand lives longer; what the store has may be from before an outage.
		c.keep(last)
		return
	}
	early := min(t.ExpiresAt.Sub(t.FetchedAt)/10, longestRenewal)
	if early > 0 {
		// Half of the window is left to chance, so that the nodes of a fleet do not wake together.
		early = early/2 + time.Duration(rand.Int64N(int64(early)/2+1))
	}
	next.renew = next.expires - early
	if last != nil && last.value == t.Value {
		next.renew = next.expires // the same token again: another try before its end would be in vain
		next.past = last.past
		if last.expires <= now {
			next.past++
		}
		if want.AfterFence != 0 {
			c.renewsLate = true
		}
		next.again = last.again
		if last.refused.Load() {
			next.again = now + refusedAgainMemory
		}
	}
	if c.renewsLate {
		next.renew = next.expires
	}
	if t.Value == want.Not {
		next.again = now + refusedAgainMemory
	}
	c.current.Store(next)
}

// crash remembers a failure, so that gettoken is not called all the time by those who try again at
// once, and lets a token that was to be renewed live on until its end. until is when it is worth
// another try, if that is known. c.mu is held.
func (c *tokenCache) crash(err error, until time.Time) {
	if t := c.current.Load(); t != nil && t.renewing.Load() && !t.refused.Load() {
		c.keep(t)
	}
	if errors.Is(err, errStoreAway) {
		return // gettoken was not asked
	}
	c.failures++
	if until.IsZero() {
		until = time.Now().Add(c.backoff())
	}
	c.failure, c.failUntil = err, c.now()+time.Until(until)
}

// keep puts off the renewal of t, the current token, to the middle of what it has left. c.mu is held.
func (c *tokenCache) keep(t *cachedToken) {
	next := t.unflagged()
	next.renew = t.expires - (t.expires-c.now())/2
	c.current.Store(next)
}

// backoff is how long the failure before the next one is remembered: the first not at all, since
// most troubles pass.
func (c *tokenCache) backoff() time.Duration {
	if c.failures <= 1 {
		return 0
	}
	d := min(firstBackoff<<min(c.failures-2, 10), longestBackoff)
	return d/2 + time.Duration(rand.Int64N(int64(d)/2+1))
}

// reload takes over a newer token that another process has saved, and gives the store one that was
// fetched without it.
func (c *tokenCache) reload() {
	var t StoredToken
	err := c.ask(func(ctx context.Context) (err error) {
		t, err = c.store.Load(ctx, c.key)
		return err
	})
	if err != nil {
		return // what is current serves until it is refused or ends
	}
	if current := c.current.Load(); current != nil && current.alone && !current.refused.Load() {
		c.publish(current, t)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.current.Load()
	// The same token under a later fence is no news: landed here, it would hide from the next caller
	// who is refused that gettoken has given it out again, and he would ask once more.
	if t.Value != "" && (current == nil || t.Fence > current.fence && t.Value != current.value) && time.Until(t.ExpiresAt) > 0 {
		c.land(t, false, Want{})
	}
}

// publish gives the store, which has this, a token that was fetched while it was away; unless another
// has given it the same one.
func (c *tokenCache) publish(t *cachedToken, has StoredToken) {
	if has.Value == t.value {
		c.adopt(t, has.Fence)
		return
	}
	_ = c.ask(func(ctx context.Context) error {
		claim, err := c.store.Acquire(ctx, c.key, Want{AfterFence: has.Fence}, c.lease)
		if err == nil && claim.Token.Value == t.value {
			c.adopt(t, claim.Token.Fence)
		}
		if err != nil || !claim.Granted {
			return err
		}
		stored := StoredToken{Value: t.value, Fence: claim.Fence, FetchedAt: time.Now(), ExpiresAt: c.start.Add(t.expires)}
		saved, err := c.store.Save(ctx, c.key, stored)
		if err == nil && saved {
			c.adopt(t, claim.Fence)
		}
		return err
	})
}

// adopt notes that others have the token too, under this fence.
func (c *tokenCache) adopt(t *cachedToken, fence int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current.Load() != t || t.refused.Load() {
		return
	}
	next := t.unflagged()
	next.fence, next.alone = fence, false
	c.current.Store(next)
}
