package wecom

import (
	"context"
	"errors"
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
	pollInterval       = 250 * time.Millisecond
	longestRenewal     = 5 * time.Minute // a token is renewed at most this long before it dies
	failureMemory      = time.Minute     // a wrong secret is not tried again sooner: WeCom blocks the IP
	reloadTimeout      = 5 * time.Second
	outagePause        = 30 * time.Second // without its store a process calls gettoken at most this often
	outlived           = 5 * time.Second  // trust in a token that gettoken still gives out past its end
	refusedAgainMemory = 5 * time.Second  // gettoken gave the refused token again: do not ask sooner
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

	start   time.Time // the times of a cachedToken count from here: monotonic, and cheap to compare
	current atomic.Pointer[cachedToken]

	mu         sync.Mutex
	flight     *flight
	failure    error // a final failure of gettoken, remembered until failUntil
	failUntil  time.Duration
	alone      time.Duration // since start: when gettoken was last called without the store; 0 for never
	renewsLate bool          // gettoken gave the same token again before its end: WeCom's usual way, so do not ask early
}

// cachedToken is a token in this process. It does not change, but for renewing.
type cachedToken struct {
	value    string
	fence    int64
	expires  time.Duration // since start: dead at the latest
	renew    time.Duration // since start: still served, but fetch another in the background
	again    time.Duration // since start: WeCom refused it and then gave it out again; do not ask before
	renewing atomic.Bool
}

// flight is one refresh and those who wait for it.
type flight struct {
	done  chan struct{} // closed when token and err are set
	token string
	err   error
}

func (c *tokenCache) now() time.Duration { return time.Since(c.start) }

// Token implements TokenSource.
func (c *tokenCache) Token(ctx context.Context, stale string) (string, error) {
	if t := c.current.Load(); t != nil && t.value != stale {
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
		c.mu.Lock()
		now := c.now()
		if t := c.current.Load(); t != nil && now < t.expires && (t.value != stale || now < t.again) {
			c.mu.Unlock()
			return t.value, nil
		}
		if c.failure != nil && now < c.failUntil {
			err := c.failure
			c.mu.Unlock()
			return "", err
		}
		f := c.flight
		mine := f == nil
		if mine {
			f = c.takeOff(Want{Not: stale})
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", &TransportError{Op: opGettoken, Host: c.host, Err: ctx.Err()}
		}
		if f.err != nil {
			return "", f.err
		}
		if f.token != stale || mine {
			return f.token, nil
		}
		// The flight of another caller, who did not know that stale is dead, found just that token.
	}
}

// renewInBackground starts a flight for a token that is still good, once.
func (c *tokenCache) renewInBackground(t *cachedToken) {
	if !t.renewing.CompareAndSwap(false, true) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight == nil && c.current.Load() == t {
		c.takeOff(Want{AfterFence: t.fence})
	}
}

// takeOff starts a flight. It is bounded by itself, not by the caller that needed it first: that
// one may leave while others stay. c.mu is held.
func (c *tokenCache) takeOff(want Want) *flight {
	f := &flight{done: make(chan struct{})}
	c.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), c.lease+c.wait)
		defer cancel()
		t, err := c.obtain(ctx, want)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			c.land(t, want)
		} else {
			c.crash(err)
		}
		f.token, f.err = t.Value, err
		c.flight = nil
		close(f.done)
	}()
	return f
}

