package httpapi

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hongyan-im/hongyan/internal/access"
)

// rates keeps keys to their rates, by one bucket for each key that was used lately: it holds a whole
// period's worth, and fills up in a period.
//
// A batch may be larger than its bucket, and must be possible nevertheless. So who has something left
// may overdraw: a batch is taken whole, and the next request when the debt is paid off. On average
// that keeps to the rate, and nobody who asks for little at a time can keep a batch out for ever, as
// they could if it had to wait for a full bucket.
type rates struct {
	mu      sync.Mutex
	buckets map[int64]*bucket // by the id of the key: a key that is made anew begins anew
}

type bucket struct {
	limiter *rate.Limiter
	refused int       // requests, since it was last logged
	logged  time.Time // when that was
}

const (
	// crumb is what the arithmetic of buckets may lose.
	crumb = 1e-6
	// rateLogInterval is how often it is logged at most that requests of a key are refused.
	rateLogInterval = time.Minute
)

// of returns the bucket of a key; mu is held.
func (r *rates) of(key *access.Key) *bucket {
	b := r.buckets[key.ID]
	if b == nil {
		b = &bucket{limiter: rate.NewLimiter(rate.Limit(float64(key.Rate.N)/key.Rate.Per.Seconds()), key.Rate.N)}
		r.buckets[key.ID] = b
	}
	return b
}

// take takes n if at least least is left, which n may overdraw; else nothing, and it returns how long it
// takes until a request is let through.
func (b *bucket) take(now time.Time, n int, least float64) (wait time.Duration, ok bool) {
	left := b.limiter.TokensAt(now)
	if left < least-crumb {
		return time.Duration((1 - left) / float64(b.limiter.Limit()) * float64(time.Second)), false
	}
	for n > 0 { // a limiter gives no more at once than its bucket holds
		some := min(n, b.limiter.Burst())
		b.limiter.ReserveN(now, some)
		n -= some
	}
	return 0, true
}

// forget drops the buckets that are full, which are as good as new ones.
func (r *rates) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, b := range r.buckets {
		if b.limiter.TokensAt(now) >= float64(b.limiter.Burst())-crumb {
			delete(r.buckets, id)
		}
	}
}

// chargeRequest counts a request of a key, or returns the fault that the key is over its rate.
func (a *API) chargeRequest(ctx context.Context, key *access.Key) error {
	return a.charge(ctx, key, 1, 1)
}

// chargeBatch counts the messages of a batch but for one, which was counted as the request. Of several
// batches that come at once only one overdraws.
func (a *API) chargeBatch(ctx context.Context, key *access.Key, messages int) error {
	return a.charge(ctx, key, messages-1, 0)
}

func (a *API) charge(ctx context.Context, key *access.Key, n int, least float64) error {
	if key.Rate.N == 0 || n == 0 {
		return nil
	}
	a.rates.mu.Lock()
	defer a.rates.mu.Unlock()
	now := a.Now()
	b := a.rates.of(key)
	wait, ok := b.take(now, n, least)
	if ok {
		return nil
	}
	if b.refused++; now.Sub(b.logged) >= rateLogInterval {
		a.Log.WarnContext(ctx, "requests are refused: an API key is over its rate", "key", key.Name, "rate", key.Rate.String(), "refused", b.refused)
		b.refused, b.logged = 0, now
	}
	seconds := max(int(math.Ceil(wait.Seconds()-crumb)), 1)
	return &fault{is: problemRate, retryAfter: seconds,
		detail: "the rate of the key is " + key.Rate.String() + ", the next request is taken in " + strconv.Itoa(seconds) + " s, at " +
			stamp(now.Add(time.Duration(seconds)*time.Second))}
}
