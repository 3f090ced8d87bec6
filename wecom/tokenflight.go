package wecom

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	pollInterval  = 250 * time.Millisecond // those who wait for another's lease look again at least this often
	shortestPause = 10 * time.Millisecond
	storeTimeout  = time.Second      // one question to the store
	storePatience = 2 * time.Second  // a store that fails for longer is done without
	quickFailure  = time.Second      // another's failure within this is no answer yet: there is time for a try
	outagePause   = 30 * time.Second // without its store a process renews at most this often
)

// found is what a flight brings: a token, or an error and when it is worth another try.
type found struct {
	token   StoredToken
	fetched bool // by this process
	alone   bool // and without the store
	err     error
	until   time.Time
}

func (f found) origin() TokenOrigin {
	switch {
	case f.err != nil:
		return ""
	case f.alone:
		return OriginAlone
	case f.fetched:
		return OriginFetched
	}
	return OriginShared
}

// cause says why something is wanted.
func (w Want) cause() TokenCause {
	switch {
	case w.Not != "":
		return CauseRefused
	case w.AfterFence != 0:
		return CauseRenewal
	}
	return CauseMissing
}

var errNoFlight = errors.New("wecom: the token store did not return")

// ask puts one question to the store.
func (c *tokenCache) ask(question func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	return question(ctx)
}

// obtain gets a token that satisfies want: from the store, or from WeCom under the store's lease,
// or from WeCom alone if the store is away or its lease never ends. WeCom gives all who ask the same
// token, so that costs a call and no more.
func (c *tokenCache) obtain(want Want) found {
	if want.Not != "" {
		// Nobody else should start with the refused token. If this fails nothing is lost: Acquire decides.
		_ = c.ask(func(ctx context.Context) error { return c.store.Drop(ctx, c.key, want.Not, want.NotFence) })
	}
	var known StoredToken // what the store had
	patience := time.Now().Add(c.lease + c.wait)
	began := c.now()
	for tries := 1; ; tries++ {
		changed := c.store.Changed(c.key) // before the look, so that no change after it is missed
		asked := c.now()
		claim, err := c.look(want, &known)
		switch {
		case err != nil:
			if c.storeIsDown(asked) {
				return c.callAlone(want, known)
			}
			c.sleep(changed, shortestPause<<min(tries, 4))
			continue
		case claim.Token.Value != "" && claim.Token.Value == want.Not && time.Since(claim.Token.FetchedAt) > refusedAgainMemory:
			// It was stored anew before WeCom refused it, by one who knew nothing of that.
			want.NotFence = claim.Token.Fence
			continue
		case claim.Token.Value != "":
			return found{token: claim.Token}
		case claim.Failure != nil && claim.Failure.ofOneNode() && want.WaitedFor != 0 && c.now()-began < quickFailure:
			// The holder may be the one node that cannot reach WeCom: ask without it, unless so much
			// time has gone that its failure is the better answer.
			want.WaitedFor = 0
			continue
		case claim.Failure != nil:
			return found{err: claim.Failure.err(c.host), until: claim.Failure.Until}
		case claim.Granted:
			got, saved := c.callAndSave(claim.Fence, known)
			if got.err != nil || saved || tries > 2 {
				return got
			}
			continue // too late: the lease ran out and another has fetched a newer one
		}
		if time.Now().After(patience) {
			return c.callAlone(want, known) // a lease without end must not stop the sending
		}
		want.WaitedFor = claim.Fence
		c.sleep(changed, claim.Wait)
	}
}

// look asks the store for a token that satisfies want, or for the lease.
func (c *tokenCache) look(want Want, known *StoredToken) (claim Claim, err error) {
	err = c.ask(func(ctx context.Context) (err error) {
		*known, err = c.store.Load(ctx, c.key)
		return err
	})
	if err != nil {
		return Claim{}, err
	}
	if want.SatisfiedBy(*known, time.Now()) {
		claim.Token = *known
	} else {
		err = c.ask(func(ctx context.Context) (err error) {
			claim, err = c.store.Acquire(ctx, c.key, want, c.lease)
			return err
		})
	}
	if err == nil {
		c.downSince = 0
	}
	return claim, err
}