// reload takes over a newer token that another process has saved.
func (c *tokenCache) reload() {
	ctx, cancel := context.WithTimeout(context.Background(), reloadTimeout)
	defer cancel()
	t, err := c.store.Load(ctx, c.key)
	if err != nil || t.Value == "" {
		return // what is current serves until it is refused or ends
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.current.Load()
	if (current == nil || t.Fence > current.fence) && time.Until(t.ExpiresAt) > 0 {
		c.land(t, Want{})
	}
}

// land makes t the current token. c.mu is held.
func (c *tokenCache) land(t StoredToken, want Want) {
	c.failure = nil
	now := c.now()
	life := t.ExpiresAt.Sub(t.FetchedAt)
	next := &cachedToken{value: t.Value, fence: t.Fence, expires: now + time.Until(t.ExpiresAt)}
	early := min(life/10, longestRenewal)
	if early > 0 {
		// Half of the window is left to chance, so that the nodes of a fleet do not wake together.
		early = early/2 + time.Duration(rand.Int64N(int64(early)/2+1))
	}
	next.renew = next.expires - early
	if last := c.current.Load(); last != nil && last.value == t.Value {
		next.renew = next.expires // the same token again: another try before its end would be in vain
		if want.AfterFence != 0 {
			c.renewsLate = true
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

// crash remembers a failure that a repetition would only make worse, and lets a token that was to
// be renewed live on until its end. c.mu is held.
func (c *tokenCache) crash(err error) {
	if until := failureUntil(err, time.Now()); !until.IsZero() {
		c.failure, c.failUntil = err, c.now()+time.Until(until)
	}
	if t := c.current.Load(); t != nil && t.renewing.Load() {
		left := t.expires - c.now()
		c.current.Store(&cachedToken{value: t.value, fence: t.fence, expires: t.expires, renew: t.expires - left/2})
	}
}

// failureUntil says until when gettoken is not worth another try: zero for a passing trouble.
func failureUntil(err error, now time.Time) time.Time {
	var answer *Error
	if errors.As(err, &answer) && answer.Kind() != Busy {
		return now.Add(failureMemory)
	}
	return time.Time{}
}

// obtain gets a token that satisfies want: from the store, or from WeCom under the store's lease.
func (c *tokenCache) obtain(ctx context.Context, want Want) (StoredToken, error) {
	if want.Not != "" {
		// Nobody else should start with the refused token. The lease below decides; if this fails
		// nothing is lost.
		_ = c.store.Drop(ctx, c.key, want.Not)
	}
	for {
		changed := c.store.Changed(c.key) // before the look, so that no change after it is missed
		t, err := c.store.Load(ctx, c.key)
		if err == nil && want.SatisfiedBy(t, time.Now()) {
			return t, nil
		}
		claim, err := c.store.Acquire(ctx, c.key, want, c.lease)
		switch {
		case err != nil:
			return c.callAlone(ctx, want, t)
		case claim.Token.Value != "":
			return claim.Token, nil
		case claim.Failure != nil:
			return StoredToken{}, claim.Failure.err(c.host)
		case claim.Granted:
			t, saved, err := c.callAndSave(ctx, claim.Fence, t)
			if err != nil || saved {
				return t, err
			}
			// Too late: the lease ran out and another has fetched a newer one.
		default:
			want.WaitedFor = claim.Fence
			if err := c.sleep(ctx, changed, claim.Wait); err != nil {
				return StoredToken{}, err
			}
		}
	}
}

// callAlone asks WeCom for a token while the store is away. WeCom gives all processes the same one.
// Only one flight is under way at a time, so nobody else touches alone.
func (c *tokenCache) callAlone(ctx context.Context, want Want, known StoredToken) (StoredToken, error) {
	if current := c.current.Load(); current != nil && c.alone != 0 && c.now() < c.alone+outagePause && c.now() < current.expires {
		// Asked a moment ago already. If that token was refused too, to ask again would not help.
		return StoredToken{Value: current.value, Fence: current.fence, FetchedAt: time.Now(), ExpiresAt: c.start.Add(current.expires)}, nil
	}
	t, err := c.call(ctx, 0, known)
	if err == nil {
		c.alone = c.now()
	}
	return t, err
}

// callAndSave asks WeCom for a token and saves it under the lease of fence. saved is false if the
// store refused it because a newer lease was handed out. known is the token that the store had.
func (c *tokenCache) callAndSave(ctx context.Context, fence int64, known StoredToken) (t StoredToken, saved bool, err error) {
	t, err = c.call(ctx, fence, known)
	if err != nil {
		failure := TokenFailure{Msg: err.Error(), Until: failureUntil(err, time.Now())}
		var answer *Error
		if errors.As(err, &answer) {
			failure.Code, failure.Msg = answer.Code, answer.Msg
		}
		_ = c.store.Fail(ctx, c.key, fence, failure) // if this fails the lease runs out by itself
		return StoredToken{}, false, err
	}
	saved, err = c.store.Save(ctx, c.key, t)
	if err != nil {
		return t, true, nil // the store is away, the token is good
	}
	return t, saved, nil
}

// call asks WeCom for a token. Its life counts from before the request, which errs on the safe side.
func (c *tokenCache) call(ctx context.Context, fence int64, known StoredToken) (StoredToken, error) {
	ctx, cancel := context.WithTimeout(ctx, c.lease-tokenCallMargin)
	defer cancel()
	before := time.Now()
	value, life, err := c.fetch(ctx)
	if err != nil {
		return StoredToken{}, err
	}
	t := StoredToken{Value: value, FetchedAt: before, ExpiresAt: before.Add(life), Fence: fence}
	if current := c.current.Load(); current != nil && current.value == value {
		t.dieWith(c.start.Add(current.expires))
	}
	if known.Value == value {
		t.dieWith(known.ExpiresAt)
	}
	return t, nil
}

// dieWith shortens the life of a token that gettoken gave out again to the end it was to have when
// it was new, whatever expires_in says now. If that moment is past already it has little left.
func (t *StoredToken) dieWith(end time.Time) {
	if past := t.FetchedAt.Add(outlived); end.Before(past) {
		end = past
	}
	if end.Before(t.ExpiresAt) {
		t.ExpiresAt = end
	}
}

// sleep waits for a hint, or until it is time to look again in any case.
func (c *tokenCache) sleep(ctx context.Context, changed <-chan struct{}, lease time.Duration) error {
	jitter := time.Duration(rand.Int64N(int64(10 * time.Millisecond)))
	timer := time.NewTimer(min(lease+jitter, pollInterval))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return &TransportError{
			Op: opGettoken, Host: c.host,
			Err: errors.New("another caller holds the lease and has not brought a token in time"),
		}
	}
	return nil
}