// storeIsDown notes that the store failed when it was asked, and reports whether it has done so for
// long enough.
func (c *tokenCache) storeIsDown(asked time.Duration) bool {
	if c.downSince == 0 {
		c.downSince = max(asked, 1)
	}
	return c.now()-c.downSince >= storePatience
}

// callAlone asks WeCom for a token without the store.
func (c *tokenCache) callAlone(want Want, known StoredToken) found {
	current := c.current.Load()
	if want.AfterFence != 0 && current != nil && c.alone != 0 && c.now() < c.alone+outagePause {
		return found{err: errStoreAway} // a renewal can wait
	}
	fence := known.Fence
	if current != nil {
		fence = max(fence, current.fence) // not of a lease, but newer than what it replaces
	}
	t, err := c.call(fence, known)
	if err != nil {
		return found{err: err, until: c.failureUntil(err)}
	}
	c.alone = c.now()
	return found{token: t, fetched: true, alone: true}
}

var errStoreAway = errors.New("wecom: the token store is away, and a token was fetched a moment ago")

// callAndSave asks WeCom for a token and saves it under the lease of fence. saved is false if the
// store refused it because a newer lease was handed out. known is the token that the store had.
func (c *tokenCache) callAndSave(fence int64, known StoredToken) (got found, saved bool) {
	t, err := c.call(fence, known)
	if err != nil {
		until := c.failureUntil(err)
		failure := failureOf(err, until)
		if failure.ofOneNode() {
			failure.Until = time.Time{} // the others try for themselves
		}
		_ = c.ask(func(ctx context.Context) error { // if this fails the lease runs out by itself
			return c.store.Fail(ctx, c.key, fence, failure)
		})
		return found{err: err, until: until}, false
	}
	err = c.ask(func(ctx context.Context) (err error) {
		saved, err = c.store.Save(ctx, c.key, t)
		return err
	})
	if err != nil {
		return found{token: t, fetched: true, alone: true}, true // the store is away, the token is good
	}
	return found{token: t, fetched: true}, saved
}

// failureUntil says until when a failure of gettoken is the answer to all who ask: a minute for one that
// repetition makes worse, zero or a growing pause for a passing trouble.
func (c *tokenCache) failureUntil(err error) time.Time {
	var answer *Error
	if errors.As(err, &answer) && answer.Kind() != Busy {
		return time.Now().Add(failureMemory)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures == 0 {
		return time.Time{} // the first; crash counts it
	}
	c.failures++
	pause := c.backoff()
	c.failures--
	return time.Now().Add(pause)
}

// call asks WeCom for a token. Its life counts from the answer, a little late: asked for another a
// moment before the end, gettoken would give the same one, while a moment after it costs one refused
// call.
func (c *tokenCache) call(fence int64, known StoredToken) (StoredToken, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.lease-tokenCallMargin)
	defer cancel()
	value, life, err := c.fetch(ctx)
	if err != nil {
		return StoredToken{}, err
	}
	now := time.Now()
	t := StoredToken{Value: value, FetchedAt: now, ExpiresAt: now.Add(life), Fence: fence}
	past := 0
	if current := c.current.Load(); current != nil && current.value == value {
		past = current.past
		t.dieWith(c.start.Add(current.expires), past)
	}
	if known.Value == value {
		t.dieWith(known.ExpiresAt, past)
	}
	return t, nil
}

// dieWith shortens the life of a token that gettoken gave out again to the end it was to have when
// it was new, whatever expires_in says now. If that moment is past already it has little left; each
// time it is given out past its end it is believed for longer, since then the end was wrong.
func (t *StoredToken) dieWith(end time.Time, past int) {
	if little := t.FetchedAt.Add(outlived << min(past, 10)); end.Before(little) {
		end = little
	}
	if end.Before(t.ExpiresAt) {
		t.ExpiresAt = end
	}
}

// sleep waits for a hint, or until it is time to look again in any case.
func (c *tokenCache) sleep(changed <-chan struct{}, pause time.Duration) {
	pause += time.Duration(rand.Int64N(int64(shortestPause)))
	timer := time.NewTimer(min(max(pause, shortestPause), pollInterval))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
